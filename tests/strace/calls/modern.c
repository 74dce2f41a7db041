#include "calls.h"
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>

static void filtered(void)
{
	struct sock_filter allow[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
	struct sock_fprog program = {2, allow};
	uint32_t action = SECCOMP_RET_ERRNO, wrong = 7;

	C(seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action);
	C(seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &wrong);
	C(seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_LOG, &program);
	C(seccomp, SECCOMP_SET_MODE_FILTER, 0x1000, NOWHERE);
	C(seccomp, SECCOMP_GET_NOTIF_SIZES, 0, out);
	C(seccomp, 99, 1, NULL);
	C(prctl, 22, 2, &program);
}

static void programs(void)
{
	union bpf_attr attributes;
	uint32_t key = 1;
	uint64_t value = 0x42;
	long fd;

	memset(&attributes, 0, sizeof(attributes));
	attributes.map_type = BPF_MAP_TYPE_ARRAY;
	attributes.key_size = 4;
	attributes.value_size = 8;
	attributes.max_entries = 2;
	strcpy(attributes.map_name, "judged");
	fd = C(bpf, BPF_MAP_CREATE, &attributes, 48);
	C(bpf, BPF_MAP_CREATE, &attributes, 4);
	C(bpf, BPF_MAP_CREATE, NOWHERE, 48);
	memset(&attributes, 0, sizeof(attributes));
	attributes.map_fd = fd;
	attributes.key = (uintptr_t)&key;
	attributes.value = (uintptr_t)&value;
	C(bpf, BPF_MAP_UPDATE_ELEM, &attributes, 32);
	C(bpf, BPF_MAP_LOOKUP_ELEM, &attributes, 32);
	attributes.flags = 77;
	C(bpf, BPF_MAP_UPDATE_ELEM, &attributes, 32);
	memset(&attributes, 0, sizeof(attributes));
	attributes.map_fd = fd;
	attributes.next_key = (uintptr_t)&value;
	C(bpf, BPF_MAP_GET_NEXT_KEY, &attributes, 24);
	memset(&attributes, 0, sizeof(attributes));
	attributes.pathname = (uintptr_t)"/sys/fs/bpf/nothing/here";
	attributes.bpf_fd = 99;
	C(bpf, BPF_OBJ_PIN, &attributes, 16);
	C(bpf, BPF_OBJ_GET, &attributes, 16);
	memset(&attributes, 0, sizeof(attributes));
	C(bpf, BPF_PROG_GET_FD_BY_ID, &attributes, 12);
	C(bpf, 99, &attributes, 8);
	C(close, fd);
}

static void keys(void)
{
	long serial = C(add_key, "user", "sonde:colour", "blue\0\1", 6, KEY_SPEC_PROCESS_KEYRING);

	C(add_key, "nosuch", "thing", NULL, 0, KEY_SPEC_SESSION_KEYRING);
	C(add_key, NOWHERE, "thing", NOWHERE, 5, 99);
	C(request_key, "user", "sonde:nothing", NULL, KEY_SPEC_PROCESS_KEYRING);
	C(request_key, "user", "sonde:colour", "info", 0);
	C(keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 0);
	C(keyctl, KEYCTL_READ, serial, out, 100);
	C(keyctl, KEYCTL_DESCRIBE, serial, out, 100);
	C(keyctl, KEYCTL_SETPERM, serial, 0x3f3f0000);
	C(keyctl, KEYCTL_SEARCH, KEY_SPEC_PROCESS_KEYRING, "user", "sonde:colour", 0);
	C(keyctl, KEYCTL_SET_TIMEOUT, serial, 60);
	C(keyctl, KEYCTL_UPDATE, serial, "red", 3);
	C(keyctl, KEYCTL_JOIN_SESSION_KEYRING, "sonde");
	C(keyctl, KEYCTL_UNLINK, serial, KEY_SPEC_PROCESS_KEYRING);
	C(keyctl, KEYCTL_REVOKE, 99);
	C(keyctl, 77, 1, 2, 3, 4);
}

static void confined(void)
{
	struct landlock_ruleset_attr rules = {.handled_access_fs = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE};
	struct landlock_path_beneath_attr beneath = {LANDLOCK_ACCESS_FS_READ_FILE, 0};
	long fd, directory = C(open, ".", O_PATH | O_CLOEXEC);

	C(landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	fd = C(landlock_create_ruleset, &rules, 8, 0);
	C(landlock_create_ruleset, NOWHERE, 8, 0);
	beneath.parent_fd = directory;
	C(landlock_add_rule, fd, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
	C(landlock_add_rule, 99, 77, NOWHERE, 5);
	C(landlock_restrict_self, fd, 0);
	C(landlock_restrict_self, 99, 7);
}

void modern(void)
{
	child(filtered);
	programs();
	child(keys);
	child(confined);
}
