"""Calls on sockets."""

__all__ = ["NETWORK"]

NETWORK = """
net socket(domain:domain, type:socket, proto:protocol~variant/protocol) = fd
ipc socketpair(domain:domain, type:socket, proto:protocol~u32, fds:>fd_pair)
net bind(fd, addr:sockaddr/2, -addrlen:int)
net connect(fd, addr:sockaddr/2, -addrlen:int) + tuple
net listen(fd, backlog:int)
net accept(sockfd:fd, addr:sockaddr*2, -addrlen:&socklen) = fd + tuple
net accept4(sockfd:fd, addr:sockaddr*2, -addrlen:&socklen, flags:accept) = fd + tuple
net getsockname(fd, addr:sockaddr*2, -addrlen:&socklen)
net getpeername(fd, addr:sockaddr*2, -addrlen:&socklen)
net shutdown(fd, how:shutdown)
net setsockopt(fd, level:level, optname:optname~variant/optname, val:hex~variant, optlen:int)
net getsockopt(fd, level:level, optname:optname~variant/optname, val:hex~variant, optlen:&socklen)
io_write sendto(fd, data, size, flags:msg, addr:sockaddr/5, -addrlen:u32) + tuple
io_write sendmsg(fd, data:msghdr, flags:msg) + tuple
io_write sendmmsg(fd, vec:&mmsghdr[2], vlen:uint~u32, flags:msg) + tuple
io_read recvfrom(fd, data, size, flags:msg, addr:sockaddr*5, -addrlen:&socklen) + tuple
io_read recvmsg(fd, data:msghdr, flags:msg) + tuple
io_read recvmmsg(fd, vec:&mmsghdr[2], vlen:uint~u32, flags:msg, timeout:?timespec) + tuple
net socketcall(call:int~socketcalls, args:hex~variant)
"""
