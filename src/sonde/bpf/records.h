// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * What travels from the kernel to user space besides events, and what both
 * sides configure. kernel/records.py mirrors every struct of this file.
 */
#pragma once
#include "kernel.h"

enum { EVENTS = 2048, ARGUMENTS = 6 };

/* Event numbers beyond the 64-bit calls; catalog/event.py. */
enum { NR_NONE = 511, NR_PROCEXIT = 512, NR_SIGNAL = 513, NR_I386 = 1024 };

/* Dictionary records: kind of record in the first word. */
enum { DICT_NODE = 1, DICT_PROCESS = 2 };
enum { ID_GAP_BITS = 16 }; /* their ids go on so much further up after each time that all is told anew */

enum {
	NODE_MOUNT = 1,	   /* the root of a mount: its path is its mount point's */
	NODE_ROOT = 2,
	NODE_DELETED = 4,
	NODE_ANON = 8,	   /* a file without a path */
	NODE_TRUNC = 16,   /* more components than the walk takes */
	NODE_DETACHED = 32,
	NODE_SOCK = 64,
	NODE_ESCAPED = 128, /* renamed out of its bind mount: readlink says "/" */
};

struct node_record {
	u32 kind, id, parent;
	u16 flags, mode;
	u64 ino;
	u32 dev, rdev, magic, mount;
	char name[256];
};

enum { ROLE_UNKNOWN, ROLE_CLIENT, ROLE_SERVER };

/* In place of the name of a NODE_SOCK. Ports in host order. */
struct socket_record {
	u16 family, proto, type, state, lport, rport, role, length;
	u8 local[16], remote[16];
	u64 cookie, peer;
	char path[112]; /* AF_UNIX: the bound name, `length` bytes */
};

enum { ARGV_MAX = 4096, TOLD_MAX = 2 * ARGV_MAX };

struct process_record {
	u32 kind, id, tid, tgid, ppid, flags;
	u64 start, pstart, thread_start; /* ns of the boot clock */
	u32 uid, euid, gid, egid, loginuid, sid, pgid;
	u32 vpid, vtid, vsid, vpgid;
	u32 exe, cwd, root; /* node ids */
	u64 cap_permitted, cap_inheritable, cap_effective;
	u64 cgroups; /* which set of control groups it is in: the address of a css_set */
	char comm[16], pcomm[16], tty[16];
	u32 argv_full, argv_length; /* full: bytes there were; length: bytes read */
	u32 env_full, env_length;
	char told[TOLD_MAX]; /* argv, then the environment */
};
enum { PROCESS_NOT_CURRENT = 1 }; /* argv could not be read from here */

/* One thing an event pointed at. */
struct payload_header {
	u64 seq;
	u8 argument, kind;
	u16 failed;
	u32 full; /* bytes there were, before `-s` cut them; ~0: unknown */
};

/* How an argument word is followed; kernel/descriptors.py fills them. */
enum {
	PAY_NONE, PAY_STRING, PAY_DATA, PAY_IOVEC, PAY_MSGHDR, PAY_SOCKADDR, PAY_SOCKADDR_OUT,
	PAY_MEMORY,   /* so many elements of `size` bytes */
	PAY_STRINGS,  /* what a NULL-terminated array of pointers points at */
	PAY_MESSAGES, /* struct mmsghdr[] */
	PAY_SIGINFO,  /* of a signal, in the kernel's memory */
	PAY_HEADED,   /* as PAY_MEMORY, behind a long that the length does not count */
	PAY_BEHIND,   /* as PAY_MEMORY: an address, and how many bytes that has, which are sent too */
};

struct argument {
	u8 kind;
	u8 length; /* index of the argument that says how much there is, LENGTH_RESULT or LENGTH_ONE */
	u16 size;  /* PAY_MEMORY: bytes of an element */
};
enum { LENGTH_RESULT = 6, LENGTH_ONE = 7 };

enum {
	EVENT_ON = 1,	    /* the plan wants this event */
	EVENT_RENAMES = 2,  /* may change the names of files */
	EVENT_ENTER_FD = 4, /* the fd is gone at exit */
	EVENT_PATH = 8,	    /* takes a path: fd.name of a failed call is its argument */
	EVENT_POINTS = 16,  /* some argument is to be followed */
	EVENT_DATA = 32,    /* moves bytes */
	AT_ENTER = 16,	    /* first bit of the mask of arguments followed when the call is entered */
	AT_EXIT = 24,	    /* and when it returns */
};
enum { FD_RESULT = 6, FD_NONE = 7 };

struct descriptor {
	u32 flags;
	u8 fd;		/* index of the argument, FD_RESULT or FD_NONE */
	u8 dir, newdir; /* of the arguments that paths are relative to, or FD_NONE */
	u8 given;	/* of the fd that a call is given that makes another: the file of its enter */
	u64 bits; /* one a predicate on the event number */
	struct argument arguments[ARGUMENTS];
};

enum { GUARDS = 2 };

/* A name the process must have: two words of comm, the second under a mask. */
struct guard {
	u64 first, second, mask;
};

struct configuration {
	u32 skip[4];	/* process ids left out: our own, our reader */
	u32 snaplen;	/* bytes of I/O data */
	u32 slot_mask;	/* slots - 1 */
	u64 slashless;	/* path predicates that a name without '/' could match */
	u64 parts;	/* those on fd.directory and fd.filename: a directory's are its own */
	u32 rows;	/* of each CPU, a power of two */
	u32 room;	/* rows that may wait for user space: fewer, programs may be suspended */
	u64 guarded;	/* 0: processes of any name; else all guards are set */
	struct guard guards[GUARDS];
};

struct statistics {
	u64 seen, matched, lost, own, lost_payloads, lost_dictionary, truncated;
	u64 sequence, begun; /* payloads, rows */
	u64 lost_by_event[EVENTS];
};

struct configuration configuration SEC(".data.configuration");
struct descriptor descriptors[EVENTS] SEC(".data.descriptors");

struct {
	__uint(type, MAP_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct statistics);
} statistics SEC(".maps");

/*
 * Rows of the events table. Every CPU has a part of `rows` to itself and fills
 * it round and round without a lock: a ring buffer's takes longer than all
 * else of a row. A row is there when its stamp, stored last, says so; how far
 * user space has read stands in `progress`. Sizes of tables, rings and rows
 * are set by user space when it creates them.
 */
struct row {
	u64 stamp; /* how many rows this CPU had begun, this one included */
	u8 columns[56];
};
struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 64);
	__uint(map_flags, MMAPABLE);
	__type(key, u32);
	__type(value, struct row);
} rows SEC(".maps");

struct progress {
	u64 read, pad[7];
};
struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, MMAPABLE);
	__type(key, u32);
	__type(value, struct progress);
} progress SEC(".maps");

struct {
	__uint(type, MAP_RINGBUF);
	__uint(max_entries, 1 << 24);
} payloads SEC(".maps");

struct {
	__uint(type, MAP_RINGBUF);
	__uint(max_entries, 1 << 24);
} dictionary SEC(".maps");

INLINE struct statistics *stats(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&statistics, &zero);
}
