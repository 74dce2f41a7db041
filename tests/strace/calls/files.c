#include "calls.h"

static struct iovec parts[3] = {{"HTTP/1.1 ", 9}, {"", 0}, {"404 Not Found\r\n\t\x7f\xff\"\\\1", 21}};
static struct iovec room[2];
static struct span stamps[2] = {{1000000000, 5}, {1234567890, 999999999}};

static void written(void)
{
	long fd = C(creat, "plain", 0644);

	C(write, fd, "some text\nmore \0text", 20);
	C(write, fd, "a longer text than thirty-two characters, to see how it is cut off", 66);
	C(write, fd, NOWHERE, 7);
	C(write, fd, "", 0);
	C(write, 99, "nobody reads this", 17);
	strcpy(EDGE + 4090, "12345");
	C(write, fd, EDGE + 4090, 6);
	C(write, fd, EDGE + 4090, 16);
	C(pwrite64, fd, "in front", 8, OFFSET(2));
	C(writev, fd, parts, 3);
	C(writev, fd, NOWHERE, 2);
	C(writev, fd, parts, 0);
	C(pwritev, fd, parts, 2, 100, 0);
	C(pwritev2, fd, parts, 1, 7, 0, 2);
	C(pwritev2, fd, parts, 1, -1, -1, 0x4000);
	C(fsync, fd);
	C(fdatasync, fd);
	C(fsync, -1);
	C(fallocate, fd, 0, OFFSET(0), OFFSET(4096));
	C(fallocate, fd, 3, OFFSET(10), OFFSET(20));
	C(fallocate, fd, 0x80, OFFSET(0), OFFSET(0));
	C(ftruncate, fd, 300);
	C(truncate, "plain", 200);
	C(truncate, "not there", -1);
	C(sync_file_range, fd, OFFSET(0), OFFSET(100), 7);
	C(sync_file_range, fd, OFFSET(0), OFFSET(100), 0x70);
	C(close, fd);
	C(close, fd);
	C(close, -1);
}

static void read_back(void)
{
	long fd = C(open, "plain", O_RDWR | O_CLOEXEC);

	room[0] = (struct iovec){out, 5};
	room[1] = (struct iovec){out + 100, 1000};
	C(read, fd, out, 12);
	C(read, fd, out, 4096);
	C(read, fd, out, 4096);
	C(read, 0x7fffffff, out, 1);
	C(read, fd, NOWHERE, 0);
	C(lseek, fd, 3, SEEK_SET);
	C(lseek, fd, -1, SEEK_END);
	C(lseek, fd, 0, SEEK_DATA);
	C(lseek, fd, 0, SEEK_HOLE);
	C(lseek, fd, 0, 77);
	C(read, fd, NOWHERE, 5);
	C(pread64, fd, out, 30, OFFSET(4));
	C(pread64, fd, out, 30, OFFSET(-1L));
	C(lseek, fd, 0, SEEK_SET);
	C(readv, fd, room, 2);
	C(readv, fd, NOWHERE, -1);
	C(preadv, fd, room, 1, 1, 0);
	C(preadv2, fd, room, 2, 3, 0, 0);
	C(preadv2, fd, room, 2, 3, 0, 8);
	C(fadvise64, fd, OFFSET(0), 100, 3);
	C(fadvise64, fd, OFFSET(0), 100, 30);
	C(readahead, fd, OFFSET(0), 100);
	C(flock, fd, 2 | 4);
	C(flock, fd, 8);
	C(flock, fd, 0);
	C(close, fd);
}

static void opened(void)
{
	struct { uint64_t flags, mode, resolve, more; } how = {O_RDWR | O_CREAT, 0600, 8, 0};

	C(open, "made", O_WRONLY | O_CREAT | O_EXCL | O_APPEND, 0640);
	C(open, "made", O_WRONLY | O_CREAT | O_EXCL, 0777);
	C(open, ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	C(open, NOWHERE, O_RDONLY);
	C(open, "", O_RDONLY);
	C(open, "not/here", O_RDWR | O_TRUNC | O_NONBLOCK | O_NOATIME | O_DSYNC);
	C(open, "made", 0x80000000 | 3);
	C(openat, AT_FDCWD, "made", O_PATH);
	C(openat, 4, "made", O_RDONLY | O_LARGEFILE);
	C(openat, 77, "made", O_RDONLY);
	C(openat, 77, "/dev/null", O_RDWR | O_NOCTTY);
	C(openat, AT_FDCWD, ".", O_TMPFILE | O_RDWR, 0600);
	C(openat, AT_FDCWD, NULL, O_SYNC | O_CREAT, 0);
	memset(EDGE + 4080, 'n', 16);
	C(openat, AT_FDCWD, EDGE + 4080, O_RDONLY);
	C(openat2, AT_FDCWD, "made2", &how, 24);
	C(openat2, AT_FDCWD, "made2", &how, 32);
	how.more = 5;
	C(openat2, AT_FDCWD, "made2", &how, 32);
	C(openat2, AT_FDCWD, "made2", &how, 8);
	C(openat2, AT_FDCWD, "made2", NOWHERE, 24);
	C(close_range, 3, 20, 0);
	C(close_range, 20, 3, 4);
	C(close_range, 50, ~0U, 2);
}

static void looked_at(void)
{
	long fd = C(open, "plain", O_RDONLY);

	C(stat, "plain", out);
	C(stat, "not there", out);
	C(stat, "plain", NOWHERE);
	C(stat, ".", out);
	C(stat, "/dev/null", out);
	C(lstat, "plain", out);
	C(fstat, fd, out);
	C(fstat, -1, out);
#ifdef __i386__
	C(fstatat64, AT_FDCWD, "plain", out, 0);
	C(fstatat64, fd, "", out, AT_EMPTY_PATH);
	C(stat64, "plain", out);
	C(lstat64, "made", out);
	C(fstat64, fd, out);
	C(statfs64, "/proc", 84, out);
	C(fstatfs64, fd, 1, out);
	C(truncate64, "plain", OFFSET(200));
	C(ftruncate64, fd, OFFSET(-1));
	C(_llseek, fd, 0, 7, out, SEEK_SET);
	C(_llseek, fd, 0, 7, NOWHERE, SEEK_CUR);
	C(fadvise64_64, fd, OFFSET(0), OFFSET(5), 4);
#else
	C(newfstatat, AT_FDCWD, "plain", out, 0);
	C(newfstatat, fd, "", out, AT_EMPTY_PATH);
	C(newfstatat, AT_FDCWD, "nothing", out, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | 0x40000);
#endif
	C(statx, AT_FDCWD, "plain", AT_SYMLINK_NOFOLLOW, 0x7ff, out);
	C(statx, fd, "", AT_EMPTY_PATH | 0x4000, 0xfff, out);
	C(statx, AT_FDCWD, "nothing", 0x2000, 0x80000000, out);
	C(statfs, "/proc", out);
	C(statfs, "nothing", out);
	C(fstatfs, fd, NOWHERE);
	C(ustat, 0x801, out);
	C(access, "plain", R_OK | W_OK);
	C(access, "plain", F_OK);
	C(access, "nothing", X_OK);
	C(access, "plain", 0x18);
	C(faccessat, AT_FDCWD, "plain", R_OK);
	C(faccessat2, AT_FDCWD, "plain", X_OK, AT_EACCESS | AT_SYMLINK_NOFOLLOW);
	C(faccessat2, -5, "plain", 9, 0x10000);
	C(close, fd);
}

static void changed(void)
{
	struct { int32_t access, change; } seconds = {0};
	long fd = C(open, "plain", O_RDWR);

	C(chmod, "plain", 04751);
	C(chmod, "nothing", 0177777);
	C(fchmod, fd, 0600);
	C(fchmodat, AT_FDCWD, "plain", 0640);
	C(chown, "plain", 1, -1);
	C(chown, "nothing", 65536, 7);
	C(lchown, "plain", 0, 0);
	C(fchown, fd, -1, -1);
	C(fchownat, AT_FDCWD, "plain", 0, 5, AT_SYMLINK_NOFOLLOW);
	C(fchownat, fd, "", 0, 0, AT_EMPTY_PATH);
	C(umask, 077);
	C(umask, 022);
	C(utime, "plain", NULL);
	C(utime, "plain", &seconds);
	C(utime, "plain", stamps);
	C(utimes, "plain", NULL);
	C(utimes, "plain", stamps);
	C(futimesat, AT_FDCWD, "plain", stamps);
	C(futimesat, fd, NULL, NULL);
	C(utimensat, AT_FDCWD, "plain", stamps, AT_SYMLINK_NOFOLLOW);
	stamps[0].nsec = 0x3fffffff;
	stamps[1].nsec = 0x3ffffffe;
	C(utimensat, fd, NULL, stamps, 0);
	C(utimensat, AT_FDCWD, "nothing", NOWHERE, 0x1000);
	C(close, fd);
}

void files(void)
{
	written();
	read_back();
	opened();
	looked_at();
	changed();
}
