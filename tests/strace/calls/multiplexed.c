#include "calls.h"
#include <netinet/in.h>

#ifndef __i386__

void multiplexed(void)
{
}

#else

#define SOCKET(number, ...) C(socketcall, number, (&(struct words){{WORDS(__VA_ARGS__)}}))

static void sockets(void)
{
	static struct sockaddr_in address = {AF_INET, 0x5e1f, {0x0100007f}, {0}};
	int pair[2], one = 1;
	socklen_t length = sizeof(address);
	struct iovec part = {"part", 4};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	struct mmsghdr messages = {message, 0};
	long server = SOCKET(1, AF_INET, SOCK_STREAM, 0), client = SOCKET(1, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), there;

	SOCKET(2, server, &address, sizeof(address));
	SOCKET(4, server, 3);
	address.sin_port = 0x5f1f;
	SOCKET(2, client, &address, sizeof(address));
	address.sin_port = 0x5e1f;
	SOCKET(3, client, &address, sizeof(address));
	there = SOCKET(5, server, &address, &length);
	SOCKET(6, there, &address, &length);
	SOCKET(7, there, &address, NOWHERE);
	SOCKET(8, AF_UNIX, SOCK_DGRAM, 0, pair);
	SOCKET(9, there, "sent", 4, MSG_NOSIGNAL);
	SOCKET(10, client, out, 100, 0);
	SOCKET(11, client, "sent to", 7, 0, NULL, 0);
	SOCKET(12, there, out, 100, 0, NULL, NULL);
	SOCKET(14, there, SOL_SOCKET, SO_KEEPALIVE, &one, 4);
	length = 4;
	SOCKET(15, there, SOL_SOCKET, SO_KEEPALIVE, &one, &length);
	SOCKET(16, pair[0], &message, 0);
	part.iov_base = out;
	SOCKET(17, pair[1], &message, MSG_DONTWAIT);
	SOCKET(13, client, 2);
	SOCKET(18, 99, NULL, NULL, SOCK_NONBLOCK);
	SOCKET(19, pair[0], &messages, 1, MSG_DONTWAIT, NULL);
	SOCKET(20, 99, &messages, 1, 0);
	SOCKET(77, 1, 2, 3);
	C(socketcall, 1, NOWHERE);
	C(close_range, 3, ~0U, 0);
}

static void others(void)
{
	struct { unsigned short number; short by, flags; } step = {0, 1, 04000};
	struct { long type; char text[8]; } message = {7, "by ipc"};
	unsigned long address = 0;
	long value = 5;
	long sem = C(ipc, 2, 0x6051, 1, 01600), msg = C(ipc, 13, 0x6052, 01600), shm = C(ipc, 23, 0x6053, 4096, 01600);

	C(ipc, 1, sem, 1, 0, &step);
	C(ipc, 4, sem, 1, 0, &step, (&(struct span){0, 0}));
	C(ipc, 3, sem, 0, 16 | 0x100, &value);
	C(ipc, 3, sem, 0, 0 | 0x100, &value);
	C(ipc, 11, msg, 7, 04000, &message);
	C(ipc, 12, msg, 7, 04000, (&(struct { void *at; long type; }){out, 0}));
	C(ipc, 14, msg, 2 | 0x100, 0, out);
	C(ipc, 14, msg, 0 | 0x100, 0, NULL);
	C(ipc, 21, shm, 0, &address, 0x41000000);
	C(ipc, 24, shm, 2 | 0x100, 0, out);
	C(ipc, 22, 0, 0, 0, address);
	C(ipc, 24, shm, 0, 0, NULL);
	C(ipc, 77, 1, 2, 3, 4, 5);
}

void multiplexed(void)
{
	sockets();
	others();
}

#endif
