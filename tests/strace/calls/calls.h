/* A program that makes every system call: raw calls with chosen words, buffers at fixed addresses. */
#ifndef CALLS_H
#define CALLS_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <asm/unistd.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define A0()
#define A1(a) (long)(a)
#define A2(a, b) (long)(a), (long)(b)
#define A3(a, b, c) A2(a, b), (long)(c)
#define A4(a, b, c, d) A2(a, b), A2(c, d)
#define A5(a, b, c, d, e) A3(a, b, c), A2(d, e)
#define A6(a, b, c, d, e, f) A3(a, b, c), A3(d, e, f)
#define PICK(_0, _1, _2, _3, _4, _5, _6, name, ...) name
#define WORDS(...) PICK(0 __VA_OPT__(,) __VA_ARGS__, A6, A5, A4, A3, A2, A1, A0)(__VA_ARGS__)
/* C(name, arguments...) makes the call, all arguments that are not given being 0 */
#define C(name, ...) CN(__NR_##name __VA_OPT__(,) __VA_ARGS__)
#define CN(number, ...) call(number, (struct words){{WORDS(__VA_ARGS__)}})

#ifdef __i386__
#define OFFSET(x) (x), 0 /* 64 bits in two words */
#else
#define OFFSET(x) (x)
#endif

struct words {
	long of[6];
};

struct span { /* of the calls whose times are as wide as long */
	long sec, nsec;
};

struct spans {
	struct span every, first;
};

struct kernel_action {
	void *handler;
	unsigned long flags;
	void *restorer;
	uint64_t mask;
};

long call(long number, struct words words);
long vforked(void); /* the child ends at once with 7 */
long cloned(long flags, void *stack, int *tid, int status); /* the child asks for its tid and ends with the status */
void child(void (*what)(void)); /* runs it in a child and waits */
void handle(int number, void *handler, unsigned long flags); /* rt_sigaction with what handlers need to return */
int same(const char *one, const char *other);

#define NOWHERE ((void *)0xdead0000) /* never mapped */
#define NONE (-1L)

extern char out[65536]; /* what calls write */
#define EDGE ((char *)0x20000000) /* a page before a hole: EDGE[4095] is the last byte */

void files(void);
void names(void);
void descriptors(void);
void controls(void);
void events(void);
void mounts(void);
void memory(void);
void sharing(void);
void network(void);
void messages(void);
void times_of_day(void);
void timers(void);
void processes(void);
void identity(void);
void scheduling(void);
void signals(void);
void system_wide(void);
void modern(void);
void absent(void);
void old(void); /* of i386 */
void multiplexed(void); /* socketcall and ipc */

#endif
