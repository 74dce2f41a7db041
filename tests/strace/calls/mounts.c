#include "calls.h"
#include <linux/mount.h>

/* all of it in a mount namespace of its own, as main() began */
void mounts(void)
{
	struct mount_attr attributes = {.attr_set = MOUNT_ATTR_NOSUID, .propagation = 1 << 18};
	long fs, mounted, tree;

	C(mount, "none", "/", NULL, 16384 | 1 << 18, NULL);
	C(mkdir, "m", 0755);
	C(mount, "tmpfs", "m", "tmpfs", 2 | 4 | 8, "size=64k,mode=700");
	C(mount, NULL, "m", NULL, 32 | 1, NULL);
	C(mount, "nothing", "not there", "nosuchfs", 0xc0ed0000 | 1, NOWHERE);
	C(umount2, "m", 2 | 8);
	C(umount2, "m", 0x70);
	C(umount2, "not there", 0);
	fs = C(fsopen, "tmpfs", 1);
	C(fsopen, "nosuchfs", 2);
	C(fsconfig, fs, 1, "size", "64k", 0);
	C(fsconfig, fs, 0, "nosuchflag", NULL, 0);
	C(fsconfig, fs, 2, "blob", "\1\2\3", 3);
	C(fsconfig, fs, 3, "path", "/", AT_FDCWD);
	C(fsconfig, fs, 5, "fd", NULL, 99);
	C(fsconfig, fs, 6, NULL, NULL, 0);
	C(fsconfig, fs, 77, "what", NULL, 0);
	mounted = C(fsmount, fs, 1, 2);
	C(fsmount, 99, 6, 0x100);
	C(move_mount, mounted, "", AT_FDCWD, "m", 4);
	C(move_mount, 99, "nothing", AT_FDCWD, "m", 0x800);
	C(fspick, AT_FDCWD, "m", 1);
	C(fspick, AT_FDCWD, "nothing", 0x10);
	tree = C(open_tree, AT_FDCWD, "m", O_CLOEXEC | 1);
	C(open_tree, AT_FDCWD, "nothing", AT_RECURSIVE | 0x10000000);
	C(mount_setattr, tree, "", AT_EMPTY_PATH, &attributes, sizeof(attributes));
	C(mount_setattr, AT_FDCWD, "nothing", AT_RECURSIVE, &attributes, 8);
	C(mount_setattr, -1, "nothing", 0, NOWHERE, sizeof(attributes));
	C(umount2, "m", 0);
	C(pivot_root, "nothing", "not there");
	C(quotactl, 0x800007 << 8 | 0, "/dev/nothing", 0, out);
	C(quotactl, 0x800002 << 8 | 1, NULL, 2, "quota.file");
	C(quotactl, 0x800001 << 8 | 0, "/dev/nothing", 0, NULL);
	C(quotactl_fd, 99, 0x800007 << 8 | 1, 5, out);
	C(close_range, 3, ~0U, 0);
}
