// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * The kernel's types as far as sonde reads them, and the BPF helpers it calls.
 *
 * Only the fields in use are declared. preserve_access_index makes every access
 * a CO-RE relocation, so order and size here mean nothing: libbpf finds the
 * offsets in the running kernel's BTF.
 */
#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef int s32;
typedef long long s64;

#define NULL ((void *)0)
#define SEC(name) __attribute__((section(name), used))
#define __uint(name, val) int (*name)[val]
#define __type(name, val) typeof(val) *name
#define INLINE static inline __attribute__((always_inline))
/* A subprogram of the library that the splicer may call: its ABI is kept. */
#define HIDDEN __attribute__((noinline, visibility("hidden")))
/* Verified once, alone, with unknown scalar arguments (needs func_info). */
#define GLOBAL __attribute__((noinline))
#define CORE __attribute__((preserve_access_index))

/* n & mask, also where clang knows that n is no larger: older verifiers do not follow its reasons. */
#define MASKED(n, mask)                          \
	({                                       \
		u32 masked = (n);                \
		asm volatile("" : "+r"(masked)); \
		masked & (mask);                 \
	})

#define MAP_HASH 1
#define MAP_ARRAY 2
#define MAP_PERCPU_ARRAY 6
#define MAP_LRU_HASH 9
#define MAP_RINGBUF 27
#define MMAPABLE (1 << 10)
#define NOEXIST 1

struct hlist_bl_node {
	struct hlist_bl_node **pprev;
} CORE;

struct qstr {
	u64 hash_len;
	const unsigned char *name;
} CORE;

struct super_block {
	u32 s_dev;
	unsigned long s_magic;
} CORE;

struct inode {
	u16 i_mode;
	unsigned long i_ino;
	u32 i_rdev;
	u32 i_generation;
} CORE;

struct dentry {
	struct hlist_bl_node d_hash;
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	struct super_block *d_sb;
} CORE;

struct vfsmount {
	struct dentry *mnt_root;
} CORE;

struct mnt_namespace;

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
	struct mnt_namespace *mnt_ns;
	int mnt_id;
} CORE;

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
} CORE;

struct file {
	struct inode *f_inode;
	struct path f_path;
	const void *f_op;
	void *private_data;
} CORE;

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
	unsigned long *open_fds;
} CORE;

struct files_struct {
	struct fdtable *fdt;
} CORE;

struct fs_struct {
	struct path root, pwd;
} CORE;

struct percpu_counter {
	s64 count;
} CORE;

struct mm_struct {
	unsigned long task_size, arg_start, arg_end, env_start, env_end, total_vm;
	struct file *exe_file;
	struct percpu_counter rss_stat[4];
} CORE;

/* Before 6.2. */
struct mm_rss_stat {
	struct {
		s64 counter;
	} count[4];
} CORE;

struct mm_struct___counts {
	struct mm_rss_stat rss_stat;
} CORE;

typedef struct {
	u32 val;
} kuid_t;

struct cred {
	kuid_t uid, euid;
	struct {
		u32 val;
	} gid, egid;
	struct {
		u8 bytes[8];
	} cap_inheritable, cap_permitted, cap_effective;
} CORE;

struct upid {
	int nr;
} CORE;

struct pid {
	u32 level;
	struct upid numbers[1];
} CORE;

struct tty_struct {
	char name[64];
} CORE;

struct rlimit {
	unsigned long rlim_cur;
} CORE;

struct signal_struct {
	int nr_threads;
	struct pid *pids[4];
	struct tty_struct *tty;
	struct rlimit rlim[16];
} CORE;

struct css_set;

struct thread_info {
	u32 status;
} CORE;

struct list_head {
	struct list_head *next;
} CORE;

struct task_struct {
	struct thread_info thread_info;
	struct list_head children;
	u32 __state;
	unsigned int flags;
	int pid, tgid, exit_code;
	u64 start_boottime;
	u64 self_exec_id;
	char comm[16];
	unsigned long maj_flt, min_flt;
	struct task_struct *real_parent, *group_leader;
	struct files_struct *files;
	struct fs_struct *fs;
	struct mm_struct *mm;
	const struct cred *cred;
	struct signal_struct *signal;
	struct css_set *cgroups;
	struct pid *thread_pid;
	kuid_t loginuid;
} CORE;

struct pt_regs {
	unsigned long di, si, dx, r10, r8, r9, orig_ax;
	unsigned long bx, cx, bp, sp, ip;
} CORE;

struct sock_common {
	u64 skc_addrpair;
	u32 skc_daddr, skc_rcv_saddr;
	u32 skc_portpair;
	u16 skc_dport, skc_num, skc_family;
	u8 skc_state;
	struct {
		u8 bytes[16];
	} skc_v6_daddr, skc_v6_rcv_saddr;
} CORE;

struct sock {
	struct sock_common __sk_common;
	u16 sk_protocol;
} CORE;

struct inet_bind_bucket {
	signed char fastreuse;
} CORE;

struct inet_connection_sock {
	struct inet_bind_bucket *icsk_bind_hash;
} CORE;

struct socket {
	short type;
	struct sock *sk;
} CORE;

struct sockaddr_un {
	u16 sun_family;
	char sun_path[108];
};

struct unix_address {
	int len;
	struct sockaddr_un name[0];
} CORE;

struct unix_sock {
	struct unix_address *addr;
	struct sock *peer;
} CORE;

/* Any 8-byte scalar at an address: what bpf_rdonly_cast() is given. */
struct timespec64 {
	s64 tv_sec;
} CORE;

struct bpf_iter_meta {
	void *seq;
} CORE;

/* The context of iter/task: laid out by the kernel's UAPI, not relocated. */
struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

static void *(*const bpf_map_lookup_elem)(void *, const void *) = (void *)1;
static long (*const bpf_map_update_elem)(void *, const void *, const void *, u64) = (void *)2;
static long (*const bpf_map_delete_elem)(void *, const void *) = (void *)3;
static u64 (*const bpf_ktime_get_ns)(void) = (void *)5;
static u32 (*const bpf_get_smp_processor_id)(void) = (void *)8;
static u64 (*const bpf_get_current_pid_tgid)(void) = (void *)14;
static u64 (*const bpf_get_current_task)(void) = (void *)35;
static long (*const bpf_probe_read_user)(void *, u32, const void *) = (void *)112;
static long (*const bpf_probe_read_kernel)(void *, u32, const void *) = (void *)113;
static long (*const bpf_probe_read_user_str)(void *, u32, const void *) = (void *)114;
static long (*const bpf_probe_read_kernel_str)(void *, u32, const void *) = (void *)115;
static u64 (*const bpf_ktime_get_boot_ns)(void) = (void *)125;
static long (*const bpf_ringbuf_output)(void *, void *, u64, u64) = (void *)130;
static struct task_struct *(*const bpf_get_current_task_btf)(void) = (void *)158;
static long (*const bpf_loop)(u32, void *, void *, u64) = (void *)181; /* >= 5.17 */
static long (*const bpf_get_task_stack)(struct task_struct *, void *, u32, u64) = (void *)141;
static long (*const bpf_task_pt_regs)(struct task_struct *) = (void *)175;

#define NO_WAKEUP 1

/* Since Linux 6.2 (commit a35b9af4ec2c). */
extern void *bpf_rdonly_cast(const void *obj, u32 btf_id) SEC(".ksyms");
#define TYPE_ID(T) __builtin_btf_type_id(*(typeof(T) *)0, 1)
#define CAST(p, T) ((T *)bpf_rdonly_cast((const void *)(unsigned long)(p), TYPE_ID(T)))
#define OFFSET(T, f) __builtin_preserve_field_info(((T *)0)->f, 0)
#define EXISTS(T, f) __builtin_preserve_field_info(((T *)0)->f, 2)
