#include "calls.h"

#define AT ((char *)0x30000000)
#ifdef __i386__
#define MMAP(address, length, protection, flags, fd, offset) \
	C(mmap2, address, length, protection, flags, fd, (offset) >> 12)
#else
#define MMAP(address, length, protection, flags, fd, offset) C(mmap, address, length, protection, flags, fd, offset)
#endif

static void mapped(void)
{
	long fd = C(open, "plain", O_RDWR | O_CREAT | O_TRUNC, 0644);
	struct iovec some = {AT, 4096};

	C(ftruncate, fd, 16384);
	MMAP(AT, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	MMAP(AT + 65536, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 4096);
	MMAP(AT, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | 0x100000, -1, 0);
	MMAP(NULL, 0, 0x1000007, 0xf | 0x40000 | 0x4000 | 21 << 26, 99, 0);
	MMAP(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED_VALIDATE | 0x80000, fd, 0);
	C(mprotect, AT, 4096, PROT_READ);
	C(mprotect, NOWHERE, 4096, PROT_READ | PROT_GROWSDOWN | 0x8000);
	C(mremap, AT + 32768, 4096, 8192, MREMAP_MAYMOVE | MREMAP_FIXED, AT + 0x100000);
	C(mremap, AT + 0x100000, 8192, 4096, 0);
	C(mremap, NOWHERE, 4096, 8192, 0x80);
	C(msync, AT + 65536, 4096, MS_SYNC);
	C(msync, NOWHERE, 4096, 0x70);
	C(mincore, AT, 12288, out);
	C(mincore, NOWHERE, 4096, out);
	C(madvise, AT, 4096, MADV_DONTNEED);
	C(madvise, AT, 4096, 1000);
	C(process_madvise, 99, &some, 1, 20, 0);
	C(mlock, AT, 4096);
	C(mlock2, AT, 4096, 1);
	C(mlock2, NOWHERE, 4096, 6);
	C(munlock, AT, 4096);
	C(mlockall, 0x10);
	C(munlockall);
	C(remap_file_pages, AT + 65536, 4096, 0, 1, 0);
	C(remap_file_pages, NOWHERE, 4096, 3, 1, 0x10000);
	C(pkey_alloc, 0, 1);
	C(pkey_alloc, 5, 4);
	C(pkey_mprotect, AT, 4096, PROT_READ | PROT_WRITE, -1);
	C(pkey_mprotect, AT, 4096, PROT_READ, 9);
	C(pkey_free, 9);
	C(munmap, AT + 0x100000, 4096);
	C(munmap, AT + 1, 4096);
	C(brk, NULL);
	C(brk, 1);
	C(close, fd);
}

static void placed(void)
{
	unsigned long nodes[2] = {1, 0};
	void *pages[2] = {AT, NOWHERE};
	int where[2] = {0, 0}, states[2], mode;

	C(mbind, AT, 4096, 2, nodes, 8, 1);
	C(mbind, NOWHERE, 4096, 0x8002, nodes, 64, 0x10);
	C(set_mempolicy, 0, NULL, 0);
	C(set_mempolicy, 0x4003, nodes, 8);
	C(set_mempolicy, 99, NOWHERE, 8);
	C(get_mempolicy, &mode, nodes, 1024, NULL, 0);
	C(get_mempolicy, &mode, NULL, 0, AT, 3);
	C(get_mempolicy, NULL, NULL, 0, NULL, 0x77);
	C(migrate_pages, 0, 8, nodes, nodes);
	C(migrate_pages, 0, 8, NOWHERE, nodes);
	C(move_pages, 0, 2, pages, NULL, states, 0);
	C(move_pages, 0, 2, pages, where, states, 2);
	C(move_pages, 0, 1, NOWHERE, where, states, 0x10);
	C(set_mempolicy_home_node, AT, 4096, 0, 0);
	C(set_mempolicy_home_node, AT, 4096, 5, 7);
}

static void of_others(void)
{
	static char from[] = "copied from one process to another";
	struct iovec here = {out, 10}, there[2] = {{from, 6}, {from + 7, 4}};
	long self = C(getpid);

	C(process_vm_readv, self, &here, 1, there, 2, 0);
	C(process_vm_readv, self, NOWHERE, 1, there, 2, 5);
	C(process_vm_writev, self, &here, 1, there, 1, 0);
	C(process_vm_writev, 0, there, 2, &here, 1, 0);
	C(process_mrelease, 99, 0);
	C(membarrier, 0, 0, 0);
	C(membarrier, 16, 0, 0);
	C(membarrier, 0x800, 7, 1);
}

static void nameless(void)
{
	long fd = C(memfd_create, "scratch", 1 | 2);

	C(memfd_create, "too many flags", 0x100);
	C(memfd_create, NOWHERE, 4 | 21 << 26);
	C(write, fd, "data", 4);
	C(fcntl, fd, 1033, 1 | 2 | 4 | 8);
	C(fcntl, fd, 1034);
	C(write, fd, "data", 4);
	C(close, fd);
	C(memfd_secret, 0);
	C(memfd_secret, 7);
	C(close_range, 3, ~0U, 0);
}

void memory(void)
{
	mapped();
	placed();
	of_others();
	nameless();
}
