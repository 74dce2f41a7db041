#include "calls.h"
#include <linux/futex.h>
#include <mqueue.h>

static void segments(void)
{
	long id = C(shmget, 0x5050, 8192, 01000 | 0600), at;

	C(shmget, 0, 0, 02000 | 04000);
	at = C(shmat, id, 0x40000000, 0);
	C(shmat, 99, NULL, 010000 | 040000);
	C(shmctl, id, 2 | 0x100, out);
	C(shmctl, id, 11, 0);
	C(shmctl, 99, 1 | 0x100, NOWHERE);
	C(shmctl, id, 0, NULL);
	C(shmdt, at);
	C(shmdt, NOWHERE);
}

static void semaphores(void)
{
	struct { unsigned short number; short by, flags; } step[2] = {{0, 1, 04000}, {1, -1, 010000}};
	unsigned short all[2] = {5, 6};
	struct span none = {0, 0};
	long id = C(semget, 0x5051, 2, 01000 | 0640);

	C(semget, 0x5052, 1, 0);
#ifdef __i386__
	C(semtimedop_time64, id, step, 1, NULL);
	C(semtimedop_time64, id, step, 1, &none);
#else
	C(semop, id, step, 1);
	C(semop, 99, step, 2);
	C(semop, id, NOWHERE, 1);
	C(semtimedop, id, step, 2, &none);
#endif
	C(semctl, id, 0, 16 | 0x100, 3);
	C(semctl, id, 0, 12 | 0x100, 0);
	C(semctl, id, 0, 17 | 0x100, all);
	C(semctl, id, 0, 2 | 0x100, out);
	C(semctl, id, 7, 99, 0);
	C(semctl, id, 0, 0 | 0x100, 0);
}

static void queues(void)
{
	struct { long type; char text[16]; } message = {7, "by the queue"};
	long id = C(msgget, 0x5053, 01000 | 0600);

	C(msgget, 0x5054, 02000);
	C(msgsnd, id, &message, 12, 04000);
	C(msgsnd, 99, &message, 12, 0);
	C(msgsnd, id, NOWHERE, 12, 0);
	C(msgrcv, id, out + 50000, 100, 0, 010000);
	C(msgrcv, id, out + 50000, 100, -7, 04000 | 020000);
	C(msgctl, id, 2 | 0x100, out);
	C(msgctl, id, 0 | 0x100, NULL);
	C(msgctl, 99, 1 | 0x100, NOWHERE);
}

static void posix_queues(void)
{
	struct { long flags, most, size, now, rest[4]; } attributes = {0, 4, 64, 0, {0}}, was;
	struct span past = {1, 0};
	struct sigevent told = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2, .sigev_value.sival_int = 5};
	unsigned int priority;
	long fd = C(mq_open, "queue", O_RDWR | O_CREAT | O_NONBLOCK, 0600, &attributes);

	C(mq_open, "nothing", O_RDONLY);
	C(mq_open, "other", O_RDWR | O_CREAT | O_EXCL, 0600, NOWHERE);
	C(mq_timedsend, fd, "hello", 5, 3, NULL);
	C(mq_timedsend, fd, "too long", 800, 0, &past);
	C(mq_timedreceive, fd, out, 64, &priority, &past);
	C(mq_timedreceive, fd, out, 64, NULL, NULL);
	C(mq_notify, fd, &told);
	C(mq_notify, fd, NULL);
	told.sigev_notify = SIGEV_NONE;
	C(mq_notify, 99, &told);
	attributes.flags = 0;
	C(mq_getsetattr, fd, &attributes, &was);
	C(mq_getsetattr, 99, NULL, &was);
	C(mq_unlink, "queue");
	C(mq_unlink, "nothing");
	C(close, fd);
}

static void futexes(void)
{
	static uint32_t word = 5, other = 6;
	struct { uint64_t value, address; uint32_t flags, reserved; } wait[2] = {
		{4, (uintptr_t)&word, 2, 0}, {6, (uintptr_t)&other, 2 | 128, 0}};
	struct span soon = {0, 1000};
	struct { int64_t sec, nsec; } long_ago = {1, 5};

	C(futex, &word, FUTEX_WAIT, 4, NULL);
	C(futex, &word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 5, &soon);
	C(futex, &word, FUTEX_WAKE, 1);
	C(futex, &word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 0x7fffffff);
	C(futex, &word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 5, &soon, NULL, 0xffffffff);
	C(futex, &word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 3);
	C(futex, &word, FUTEX_REQUEUE, 1, 2, &other);
	C(futex, &word, FUTEX_CMP_REQUEUE, 1, 2, &other, 5);
	C(futex, &word, FUTEX_CMP_REQUEUE_PI, 1, 2, &other, 5);
	C(futex, &word, FUTEX_WAKE_OP, 1, 1, &other, 0x21002003);
	C(futex, &word, FUTEX_LOCK_PI, 0, &soon);
	C(futex, &word, FUTEX_TRYLOCK_PI | FUTEX_PRIVATE_FLAG);
	C(futex, &word, FUTEX_UNLOCK_PI);
	C(futex, NOWHERE, FUTEX_WAIT, 1, NOWHERE);
	C(futex, &word, 77, 1, 2, 3, 4);
	C(futex_waitv, wait, 2, 0, &long_ago, 1);
	C(futex_waitv, wait + 1, 1, 0, &long_ago, 0);
	C(futex_waitv, NOWHERE, 2, 7, NULL, 0);
}

void sharing(void)
{
#ifndef __i386__
	C(mq_unlink, "never made");
#endif
	segments();
	semaphores();
	queues();
	posix_queues();
	futexes();
}
