"""Structures that ioctl reads and writes: terminals, interfaces, block devices, files."""

__all__ = ["CONTROLS"]

CONTROLS = """
termios
 c_iflag u32
 c_oflag u32
 c_cflag u32
 c_lflag u32
 c_line u8
 c_cc u8[19]
termios2
 c_iflag u32
 c_oflag u32
 c_cflag u32
 c_lflag u32
 c_line u8
 c_cc u8[19]
 c_ispeed u32
 c_ospeed u32
termio
 c_iflag u16
 c_oflag u16
 c_cflag u16
 c_lflag u16
 c_line u8
 c_cc u8[8]
winsize
 ws_row u16
 ws_col u16
 ws_xpixel u16
 ws_ypixel u16
modem_lines
 . int modem_flags
char_ref
 . u8 char
u16_ref
 . u16
pair64x
 . u64[2] x
ifreq
 ifr_name char[16]
 ifr_data ulong[3]
ifreq.i386
 ifr_name char[16]
 ifr_data u32[4]
ifconf
 ifc_len int
 ifc_buf ptr
loop_info
 lo_number int
 lo_device ulong
 lo_inode ulong
 lo_rdevice ulong
 lo_offset int
 lo_encrypt_type int
 lo_encrypt_key_size int
 lo_flags int
 lo_name char[64]
 lo_encrypt_key u8[32]
 lo_init ulong[2]
 reserved char[4]
loop_info64
 lo_device u64 dev
 lo_inode u64
 lo_rdevice u64 dev
 lo_offset u64
 lo_sizelimit u64
 lo_number u32
 lo_encrypt_type u32 loop_crypt_type_options
 lo_encrypt_key_size u32
 lo_flags u32 loop_flags_options
 lo_file_name char[64]
 lo_crypt_name char[64]
 lo_encrypt_key u8[32]
 lo_init u64[2]
hd_geometry
 heads u8
 sectors u8
 cylinders u16
 start ulong
fiemap
 fm_start u64
 fm_length u64
 fm_flags u32 fiemap_flags
 fm_mapped_extents u32
 fm_extent_count u32
 - u32
file_clone_range
 src_fd i64 fd
 src_offset u64
 src_length u64
 dest_offset u64
fsxattr
 fsx_xflags u32 fs_xflags
 fsx_extsize u32
 fsx_nextents u32
 fsx_projid u32
 fsx_cowextsize u32
 - u8[8]
fsflags
 . int fs_ioc_flags
fstrim_range
 start u64 x
 len u64 x
 minlen u64 x
uffdio_api
 api u64
 features u64
 ioctls u64
uffdio_range
 start u64 x
 len u64 x
uffdio_register
 range uffdio_range
 mode u64 uffd_register_mode_flags
 ioctls u64
uffdio_copy
 dst u64 x
 src u64 x
 len u64 x
 mode u64 uffd_copy_flags
 copy i64
uffdio_zeropage
 range uffdio_range
 mode u64 uffd_zeropage_flags
 zeropage i64
rtc_time
 tm_sec int
 tm_min int
 tm_hour int
 tm_mday int
 tm_mon int
 tm_year int
 tm_wday int v
 tm_yday int v
 tm_isdst int v
"""
