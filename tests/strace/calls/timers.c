#include "calls.h"

static void nothing(int number)
{
	(void)number;
}

void timers(void)
{
	struct span soon = {0, 1000}, wrong = {-1, 5}, rest, past = {1, 0};
	struct spans once = {{0, 0}, {0, 20000}}, none = {{0, 0}, {0, 0}}, was; /* in microseconds */
	struct spans later = {{0, 0}, {1000, 0}};
	struct sigevent told = {.sigev_notify = SIGEV_NONE, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 9};
	int id = 0, other = 0;

	handle(SIGALRM, nothing, 0);
	C(nanosleep, &soon, &rest);
	C(nanosleep, &wrong, &rest);
	C(nanosleep, NOWHERE, NULL);
	C(clock_nanosleep, 1, 0, &soon, NULL);
	C(clock_nanosleep, 0, 1, &past, &rest);
	C(clock_nanosleep, 99, 7, &past, NOWHERE);
	C(alarm, 0);
	C(setitimer, 0, &once, &was);
	C(pause);
	C(setitimer, 0, &once, NULL);
	C(nanosleep, &later.first, &rest); /* interrupted */
	C(setitimer, 0, &none, &was);
	C(setitimer, 5, &none, NULL);
	C(setitimer, 0, NOWHERE, NULL);
	C(getitimer, 1, &was);
	C(getitimer, 7, &was);
	C(alarm, 100);
	C(alarm, 0);
	C(timer_create, 1, &told, &id);
	C(timer_create, 0, NULL, &other);
	C(timer_create, 77, NOWHERE, &id);
	C(timer_settime, id, 0, &later, &was);
	C(timer_settime, id, 1, NOWHERE, NULL);
	C(timer_settime, id, 0, &none, &was);
	C(timer_gettime, id, &was);
	C(timer_gettime, 99, &was);
	C(timer_getoverrun, id);
	C(timer_getoverrun, 99);
	C(timer_delete, id);
	C(timer_delete, 99);
	C(restart_syscall);
}
