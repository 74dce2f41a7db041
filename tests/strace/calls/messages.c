#include "calls.h"
#include <netinet/in.h>

static struct iovec said[2] = {{"first part,", 11}, {" second part", 12}}, room[2] = {{out, 6}, {out + 64, 400}};
static char space[256] __attribute__((aligned(8)));
static struct msghdr message, got;

static void with_descriptor(int fd)
{
	struct cmsghdr *header = (void *)space;

	memset(&message, 0, sizeof(message));
	message.msg_iov = said;
	message.msg_iovlen = 2;
	header->cmsg_len = CMSG_LEN(4);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	*(int *)CMSG_DATA(header) = fd;
	message.msg_control = space;
	message.msg_controllen = CMSG_SPACE(4);
	got = (struct msghdr){.msg_iov = room, .msg_iovlen = 2, .msg_control = out + 4096, .msg_controllen = 256};
}

static void between(void)
{
	int pair[2];

	C(socketpair, AF_UNIX, SOCK_STREAM, 0, pair);
	with_descriptor(pair[0]);
	C(sendmsg, pair[0], &message, MSG_NOSIGNAL);
	C(recvmsg, pair[1], &got, MSG_CMSG_CLOEXEC);
	C(recvmsg, pair[1], &got, MSG_DONTWAIT);
	C(recvmsg, pair[1], NOWHERE, MSG_DONTWAIT);
	message.msg_control = NULL;
	message.msg_controllen = 0;
	C(sendmsg, pair[0], &message, 0);
	C(sendmsg, pair[0], NOWHERE, 0);
	C(sendmsg, 99, &message, 0x7fffffff);
	got.msg_control = NULL;
	got.msg_controllen = 0;
	C(recvmsg, pair[1], &got, 0);
	C(close_range, 3, ~0U, 0);
}

static void several(void)
{
	static struct sockaddr_in to = {AF_INET, 0x5d1f, {0x0100007f}, {0}}, from[2];
	struct mmsghdr sent[2], read[3];
	struct span none = {0, 1000};
	long a = C(socket, AF_INET, SOCK_DGRAM, 0), b = C(socket, AF_INET, SOCK_DGRAM, 0);

	memset(sent, 0, sizeof(sent));
	memset(read, 0, sizeof(read));
	C(bind, a, &to, sizeof(to));
	sent[0].msg_hdr = (struct msghdr){.msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = said, .msg_iovlen = 1};
	sent[1].msg_hdr = (struct msghdr){.msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = said, .msg_iovlen = 2};
	C(sendmmsg, a, sent, 2, 0);
	C(sendmmsg, 99, sent, 2, MSG_NOSIGNAL);
	C(sendmmsg, b, NOWHERE, 2, 0);
	for (int i = 0; i < 3; i++)
		read[i].msg_hdr = (struct msghdr){.msg_name = from + i % 2, .msg_namelen = sizeof(*from), .msg_iov = room,
			.msg_iovlen = 2};
	C(recvmmsg, a, read, 3, MSG_DONTWAIT, NULL);
	C(recvmmsg, a, read, 3, MSG_DONTWAIT, &none);
	C(recvmmsg, a, NOWHERE, 3, MSG_DONTWAIT, NOWHERE);
	C(close_range, 3, ~0U, 0);
}

void messages(void)
{
	between();
	several();
}
