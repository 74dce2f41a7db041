#include "calls.h"
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/loop.h>
#include <linux/perf_event.h>
#include <linux/random.h>
#include <linux/sockios.h>
#include <asm/ioctls.h>

static void terminal(void)
{
	struct { unsigned short of[4]; } size = {{24, 80, 0, 0}};
	int number = 0, zero = 0;
	long fd = C(open, "/dev/ptmx", O_RDWR | O_NOCTTY);

	C(ioctl, fd, TCGETS, out);
	C(ioctl, fd, TCSETS, out);
	C(ioctl, fd, TCSETSF, NOWHERE);
	C(ioctl, fd, TIOCGWINSZ, out);
	C(ioctl, fd, TIOCSWINSZ, &size);
	C(ioctl, fd, TIOCGPTN, &number);
	C(ioctl, fd, TIOCSPTLCK, &zero);
	C(ioctl, fd, TIOCGPGRP, out);
	C(ioctl, fd, FIONREAD, out);
	C(ioctl, fd, TIOCOUTQ, out);
	C(ioctl, fd, TCFLSH, 2);
	C(ioctl, fd, TCXONC, 1);
	C(ioctl, fd, TIOCGSID, out);
	C(ioctl, fd, TIOCGETD, out);
	C(close, fd);
	C(ioctl, 0, TCGETS, out);
	C(ioctl, 0, TIOCGWINSZ, out);
	C(ioctl, 99, TIOCGWINSZ, out);
}

static void file(void)
{
	struct { uint64_t start, length; uint32_t flags, mapped, count, reserved; } map = {0, 100, 1, 0, 0, 0};
	struct file_clone_range range = {.src_fd = 99, .src_length = 5};
	int one = 1;
	long fd = C(open, "plain", O_RDWR | O_CREAT, 0644);

	C(ioctl, fd, FIONBIO, &one);
	C(ioctl, fd, FIOCLEX);
	C(ioctl, fd, FIONCLEX);
	C(ioctl, fd, FIOASYNC, &one);
	C(ioctl, fd, FIGETBSZ, out);
	C(ioctl, fd, FIBMAP, &one);
	C(ioctl, fd, FS_IOC_GETFLAGS, out);
	C(ioctl, fd, FS_IOC_FIEMAP, &map);
	C(ioctl, fd, FICLONE, 99);
	C(ioctl, fd, FICLONERANGE, &range);
	C(ioctl, fd, FS_IOC_FSGETXATTR, out);
	C(ioctl, fd, BLKGETSIZE64, out);
	C(ioctl, fd, BLKSSZGET, out);
	C(ioctl, fd, BLKROGET, out);
	C(ioctl, fd, LOOP_GET_STATUS64, out);
	C(ioctl, fd, LOOP_SET_FD, 99);
	C(ioctl, fd, _IOC(_IOC_READ | _IOC_WRITE, 'z', 0x77, 12), out);
	C(ioctl, fd, 0x12345678, 0x9abc);
	C(ioctl, fd, 0);
	C(close, fd);
	fd = C(open, "/dev/random", O_RDONLY);
	C(ioctl, fd, RNDGETENTCNT, out);
	C(ioctl, fd, RNDADDTOENTCNT, NOWHERE);
	C(close, fd);
	fd = C(open, "/dev/net/tun", O_RDWR);
	struct ifreq request = {.ifr_name = "sonde0", .ifr_flags = IFF_TUN | IFF_NO_PI};
	C(ioctl, fd, TUNSETIFF, &request);
	C(ioctl, fd, TUNGETIFF, &request);
	C(ioctl, fd, TUNGETFEATURES, out);
	C(ioctl, fd, TUNSETPERSIST, 0);
	C(close, fd);
}

static void interface(void)
{
	struct ifreq request = {.ifr_name = "lo"};
	struct ifconf all = {.ifc_len = 400, .ifc_buf = out};
	long fd = C(socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	C(ioctl, fd, SIOCGIFFLAGS, &request);
	request.ifr_flags |= IFF_UP;
	C(ioctl, fd, SIOCSIFFLAGS, &request); /* of this network namespace only */
	C(ioctl, fd, SIOCGIFINDEX, &request);
	C(ioctl, fd, SIOCGIFMTU, &request);
	C(ioctl, fd, SIOCGIFADDR, &request);
	C(ioctl, fd, SIOCGIFHWADDR, &request);
	C(ioctl, fd, SIOCGIFNETMASK, &request);
	C(ioctl, fd, SIOCGIFCONF, &all);
	all.ifc_buf = NULL;
	C(ioctl, fd, SIOCGIFCONF, &all);
	request.ifr_ifindex = 1;
	C(ioctl, fd, SIOCGIFNAME, &request);
	strcpy(request.ifr_name, "nothing");
	C(ioctl, fd, SIOCGIFFLAGS, &request);
	C(ioctl, fd, SIOCGIFFLAGS, NOWHERE);
	C(ioctl, fd, SIOCETHTOOL, &request);
	C(ioctl, fd, FIONREAD, out);
	C(ioctl, fd, SIOCATMARK, out);
	C(close, fd);
}

void controls(void)
{
	terminal();
	file();
	interface();
}
