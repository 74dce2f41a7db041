"""What the third argument of ioctl is, by request, and the values of socket options, by level and name.

    TIOCGWINSZ 0x5413 argp:>winsize

Lines are those of catalog/commands.py. A request that is not here has a plain word.
"""

__all__ = ["IOCTL", "OPTIONS"]

IOCTL = """
TCGETS 0x5401 argp:>termios
TCSETS 0x5402,0x5403,0x5404 argp:*termios
TCGETA 0x5405 argp:>termio
TCSETA 0x5406,0x5407,0x5408 argp:*termio
TCSBRK 0x5409,0x5425 arg:int
TCXONC 0x540a arg:tcxonc_options
TCFLSH 0x540b arg:tcflsh_options
TIOCEXCL 0x540c,0x540d,0x5422,0x5427,0x5428,0x5437,0x5450,0x5451
TIOCSCTTY 0x540e arg:int
TIOCGPGRP 0x540f,0x5429 argp:>pid
TIOCSPGRP 0x5410 argp:*pid
TIOCOUTQ 0x5411,0x541b,0x5440,0x5424 argp:>int
TIOCSTI 0x5412 argp:*char_ref
TIOCGWINSZ 0x5413 argp:>winsize
TIOCSWINSZ 0x5414 argp:*winsize
TIOCMGET 0x5415 argp:>modem_lines
TIOCMBIS 0x5416,0x5417,0x5418 argp:*modem_lines
TIOCGSOFTCAR 0x5419 argp:>int
TIOCSSOFTCAR 0x541a,0x5420,0x5421,0x5452,0x5423 argp:*int
TCGETS2 0x802c542a argp:>termios2
TCSETS2 0x402c542b,0x402c542c,0x402c542d argp:*termios2
TIOCGPTN 0x80045430,0x80045432,0x80045438,0x80045439,0x80045440 argp:>int
TIOCSPTLCK 0x40045431 argp:*int
TIOCSIG 0x40045436 arg:signal
TIOCGPTPEER 0x5441 flags:open
FIOSETOWN 0x8901,0x8902 argp:*int
FIOGETOWN 0x8903,0x8904 argp:>int
SIOCATMARK 0x8905 argp:>int
FIONREAD_SOCKET 0x541b argp:>int
SIOCGIFNAME 0x8910 argp:+ifreq:get_name
SIOCGIFCONF 0x8912 argp:+ifconf
SIOCGIFFLAGS 0x8913 argp:+ifreq:get_flags
SIOCSIFFLAGS 0x8914 argp:*ifreq:set_flags
SIOCGIFADDR 0x8915 argp:+ifreq:get_addr
SIOCSIFADDR 0x8916 argp:*ifreq:set_addr
SIOCGIFDSTADDR 0x8917 argp:+ifreq:get_dstaddr
SIOCSIFDSTADDR 0x8918 argp:*ifreq:set_dstaddr
SIOCGIFBRDADDR 0x8919 argp:+ifreq:get_broadaddr
SIOCSIFBRDADDR 0x891a argp:*ifreq:set_broadaddr
SIOCGIFNETMASK 0x891b argp:+ifreq:get_netmask
SIOCSIFNETMASK 0x891c argp:*ifreq:set_netmask
SIOCGIFMETRIC 0x891d argp:+ifreq:get_metric
SIOCSIFMETRIC 0x891e argp:*ifreq:set_metric
SIOCGIFMTU 0x8921 argp:+ifreq:get_mtu
SIOCSIFMTU 0x8922 argp:*ifreq:set_mtu
SIOCSIFHWADDR 0x8924 argp:*ifreq:set_hwaddr
SIOCGIFHWADDR 0x8927 argp:+ifreq:get_hwaddr
SIOCGIFINDEX 0x8933 argp:+ifreq:get_ifindex
SIOCGIFTXQLEN 0x8942 argp:+ifreq:get_qlen
SIOCSIFTXQLEN 0x8943 argp:*ifreq:set_qlen
SIOCGIFMAP 0x8970 argp:+ifreq:get_map
SIOCSIFMAP 0x8971 argp:*ifreq:set_map
FS_IOC_GETFLAGS 0x80086601 argp:>fsflags
FS_IOC_SETFLAGS 0x40086602 argp:*fsflags
FS_IOC32_GETFLAGS 0x80046601 argp:>fsflags
FS_IOC32_SETFLAGS 0x40046602 argp:*fsflags
FS_IOC_FIEMAP 0xc020660b argp:+fiemap
FS_IOC_FSGETXATTR 0x801c581f argp:>fsxattr
FS_IOC_FSSETXATTR 0x401c5820 argp:*fsxattr
FICLONE 0x40049409 src_fd:fd
FICLONERANGE 0x4020940d argp:*file_clone_range
FIFREEZE 0xc0045877,0xc0045878
FITRIM 0xc0185879 argp:*fstrim_range
HDIO_GETGEO 0x301 argp:>hd_geometry
BLKROSET 0x125d argp:*int
BLKROGET 0x125e,0x1268,0x1265,0x127a,0x1278,0x127b,0x127e argp:>int
BLKRRPART 0x125f,0x1261
BLKGETSIZE 0x1260,0x1263 argp:>ulong
BLKRASET 0x1262,0x1264 arg:size
BLKSECTGET 0x1267,0x127c argp:>u16_ref
BLKDISCARD 0x1277,0x127d,0x127f argp:*pair64x
BLKBSZGET 0x80081270,0x80041270 argp:>int
BLKBSZSET 0x40081271,0x40041271 argp:*int
BLKGETSIZE64 0x80081272,0x80041272 argp:>u64
LOOP_SET_FD 0x4c00,0x4c06 fd
LOOP_CLR_FD 0x4c01,0x4c07
LOOP_SET_STATUS64 0x4c04 argp:*loop_info64
LOOP_GET_STATUS64 0x4c05 argp:>loop_info64
LOOP_CTL_ADD 0x4c80,0x4c81 index:int
LOOP_CTL_GET_FREE 0x4c82
RNDGETENTCNT 0x80045200 argp:>int
RNDADDTOENTCNT 0x40045201 argp:*int
RNDZAPENTCNT 0x5204,0x5206,0x5207
RTC_RD_TIME 0x80247009,0x80247008 argp:>rtc_time
RTC_SET_TIME 0x4024700a,0x40247007 argp:*rtc_time
PERF_EVENT_IOC_ENABLE 0x2400,0x2401,0x2403 arg:perf_ioctl_flags
PERF_EVENT_IOC_PERIOD 0x40082404 argp:*u64
PERF_EVENT_IOC_SET_OUTPUT 0x2405,0x40042408 fd
PERF_EVENT_IOC_ID 0x80082407,0x80042407 argp:>u64
UFFDIO_API 0xc018aa3f argp:+uffdio_api
UFFDIO_REGISTER 0xc020aa00 argp:+uffdio_register
UFFDIO_UNREGISTER 0x8010aa01,0x8010aa02 argp:*uffdio_range
UFFDIO_COPY 0xc028aa03 argp:+uffdio_copy
UFFDIO_ZEROPAGE 0xc020aa04 argp:+uffdio_zeropage
* * argument:hex
"""

# level:name; of setsockopt, whose words are those of getsockopt too
OPTIONS = """
SO_LINGER 1:13 val:*linger
SO_PEERCRED 1:17 val:*ucred
SO_BINDTODEVICE 1:25 val:bytes[4]
SO_ATTACH_FILTER 1:26,1:51 val:*sock_fprog
SO_ERROR 1:3,1:4,1:30,1:38,1:39 val:*int
IP_ADD_MEMBERSHIP 0:35,0:36 val:*ip_mreq
IPV6_ADD_MEMBERSHIP 41:20,41:21,41:27,41:28 val:*ipv6_mreq
PACKET_ADD_MEMBERSHIP 263:1,263:2 val:*packet_mreq
PACKET_RX_RING 263:5,263:13 val:*tpacket_req
PACKET_STATISTICS 263:6 val:*tpacket_stats
* * val:*sockopt[4]
"""
