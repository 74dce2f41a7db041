#include "calls.h"
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/un.h>

static struct sockaddr_in four = {AF_INET, 0x5b1f, {0x0100007f}, {0}};
static struct sockaddr_in6 six = {AF_INET6, 0x5b1f, 0x10000, IN6ADDR_LOOPBACK_INIT, 1};
static struct sockaddr_un local = {AF_UNIX, "local.sock"};
static struct sockaddr_storage name;
static socklen_t length;

static void streams(void)
{
	long server = C(socket, AF_INET, SOCK_STREAM, IPPROTO_TCP), client, there;
	int one = 1;

	C(socket, AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	C(socket, 99, 77 | SOCK_CLOEXEC, 5);
	C(socket, AF_INET, SOCK_RAW, IPPROTO_ICMP);
	C(socket, AF_INET6, SOCK_DGRAM, IPPROTO_UDP);
	C(setsockopt, server, SOL_SOCKET, SO_REUSEADDR, &one, 4);
	C(bind, server, &four, sizeof(four));
	C(bind, server, &four, 3);
	C(bind, server, NOWHERE, sizeof(four));
	C(bind, 99, &four, sizeof(four));
	C(listen, server, 5);
	C(listen, 99, -1);
	client = C(socket, AF_INET, SOCK_STREAM, 0);
	four.sin_port = 0x5c1f;
	C(bind, client, &four, sizeof(four));
	four.sin_port = 0x5b1f;
	C(connect, client, &four, sizeof(four));
	length = sizeof(name);
	there = C(accept4, server, &name, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
	C(accept4, server, NULL, NULL, 0x7);
	length = sizeof(name);
	C(getsockname, there, &name, &length);
	length = 4;
	C(getpeername, client, &name, &length);
	length = sizeof(name);
	C(getpeername, server, &name, &length);
	C(getsockname, 99, &name, NOWHERE);
	C(sendto, client, "over the loopback", 17, MSG_NOSIGNAL | MSG_DONTWAIT, NULL, 0);
	length = sizeof(name);
	C(recvfrom, there, out, 100, MSG_PEEK, &name, &length);
	C(recvfrom, there, out, 8, 0, NULL, NULL);
	C(recvfrom, there, out, 100, MSG_WAITALL, NULL, NULL);
	C(recvfrom, there, out, 100, MSG_DONTWAIT | 0x10000000, NULL, NULL);
	C(write, there, "answer", 6);
	C(read, client, out, 100);
	C(shutdown, client, SHUT_WR);
	C(read, there, out, 100);
	C(shutdown, 99, 7);
	four.sin_port = 0x0100;
	C(connect, client, &four, sizeof(four));
	client = C(socket, AF_INET, SOCK_STREAM, 0);
	C(connect, client, &four, sizeof(four));
	four.sin_port = 0x5b1f;
	C(close_range, 3, ~0U, 0);
}

static void datagrams(void)
{
	long a = C(socket, AF_INET6, SOCK_DGRAM, 0), b = C(socket, AF_INET6, SOCK_DGRAM, 0);

	C(bind, a, &six, sizeof(six));
	six.sin6_port = 0x5c1f;
	C(bind, b, &six, sizeof(six));
	six.sin6_port = 0x5b1f;
	C(sendto, b, "to a datagram socket", 20, 0, &six, sizeof(six));
	six.sin6_port = 0x5c1f;
	C(sendto, a, "back", 4, MSG_CONFIRM, &six, sizeof(six));
	length = sizeof(name);
	C(recvfrom, b, out, 2, MSG_TRUNC | MSG_DONTWAIT, &name, &length);
	C(connect, a, &six, sizeof(six));
	C(connect, a, (&(struct sockaddr){AF_UNSPEC, {0}}), sizeof(struct sockaddr));
	C(sendto, 99, NOWHERE, 4, 0, NOWHERE, 8);
	six.sin6_port = 0x5b1f;
	C(close_range, 3, ~0U, 0);
}

static void locals(void)
{
	int pair[2];
	long server = C(socket, AF_UNIX, SOCK_STREAM, 0), client, there;

	C(bind, server, &local, sizeof(local));
	C(bind, server, &local, 13);
	C(listen, server, 1);
	client = C(socket, AF_UNIX, SOCK_STREAM, 0);
	C(connect, client, &local, sizeof(local));
	length = sizeof(name);
#ifdef __i386__
	there = C(accept4, server, &name, &length, 0);
#else
	there = C(accept, server, &name, &length);
	C(accept, 99, NULL, NULL);
#endif
	length = sizeof(name);
	C(getpeername, client, &name, &length);
	length = sizeof(name);
	C(getsockname, client, &name, &length);
	C(close, there);
	there = C(socket, AF_UNIX, SOCK_DGRAM, 0);
	C(bind, there, (&(struct sockaddr_un){AF_UNIX, "\0abstract"}), 11);
	C(connect, there, (&(struct sockaddr_un){AF_UNIX, "nobody"}), 9);
	C(socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair);
	C(socketpair, AF_INET, SOCK_STREAM, 0, pair);
	C(socketpair, AF_UNIX, SOCK_STREAM, 0, NOWHERE);
	C(close_range, 3, ~0U, 0);
}

static void families(void)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg body;
	} ask = {{sizeof(ask), RTM_GETLINK, NLM_F_REQUEST, 5, 0}, {.ifi_family = AF_UNSPEC, .ifi_index = 99}};
	struct sockaddr_nl link = {.nl_family = AF_NETLINK, .nl_groups = 1};
	struct sockaddr_ll packet = {.sll_family = AF_PACKET, .sll_protocol = 0x0300, .sll_ifindex = 1};
	long fd = C(socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	C(bind, fd, &link, sizeof(link));
	link.nl_groups = 0;
	C(sendto, fd, &ask, sizeof(ask), 0, &link, sizeof(link));
	C(recvfrom, fd, out, 4096, MSG_DONTWAIT, NULL, NULL);
	fd = C(socket, AF_NETLINK, SOCK_DGRAM, NETLINK_KOBJECT_UEVENT);
	C(socket, AF_NETLINK, SOCK_DGRAM, 77);
	fd = C(socket, AF_PACKET, SOCK_RAW, 0x0300);
	C(bind, fd, &packet, sizeof(packet));
	C(connect, fd, (&(struct sockaddr){99, "fourteen bytes"}), 16);
	C(connect, fd, (&(struct sockaddr){31, "bluetooth"}), 16);
	C(connect, fd, (&(struct sockaddr){40, "vsock"}), 16);
	C(close_range, 3, ~0U, 0);
}

static void chosen(void)
{
	struct linger linger = {1, 7};
	struct span half = {0, 500000};
	struct sock_filter filter[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), BPF_STMT(BPF_RET | BPF_K, 0xffff)};
	struct sock_fprog program = {2, filter};
	struct ip_mreqn group = {{0x010000e0}, {0x0100007f}, 1};
	int one = 1, value;
	long tcp = C(socket, AF_INET, SOCK_STREAM, 0), udp = C(socket, AF_INET6, SOCK_DGRAM, 0);

	C(setsockopt, tcp, SOL_SOCKET, SO_KEEPALIVE, &one, 4);
	C(setsockopt, tcp, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	C(setsockopt, tcp, SOL_SOCKET, 20, &half, sizeof(half));
	C(setsockopt, tcp, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3);
	C(setsockopt, udp, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
	C(setsockopt, udp, SOL_SOCKET, SO_DETACH_FILTER, NULL, 0);
	C(setsockopt, tcp, SOL_SOCKET, 9999, &one, 4);
	C(setsockopt, tcp, SOL_SOCKET, SO_REUSEADDR, &one, 1);
	C(setsockopt, tcp, SOL_SOCKET, SO_REUSEADDR, NOWHERE, 4);
	C(setsockopt, tcp, IPPROTO_TCP, TCP_NODELAY, &one, 4);
	C(setsockopt, tcp, IPPROTO_TCP, 13, "cubic", 5);
	C(setsockopt, tcp, IPPROTO_IP, 1, &one, 4);
	C(setsockopt, tcp, IPPROTO_IP, 35, &group, sizeof(group));
	C(setsockopt, udp, IPPROTO_IPV6, 26, &one, 4);
	C(setsockopt, 99, 77, 7, &one, 4);
	length = 4;
	C(getsockopt, tcp, SOL_SOCKET, SO_TYPE, &value, &length);
	C(getsockopt, tcp, SOL_SOCKET, SO_ERROR, &value, &length);
	C(getsockopt, tcp, SOL_SOCKET, SO_SNDBUF, &value, &length);
	C(getsockopt, tcp, IPPROTO_TCP, TCP_MAXSEG, &value, &length);
	length = sizeof(linger);
	C(getsockopt, tcp, SOL_SOCKET, SO_LINGER, &linger, &length);
	length = 200;
	C(getsockopt, tcp, IPPROTO_TCP, TCP_INFO, out, &length);
	C(getsockopt, tcp, SOL_SOCKET, SO_PEERCRED, out, &length);
	C(getsockopt, 99, SOL_SOCKET, SO_TYPE, &value, NOWHERE);
	C(close_range, 3, ~0U, 0);
}

void network(void)
{
	streams();
	datagrams();
	locals();
	families();
	chosen();
}
