// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * The events table: one row a completed operation.
 *
 * This object is a library. The programs at its end are never attached as they
 * are (except the small fixed ones): kernel/codegen.py emits a main program for
 * each query, which calls the x_ accessors it needs in cost order, and the
 * splicer appends them. An accessor takes the `struct event` on the main
 * program's stack and computes its value at most once.
 */
#include "clock.h"
#include "groups.h"
#include "payload.h"
#include "processes.h"

enum { MAX_ERRNO = 4095, E2BIG = 7, EOVERFLOW = 75 };
/* Calls that end the handling of a signal, and where the mask is that will hold, from the stack pointer of their callers on. */
enum { NR_RT_SIGRETURN = 15, NR_I386_SIGRETURN = 119, NR_I386_RT_SIGRETURN = 173 };
enum { UC_SIGMASK = 296, UC_SIGMASK_I386 = 248, OLDMASK_I386 = 80 };
enum { HAVE_FILE = 1, HAVE_SOCK = 2, HAVE_PROCESS = 4 };
/* How good the value of an accessor is that may have none (event.status). */
enum { KNOWN, MISSING, UNKNOWN };
enum { ROW_ENTER = 1, ROW_UNRESOLVED = 2 };
enum { LOCAL, REMOTE, CLIENT, SERVER };

/* Offsets are known to kernel/codegen.py: see the assertions below. */
struct event {
	u64 bits, unknown; /* path predicates that hold / that only user space can decide */
	union {
		u64 address[2]; /* of x_address, network order, IPv4 as ::ffff:a.b.c.d: asked for before there is a row */
		struct {
			u64 seq, stamp; /* of the row */
		};
	};
	u32 status;
	u32 nr;
	struct pt_regs *regs; /* NULL: not a system call */
	struct statistics *stats;
	u64 task, now; /* 0: not asked for yet; task_of(), now() */
	u64 result, sock;
	u64 a[ARGUMENTS];
	u32 tid, tgid, process, file, have, flags;
};
#define AT(field, offset) _Static_assert(__builtin_offsetof(struct event, field) == offset, "codegen.py")
AT(bits, 0);
AT(unknown, 8);
AT(address, 16);
AT(seq, 16);
AT(stamp, 24);
AT(status, 32);
AT(nr, 36);
AT(stats, 48);
AT(result, 72);
AT(a, 88);
AT(tid, 136);
AT(tgid, 140);
AT(flags, 156);
_Static_assert(sizeof(struct event) == 160, "codegen.py");

/* Threads that --pid and `-- command` follow, with their descendants. */
enum { FOLLOW_NOW = 1, FOLLOW_FROM_EXEC = 2 };
enum { NR_EXECVE = 59, NR_EXECVEAT = 322, NR_I386_EXECVE = 11, NR_I386_EXECVEAT = 358, AT_FDCWD = -100 };
struct {
	__uint(type, MAP_HASH);
	__uint(max_entries, 1 << 16);
	__type(key, u32);
	__type(value, u32);
} followed SEC(".maps");

/*
 * Verdicts of user space on process records, at their id modulo the table, in
 * one word so that it is read whole: the id, 16 verdicts, and the low half of
 * `ancestry` when they were given. Any other word there means "not decided".
 */
enum { VERDICTS = 1 << 16 };
struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, VERDICTS);
	__type(key, u32);
	__type(value, u64);
} verdicts SEC(".maps");

/* Counts programs started by processes that have children: what was said of their descendants is void. */
u64 ancestry SEC(".data.ancestry") = 0;

const volatile u32 want_start = 0;  /* note when every wanted call is entered */
const volatile u32 want_stacks = 0; /* in the event view */

u64 compat_seen SEC(".data.compat") = 0; /* there are 32-bit programs, or 64-bit ones that make 32-bit calls */

INLINE struct descriptor *descriptor_of(u32 nr)
{
	return &descriptors[MASKED(nr, EVENTS - 1)];
}

INLINE u32 skipped(u32 tgid)
{
	return tgid == configuration.skip[0] || tgid == configuration.skip[1] || tgid == configuration.skip[2] ||
	       tgid == configuration.skip[3];
}

/* rt_sigreturn restores orig_ax = -1 with the other registers. Numbers that no call has are NR_NONE. */
INLINE u32 event_number(struct pt_regs *regs, u32 compat)
{
	s64 nr = regs->orig_ax;

	if (nr < 0)
		nr = compat ? NR_I386_RT_SIGRETURN : NR_RT_SIGRETURN;
	nr = nr > NR_NONE ? NR_NONE : nr;
	return compat ? NR_I386 + nr : nr;
}

INLINE void see_compat(void)
{
	if (!*(volatile u64 *)&compat_seen)
		compat_seen = 1;
}

INLINE u32 has_name(struct guard *g, u64 first, u64 second)
{
	return (first == g->first) & ((second & g->mask) == g->second);
}

/* Has the process a name that the filter demands? Asked before anything is prepared for other tests. */
INLINE u32 guarded(u64 task)
{
	u64 first, second;

	if (!configuration.guarded)
		return 1;
	first = comm_word(task, 0);
	second = comm_word(task, 1);
	return has_name(&configuration.guards[0], first, second) | has_name(&configuration.guards[1], first, second);
}

/* Counts an event; 0: it is not for us. */
INLINE u32 wanted(struct statistics *s, u64 task, struct descriptor *d)
{
	if (skipped(tgid_of(task))) {
		s->own++;
		return 0;
	}
	s->seen++;
	return d->flags & EVENT_ON && guarded(task);
}

INLINE u64 task_of(struct event *e)
{
	return e->task;
}

/* What a test may not need is fetched when it is asked for. */
INLINE u64 now(struct event *e)
{
	if (!e->now)
		e->now = boot_now();
	return e->now;
}

/* All but the arguments. */
INLINE void begin(struct event *e, u32 nr, u64 task, struct statistics *s, u64 result, u32 flags)
{
	e->nr = nr;
	e->task = task;
	e->tid = tid_of(task);
	e->tgid = tgid_of(task);
	e->stats = s;
	e->bits = e->unknown = e->sock = e->now = 0;
	e->address[0] = e->address[1] = 0;
	e->status = KNOWN;
	e->process = e->file = e->have = 0;
	e->result = result;
	e->flags = flags;
}

INLINE u32 is_exec(u32 nr)
{
	return nr == NR_EXECVE || nr == NR_EXECVEAT || nr == NR_I386 + NR_I386_EXECVE || nr == NR_I386 + NR_I386_EXECVEAT;
}

/* A successful exec has cleared its arguments; the file name now lies above the new program's environment. */
INLINE void exec_arguments(struct event *e)
{
	u64 name = READ8(READ8(task_of(e), struct task_struct, mm), struct mm_struct, env_end);

	e->a[0] = e->nr == NR_EXECVE ? name : AT_FDCWD;
	e->a[1] = e->nr == NR_EXECVE ? 0 : name;
}

INLINE void arguments(struct event *e, struct pt_regs *r)
{
	e->regs = r;
	if (e->nr >= NR_I386) {
		e->a[0] = (u32)r->bx;
		e->a[1] = (u32)r->cx;
		e->a[2] = (u32)r->dx;
		e->a[3] = (u32)r->si;
		e->a[4] = (u32)r->di;
		e->a[5] = (u32)r->bp;
		return;
	}
	e->a[0] = r->di;
	e->a[1] = r->si;
	e->a[2] = r->dx;
	e->a[3] = r->r10;
	e->a[4] = r->r8;
	e->a[5] = r->r9;
	if (!e->result && is_exec(e->nr) && !(e->flags & ROW_ENTER))
		exec_arguments(e);
}

/* What was noted when the call was entered goes with its exit: the hook may miss the next one. */
INLINE void closed_file(struct event *e)
{
	struct slot *slot = slot_of(e->tid);

	if (!slot || !slot->has_file)
		return;
	slot->has_file = 0;
	e->have |= HAVE_FILE;
	e->bits = slot->bits;
	e->file = slot->file;
	e->unknown = slot->unknown;
}

/* 0: this event is not for us. Most are not: they cost as little as can be. */
HIDDEN u32 x_init_exit(u64 *ctx, struct event *e)
{
	u64 task = current_task();
	struct pt_regs *regs = (void *)ctx[0];
	u32 compat = in_compat(task), nr = event_number(regs, compat);
	struct descriptor *d = descriptor_of(nr);
	struct statistics *s = stats();

	if (!s)
		return 0;
	if (compat)
		see_compat();
	if (!rename_lock_address && (d->flags & EVENT_RENAMES) && (s64)ctx[1] >= 0)
		__atomic_fetch_add(&generation.soft, 1, __ATOMIC_RELAXED);
	if (!wanted(s, task, d))
		return 0;
	begin(e, nr, task, s, ctx[1], 0);
	arguments(e, regs);
	if (d->flags & EVENT_ENTER_FD)
		closed_file(e);
	return 1;
}

/* An event that is no system call; whoever asks fills in the arguments. 0: it is not for us. */
INLINE u32 begin_other(struct event *e, u32 nr)
{
	u64 task = current_task();
	struct statistics *s = stats();

	if (!s || !wanted(s, task, descriptor_of(nr)))
		return 0;
	begin(e, nr, task, s, 0, 0);
	e->regs = NULL;
	for (u32 i = 0; i < ARGUMENTS; i++)
		e->a[i] = 0;
	return 1;
}

HIDDEN u32 x_init_procexit(u64 *ctx, struct event *e)
{
	u32 code;

	if (!begin_other(e, NR_PROCEXIT))
		return 0;
	code = READ4(task_of(e), struct task_struct, exit_code);
	e->a[0] = code;
	e->a[1] = code >> 8 & 0xff;
	e->a[2] = code & 0x7f;
	e->a[3] = code >> 7 & 1;
	return 1;
}

/* A tracepoint of its own record; the main program takes the arguments from it. */
HIDDEN u32 x_init_tracepoint(u64 *ctx, struct event *e, u32 nr)
{
	return begin_other(e, nr);
}

HIDDEN u32 x_init_signal(u64 *ctx, struct event *e)
{
	u64 info = ctx[1];

	if (!begin_other(e, NR_SIGNAL))
		return 0;
	e->a[0] = read4(info + 16); /* si_pid, of the union behind si_code */
	e->a[1] = e->tgid;
	e->a[2] = (u32)ctx[0];
	/* for x_view(), as a plain number, which global functions take */
	bpf_probe_read_kernel(&e->a[3], 8, &ctx[1]);
	return 1;
}

/* The task of an iterator as a plain number, which global functions take. */
INLINE u64 iterated_task(struct bpf_iter__task *ctx)
{
	u64 task = 0;

	bpf_probe_read_kernel(&task, 8, &ctx->task);
	return task;
}

/* A call in flight: the task of an iterator, blocked inside the kernel. */
HIDDEN u32 x_init_task(struct bpf_iter__task *ctx, struct event *e)
{
	struct task_struct *task = ctx->task;
	struct statistics *s = stats();
	struct pt_regs *regs;
	u32 nr;

	if (!task || !s)
		return 0;
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
	if (!regs || (s64)regs->orig_ax < 0 || !task->__state || !task->mm)
		return 0;
	nr = event_number(regs, task->thread_info.status & TS_COMPAT);
	begin(e, nr, CASTS ? (u64)task : iterated_task(ctx), s, 0, ROW_ENTER);
	arguments(e, regs);
	e->tid = task->pid;
	e->tgid = task->tgid;
	return !skipped(e->tgid) && (descriptor_of(nr)->flags & EVENT_ON);
}

HIDDEN u32 x_followed(struct event *e)
{
	u32 tid = e->tid, *mark = bpf_map_lookup_elem(&followed, &tid);

	return mark && *mark == FOLLOW_NOW;
}

HIDDEN u64 x_event_bits(struct event *e)
{
	return descriptor_of(e->nr)->bits;
}

HIDDEN u64 x_time(struct event *e) { return now(e); }

HIDDEN u64 x_latency(struct event *e)
{
	struct slot *slot = slot_of(e->tid);
	u64 start = slot ? slot->start : 0;

	/* A clone's child leaves a call that it never entered: what it finds is of an older thread. */
	e->status = start && e->regs && start >= GET(task_of(e), struct task_struct, start_boottime) ? KNOWN : MISSING;
	return e->status == KNOWN ? now(e) - start : -1ull;
}

INLINE u32 failed(struct event *e)
{
	s64 r = e->result;

	return r < 0 && r >= -MAX_ERRNO;
}

HIDDEN u64 x_failed(struct event *e) { return failed(e); }

HIDDEN u64 x_ismain(struct event *e) { return e->tid == e->tgid; }

HIDDEN u64 x_ppid(struct event *e)
{
	return READ4(READ8(task_of(e), struct task_struct, real_parent), struct task_struct, tgid);
}

HIDDEN u64 x_uid(struct event *e)
{
	return READ4(READ8(task_of(e), struct task_struct, cred), struct cred, euid);
}

HIDDEN u64 x_gid(struct event *e)
{
	return READ4(READ8(task_of(e), struct task_struct, cred), struct cred, egid);
}

HIDDEN u64 x_loginuid(struct event *e)
{
	return EXISTS(struct task_struct, loginuid) ? (s32)READ4(task_of(e), struct task_struct, loginuid) : -1;
}

INLINE u64 pid_of_kind(u64 task, u32 kind)
{
	u64 signal = READ8(task, struct task_struct, signal);

	return read8(signal + OFFSET(struct signal_struct, pids) + kind * 8);
}

HIDDEN u64 x_sid(struct event *e) { return host_number(pid_of_kind(task_of(e), PIDTYPE_SID)); }
HIDDEN u64 x_pgid(struct event *e) { return host_number(pid_of_kind(task_of(e), PIDTYPE_PGID)); }
HIDDEN u64 x_vpgid(struct event *e) { return own_number(pid_of_kind(task_of(e), PIDTYPE_PGID)); }
HIDDEN u64 x_vpid(struct event *e) { return own_number(pid_of_kind(task_of(e), PIDTYPE_TGID)); }
HIDDEN u64 x_vtid(struct event *e) { return own_number(READ8(task_of(e), struct task_struct, thread_pid)); }

/* The two words of comm: as many accessors, so that none needs a buffer. */
HIDDEN u64 x_comm0(struct event *e) { return comm_word(task_of(e), 0); }
HIDDEN u64 x_comm1(struct event *e) { return comm_word(task_of(e), 1); }
HIDDEN u64 x_pcomm0(struct event *e) { return comm_word(parent_of(task_of(e)), 0); }
HIDDEN u64 x_pcomm1(struct event *e) { return comm_word(parent_of(task_of(e)), 1); }

INLINE u64 run_comm(u64 task, u32 slot)
{
	u32 zero = 0, n = 0;
	struct text_scratch *t = bpf_map_lookup_elem(&text_scratch, &zero);

	if (!t)
		return 0;
	*(u64 *)t->bytes = comm_word(task, 0);
	*(u64 *)(t->bytes + 8) = comm_word(task, 1);
	for (n = 0; n < 15; n++)
		if (!t->bytes[n])
			break;
	return text_run(slot, n);
}

/* Predicates of text automaton `slot` that hold for the name of the process / its parent. */
HIDDEN u64 x_comm_text(struct event *e, u32 slot) { return run_comm(task_of(e), slot); }
HIDDEN u64 x_pcomm_text(struct event *e, u32 slot) { return run_comm(parent_of(task_of(e)), slot); }

/* The number of the main file descriptor. */
INLINE s64 main_fd(struct event *e)
{
	u32 which = descriptor_of(e->nr)->fd;
	s64 fd;

	if (which < ARGUMENTS)
		fd = (s32)e->a[which & 7];
	else if (which == FD_RESULT && !(e->flags & ROW_ENTER))
		fd = (s64)e->result;
	else if (which == FD_RESULT && descriptor_of(e->nr)->given < ARGUMENTS)
		fd = (s32)e->a[descriptor_of(e->nr)->given & 7];
	else
		fd = -1;
	e->status = which == FD_NONE || (which == FD_RESULT && fd < 0) ? MISSING : KNOWN;
	return fd;
}

HIDDEN s64 x_fd(struct event *e)
{
	return main_fd(e);
}

/* The open file behind the main fd; 0: none, or only the enter of the call saw it. */
INLINE u64 event_file(struct event *e)
{
	s64 fd = main_fd(e);

	if (e->status == MISSING || fd < 0)
		return 0;
	return file_of_fd(task_of(e), fd);
}

/* Names without a path: predicates on them are for user space, if they can hold at all. */
INLINE u64 undecided(u64 file)
{
	u64 dentry, sk;
	u32 type;

	if (!*(volatile u32 *)&automaton_version.version)
		return 0; /* there are none */
	type = file_type(file);
	if (type == S_IFDIR)
		return configuration.parts;
	dentry = READ8(file, struct file, f_path.dentry);
	if (READ8(dentry, struct dentry, d_parent) != dentry ||
	    dentry == READ8(READ8(file, struct file, f_path.mnt), struct vfsmount, mnt_root))
		return 0;
	if (type == S_IFSOCK) {
		sk = file_sock(file);
		return sk && READ2(sk, struct sock_common, skc_family) == AF_UNIX ? ~0ull : configuration.slashless;
	}
	if (type == S_IFREG) /* memfd */
		return ~0ull;
	return configuration.slashless;
}

/* The node id of the main fd's file, its path predicates in e->bits; 0: no file. */
HIDDEN u64 x_file(struct event *e)
{
	struct descriptor *d = descriptor_of(e->nr);
	u64 file;

	if (e->have & HAVE_FILE)
		return e->file;
	e->have |= HAVE_FILE;
	if ((d->flags & EVENT_ENTER_FD) && !(e->flags & ROW_ENTER)) {
		e->unknown = ~0ull; /* entered before we looked */
		e->flags |= ROW_UNRESOLVED;
		e->stats->lost_dictionary++;
		return 0;
	}
	file = event_file(e);
	if (!file) {
		if (d->flags & EVENT_PATH)
			e->unknown = ~0ull; /* the name is the path argument */
		return 0;
	}
	e->file = file_id(file, &e->bits);
	if (!e->file) {
		e->unknown = ~0ull;
		e->flags |= ROW_UNRESOLVED;
	} else {
		e->unknown = undecided(file);
	}
	return e->file;
}

/* What path arguments are relative to: a node id, 0 for the working directory, ~0 for what has no name. */
HIDDEN u64 directory(struct event *e, u32 which)
{
	u64 file, bits, id;
	s32 fd;

	fd = e->a[which & 7];
	if (fd == AT_FDCWD)
		return 0;
	file = fd < 0 ? 0 : file_of_fd(task_of(e), fd);
	if (!file)
		return ~0u;
	id = file_id(file, &bits);
	return id ? id : ~0u;
}

/* Small, so that they stand in the main program: most calls have no directory. */
HIDDEN u64 x_dir(struct event *e)
{
	u32 which = descriptor_of(e->nr)->dir;

	return which < ARGUMENTS ? directory(e, which) : 0;
}

HIDDEN u64 x_newdir(struct event *e)
{
	u32 which = descriptor_of(e->nr)->newdir;

	return which < ARGUMENTS ? directory(e, which) : 0;
}

/* e->sock: the socket behind the main fd. */
INLINE u64 event_sock(struct event *e)
{
	u64 file;

	if (descriptor_of(e->nr)->flags & EVENT_ENTER_FD) {
		e->status = UNKNOWN;
		return 0;
	}
	if (!(e->have & HAVE_SOCK)) {
		e->have |= HAVE_SOCK;
		file = event_file(e);
		if (file && file_type(file) == S_IFSOCK)
			e->sock = file_sock(file);
	}
	e->status = e->sock ? KNOWN : MISSING;
	return e->sock;
}

INLINE u64 inet_sock(struct event *e)
{
	u64 sk = event_sock(e);
	u32 family;

	if (!sk)
		return 0;
	family = READ2(sk, struct sock_common, skc_family);
	if (family == AF_INET || family == AF_INET6)
		return sk;
	e->status = MISSING;
	return 0;
}

INLINE u32 local_port(u64 sk) { return READ2(sk, struct sock_common, skc_num); }
INLINE u32 remote_port(u64 sk) { return __builtin_bswap16(READ2(sk, struct sock_common, skc_dport)); }

/* Is the local end the client's? Without a TCP role the smaller port is the server's. */
INLINE u32 is_client(u64 sk)
{
	u32 role = socket_role(sk);

	if (role != ROLE_UNKNOWN)
		return role == ROLE_CLIENT;
	return remote_port(sk) && remote_port(sk) < local_port(sk);
}

INLINE u32 is_local(u64 sk, u32 end)
{
	if (end == LOCAL || end == REMOTE)
		return end == LOCAL;
	return is_client(sk) == (end == CLIENT);
}

INLINE u64 port(struct event *e, u32 end)
{
	u64 sk = inet_sock(e);
	u32 number;

	if (!sk)
		return 0;
	number = is_local(sk, end) ? local_port(sk) : remote_port(sk);
	if (!number)
		e->status = MISSING;
	return number;
}

HIDDEN u64 x_lport(struct event *e) { return port(e, LOCAL); }
HIDDEN u64 x_rport(struct event *e) { return port(e, REMOTE); }
HIDDEN u64 x_cport(struct event *e) { return port(e, CLIENT); }
HIDDEN u64 x_sport(struct event *e) { return port(e, SERVER); }

/* e->address: one end's address, e->status says whether there is one. */
HIDDEN u64 x_address(struct event *e, u32 end)
{
	u64 sk = inet_sock(e);
	u32 local;

	if (!sk)
		return 0;
	local = is_local(sk, end);
	if (!local && !remote_port(sk)) {
		e->status = MISSING;
		return 0;
	}
	if (READ2(sk, struct sock_common, skc_family) == AF_INET) {
		u64 v4 = local ? READ4(sk, struct sock_common, skc_rcv_saddr) : READ4(sk, struct sock_common, skc_daddr);

		e->address[0] = 0;
		e->address[1] = v4 << 32 | 0xffff0000;
		return 0;
	}
	sk += local ? OFFSET(struct sock_common, skc_v6_rcv_saddr) : OFFSET(struct sock_common, skc_v6_daddr);
	e->address[0] = read8(sk);
	e->address[1] = read8(sk + 8);
	return 0;
}

HIDDEN u64 x_l4proto(struct event *e)
{
	u64 sk = inet_sock(e);

	return sk ? READ2(sk, struct sock, sk_protocol) : 0;
}

HIDDEN u64 x_sockfamily(struct event *e)
{
	u64 sk = event_sock(e);

	return sk ? READ2(sk, struct sock_common, skc_family) : 0;
}

/* fd.type as far as the mode tells: the letter, UNKNOWN for files without a path. */
HIDDEN u64 x_fdtype(struct event *e)
{
	u64 file, dentry;
	u32 type, family;

	if (descriptor_of(e->nr)->flags & EVENT_ENTER_FD) {
		e->status = UNKNOWN;
		return 0;
	}
	file = event_file(e);
	if (!file) {
		e->status = descriptor_of(e->nr)->flags & EVENT_PATH ? UNKNOWN : MISSING;
		return 0;
	}
	type = file_type(file);
	if (type == S_IFSOCK) {
		family = x_sockfamily(e);
		if (family == AF_INET)
			return '4';
		if (family == AF_UNIX)
			return 'u';
		if (family == 16)
			return 'n';
		e->status = UNKNOWN; /* AF_INET6 may carry IPv4 */
		return 0;
	}
	if (type == S_IFIFO)
		return 'p';
	if (type == S_IFDIR)
		return 'd';
	if (undecided(file) || !type || type == S_IFREG) {
		dentry = READ8(file, struct file, f_path.dentry);
		e->status = READ8(dentry, struct dentry, d_parent) == dentry ? UNKNOWN : KNOWN;
	}
	return 'f';
}

INLINE u64 event_process(struct event *e)
{
	if (!(e->have & HAVE_PROCESS)) {
		e->have |= HAVE_PROCESS;
		e->process = current_process(&e->task, e->tid);
		if (!e->process)
			e->flags |= ROW_UNRESOLVED;
	}
	return e->process;
}

HIDDEN u64 x_process(struct event *e)
{
	return event_process(e);
}

/* User space's verdicts on this process record, a bit each. */
HIDDEN u64 x_verdict(struct event *e)
{
	u32 id = event_process(e), i = id & (VERDICTS - 1);
	u64 *word = bpf_map_lookup_elem(&verdicts, &i), value = word ? *(volatile u64 *)word : 0;

	e->status = id && (u32)value == id && value >> 48 == (*(volatile u64 *)&ancestry & 0xffff) ? KNOWN : UNKNOWN;
	return value >> 32 & 0xffff;
}

/* Bytes moved by an I/O call. */
HIDDEN u64 x_buflen(struct event *e)
{
	s64 r = e->result;

	e->status = r < 0 || !(descriptor_of(e->nr)->flags & EVENT_DATA) ? MISSING : KNOWN;
	return r;
}

HIDDEN u64 x_vmsize(struct event *e)
{
	u64 mm = READ8(task_of(e), struct task_struct, mm);

	return mm ? READ8(mm, struct mm_struct, total_vm) << 2 : 0;
}

enum { MM_FILE, MM_ANON, MM_SWAP, MM_SHMEM };

/* Pages of a kind. Since 6.2 the kernel counts them per CPU first: the sum lags by up to 32 pages a CPU. */
INLINE u64 pages(u64 mm, u32 kind)
{
	u64 at, size;
	s64 n;

	if (EXISTS(struct mm_struct___counts, rss_stat.count[0])) {
		at = OFFSET(struct mm_struct___counts, rss_stat.count[0]);
		size = sizeof(u64);
	} else {
		at = OFFSET(struct mm_struct, rss_stat[0].count);
		size = OFFSET(struct mm_struct, rss_stat[1].count) - at;
	}
	n = read8(mm + at + kind * size);
	return n > 0 ? n : 0;
}

HIDDEN u64 x_vmrss(struct event *e)
{
	u64 mm = READ8(task_of(e), struct task_struct, mm);

	return mm ? (pages(mm, MM_FILE) + pages(mm, MM_ANON) + pages(mm, MM_SHMEM)) << 2 : 0;
}

HIDDEN u64 x_vmswap(struct event *e)
{
	u64 mm = READ8(task_of(e), struct task_struct, mm);

	return mm ? pages(mm, MM_SWAP) << 2 : 0;
}

struct fd_count {
	u64 bits;
	u32 words, open;
};

static long count_word(u32 i, struct fd_count *count)
{
	if (i >= count->words)
		return 1;
	count->open += __builtin_popcountll(read8(count->bits + i * 8ull));
	return 0;
}

HIDDEN u64 x_fdcount(struct event *e)
{
	u64 files = READ8(task_of(e), struct task_struct, files), table;
	struct fd_count count = { 0 };

	if (!files)
		return 0;
	table = READ8(files, struct files_struct, fdt);
	count.bits = READ8(table, struct fdtable, open_fds);
	count.words = READ4(table, struct fdtable, max_fds) >> 6;
	bpf_loop(1 << 14, count_word, &count, 0);
	return count.open;
}

HIDDEN u64 x_pfmajor(struct event *e) { return READ8(task_of(e), struct task_struct, maj_flt); }
HIDDEN u64 x_pfminor(struct event *e) { return READ8(task_of(e), struct task_struct, min_flt); }

HIDDEN u64 x_nthreads(struct event *e)
{
	return READ4(READ8(task_of(e), struct task_struct, signal), struct signal_struct, nr_threads);
}

HIDDEN u64 x_fdlimit(struct event *e)
{
	u64 limits = READ8(task_of(e), struct task_struct, signal) + OFFSET(struct signal_struct, rlim);

	return read8(limits + 7 * 16); /* RLIMIT_NOFILE, rlim_cur */
}

/* How much an argument has at this end of the call, in elements of its own. */
INLINE u64 length_of(struct event *e, struct argument *a)
{
	if (a->length < ARGUMENTS)
		return e->a[a->length & 7];
	if (a->length == LENGTH_ONE)
		return 1;
	return (s64)e->result > 0 ? e->result : 0;
}

/* Bytes of an argument that is `n` elements. */
INLINE u64 memory_of(struct argument *a, u64 n, u32 compat)
{
	n = (n & 0x7fffffff) * a->size;
	return a->kind == PAY_HEADED ? n + (compat ? 4 : 8) : n;
}

/*
 * Which argument of which call, at which end of it: one word, for functions that
 * are verified once, alone, and not for each way that leads to them.
 */
enum { AT_INDEX = 16, INDEX_ENTERED = 8 };
INLINE u64 place_of(struct event *e, u32 i)
{
	return e->nr | (u64)(i | (e->flags & ROW_ENTER ? INDEX_ENTERED : 0)) << AT_INDEX;
}

INLINE struct argument *argument_at(u64 place)
{
	u32 i = MASKED(place >> AT_INDEX, 7);

	return &descriptor_of(place)->arguments[i < ARGUMENTS ? i : 0];
}

/* With the kind of an argument: its index, and whose call it is. */
INLINE u32 index_of(u64 place)
{
	return (place >> AT_INDEX & 7) << 8 | ((u16)place >= NR_I386 ? OF_COMPAT : 0);
}

GLOBAL u32 send_one(u64 pointer, u64 n, u64 place, s64 result, u64 seq)
{
	struct argument *a = argument_at(place);
	u32 kind = a->kind, what = index_of(place);

	if (kind == PAY_MEMORY || kind == PAY_HEADED || kind == PAY_BEHIND)
		return send_argument(pointer, memory_of(a, n, what & OF_COMPAT), what | PAY_MEMORY, result, seq);
	return send_argument(pointer, a->length < ARGUMENTS ? n : 0, what | kind, result, seq);
}

/* An argument could not be read when its call was entered: it is tried again at the exit, unless it is sent then anyway. */
INLINE void note_unread(u64 place)
{
	struct slot *s = slot_of((u32)bpf_get_current_pid_tgid());
	u32 i = MASKED(place >> AT_INDEX, 7);

	if (s && !(descriptor_of(place)->flags >> AT_EXIT >> i & 1))
		s->unread |= 1 << i;
}

/*
 * The same for the event view: at the enter of a call it is not known yet how
 * much will be moved, so as much as the caller offers is meant.
 */
GLOBAL u32 send_viewed(u64 pointer, u64 n, u64 place, s64 result, u64 seq)
{
	struct argument *a = argument_at(place);
	u32 kind = a->kind, what = index_of(place);
	s64 moved = place >> AT_INDEX & INDEX_ENTERED ? 0x7fffffff : result;

	if (kind == PAY_BEHIND)
		send_behind(pointer, what, seq);
	if (kind == PAY_MEMORY || kind == PAY_HEADED || kind == PAY_BEHIND) {
		n = memory_of(a, n, what & OF_COMPAT);
		kind = PAY_MEMORY;
	}
	if (kind == PAY_DATA)
		moved = n & 0x7fffffff;
	if (kind == PAY_SIGINFO)
		n = a->size;
	if (kind == PAY_MSGHDR || kind == PAY_MESSAGES)
		send_message(pointer, what, seq);
	if (kind == PAY_MESSAGES) {
		send_pieces(pointer, 0, what | PART_DATA * PART << 8 | PAY_MSGHDR, 0x7fffffff, seq);
		kind = PAY_MEMORY;
		n = (n & 1023) * a->size;
	}
	if (kind == PAY_IOVEC)
		send_argument(pointer, (n & 1023) * (what & OF_COMPAT ? 8 : 16),
			      what | PART_VECTOR * PART << 8 | PAY_MEMORY, 0, seq);
	if (kind == PAY_IOVEC || kind == PAY_MSGHDR)
		return send_pieces(pointer, n, what | kind, moved > 0 ? moved : 0, seq);
	if (send_argument(pointer, n, what | kind, moved, seq) && place >> AT_INDEX & INDEX_ENTERED)
		note_unread(place);
	return 0;
}

INLINE void one_payload(struct event *e, struct argument *a, u32 i)
{
	if (a->kind)
		send_one(e->a[i], length_of(e, a), place_of(e, i), e->result, e->seq);
}

INLINE void one_view(struct event *e, struct argument *a, u32 i, u32 mask)
{
	if (a->kind && mask >> i & 1)
		send_viewed(e->a[a->kind == PAY_SIGINFO ? 3 : i], length_of(e, a), place_of(e, i), e->result, e->seq);
}

/*
 * What a handler of signals returns with: the mask that will hold, of the frame
 * on the user stack that rt_sigreturn takes back. As argument 0, which it has not.
 */
INLINE void send_signal_mask(struct event *e)
{
	u64 sp = e->regs ? e->regs->sp : 0;
	u32 what = PAY_MEMORY;

	if (e->nr == NR_RT_SIGRETURN)
		send_argument(sp + UC_SIGMASK, 8, what, 0, e->seq);
	else if (e->nr == NR_I386 + NR_I386_RT_SIGRETURN)
		send_argument(sp + UC_SIGMASK_I386, 8, what, 0, e->seq);
	else
		send_argument(sp + OLDMASK_I386, 4, what, 0, e->seq);
}

INLINE u32 is_sigreturn(struct event *e)
{
	return e->nr == NR_RT_SIGRETURN || e->nr == NR_I386 + NR_I386_RT_SIGRETURN || e->nr == NR_I386 + NR_I386_SIGRETURN;
}

/* Calls that failed leave nothing to be read, but for those that are to be restarted or say how much they have. */
INLINE u32 leaves_nothing(struct event *e)
{
	s64 r = e->result;

	return !(e->flags & ROW_ENTER) && failed(e) && (r > -512 || r < -516) && r != -E2BIG && r != -EOVERFLOW;
}

/* What the payloads of an event are found by: unique, in order of time on each CPU. */
INLINE u64 next_sequence(struct event *e)
{
	return ++e->stats->sequence << 12 | (bpf_get_smp_processor_id() & 4095);
}

/* What was not there when the call was entered is by now, if the call read it; but for memory of a program that is gone. */
INLINE u32 unread(struct event *e)
{
	struct slot *s = e->regs ? slot_of(e->tid) : NULL;
	u32 bits = s ? s->unread : 0;

	if (!bits)
		return 0;
	s->unread = 0;
	return !failed(e) && is_exec(e->nr) ? 0 : bits;
}

INLINE u32 has_stack(struct event *e)
{
	return want_stacks && !(e->flags & ROW_ENTER) && e->regs;
}

HIDDEN u64 x_view(struct event *e)
{
	struct descriptor *d = descriptor_of(e->nr);
	u32 enters = e->flags & ROW_ENTER, mask = leaves_nothing(e) ? 0 : d->flags >> (enters ? AT_ENTER : AT_EXIT) & 63;

	if (!enters)
		mask |= unread(e);
	if (!mask && !(enters && is_sigreturn(e)) && !has_stack(e))
		return 0;
	e->seq = next_sequence(e);
	one_view(e, &d->arguments[0], 0, mask);
	one_view(e, &d->arguments[1], 1, mask);
	one_view(e, &d->arguments[2], 2, mask);
	one_view(e, &d->arguments[3], 3, mask);
	one_view(e, &d->arguments[4], 4, mask);
	one_view(e, &d->arguments[5], 5, mask);
	if ((e->flags & ROW_ENTER) && is_sigreturn(e))
		send_signal_mask(e);
	if (has_stack(e))
		send_stack(e->seq);
	if (e->nr == NR_SIGNAL)
		e->a[3] = 0;
	return 0;
}

/* Where the program goes on. */
HIDDEN u64 x_ip(struct event *e)
{
	struct pt_regs *regs = e->regs;

	if (!regs && e->nr == NR_SIGNAL)
		regs = (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());
	return regs ? regs->ip : 0;
}

HIDDEN u64 x_payloads(struct event *e)
{
	struct descriptor *d = descriptor_of(e->nr);

	if (!(d->flags & EVENT_POINTS))
		return 0;
	e->seq = next_sequence(e);
	one_payload(e, &d->arguments[0], 0);
	one_payload(e, &d->arguments[1], 1);
	one_payload(e, &d->arguments[2], 2);
	one_payload(e, &d->arguments[3], 3);
	one_payload(e, &d->arguments[4], 4);
	return 0;
}

/*
 * The record of a tracepoint, at argument word 5: its fixed part as far as it is
 * asked for, and up to the end of the last text that lies behind it.
 */
HIDDEN u64 x_record(struct event *e)
{
	struct argument *a = &descriptor_of(e->nr)->arguments[ARGUMENTS - 1];
	u32 zero = 0, where = 0, n = a->size;
	struct record *r = bpf_map_lookup_elem(&record_scratch, &zero);

	if (!r)
		return 0;
	e->seq = next_sequence(e);
	if (a->length && !bpf_probe_read_kernel(&where, 4, (void *)(e->a[ARGUMENTS - 1] + a->length * RECORD_UNIT)))
		n = (where & 0xffff) + (where >> 16);
	n = n > RECORD_MAX - 1 ? RECORD_MAX - 1 : n;
	r->header.seq = e->seq;
	r->header.argument = 0;
	r->header.kind = PAY_MEMORY;
	r->header.full = n;
	r->header.failed = bpf_probe_read_kernel(r->bytes, MASKED(n, RECORD_MAX - 1), (void *)e->a[ARGUMENTS - 1]) != 0;
	if (bpf_ringbuf_output(&payloads, r, sizeof(r->header) + MASKED(n, RECORD_MAX - 1), NO_WAKEUP))
		e->stats->lost_payloads++;
	e->a[ARGUMENTS - 1] = 0;
	return 0;
}

/* Predicates of text automaton `slot` on the call's data (its first snaplen bytes). */
HIDDEN u64 x_data_text(struct event *e, u32 slot)
{
	struct descriptor *d = descriptor_of(e->nr);
	u32 zero = 0, n;
	struct payload *p = the_payload();
	struct text_scratch *t = bpf_map_lookup_elem(&text_scratch, &zero);
	struct argument *a = &d->arguments[1];
	u64 pointer;

	pointer = e->a[1];
	e->status = MISSING;
	if (!p || !t || a->kind < PAY_DATA || a->kind > PAY_MSGHDR || !pointer || (s64)e->result <= 0)
		return 0;
	n = read_argument(pointer, e->result, a->kind | (e->nr >= NR_I386 ? OF_COMPAT : 0));
	if (p->header.failed) {
		e->status = UNKNOWN;
		return 0;
	}
	if (n > TEXT_MAX) {
		e->status = UNKNOWN; /* more than the automaton runs over */
		return 0;
	}
	e->status = KNOWN;
	bpf_probe_read_kernel(t->bytes, n & (2 * TEXT_MAX - 1) ? n & (2 * TEXT_MAX - 1) : 1, p->bytes);
	return text_run(slot, n);
}

/* A row to fill and stamp, or NULL: user space is behind. */
HIDDEN void *x_row(struct event *e)
{
	u32 cpu = bpf_get_smp_processor_id(), i;
	struct progress *p = bpf_map_lookup_elem(&progress, &cpu);
	struct statistics *s = e->stats;
	u64 begun;

	s->matched += !(e->flags & ROW_ENTER);
	if (!p || s->begun - *(volatile u64 *)&p->read > configuration.room)
		return NULL;
	begun = __sync_fetch_and_add(&s->begun, 1);
	e->seq = 0;
	e->stamp = begun + 1;
	i = cpu * configuration.rows + (begun & (configuration.rows - 1));
	return bpf_map_lookup_elem(&rows, &i);
}

/* Where to put the key of the event's group, or NULL. */
HIDDEN void *x_key(struct event *e)
{
	u32 interrupts = e->nr > NR_SIGNAL && e->nr < NR_I386;

	return bpf_map_lookup_elem(&group_keys, &interrupts);
}

/* The words of the event's group, or NULL. */
HIDDEN void *x_group(struct event *e, void *key)
{
	e->stats->matched++;
	return group_of(key);
}

HIDDEN u64 x_log2(s64 value)
{
	return log2_bucket(value);
}

HIDDEN u64 x_linear(s64 value, u64 width)
{
	return linear_bucket(value, width);
}

/* The result if it is an error, else 0: what evt.res and evt.failed depend on. */
HIDDEN u64 x_outcome(struct event *e)
{
	return failed(e) ? e->result : 0;
}

HIDDEN u64 x_lost(struct event *e)
{
	e->stats->lost++;
	e->stats->lost_by_event[e->nr & (EVENTS - 1)]++;
	return 0;
}

/* Notes the file that will be gone when the call returns. */
INLINE void note_file(struct slot *s, u64 task, u32 fd)
{
	u64 file = file_of_fd(task, fd);

	s->file = 0;
	s->bits = s->unknown = 0;
	s->has_file = 1;
	if (!file)
		return;
	s->file = file_id(file, &s->bits);
	s->unknown = s->file ? undecided(file) : ~0ull;
}

/* A call is entered: for the event view, which shows that too. */
HIDDEN u32 x_init_enter(u64 *ctx, struct event *e)
{
	u64 task = current_task();
	struct pt_regs *regs = (void *)ctx[0];
	u32 nr = event_number(regs, in_compat(task));
	struct statistics *s = stats();

	if (!s || !(descriptor_of(nr)->flags & EVENT_ON) || skipped(tgid_of(task)) || !guarded(task))
		return 0;
	begin(e, nr, task, s, 0, ROW_ENTER);
	arguments(e, regs);
	return 1;
}

/* What the exit of the call will ask for. */
HIDDEN u64 x_entered(struct event *e)
{
	struct slot *s = slot_of(e->tid);
	struct pt_regs *regs = e->regs;

	if (!s || !regs)
		return 0;
	s->start = now(e);
	if (descriptor_of(e->nr)->flags & EVENT_ENTER_FD)
		note_file(s, task_of(e), e->nr >= NR_I386 ? regs->bx : regs->di);
	return 0;
}

/* When a call is entered: the time, and the file that will be gone. */
SEC("tp_btf/sys_enter")
int p_enter(u64 *ctx)
{
	struct pt_regs *regs = (void *)ctx[0];
	u32 low = regs->orig_ax & 511;
	struct descriptor *d;
	struct slot *s;
	u64 task;

	/* seldom: in a call of this number, 64-bit or 32-bit, the fd will be gone */
	if (!want_start && !((descriptor_of(low)->flags | descriptor_of(NR_I386 + low)->flags) & EVENT_ENTER_FD))
		return 0;
	task = current_task();
	d = descriptor_of(event_number(regs, in_compat(task)));
	if (!(d->flags & EVENT_ON) || (!want_start && !(d->flags & EVENT_ENTER_FD)))
		return 0;
	s = slot_of(tid_of(task));
	if (!s)
		return 0;
	if (want_start)
		s->start = boot_now();
	if ((d->flags & EVENT_ENTER_FD) && !skipped(tgid_of(task)))
		note_file(s, task, in_compat(task) ? regs->bx : regs->di);
	return 0;
}

/* Instead of p_enter when no times are wanted: other calls pay a bit test. Does not see 32-bit calls. */
SEC("tracepoint/syscalls/sys_enter_close")
int p_close(u64 *ctx)
{
	u64 task = current_task();
	struct slot *s;

	if (skipped(tgid_of(task)) || !guarded(task))
		return 0;
	s = slot_of(tid_of(task));
	if (s)
		note_file(s, task, ctx[2]);
	return 0;
}

/* Keeps the soft generation when the query's own program may not see renames. */
SEC("tp_btf/sys_exit")
int p_renames(u64 *ctx)
{
	struct pt_regs *regs = (void *)ctx[0];
	u32 nr = event_number(regs, in_compat(current_task()));

	if ((descriptor_of(nr)->flags & EVENT_RENAMES) && (s64)ctx[1] >= 0)
		__atomic_fetch_add(&generation.soft, 1, __ATOMIC_RELAXED);
	return 0;
}

/* The last of these comes before any process is thawed. */
SEC("tp_btf/suspend_resume")
int p_resume(u64 *ctx)
{
	slept.within = ~0ull;
	measure_sleep();
	measure_sleep();
	measure_sleep();
	return 0;
}

SEC("tp_btf/sched_process_fork")
int p_fork(u64 *ctx)
{
	struct task_struct *parent = (void *)ctx[0], *child = (void *)ctx[1];
	u32 tid = parent->pid, *mark = bpf_map_lookup_elem(&followed, &tid), value;

	if (!mark)
		return 0;
	value = *mark;
	tid = child->pid;
	bpf_map_update_elem(&followed, &tid, &value, 0);
	return 0;
}

/* A command's child is followed from its exec on, which is seen whatever the filter: what led there is ours. */
SEC("tp_btf/sched_process_exec")
int p_follow(u64 *ctx)
{
	u32 tid = bpf_get_current_pid_tgid(), *mark = bpf_map_lookup_elem(&followed, &tid);

	if (mark)
		*mark = FOLLOW_NOW;
	return 0;
}

/* For questions about ancestors: a process that may be silent for long says at once what it has become. */
SEC("tp_btf/sched_process_exec")
int p_exec(u64 *ctx)
{
	u64 task = bpf_get_current_task(), children = task + OFFSET(struct task_struct, children);

	process_id(task);
	if (read8(children) != children)
		__sync_fetch_and_add(&ancestry, 1);
	return 0;
}

/* After the query's own program on this hook: links run in the order of their attachment. */
SEC("tp_btf/sched_process_exit")
int p_forget(u64 *ctx)
{
	u32 tid = bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&followed, &tid);
	return 0;
}

/* Tells user space about every process, before anything is attached. */
SEC("iter/task")
int p_snapshot(struct bpf_iter__task *ctx)
{
	u64 task = iterated_task(ctx), mm;
	struct slot *s;

	if (!task)
		return 0;
	measure_sleep();
	mm = READ8(task, struct task_struct, mm);
	if (mm && READ8(mm, struct mm_struct, task_size) >> 32 == 0)
		see_compat();
	process_id(task);
	s = slot_of(READ4(task, struct task_struct, pid));
	if (s)
		s->partial = 0; /* user space completes it now, from /proc */
	return 0;
}

#define CALL(f) asm volatile("" ::"r"(f))

/*
 * The programs below only keep the accessors in the object: roots from which
 * the splicer collects them. Several, so that each verifies quickly.
 */
#define ROOT(name, calls)                          \
	SEC("tp_btf/sys_exit")                     \
	int name(u64 *ctx)                         \
	{                                          \
		struct event event, *e = &event;   \
						   \
		if (!x_init_exit(ctx, e))          \
			return 0;                  \
		calls;                             \
		return 0;                          \
	}

ROOT(l_exit, CALL(x_followed(e)); CALL(x_event_bits(e)); CALL(x_failed(e)); CALL(x_ismain(e)); CALL(x_buflen(e));
     CALL(x_latency(e)); CALL(x_time(e)); CALL(x_lost(e)))
ROOT(l_ids, CALL(x_ppid(e)); CALL(x_uid(e)); CALL(x_gid(e)); CALL(x_loginuid(e)); CALL(x_sid(e)); CALL(x_pgid(e));
     CALL(x_vpgid(e)); CALL(x_vpid(e)); CALL(x_vtid(e)); CALL(x_vmsize(e)); CALL(x_pfmajor(e)); CALL(x_pfminor(e));
     CALL(x_nthreads(e)); CALL(x_fdlimit(e)))
ROOT(l_memory, CALL(x_vmrss(e)); CALL(x_vmswap(e)); CALL(x_fdcount(e)))
ROOT(l_names, CALL(x_comm0(e)); CALL(x_comm1(e)); CALL(x_pcomm0(e)); CALL(x_pcomm1(e)))
ROOT(l_texts, CALL(x_comm_text(e, 0)); CALL(x_pcomm_text(e, 1)))
ROOT(l_data, CALL(x_data_text(e, 2)))
ROOT(l_file, CALL(x_fd(e)); CALL(x_file(e)))
ROOT(l_directories, CALL(x_dir(e)); CALL(x_newdir(e)))
ROOT(l_fdtype, CALL(x_fdtype(e)))
ROOT(l_ports, CALL(x_lport(e)); CALL(x_rport(e)))
ROOT(l_ends, CALL(x_cport(e)); CALL(x_sport(e)))
ROOT(l_address, CALL(x_address(e, 0)))
ROOT(l_protocol, CALL(x_l4proto(e)); CALL(x_sockfamily(e)))
ROOT(l_process, CALL(x_process(e)); CALL(x_verdict(e)))
ROOT(l_payloads, CALL(x_payloads(e)))
ROOT(l_record, CALL(x_record(e)))
ROOT(l_view, CALL(x_view(e)); CALL(x_ip(e)))
ROOT(l_row, CALL(x_row(e)))
ROOT(l_group, void *key = x_key(e); if (!key) return 0; CALL(x_group(e, key)); CALL(x_log2(e->result)); CALL(x_linear(e->result, e->nr | 1)); CALL(x_outcome(e)))

SEC("tp_btf/sched_process_exit")
int l_procexit(u64 *ctx)
{
	struct event e;

	return x_init_procexit(ctx, &e) ? 0 : 0;
}

SEC("tp_btf/sys_enter")
int l_enter(u64 *ctx)
{
	struct event e;

	if (x_init_enter(ctx, &e))
		x_entered(&e);
	return 0;
}

SEC("tp_btf/signal_deliver")
int l_signal(u64 *ctx)
{
	struct event e;

	return x_init_signal(ctx, &e) ? 0 : 0;
}

SEC("tracepoint/syscalls/sys_enter_close")
int l_tracepoint(u64 *ctx)
{
	struct event e;

	return x_init_tracepoint(ctx, &e, NR_SIGNAL + 1) ? 0 : 0;
}

SEC("iter/task")
int l_task(struct bpf_iter__task *ctx)
{
	struct event e;

	return x_init_task(ctx, &e) ? 0 : 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
