"""Structures of files, directories, file systems and locks."""

__all__ = ["FILES"]

FILES = """
stat
 st_dev u64
 st_ino u64
 st_nlink u64
 st_mode u32
 st_uid u32
 st_gid u32
 - u32
 st_rdev u64
 st_size i64
 st_blksize i64
 st_blocks i64
 st_atime u64
 st_atime_nsec u64
 st_mtime u64
 st_mtime_nsec u64
 st_ctime u64
 st_ctime_nsec u64
 - i64[3]
stat.i386
 st_dev u32
 st_ino u32
 st_mode u16
 st_nlink u16
 st_uid u16
 st_gid u16
 st_rdev u32
 st_size u32
 st_blksize u32
 st_blocks u32
 st_atime u32
 st_atime_nsec u32
 st_mtime u32
 st_mtime_nsec u32
 st_ctime u32
 st_ctime_nsec u32
 - u32[2]
stat64
 st_dev u64
 - u32
 - u32
 st_mode u32
 st_nlink u32
 st_uid u32
 st_gid u32
 st_rdev u64
 - u32
 st_size i64
 st_blksize u32
 st_blocks u64
 st_atime u32
 st_atime_nsec u32
 st_mtime u32
 st_mtime_nsec u32
 st_ctime u32
 st_ctime_nsec u32
 st_ino u64
oldstat
 st_dev u16
 st_ino u16
 st_mode u16
 st_nlink u16
 st_uid u16
 st_gid u16
 st_rdev u16
 st_size u32
 st_atime u32
 st_mtime u32
 st_ctime u32
statx_timestamp
 tv_sec i64
 tv_nsec u32
 - i32
statx
 stx_mask u32 statx_masks
 stx_blksize u32 v
 stx_attributes u64 statx_attrs
 stx_nlink u32 v
 stx_uid u32 v uid
 stx_gid u32 v uid
 stx_mode u16 mode
 - u16
 stx_ino u64 v
 stx_size u64
 stx_blocks u64 v
 stx_attributes_mask u64 v statx_attrs
 stx_atime statx_timestamp
 stx_btime statx_timestamp
 stx_ctime statx_timestamp
 stx_mtime statx_timestamp
 stx_rdev_major u32 v
 stx_rdev_minor u32 v
 stx_dev_major u32 v
 stx_dev_minor u32 v
 stx_mnt_id u64 v x
 - u64[13]
statfs
 f_type long
 f_bsize long
 f_blocks ulong
 f_bfree ulong
 f_bavail ulong
 f_files ulong
 f_ffree ulong
 f_fsid u32[2]
 f_namelen long
 f_frsize long
 f_flags long
 - long[4]
statfs64
 f_type u32
 f_bsize u32
 f_blocks u64
 f_bfree u64
 f_bavail u64
 f_files u64
 f_ffree u64
 f_fsid u32[2]
 f_namelen u32
 f_frsize u32
 f_flags u32
 - u32[4]
ustat
 f_tfree int
 f_tinode ulong
 f_fname char[6]
 f_fpack char[6]
open_how bytes
 flags u64 open64
 mode u64 o
 resolve u64 open_resolve_flags
mount_attr bytes
 attr_set u64 mount_attr_attr
 attr_clr u64 mount_attr_attr
 propagation u64 mount_attr_propagation
 userns_fd u64
file_handle
 handle_bytes u32
 handle_type int
 f_handle u8[128]
dirent bytes
 . u8
dirent64 bytes
 . u8
old_dirent
 d_ino ulong
 d_off ulong
 d_reclen u16
 d_name char[256]
flock
 l_type i16 lockfcmds
 l_whence i16 whence_codes
 l_start long
 l_len long
 l_pid int pid
flock64
 l_type i16 lockfcmds
 l_whence i16 whence_codes
 l_start i64
 l_len i64
 l_pid int pid
f_owner_ex
 type int f_owner_types
 pid int pid
mq_attr
 mq_flags long mq_attr_flags
 mq_maxmsg long
 mq_msgsize long
 mq_curmsgs long
 - long[4]
cachestat_range
 off u64
 len u64
cachestat
 nr_cache u64
 nr_dirty u64
 nr_writeback u64
 nr_evicted u64
 nr_recently_evicted u64
mnt_id_req
 size u32
 mnt_ns_fd u32
 mnt_id u64 x
 param u64 x
 mnt_ns_id u64 x
xattr_args
 value u64 p
 size u32
 flags u32 xattrflags
file_attr
 fa_xflags u64 fs_xflags
 fa_extsize u32
 fa_nextents u32
 fa_projid u32
 fa_cowextsize u32
dqblk
 dqb_bhardlimit u64
 dqb_bsoftlimit u64
 dqb_curspace u64
 dqb_ihardlimit u64
 dqb_isoftlimit u64
 dqb_curinodes u64
 dqb_btime u64 v
 dqb_itime u64 v
 dqb_valid u32 v if_dqblk_valid
nextdqblk
 dqb_bhardlimit u64
 dqb_bsoftlimit u64
 dqb_curspace u64
 dqb_ihardlimit u64
 dqb_isoftlimit u64
 dqb_curinodes u64
 dqb_btime u64 v
 dqb_itime u64 v
 dqb_valid u32 v if_dqblk_valid
 dqb_id u32
dqinfo
 dqi_bgrace u64
 dqi_igrace u64
 dqi_flags u32 if_dqinfo_flags
 dqi_valid u32 if_dqinfo_valid
iovec
 iov_base ptr
 iov_len ulong
iovec_addr
 iov_base ptr
 iov_len ulong
off
 . long
loff
 . i64
"""
