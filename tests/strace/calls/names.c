#include "calls.h"

static void made(void)
{
	C(mkdir, "d", 0755);
	C(mkdir, "d", 07777);
	C(mkdir, NULL, 0);
	C(mkdirat, AT_FDCWD, "d/e", 0711);
	C(mknod, "fifo", S_IFIFO | 0600, 0);
	C(mknod, "null", S_IFCHR | 0666, 0x103);
	C(mknod, "odd", 0170000 | 0644, 0);
	C(mknodat, AT_FDCWD, "socket", S_IFSOCK | 0700, 0);
	C(mknodat, AT_FDCWD, "block", S_IFBLK | 0400, 0x12345678);
	C(link, "fifo", "d/fifo");
	C(link, "nothing", NOWHERE);
	C(linkat, AT_FDCWD, "fifo", AT_FDCWD, "d/fifo", 0);
	C(linkat, AT_FDCWD, "fifo", AT_FDCWD, "d/two", AT_SYMLINK_FOLLOW);
	C(linkat, 7, "", -7, "", AT_EMPTY_PATH | 1);
	C(symlink, "d/e", "s");
	C(symlink, "d/e", "s");
	C(symlinkat, "a target longer than thirty-two characters/and more", AT_FDCWD, "d/long");
	C(readlink, "s", out, 100);
	C(readlink, "s", out, 2);
	C(readlink, "d", out, 100);
	C(readlinkat, AT_FDCWD, "d/long", out, 4096);
	C(readlinkat, AT_FDCWD, "d/long", NOWHERE, 10);
	C(readlinkat, AT_FDCWD, "nothing", NULL, 0);
}

static void moved(void)
{
	C(rename, "d/fifo", "d/three");
	C(rename, "nothing", "d/three");
	C(renameat, AT_FDCWD, "d/three", AT_FDCWD, "d/four");
	C(renameat2, AT_FDCWD, "d/four", AT_FDCWD, "d/two", 2);
	C(renameat2, AT_FDCWD, "d/four", AT_FDCWD, "d/two", 1 | 4 | 0x100);
	C(unlink, "d/four");
	C(unlink, "d");
	C(unlinkat, AT_FDCWD, "d/two", 0);
	C(unlinkat, AT_FDCWD, "d", AT_REMOVEDIR);
	C(unlinkat, AT_FDCWD, "d", 0x100);
	C(rmdir, "d/e");
	C(rmdir, "d");
}

static void walked(void)
{
	long fd;

	C(getcwd, out, 4096);
	C(getcwd, out, 2);
	C(getcwd, NULL, 100);
	C(chdir, "d");
	C(chdir, "nothing");
	C(chdir, "..");
	fd = C(open, "d", O_RDONLY | O_DIRECTORY);
	C(fchdir, fd);
	C(openat, AT_FDCWD, "long", O_RDONLY);
	C(getdents, fd, out, 4096);
	C(getdents, fd, out, 4096);
	C(lseek, fd, 0, SEEK_SET);
	C(getdents64, fd, out, 4096);
	C(getdents64, fd, out, 10);
	C(getdents64, 99, out, 10);
	C(chdir, "..");
	C(fchdir, 99);
	C(close, fd);
	C(chroot, "/");
	C(chroot, "nothing");
	C(chdir, "/");
}

static void attributed(void)
{
	long fd = C(open, "plain", O_RDWR | O_CREAT, 0644);

	C(setxattr, "plain", "user.colour", "blue\0\1", 6, 1);
	C(setxattr, "plain", "user.colour", "red", 3, 1);
	C(setxattr, "plain", NULL, NOWHERE, 3, 8);
	C(lsetxattr, "plain", "user.size", "12", 2, 0);
	C(fsetxattr, fd, "user.size", "13", 2, 2);
	C(fsetxattr, fd, "nosuch.size", "13", 2, 0);
	C(getxattr, "plain", "user.colour", out, 100);
	C(getxattr, "plain", "user.colour", NULL, 0);
	C(getxattr, "plain", "user.nothing", out, 100);
	C(lgetxattr, "plain", "user.size", out, 1);
	C(fgetxattr, fd, "user.size", out, 2);
	C(listxattr, "plain", out, 4096);
	C(listxattr, "plain", NULL, 0);
	C(llistxattr, "nothing", out, 4096);
	C(flistxattr, fd, out, 3);
	C(removexattr, "plain", "user.colour");
	C(lremovexattr, "plain", "user.size");
	C(fremovexattr, fd, "user.size");
	C(close, fd);
}

static void watched(void)
{
	struct { uint32_t size, type; char bytes[128]; } handle = {.size = 128};
	long fd = C(inotify_init), two, fan;
	int id;

	two = C(inotify_init1, 04000 | O_CLOEXEC);
	C(inotify_init1, 0x40000000);
	C(inotify_add_watch, two, ".", 0x100 | 0x200 | 0x2000000);
	C(inotify_add_watch, two, "nothing", 0xfff);
	C(creat, "seen", 0600);
	C(read, two, out, 100);
	C(inotify_rm_watch, two, 1);
	C(inotify_rm_watch, two, 9);
	fan = C(fanotify_init, 3, O_RDONLY | O_LARGEFILE);
	C(fanotify_init, 0x7000ff, 0x3fffff);
	C(fanotify_mark, fan, 1, OFFSET(0x20), AT_FDCWD, "plain");
	C(fanotify_mark, fan, 0x81, OFFSET(0x8000020), 5, NULL);
	C(close, fan);
	C(close, two);
	C(close, fd);
	C(name_to_handle_at, AT_FDCWD, "plain", &handle, &id, 0);
	handle.size = 0;
	C(name_to_handle_at, AT_FDCWD, "plain", &handle, &id, AT_EMPTY_PATH);
	C(name_to_handle_at, AT_FDCWD, "nothing", &handle, NOWHERE, AT_SYMLINK_FOLLOW);
	handle.size = 8;
	handle.type = 0x81;
	memcpy(handle.bytes, "\1\2\3\4\5\6\7", 8);
	C(open_by_handle_at, -1, &handle, O_RDONLY);
	C(open_by_handle_at, -1, NOWHERE, O_RDWR | O_CREAT);
}

void names(void)
{
	made();
	moved();
	C(getcwd, out + 30000, 4096);
	walked();
	C(chdir, out + 30000);
	attributed();
	watched();
}
