"""Calls on sockets."""

__all__ = ["NETWORK"]

NETWORK = """
net socket(domain:domain, type:socket, proto:protocol) = fd
ipc socketpair(domain:domain, type:socket, proto:protocol, fds:hex)
net bind(fd, addr:sockaddr/2, -)
net connect(fd, addr:sockaddr/2, -) + tuple
net listen(fd, backlog:int)
net accept(sockfd:fd, addr:sockaddr*2, -) = fd + tuple
net accept4(sockfd:fd, addr:sockaddr*2, -, flags:accept) = fd + tuple
net getsockname(fd, addr:sockaddr*2, -)
net getpeername(fd, addr:sockaddr*2, -)
net shutdown(fd, how:shutdown)
net setsockopt(fd, level:level, optname:optname, val:hex, optlen:int)
net getsockopt(fd, level:level, optname:optname, val:hex, optlen:hex)
io_write sendto(fd, data, size, flags:msg, addr:sockaddr/5, -) + tuple
io_write sendmsg(fd, data:msghdr, flags:msg) + tuple
io_write sendmmsg(fd, vec:hex, vlen:uint, flags:msg) + tuple
io_read recvfrom(fd, data, size, flags:msg, addr:sockaddr*5, -) + tuple
io_read recvmsg(fd, data:msghdr, flags:msg) + tuple
io_read recvmmsg(fd, vec:hex, vlen:uint, flags:msg, timeout:hex) + tuple
net socketcall(call:int, args:hex)
"""
