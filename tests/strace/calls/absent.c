#include "calls.h"

/* calls that no kernel has, or not any more: their words are shown as they are */
void absent(void)
{
	static const long numbers[] = {
#ifdef __i386__
		__NR_lookup_dcookie, __NR_create_module, __NR_get_kernel_syms, __NR_query_module, __NR_nfsservctl, __NR_getpmsg,
		__NR_putpmsg, __NR_afs_syscall, __NR_vserver, __NR_break, __NR_stty, __NR_gtty, __NR_ftime, __NR_prof, __NR_lock,
		__NR_mpx, __NR_ulimit, __NR_profil, __NR_idle, __NR_bdflush, __NR_uselib, __NR__sysctl,
#else
		__NR_lookup_dcookie, __NR_create_module, __NR_get_kernel_syms, __NR_query_module, __NR_nfsservctl, __NR_getpmsg,
		__NR_putpmsg, __NR_afs_syscall, __NR_tuxcall, __NR_security, __NR_vserver, __NR_epoll_ctl_old, __NR_epoll_wait_old,
		__NR_set_thread_area, __NR_get_thread_area, __NR__sysctl, __NR_uselib,
#endif
		453, 999,
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		CN(numbers[i], 0, 1, 0xdead0000, -1, 0x12345, 5);
}
