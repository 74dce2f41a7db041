#include "calls.h"
#include <sys/prctl.h>

static void process(void)
{
	C(prctl, PR_SET_NAME, "calls of all");
	C(prctl, PR_GET_NAME, out);
	C(prctl, PR_GET_DUMPABLE);
	C(prctl, PR_SET_PDEATHSIG, SIGHUP);
	C(prctl, PR_GET_PDEATHSIG, out);
	C(prctl, PR_SET_PDEATHSIG, 0);
	C(prctl, PR_GET_SECCOMP);
	C(prctl, PR_SET_NO_NEW_PRIVS, 0);
	C(prctl, PR_GET_NO_NEW_PRIVS);
	C(prctl, PR_CAPBSET_READ, 21);
	C(prctl, PR_CAP_AMBIENT, 1, 7);
	C(prctl, PR_GET_SECUREBITS);
	C(prctl, PR_SET_TIMERSLACK, 50000);
	C(prctl, PR_GET_TIMERSLACK);
	C(prctl, PR_GET_TID_ADDRESS, out);
	C(prctl, PR_SET_MM, PR_SET_MM_BRK, 0);
	C(prctl, 0x53564d41, 0, 0x30000000, 4096, "named");
	C(prctl, PR_GET_CHILD_SUBREAPER, out);
	C(prctl, PR_SET_SECCOMP, 2, NOWHERE);
	C(prctl, 9999, 1, 2, 3, 4);
#ifndef __i386__
	C(arch_prctl, 0x1003, out);
	C(arch_prctl, 0x1004, out);
	C(arch_prctl, 0x9999, NOWHERE);
#endif
	C(modify_ldt, 0, out, 16);
	C(modify_ldt, 77, NOWHERE, 16);
	C(personality, 0xffffffff);
	C(personality, 0x0040000);
	C(unshare, CLONE_FILES);
	C(unshare, 0x80);
	C(setns, 99, CLONE_NEWNET);
}

static void system_of_it(void)
{
	long fd;

	C(sethostname, "sonde-host", 10);
	C(sethostname, NOWHERE, 5);
	C(setdomainname, "sonde.domain", 12);
	C(uname, out);
	C(syslog, 10, NULL, 0);
	C(syslog, 99, NOWHERE, 5);
	C(sysfs, 3);
	C(sysfs, 1, "nosuchfs");
	C(sysfs, 2, 0, NOWHERE);
	C(iopl, 0);
	C(ioperm, 0x80, 1, 0);
	C(ioperm, 0xffffff, 1, 1);
	C(acct, "nothing");
	C(swapon, "nothing", 0x8000 | 5);
	C(swapoff, "nothing");
	C(sync);
	fd = C(open, ".", O_RDONLY);
	C(syncfs, fd);
	C(close, fd);
	C(getrandom, out, 8, 1);
	C(getrandom, NOWHERE, 8, 0x10);
	C(reboot, 0, 0, 0, NULL); /* without its magic numbers it does nothing */
	C(reboot, 0xfee1dead, 5, 0x1234567, NOWHERE);
	C(kexec_load, 0, 0, NULL, 0xffff0000);
	C(init_module, NOWHERE, 0, "");
	C(finit_module, -1, "param=1", 4);
	C(delete_module, "nosuchmodule", O_NONBLOCK);
#ifndef __i386__
	C(kexec_file_load, -1, -1, 4, "line", 8);
#endif
}

void system_wide(void)
{
	process();
	system_of_it();
}
