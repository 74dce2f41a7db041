"""Structures of sockets and of waiting for descriptors, of io_uring, AIO, perf events and bpf."""

__all__ = ["SOCKETS"]

SOCKETS = """
pollfd
 fd int fd
 events i16 pollflags
 revents i16 pollflags
epoll_event packed
 events u32 epollevents
 data u64
socklen
 . int
msghdr
 msg_name ptr
 msg_namelen int
 msg_iov ptr
 msg_iovlen ulong
 msg_control ptr
 msg_controllen ulong
 msg_flags u32 msg_flags
mmsghdr
 msg_hdr msghdr
 msg_len u32
linger
 l_onoff int
 l_linger int
ucred
 pid int pid
 uid u32 uid
 gid u32 uid
ip_mreq
 imr_multiaddr u8[4] inet_addr
 imr_interface u8[4] inet_addr
ipv6_mreq
 ipv6mr_multiaddr u8[16] inet6_addr
 ipv6mr_interface int ifindex
packet_mreq
 mr_ifindex u32 ifindex
 mr_type u16 packet_mreq_type
 mr_alen u16
 mr_address u8[8] b
tpacket_req
 tp_block_size u32
 tp_block_nr u32
 tp_frame_size u32
 tp_frame_nr u32
tpacket_stats
 tp_packets u32
 tp_drops u32
io_event
 data u64 x
 obj u64 p
 res i64
 res2 i64
iocb
 aio_data u64 x
 aio_key u32
 aio_rw_flags int rwf_flags
 aio_lio_opcode u16 aio_cmds
 aio_reqprio i16
 aio_fildes u32 fd
 aio_buf u64 p
 aio_nbytes u64
 aio_offset i64
 - u64
 aio_flags u32 aio_iocb_flags
 aio_resfd u32 fd
io_sqring_offsets
 head u32
 tail u32
 ring_mask u32
 ring_entries u32
 flags u32
 dropped u32
 array u32
 - u32
 - u64
io_cqring_offsets
 head u32
 tail u32
 ring_mask u32
 ring_entries u32
 overflow u32
 cqes u32
 flags u32
 - u32
 - u64
io_uring_params
 sq_entries u32
 cq_entries u32
 flags u32 uring_setup_flags
 sq_thread_cpu u32
 sq_thread_idle u32
 features u32 uring_setup_features
 wq_fd u32 fd
 - u32[3]
 sq_off io_sqring_offsets
 cq_off io_cqring_offsets
io_uring_files
 . int fd
perf_event_attr
 type u32
 size u32
 config u64
 sample_period u64
 sample_type u64 perf_event_sample_format
 read_format u64 perf_event_read_format
 bits u64
 wakeup_events u32
 bp_type u32
 config1 u64
 config2 u64
 branch_sample_type u64 perf_branch_sample_type
 sample_regs_user u64
 sample_stack_user u32
 clockid i32 clocknames
 sample_regs_intr u64
 aux_watermark u32
 sample_max_stack u16
 - u16
 aux_sample_size u32
 - u32
 sig_data u64
bpf bytes
 . u8
ifinfomsg
 ifi_family u8 addrfams
 - u8
 ifi_type u16 arp_hardware_types
 ifi_index int ifindex
 ifi_flags u32 iffflags
 ifi_change u32 iffflags
ifaddrmsg
 ifa_family u8 addrfams
 ifa_prefixlen u8
 ifa_flags u8 ifaddrflags
 ifa_scope u8 routing_scopes
 ifa_index u32 ifindex
rtmsg
 rtm_family u8 addrfams
 rtm_dst_len u8
 rtm_src_len u8
 rtm_tos u8
 rtm_table u8 routing_table_ids
 rtm_protocol u8 routing_protocols
 rtm_scope u8 routing_scopes
 rtm_type u8 routing_types
 rtm_flags u32 routing_flags
"""
