#include "calls.h"


static const struct {
	const char *name;
	void (*run)(void);
} rooms[] = {
	{"files", files}, {"names", names}, {"descriptors", descriptors}, {"controls", controls}, {"events", events},
	{"mounts", mounts}, {"memory", memory}, {"sharing", sharing}, {"network", network}, {"messages", messages},
	{"times", times_of_day}, {"timers", timers}, {"processes", processes}, {"identity", identity},
	{"scheduling", scheduling}, {"signals", signals}, {"system", system_wide}, {"modern", modern}, {"absent", absent},
	{"old", old}, {"multiplexed", multiplexed},
};

/* calls DIRECTORY [ROOM...]; it leaves the namespaces that others see before it does anything else */
int run(int count, char **words)
{
	unsigned long cpus[4] = {1};

	if (count < 2)
		return 0; /* executed by itself */
	C(unshare, CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS);
	C(chdir, words[1]);
	C(umask, 022);
	C(sched_setaffinity, 0, sizeof(cpus), cpus);
#ifdef __i386__
	C(mmap2, EDGE, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
#else
	C(mmap, EDGE, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
#endif
	C(munmap, EDGE + 4096, 4096);
	for (size_t i = 0; i < sizeof(rooms) / sizeof(*rooms); i++) {
		int wanted = count == 2;

		for (int at = 2; at < count; at++)
			wanted |= same(words[at], rooms[i].name);
		if (wanted)
			rooms[i].run();
	}
	return 0;
}
