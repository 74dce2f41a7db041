#include "calls.h"

static void becomes(void)
{
	unsigned int groups[3] = {5, 6, 7};

	C(setgroups, 3, groups);
	C(setgroups, 70000, NOWHERE);
	C(getgroups, 10, out);
	C(getgroups, 1, out);
	C(getgroups, 0, NULL);
	C(setregid, 100, -1);
	C(setresgid, -1, 100, -1);
	C(setfsgid, 100);
	C(setreuid, -1, 0);
	C(setresuid, 65534, 0, 0);
	C(setfsuid, 65534);
	C(setgid, 100);
	C(setuid, 65534);
	C(setuid, 0);
	C(setgid, -1);
	C(getuid);
	C(geteuid);
	C(getgid);
	C(getegid);
	C(getresuid, out, out + 4, out + 8);
	C(getresgid, out, out + 4, NOWHERE);
	C(chown, "plain", 0, 0);
	C(sethostname, "forbidden", 9);
}

static void able(void)
{
	struct { uint32_t version, pid; } header = {0x20080522, 0}, odd = {7, 1};
	struct { uint32_t effective, permitted, inheritable; } none[2] = {{0, 0, 0}, {0, 0, 0}}, was[2];

	C(capget, &header, was);
	C(capget, &odd, NULL);
	C(capget, NOWHERE, was);
	C(capset, &header, NOWHERE);
	C(capset, &odd, none);
	C(setsid);
	C(capset, &header, none);
	C(vhangup); /* may not, and has no terminal */
	C(reboot, 0, 0, 0, NULL);
	C(iopl, 3);
	C(settimeofday, NULL, NULL);
	C(acct, NULL);
	C(swapoff, "nothing");
}

void identity(void)
{
	C(getpid);
	C(getppid);
	C(gettid);
	C(getpgrp);
	C(getpgid, 0);
	C(getpgid, 0x7ffffff);
	C(getsid, 0);
	C(setpgid, 0, 0);
	C(setpgid, 0x7ffffff, 1);
	C(setsid);
	C(uname, out);
	C(uname, NOWHERE);
	child(becomes);
	child(able);
}
