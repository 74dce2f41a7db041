#include "calls.h"

static void doubled(void)
{
	int ends[2], more[2];

	C(pipe, ends);
	C(pipe, NOWHERE);
	C(pipe2, more, O_CLOEXEC | O_NONBLOCK);
	C(pipe2, more, 0x1000000);
	C(dup, ends[0]);
	C(dup, 99);
	C(dup2, ends[0], 50);
	C(dup2, ends[0], -1);
	C(dup3, ends[1], 51, O_CLOEXEC);
	C(dup3, ends[1], ends[1], 0x77);
	C(read, more[0], out, 10);
	C(write, more[1], "through the pipe", 16);
	C(tee, more[0], ends[1], 7, 0);
	C(tee, more[0], 99, 7, 0xf0);
	C(splice, more[0], NULL, ends[1], NULL, 100, 1 | 2);
	C(read, 50, out, 100);
	C(vmsplice, ends[1], (&(struct iovec){"spliced", 7}), 1, 8);
	C(vmsplice, ends[1], NOWHERE, 1, 0);
	C(close_range, 3, ~0U, 0);
}

static void copied(void)
{
	int64_t from = 1, to = 3;
	long position = 2, in = C(open, "plain", O_RDWR | O_CREAT | O_TRUNC, 0644);
	long into = C(open, "copy", O_RDWR | O_CREAT | O_TRUNC, 0644);
	int ends[2];

	C(write, in, "0123456789abcdef", 16);
	C(sendfile, into, in, &position, 5);
	C(sendfile, into, in, NULL, 5);
	C(sendfile, into, 99, NOWHERE, 5);
#ifdef __i386__
	C(sendfile64, into, in, &from, 5);
#endif
	C(copy_file_range, in, &from, into, &to, 4, 0);
	C(copy_file_range, in, NULL, into, NOWHERE, 4, 0);
	C(copy_file_range, in, NULL, into, NULL, 4, 9);
	C(pipe, ends);
	C(splice, in, &from, ends[1], NULL, 3, 4);
	C(splice, ends[0], NULL, into, &to, 3, 0);
	C(close_range, 3, ~0U, 4);
	C(close_range, 3, ~0U, 0);
}

static void waited_for(void)
{
	struct span none = {0, 0}, bit = {0, 1000};
	uint64_t mask = 0x4001, sets[3][16] = {{0}};
	struct { const void *mask; long size; } masks = {&mask, 8};
	struct pollfd polled[3] = {{0}, {.fd = 99, .events = POLLIN}, {.fd = -1, .events = 0xffff}};
	int ends[2];

	C(pipe, ends);
	C(write, ends[1], "x", 1);
	polled[0] = (struct pollfd){.fd = ends[0], .events = POLLIN | POLLPRI};
	C(poll, polled, 3, 0);
	C(poll, polled + 2, 1, 1);
	C(poll, NULL, 0, 1);
	C(poll, NOWHERE, 2, 0);
	C(ppoll, polled, 1, &none, &mask, 8);
	C(ppoll, polled + 2, 1, &bit, NULL, 0);
	C(ppoll, polled, 1, NULL, NULL, 4);
	sets[0][0] = 1 << ends[0] | 1 << ends[1];
	sets[1][0] = 1 << ends[1];
	sets[2][0] = 1;
#ifdef __i386__
	C(_newselect, ends[1] + 1, sets[0], sets[1], sets[2], &none);
#else
	C(select, ends[1] + 1, sets[0], sets[1], sets[2], &none);
	C(select, 0, NULL, NULL, NULL, (&(struct span){0, 10}));
	C(select, -1, sets[0], NULL, NULL, NULL);
	C(select, 9, NOWHERE, NULL, NULL, &none);
#endif
	sets[0][0] = 1 << ends[0] | 1L << 30;
	C(pselect6, 31, sets[0], NULL, NULL, &none, &masks);
	sets[0][0] = 1 << ends[0];
	C(pselect6, 8, sets[0], sets[1], NULL, &none, &masks);
	C(pselect6, 8, NULL, NULL, NULL, &bit, NULL);
	C(close_range, 3, ~0U, 0);
}

static void set(void)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 3, .l_len = 10};
	struct { int type, pid; } owner = {1, 0};
	uint64_t hint = 3;
	int ends[2];
	long fd = C(open, "plain", O_RDWR);

	C(fcntl, fd, F_GETFD);
	C(fcntl, fd, F_SETFD, FD_CLOEXEC);
	C(fcntl, fd, F_GETFL);
	C(fcntl, fd, F_SETFL, O_APPEND | O_NONBLOCK);
	C(fcntl, fd, F_DUPFD, 20);
	C(fcntl, fd, F_DUPFD_CLOEXEC, 30);
	C(fcntl, 99, F_DUPFD, 30);
	C(fcntl, fd, F_SETLK, &lock);
	C(fcntl, fd, F_GETLK, &lock);
	lock.l_type = F_UNLCK;
	C(fcntl, fd, F_SETLKW, &lock);
	C(fcntl, fd, F_SETLK, NOWHERE);
	C(fcntl, fd, F_GETOWN);
	C(fcntl, fd, F_SETOWN, 0);
	C(fcntl, fd, F_GETSIG);
	C(fcntl, fd, F_SETSIG, SIGUSR1);
	C(fcntl, fd, 15, &owner);
	C(fcntl, fd, 16, &owner);
	C(fcntl, fd, F_GETLEASE);
	C(fcntl, fd, F_SETLEASE, F_RDLCK);
	C(fcntl, fd, F_NOTIFY, 3);
	C(fcntl, fd, 1035, &hint);
	C(fcntl, fd, 1036, &hint);
	C(fcntl, fd, F_ADD_SEALS, 1 | 2);
	C(fcntl, fd, F_GET_SEALS);
	C(fcntl, fd, 9999, 7);
	C(pipe, ends);
	C(fcntl, ends[0], F_SETPIPE_SZ, 8192);
	C(fcntl, ends[0], F_GETPIPE_SZ);
#ifdef __i386__
	struct { short type, whence; uint64_t start, length; int pid; } __attribute__((packed)) wide =
		{F_RDLCK, SEEK_END, -2, 1, 0};

	C(fcntl64, fd, 13, &wide);
	C(fcntl64, fd, 12, &wide);
	C(fcntl64, fd, F_GETFL);
#else
	lock.l_type = F_RDLCK;
	lock.l_pid = 0;
	C(fcntl, fd, 37, &lock);
	C(fcntl, fd, 36, &lock);
#endif
	C(close_range, 3, ~0U, 0);
}

void descriptors(void)
{
	doubled();
	copied();
	waited_for();
	set();
}
