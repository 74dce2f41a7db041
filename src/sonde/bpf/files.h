// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Files as a tree of path components.
 *
 * A node is a (dentry, mount) pair and gets a dense id that names it for good:
 * when its name or ancestry changes it gets a new id at its next use, so user
 * space may cache id -> path for ever. `signature` notices that the dentry is
 * another file now, `generation` that something on this system was renamed or
 * mounted since the node was last checked, `chain` that an ancestor changed.
 *
 * Steady state is one map lookup and a few loads. Only a node seen for the
 * first time, or for the first time after a rename, climbs to the nearest
 * ancestor known in this generation and renews the nodes below it.
 *
 * climb(), descend(), judge(), remember() and resolve() are global functions and
 * loops those of bpf_loop: else they would be verified once per call and turn,
 * more than a million instructions. They call each other as little as they can:
 * with the program that asks, a chain of calls has 512 bytes of stack, and 6.1
 * counts in units of 32.
 */
#pragma once
#include "automaton.h"
#include "read.h"

enum { NODES = 1 << 17, FRAMES = 128 /* components and mount crossings */ };

/* Addresses of the kernel's own sequence counters, or 0: then `soft` counts. */
const volatile u64 rename_lock_address = 0;
const volatile u64 mount_lock_address = 0;

struct generation {
	u64 soft, pad[7];
} generation SEC(".data.generation");

/* The last ids given; each kind counts for itself, so that tables by id stay dense. */
struct ids {
	u64 node, process;
} last_ids SEC(".data.ids") = { 0, 0 };

/*
 * How often user space forgot what it was told, because its tables were full: after each time all is told anew, with
 * ids so far above the others that a program which still goes by the count before does not reach them. A program reads
 * it once for each thing it tells of, before all else, so that nothing refers to what was told before.
 */
u64 forgotten SEC(".data.forgotten") = 0;

INLINE u64 forgotten_now(void)
{
	return *(volatile u64 *)&forgotten;
}

/* clang 22 forgets to fetch with __ATOMIC_RELAXED and returns its own operand. */
INLINE u32 next_id(u64 *last, u32 told)
{
	return __sync_fetch_and_add(last, 1) + 1 + (told << ID_GAP_BITS);
}

struct node_key {
	u64 dentry, mount;
};

/*
 * The kernel copies a value in ascending order and readers take the id first
 * and the signature last, so a recycled element cannot give a wrong id.
 */
struct node {
	u64 signature, generation, chain;
	u64 id;	   /* | automaton version << 32 */
	u64 bits;  /* path predicates that hold for this file */
	u64 sticky; /* those that hold for everything below it */
	u64 state; /* of the automaton after the path */
};

struct {
	__uint(type, MAP_LRU_HASH);
	__uint(max_entries, NODES);
	__type(key, struct node_key);
	__type(value, struct node);
} nodes SEC(".maps");

struct frame {
	u64 dentry, mount, signature, old_chain, old_bits, old_sticky;
	u32 old_id, old_version, old_state, flags;
};

struct climb {
	u64 dentry, mount, file, generation, chain, told;
	u64 bits, sticky, filename_hits;
	u32 id, depth, failed;
	u32 version, state, pad;
	struct frame frames[FRAMES];
	struct node_record record;
	struct node node;
};

struct {
	__uint(type, MAP_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct climb);
} climbs SEC(".maps");

INLINE struct climb *the_climb(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&climbs, &zero);
}

/* `told`: what forgotten_now() was. An odd lock sequence means that a rename or mount is going on. */
INLINE u64 generation_of(u64 told, u32 *moving)
{
	u64 now = *(volatile u64 *)&generation.soft << 48 ^ told << 40;

	*moving = 0;
	if (rename_lock_address) {
		u32 renames = read4(rename_lock_address);
		u32 mounts = read4(mount_lock_address);

		*moving = (renames | mounts) & 1;
		now ^= renames | (u64)mounts << 32;
	}
	return now;
}

INLINE u64 generation_now(u32 *moving)
{
	return generation_of(forgotten_now(), moving);
}

/* `dentry`: of a known type; `name`: hash_len of its name. What is not there reads as zeros. */
INLINE u64 named_signature(u64 dentry, u64 name)
{
	u64 inode = GET(dentry, struct dentry, d_inode), sum = weighed(name, 0);

	sum += weighed(apart(inode, dentry) ^ (GET(dentry, struct dentry, d_hash.pprev) ? 0 : 1), 1);
	sum += weighed(GET(inode, struct inode, i_ino) ^ GET(inode, struct inode, i_generation) << 32, 2);
	return sum + weighed(apart(GET(dentry, struct dentry, d_parent), dentry), 3);
}

INLINE u64 dentry_signature(u64 address)
{
	u64 dentry = TYPED(address, struct dentry);

	return named_signature(dentry, GET(dentry, struct dentry, d_name.hash_len));
}

INLINE u32 file_type(u64 file)
{
	return READ2(READ8(file, struct file, f_inode), struct inode, i_mode) >> 12;
}

INLINE u64 file_sock(u64 file)
{
	return READ8(READ8(file, struct file, private_data), struct socket, sk);
}

enum { AF_UNIX = 1, AF_INET = 2, AF_INET6 = 10, S_IFIFO = 1, S_IFDIR = 4, S_IFREG = 8, S_IFSOCK = 12, PROTO_TCP = 6, TCP_LISTEN = 10 };

INLINE u64 socket_signature(u64 file, u64 hash)
{
	u64 sk = file_sock(file);
	u32 family;

	if (!sk)
		return hash;
	hash = mix(hash, sk ^ READ4(sk, struct sock_common, skc_portpair) ^
				 ((u64)READ1(sk, struct sock_common, skc_state) << 56));
	family = READ2(sk, struct sock_common, skc_family);
	if (family == AF_UNIX)
		return mix(hash, READ8(sk, struct unix_sock, peer) ^ (READ8(sk, struct unix_sock, addr) << 1));
	return mix(hash, READ8(sk, struct sock_common, skc_addrpair));
}

/* anon_inode:[eventfd] and anon_inode:[timerfd] have one inode, and names of one length without a hash. */
LEAF u64 leaf_signature(u64 address, u64 file)
{
	u64 dentry = TYPED(address, struct dentry), name = GET(dentry, struct dentry, d_name.hash_len);
	u64 hash = named_signature(dentry, name);
	u32 type;

	if (!file)
		return hash;
	type = file_type(file);
	if (type == S_IFSOCK)
		return socket_signature(file, hash);
	if ((!type || type == S_IFREG) && !(u32)name)
		hash = mix(hash, READ8(file, struct file, f_op));
	return hash;
}

/* Describes the node of frame i; 1: the way up ends at a known node or a root. */
GLOBAL u32 climb(u32 i)
{
	struct climb *c = the_climb();
	struct node_key key;
	struct frame *f;
	struct node *n;
	u64 parent, up;

	if (!c || i >= FRAMES)
		return 1;
	f = &c->frames[i];
	key.dentry = f->dentry = c->dentry;
	key.mount = f->mount = c->mount;
	f->signature = i ? dentry_signature(key.dentry) : leaf_signature(key.dentry, c->file);
	f->old_id = f->old_version = 0;
	f->old_chain = 0;
	n = bpf_map_lookup_elem(&nodes, &key);
	if (n) {
		u64 state = n->state, sticky = n->sticky, bits = n->bits, id = n->id;
		u64 chain = n->chain, seen = n->generation;

		asm volatile("" ::: "memory");
		if (n->signature == f->signature) {
			f->old_id = id;
			f->old_version = id >> 32;
			f->old_chain = chain;
			f->old_bits = bits;
			f->old_sticky = sticky;
			f->old_state = state;
			if (seen == c->generation && f->old_version == c->version) {
				c->id = id;
				c->chain = chain;
				c->state = state;
				c->sticky = sticky;
				c->bits = bits;
				c->depth = i;
				return 1;
			}
		}
	}
	c->depth = i + 1;
	if (key.dentry == READ8(key.mount, struct mount, mnt.mnt_root)) {
		up = READ8(key.mount, struct mount, mnt_parent);
		f->flags = NODE_MOUNT;
		if (up == key.mount) {
			u64 ns = READ8(key.mount, struct mount, mnt_ns);

			f->flags |= NODE_ROOT | (ns && ns < -4096ull ? 0 : NODE_DETACHED);
			return 1;
		}
		c->dentry = READ8(key.mount, struct mount, mnt_mountpoint);
		c->mount = up;
		return 0;
	}
	parent = READ8(key.dentry, struct dentry, d_parent);
	if (parent == key.dentry) {
		f->flags = (i ? NODE_ESCAPED : NODE_ANON) | NODE_ROOT;
		return 1;
	}
	f->flags = READ8(key.dentry, struct dentry, d_hash.pprev) ? 0 : NODE_DELETED;
	c->dentry = parent;
	return 0;
}

struct name_run {
	struct path_automaton *automaton;
	struct climb *climb;
	u32 state, alone;
};

INLINE u32 step(struct path_automaton *a, u32 state, u32 byte)
{
	return a->next[(state * a->classes + a->class[byte]) & (PATH_CELLS - 1)] & (PATH_STATES - 1);
}

static long name_step(u32 i, struct name_run *run)
{
	struct path_automaton *a = run->automaton;
	u32 byte = (u8)run->climb->record.name[i & 255];

	if (!byte)
		return 1;
	run->state = step(a, run->state, byte);
	run->climb->sticky |= a->hit[run->state & (PATH_STATES - 1)];
	run->alone = step(a, run->alone, byte);
	run->climb->filename_hits |= a->hit[run->alone & (PATH_STATES - 1)];
	return 0;
}

/* Runs the automaton over '/' and the name, and from its start over the name alone. */
INLINE void run_name(struct climb *c, struct path_automaton *a)
{
	struct name_run run = { .automaton = a, .climb = c, .alone = a->start_name };

	run.state = step(a, c->state, '/');
	c->sticky |= a->hit[run.state];
	c->filename_hits = 0;
	bpf_loop(256, name_step, &run, 0);
	c->state = run.state;
	c->filename_hits |= a->accept[run.alone & (PATH_STATES - 1)];
}

/* State and predicate bits of the node whose name is in c->record, from its parent's in c. */
GLOBAL u32 judge(u32 flags)
{
	struct climb *c = the_climb();
	struct path_automaton *a;
	u32 slot;

	if (!c)
		return 0;
	slot = c->version & 1;
	a = bpf_map_lookup_elem(&automata, &slot);
	if (!a)
		return 0;
	if (flags & (NODE_ANON | NODE_SOCK)) { /* user space names these */
		c->state = 0;
		c->sticky = c->bits = 0;
		return 1;
	}
	if (flags & NODE_ROOT) { /* accept[0] is the verdict on "/" */
		c->state = 0;
		c->sticky = 0;
		c->bits = (a->accept[0] & (a->name_bits | a->directory_bits)) |
			  (a->accept[a->start_name & (PATH_STATES - 1)] & a->filename_bits);
		return 1;
	}
	if (flags & NODE_MOUNT) /* a mount's root has its mount point's path */
		return 1;
	c->bits = (c->sticky | a->accept[c->state & (PATH_STATES - 1)]) & a->directory_bits;
	run_name(c, a);
	c->bits |= ((c->sticky | a->accept[c->state & (PATH_STATES - 1)]) & a->name_bits) |
		   (c->filename_hits & a->filename_bits);
	return 1;
}

/*
 * A TCP socket whose port was picked by connect() has fastreuse -1 on its bind
 * bucket (inet_hashtables.c, __inet_hash_connect); an accepted one shares its
 * listener's.
 */
INLINE u32 socket_role(u64 sk)
{
	u64 bucket;

	if (READ2(sk, struct sock, sk_protocol) != PROTO_TCP)
		return ROLE_UNKNOWN;
	if (READ1(sk, struct sock_common, skc_state) == TCP_LISTEN)
		return ROLE_SERVER;
	bucket = READ8(sk, struct inet_connection_sock, icsk_bind_hash);
	if (!bucket)
		return ROLE_UNKNOWN;
	return READ1(bucket, struct inet_bind_bucket, fastreuse) == 0xff ? ROLE_CLIENT : ROLE_SERVER;
}

INLINE void describe_socket(struct node_record *r, u64 file)
{
	struct socket_record *s = (void *)r->name;
	u64 sk = file_sock(file);

	__builtin_memset(s, 0, sizeof(*s));
	if (!sk)
		return;
	s->family = READ2(sk, struct sock_common, skc_family);
	s->state = READ1(sk, struct sock_common, skc_state);
	s->proto = READ2(sk, struct sock, sk_protocol);
	s->type = READ2(READ8(file, struct file, private_data), struct socket, type);
	s->cookie = sk;
	if (s->family == AF_UNIX) {
		u64 name = READ8(sk, struct unix_sock, addr);

		s->peer = READ8(sk, struct unix_sock, peer);
		if (name) {
			u32 n = READ4(name, struct unix_address, len) - 2;

			s->length = n > 108 ? 108 : n;
			bpf_probe_read_kernel(s->path, 108, (void *)(name + OFFSET(struct unix_address, name) + 2));
		}
		return;
	}
	if (s->family != AF_INET && s->family != AF_INET6)
		return;
	s->lport = READ2(sk, struct sock_common, skc_num);
	s->rport = __builtin_bswap16(READ2(sk, struct sock_common, skc_dport));
	s->role = socket_role(sk);
	if (s->family == AF_INET) {
		*(u32 *)s->local = READ4(sk, struct sock_common, skc_rcv_saddr);
		*(u32 *)s->remote = READ4(sk, struct sock_common, skc_daddr);
	} else {
		bpf_probe_read_kernel(s->local, 16, (void *)(sk + OFFSET(struct sock_common, skc_v6_rcv_saddr)));
		bpf_probe_read_kernel(s->remote, 16, (void *)(sk + OFFSET(struct sock_common, skc_v6_daddr)));
	}
}

/* A new id for the node of frame f, told to user space before anything refers to it; 0: no room. */
INLINE u32 emit_node(struct climb *c, struct frame *f, u64 file)
{
	u64 dentry = f->dentry, inode = READ8(dentry, struct dentry, d_inode);
	u64 sb = READ8(dentry, struct dentry, d_sb);
	struct node_record *r = &c->record;
	struct statistics *s = stats();
	u32 length = 0;

	if (!s)
		return 0;
	r->kind = DICT_NODE;
	r->flags = f->flags;
	r->parent = c->id;
	r->mode = 0;
	r->ino = 0;
	r->rdev = 0;
	if (inode) {
		r->mode = READ2(inode, struct inode, i_mode);
		r->ino = READ8(inode, struct inode, i_ino);
		r->rdev = READ4(inode, struct inode, i_rdev);
	}
	r->dev = READ4(sb, struct super_block, s_dev);
	r->magic = READ8(sb, struct super_block, s_magic);
	r->mount = READ4(f->mount, struct mount, mnt_id);
	if (file && r->mode >> 12 == S_IFSOCK) {
		r->flags |= NODE_SOCK;
		describe_socket(r, file);
		length = sizeof(struct socket_record);
	} else if (!(f->flags & NODE_MOUNT)) {
		long n = bpf_probe_read_kernel_str(r->name, 256, (void *)READ8(dentry, struct dentry, d_name.name));

		if (n > 0)
			length = n - 1;
	}
	if (length > 255)
		length = 255;
	if (!(r->flags & NODE_SOCK))
		r->name[length] = 0;
	r->id = next_id(&last_ids.node, c->told);
	if (bpf_ringbuf_output(&dictionary, r, __builtin_offsetof(struct node_record, name) + length, NO_WAKEUP)) {
		s->lost_dictionary++;
		return 0;
	}
	return r->id;
}

enum { RENEWED = 1u << 31, DESCENDED = 1u << 30 };

/*
 * Renews or creates the node one frame further down. -> RENEWED, DESCENDED at
 * the end, or the flags that judge() is to be called with before remember().
 */
GLOBAL u32 descend(void)
{
	struct climb *c = the_climb();
	struct frame *f;
	u64 chain;
	u32 i;

	if (!c)
		return DESCENDED;
	i = c->depth - 1;
	if (i >= FRAMES)
		return DESCENDED;
	c->depth = i;
	f = &c->frames[i];
	chain = mix(c->chain, f->signature);
	if (f->old_id && f->old_chain == chain) {
		u32 flags = f->flags;

		c->chain = chain;
		c->id = f->old_id;
		if (f->old_version == c->version) {
			c->state = f->old_state; /* the same file below the same ancestors */
			c->sticky = f->old_sticky;
			c->bits = f->old_bits;
			return RENEWED;
		}
		/* only the query is new */
		if (!(flags & (NODE_MOUNT | NODE_ANON)))
			bpf_probe_read_kernel_str(c->record.name, 256,
						  (void *)READ8(f->dentry, struct dentry, d_name.name));
		if (c->file && !i && file_type(c->file) == S_IFSOCK)
			flags |= NODE_SOCK;
		return flags;
	}
	c->id = emit_node(c, f, i ? 0 : c->file);
	if (!c->id) {
		c->failed = 1;
		return DESCENDED;
	}
	c->chain = chain;
	return c->record.flags;
}

/* Keeps what descend() and judge() found; 1: that was the last node. */
GLOBAL u32 remember(void)
{
	struct climb *c = the_climb();
	struct node_key key;
	struct frame *f;
	u32 i, moving;
	u64 now;

	if (!c)
		return 1;
	i = c->depth;
	if (i >= FRAMES)
		return 1;
	f = &c->frames[i];
	now = generation_now(&moving);
	if (now == c->generation && !moving) { /* else something moved while we read: use it, do not remember it */
		key.dentry = f->dentry;
		key.mount = f->mount;
		c->node.signature = f->signature;
		c->node.generation = now;
		c->node.chain = c->chain;
		c->node.id = c->id | (u64)c->version << 32;
		c->node.bits = c->bits;
		c->node.sticky = c->sticky;
		c->node.state = c->state;
		bpf_map_update_elem(&nodes, &key, &c->node, 0);
	}
	return i == 0;
}

/* 0 or 1. The compiler knows that global functions give nothing else; the verifier does not, and is to see it. */
INLINE long truth(u32 value)
{
	asm volatile("" : "+r"(value));
	return value != 0;
}

/* The steps of resolve(), as callbacks of bpf_loop: a plain loop is verified turn by turn, in each program that asks. */
static long climb_step(u32 i, u32 *found)
{
	*found = climb(i);
	return truth(*found);
}

static long renew_step(u32 i, void *unused)
{
	u32 found = descend();

	if (found == DESCENDED)
		return 1;
	if (found != RENEWED)
		judge(found);
	return truth(remember());
}

/* The slow path: climb to a known ancestor, then renew downwards. -> node id, 0 if a record was lost */
GLOBAL u32 resolve(u64 dentry, u64 mount, u64 file)
{
	struct climb *c = the_climb();
	struct statistics *s = stats();
	u32 moving, found = 0;

	if (!c || !s)
		return 0;
	c->dentry = dentry;
	c->mount = mount;
	c->file = file;
	c->chain = c->told = forgotten_now();
	c->generation = generation_of(c->told, &moving);
	c->version = *(volatile u32 *)&automaton_version.version;
	c->state = c->id = c->depth = c->failed = 0;
	c->sticky = c->bits = 0;
	bpf_loop(FRAMES, climb_step, &found, 0);
	if (!found) {
		c->frames[FRAMES - 1].flags |= NODE_TRUNC;
		s->truncated++;
	}
	if (!c->depth)
		return c->id;
	bpf_loop(FRAMES, renew_step, NULL, 0);
	if (c->failed)
		c->bits = 0;
	return c->id;
}

/*
 * The nodes this CPU met last, in front of the hash table. A program may be
 * suspended at any point and another run here: the key is written last and
 * read last, and the signature is the dentry's own, so a mixture fits nothing.
 */
enum { RECENT = 256 };
struct recent {
	u64 dentry, mount, signature, generation, id, bits;
};
struct {
	__uint(type, MAP_PERCPU_ARRAY);
	__uint(max_entries, RECENT);
	__type(key, u32);
	__type(value, struct recent);
} recent SEC(".maps");

INLINE void remember_recent(struct recent *r, struct node_key *key, u64 signature, u64 now, u64 id, u64 bits)
{
	r->dentry = 0;
	asm volatile("" ::: "memory");
	r->mount = key->mount;
	r->signature = signature;
	r->generation = now;
	r->id = id;
	r->bits = bits;
	asm volatile("" ::: "memory");
	r->dentry = key->dentry;
}

/* (dentry, vfsmount) -> node id, and the path predicates that hold for it. */
INLINE u32 node_id(u64 dentry, u64 vfsmount, u64 file, u64 *bits)
{
	struct node_key key = { dentry, vfsmount - OFFSET(struct mount, mnt) };
	u32 moving, id, version = *(volatile u32 *)&automaton_version.version;
	u32 slot = (dentry >> 6 ^ dentry >> 14) & (RECENT - 1);
	u64 now = generation_now(&moving), signature = leaf_signature(dentry, file);
	struct recent *r = bpf_map_lookup_elem(&recent, &slot);
	struct node *n;
	struct climb *c;

	if (r) {
		u64 hit = r->bits, versioned = r->id;

		asm volatile("" ::: "memory");
		if (r->dentry == dentry && r->mount == key.mount && r->signature == signature &&
		    r->generation == now && versioned >> 32 == version) {
			*bits = hit;
			return versioned;
		}
	}
	n = bpf_map_lookup_elem(&nodes, &key);
	if (n) {
		u64 hit = n->bits, versioned = n->id, seen = n->generation;

		asm volatile("" ::: "memory");
		if (seen == now && versioned >> 32 == version && n->signature == signature) {
			if (r)
				remember_recent(r, &key, signature, now, versioned, hit);
			*bits = hit;
			return versioned;
		}
	}
	id = resolve(dentry, key.mount, file);
	c = the_climb();
	if (c)
		*bits = c->bits;
	return id;
}

INLINE u32 file_id(u64 file, u64 *bits)
{
	return node_id(READ8(file, struct file, f_path.dentry), READ8(file, struct file, f_path.mnt), file, bits);
}

INLINE u32 path_id(u64 path)
{
	u64 bits;

	return node_id(READ8(path, struct path, dentry), READ8(path, struct path, mnt), 0, &bits);
}

/* `task`: of a known type. */
INLINE u64 file_of_fd(u64 task, u32 fd)
{
	u64 files = GET(task, struct task_struct, files), table = GET(files, struct files_struct, fdt);

	/* without files there are none of them */
	if (fd >= (u32)GET(table, struct fdtable, max_fds))
		return 0;
	return read8(GET(table, struct fdtable, fd) + fd * 8ull);
}
