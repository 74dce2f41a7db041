#include "calls.h"
#include <sys/resource.h>

static struct span now;

void times_of_day(void)
{
	struct { long words[64]; } adjust = {{0}};
	struct span wrong = {5, 2000000000};

	C(time, &now);
	C(time, NULL);
	C(gettimeofday, &now, out);
	C(gettimeofday, &now, NULL);
	C(gettimeofday, NOWHERE, NULL);
	C(settimeofday, NOWHERE, NULL); /* may not succeed */
	C(settimeofday, &wrong, NULL);
	C(clock_gettime, 0, &now);
	C(clock_gettime, 1, &now);
	C(clock_gettime, 7, NOWHERE);
	C(clock_gettime, -6, &now);
	C(clock_gettime, 99, &now);
	C(clock_getres, 1, &now);
	C(clock_getres, 0, NULL);
	C(clock_settime, 1, &wrong);
	C(clock_settime, 0, NOWHERE);
	C(adjtimex, &adjust);
	C(adjtimex, NOWHERE);
	adjust.words[0] = 0;
	C(clock_adjtime, 0, &adjust);
	C(clock_adjtime, 1, &adjust);
	C(times, out);
	C(times, NULL);
	C(getrusage, RUSAGE_SELF, out);
	C(getrusage, RUSAGE_CHILDREN, NOWHERE);
	C(getrusage, 5, out);
	C(sysinfo, out);
	C(sysinfo, NOWHERE);
	C(getcpu, out, out + 4, NULL);
}
