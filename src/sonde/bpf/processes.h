// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Processes as they are now.
 *
 * Each thread has a slot. Its signature covers everything a process record
 * says (name, credentials, program, directory, parent); while it holds, the
 * thread's record id is good. A new record is told to user space before the id
 * is used. Ancestors without a record are told at the same time, so that the
 * way up is known also for processes that never make a call of interest.
 */
#pragma once
#include "files.h"

struct slot {
	u64 start;	 /* when the running call was entered, 0: not seen */
	u64 signature, generation;
	u64 thread; /* whose record `process` is */
	u64 bits, unknown; /* path predicates of `file` */
	u32 tid;	 /* whose slot this is: tids share a slot modulo the table */
	u32 process, cwd, root;
	u32 file;	 /* taken at enter: the fd is gone at exit */
	u8 has_file;
	u8 unread; /* bits of arguments that could not be read at enter: their page was not there yet */
	u16 partial; /* the record was made from another task's context, without what only its own can read */
};

/* max_entries is set from kernel.pid_max. */
struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 1 << 15);
	__type(key, u32);
	__type(value, struct slot);
} slots SEC(".maps");

struct {
	__uint(type, MAP_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct process_record);
} process_scratch SEC(".maps");

const volatile u32 want_environment = 0; /* a question asks for it */

enum { PF_EXITING = 4, ANCESTORS = 32, PIDTYPE_TGID = 1, PIDTYPE_PGID = 2, PIDTYPE_SID = 3 };

INLINE struct slot *slot_of(u32 tid)
{
	u32 i = tid & configuration.slot_mask;
	struct slot *s = bpf_map_lookup_elem(&slots, &i);

	if (s && s->tid != tid) {
		s->signature = s->start = 0;
		s->process = s->has_file = s->unread = 0;
		s->tid = tid;
	}
	return s;
}

INLINE u64 parent_of(u64 task)
{
	return READ8(task, struct task_struct, real_parent);
}

/* Word 0 or 1 of a task's name: by words, so that none needs a buffer. */
INLINE u64 comm_word(u64 task, u32 n)
{
	return read8(task + OFFSET(struct task_struct, comm) + 8 * n);
}

/* The same, of a task of a known type. */
#if CASTS
INLINE u64 name_word(u64 task, u32 n) { return *(u64 *)(((struct task_struct *)task)->comm + 8 * n); }
#else
INLINE u64 name_word(u64 task, u32 n) { return comm_word(task, n); }
#endif

/*
 * `task`: of a known type; `told`: what forgotten_now() was before anything was asked for it. What is not there, such
 * as the memory of a kernel thread, reads as zeros.
 */
LEAF u64 process_signature(u64 task, u64 told)
{
	u64 sum = GET(task, struct task_struct, start_boottime) ^ told << 32, parent, of;

	sum += weighed(GET(task, struct task_struct, self_exec_id), 0);
	sum += weighed(name_word(task, 0) ^ (name_word(task, 1) << 1), 1);
	sum += weighed(apart(GET(task, struct task_struct, mm), task) ^ (apart(GET(task, struct task_struct, cred), task) << 1), 2);
	parent = GET(task, struct task_struct, real_parent);
	sum += weighed(name_word(parent, 0) ^ (name_word(parent, 1) << 1), 3);
	sum += weighed(apart(parent, task) ^ (apart(GET(task, struct task_struct, cgroups), task) << 1), 4);
	of = GET(task, struct task_struct, signal);
	sum += weighed(apart(GET(of, struct signal_struct, pids[PIDTYPE_PGID]), task) ^
			       (apart(GET(of, struct signal_struct, pids[PIDTYPE_SID]), task) << 1), 5);
	of = GET(task, struct task_struct, fs);
	return sum + weighed(apart(GET(of, struct fs_struct, pwd.dentry), task) ^
				     (apart(GET(of, struct fs_struct, root.dentry), task) << 1), 6);
}

/* The id of `pid` in the namespace it was made in. */
INLINE u32 own_number(u64 pid)
{
	u32 level;

	if (!pid)
		return 0;
	level = READ4(pid, struct pid, level);
	return read4(pid + OFFSET(struct pid, numbers) + (level & 31) * 16);
}

INLINE u32 host_number(u64 pid)
{
	return pid ? READ4(pid, struct pid, numbers) : 0;
}

INLINE void describe_ids(struct process_record *r, u64 task)
{
	u64 leader = READ8(task, struct task_struct, group_leader), parent, signal, pids, cred;

	parent = READ8(READ8(task, struct task_struct, real_parent), struct task_struct, group_leader);
	signal = READ8(task, struct task_struct, signal);
	pids = signal + OFFSET(struct signal_struct, pids);
	cred = READ8(task, struct task_struct, cred);
	r->tid = READ4(task, struct task_struct, pid);
	r->tgid = READ4(task, struct task_struct, tgid);
	r->ppid = READ4(parent, struct task_struct, tgid);
	r->start = READ8(leader, struct task_struct, start_boottime);
	r->pstart = READ8(parent, struct task_struct, start_boottime);
	r->thread_start = READ8(task, struct task_struct, start_boottime);
	r->uid = READ4(cred, struct cred, uid);
	r->euid = READ4(cred, struct cred, euid);
	r->gid = READ4(cred, struct cred, gid);
	r->egid = READ4(cred, struct cred, egid);
	r->cap_permitted = READ8(cred, struct cred, cap_permitted);
	r->cap_inheritable = READ8(cred, struct cred, cap_inheritable);
	r->cap_effective = READ8(cred, struct cred, cap_effective);
	r->loginuid = EXISTS(struct task_struct, loginuid) ? READ4(task, struct task_struct, loginuid) : ~0u;
	r->sid = host_number(read8(pids + PIDTYPE_SID * 8));
	r->pgid = host_number(read8(pids + PIDTYPE_PGID * 8));
	r->vsid = own_number(read8(pids + PIDTYPE_SID * 8));
	r->vpgid = own_number(read8(pids + PIDTYPE_PGID * 8));
	r->vpid = own_number(read8(pids + PIDTYPE_TGID * 8));
	r->vtid = own_number(READ8(task, struct task_struct, thread_pid));
}

INLINE void describe_names(struct process_record *r, u64 task)
{
	u64 signal = READ8(task, struct task_struct, signal), tty = READ8(signal, struct signal_struct, tty);
	u64 parent = parent_of(task);

	*(u64 *)r->comm = comm_word(task, 0);
	*(u64 *)(r->comm + 8) = comm_word(task, 1);
	*(u64 *)r->pcomm = comm_word(parent, 0);
	*(u64 *)(r->pcomm + 8) = comm_word(parent, 1);
	*(u64 *)r->tty = *(u64 *)(r->tty + 8) = 0;
	if (tty)
		bpf_probe_read_kernel_str(r->tty, 16, (void *)(tty + OFFSET(struct tty_struct, name)));
	r->cgroups = READ8(task, struct task_struct, cgroups);
}

/* Up to ARGV_MAX - 1 bytes of our user memory after `at` bytes of what is told; -> bytes, -1: out of reach. */
INLINE s32 tell_words(struct process_record *r, u32 at, u64 start, u64 length)
{
	if (length > ARGV_MAX - 1)
		length = ARGV_MAX - 1;
	if (bpf_probe_read_user(r->told + (at & (ARGV_MAX - 1)), length & (ARGV_MAX - 1), (void *)start))
		return -1;
	return length;
}

/* User memory of another process is out of reach here: user space asks /proc. */
INLINE void describe_words(struct process_record *r, u64 task, u64 mm)
{
	u64 start;
	s32 n;

	r->argv_full = r->argv_length = r->env_full = r->env_length = 0;
	r->flags = task == bpf_get_current_task() ? 0 : PROCESS_NOT_CURRENT;
	if (!mm || r->flags)
		return;
	start = READ8(mm, struct mm_struct, arg_start);
	r->argv_full = READ8(mm, struct mm_struct, arg_end) - start;
	n = tell_words(r, 0, start, r->argv_full);
	if (n < 0) {
		r->flags = PROCESS_NOT_CURRENT;
		return;
	}
	r->argv_length = n;
	if (!want_environment)
		return;
	start = READ8(mm, struct mm_struct, env_start);
	r->env_full = READ8(mm, struct mm_struct, env_end) - start;
	n = tell_words(r, n, start, r->env_full);
	if (n > 0)
		r->env_length = n;
}

/* Which thread of those that have its number one after the other, and how often all was told anew. */
INLINE u64 which_thread(u64 start, u64 told) { return start ^ told << 32; }

/* Is it `thread`, and ending? Its memory goes before it does: what was told of it before holds until then. */
LEAF u32 is_ending(u64 task, u64 thread, u64 told)
{
	return !GET(task, struct task_struct, mm) && GET(task, struct task_struct, flags) & PF_EXITING &&
	       which_thread(GET(task, struct task_struct, start_boottime), told) == thread;
}

/* Tells user space about a thread. -> its new id, which the slot holds then; 0: there was no room. */
INLINE u32 emit_process(u64 task, u32 tid, u64 told)
{
	u64 mm = READ8(task, struct task_struct, mm), exe = mm ? READ8(mm, struct mm_struct, exe_file) : 0;
	struct statistics *s = stats();
	struct process_record *r;
	struct slot *slot;
	u32 zero = 0, size;

	r = bpf_map_lookup_elem(&process_scratch, &zero);
	slot = slot_of(tid);
	if (!r || !s || !slot)
		return 0;
	r->kind = DICT_PROCESS;
	r->cwd = slot->cwd;
	r->root = slot->root;
	r->exe = exe ? path_id(exe + OFFSET(struct file, f_path)) : 0;
	describe_ids(r, task);
	describe_names(r, task);
	describe_words(r, task, mm);
	r->id = next_id(&last_ids.process, told);
	size = __builtin_offsetof(struct process_record, told) + (r->argv_length & (ARGV_MAX - 1)) +
	       (r->env_length & (ARGV_MAX - 1));
	if (bpf_ringbuf_output(&dictionary, r, size, NO_WAKEUP)) {
		s->lost_dictionary++;
		return 0;
	}
	slot->process = r->id;
	slot->thread = which_thread(r->thread_start, told);
	slot->partial = task != bpf_get_current_task();
	return r->id;
}

/* The record id of a thread; 0: its record was lost. */
GLOBAL u32 process_id(u64 task)
{
	u32 tid = READ4(task, struct task_struct, pid), cwd = 0, root = 0, moving;
	u64 told = forgotten_now(), signature = process_signature(TYPED(task, struct task_struct), told), fs;
	u64 now = generation_of(told, &moving);
	struct slot *s = slot_of(tid);

	if (!s)
		return 0;
	if (s->process && is_ending(TYPED(task, struct task_struct), s->thread, told))
		return s->process;
	if (s->partial && task == bpf_get_current_task())
		s->process = 0;
	if (s->process && s->signature == signature && s->generation == now)
		return s->process;
	fs = READ8(task, struct task_struct, fs);
	if (fs) {
		cwd = path_id(fs + OFFSET(struct fs_struct, pwd));
		root = path_id(fs + OFFSET(struct fs_struct, root));
	}
	if (s->process && s->signature == signature && s->cwd == cwd && s->root == root) {
		s->generation = now;
		return s->process;
	}
	s->process = 0;
	s->cwd = cwd;
	s->root = root;
	s->signature = signature;
	s->generation = now;
	return emit_process(task, tid, told);
}

enum { WAY_UP_KNOWN = 1 }; /* in an address: none is odd */

/* A task's parent whose record is to be brought up to date, 0: none. | WAY_UP_KNOWN: it and those above it have one. */
GLOBAL u64 parent_to_tell(u64 task)
{
	u64 parent = READ8(READ8(task, struct task_struct, real_parent), struct task_struct, group_leader);
	struct slot *s;

	if (!parent || parent == task)
		return 0;
	s = slot_of(READ4(parent, struct task_struct, pid));
	if (!s)
		return 0;
	if (s->process && s->signature == process_signature(TYPED(parent, struct task_struct), forgotten_now()))
		return parent | WAY_UP_KNOWN;
	return parent;
}

/* Records of all ancestors that have none yet. No function of its own: the stack has no room for one more, on Linux 6.1. */
INLINE void tell_ancestors(u64 task)
{
	for (u32 i = 0; i < ANCESTORS; i++) {
		task = parent_to_tell(task);
		if (!task)
			break;
		process_id(task & ~(u64)WAY_UP_KNOWN);
		if (task & WAY_UP_KNOWN)
			break;
	}
}

/* `task`: where that is, of a known type; global functions take it as a plain number. */
INLINE u32 current_process(const u64 *task, u32 tid)
{
	struct slot *s = slot_of(tid);
	u64 plain = 0, told = forgotten_now();
	u32 moving, id;

	if (s && s->process && !s->partial && s->signature == process_signature(*task, told) &&
	    s->generation == generation_of(told, &moving))
		return s->process;
	bpf_probe_read_kernel(&plain, 8, task);
	id = process_id(plain);
	tell_ancestors(plain); /* after it: if all is told anew meanwhile, they are */
	return id;
}
