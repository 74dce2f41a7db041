"""What is recorded to be written as a file of sysdig: files, pipes, sockets, processes and failures."""

from __future__ import annotations

__all__ = ["WORKLOAD"]

WORKLOAD = r"""
import ctypes, fcntl, mmap, os, resource, select, signal, socket, sys, threading, time
place = sys.argv[1]
libc = ctypes.CDLL(None)

def tried(call, *arguments):
    try: return call(*arguments)
    except OSError: return None

def files():
    os.mkdir('deep'); tried(os.mkdir, 'deep'); os.chdir('deep'); os.getcwd()
    fd = os.open('a', os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o640)
    os.write(fd, b'GET / HTTP/1.1\r\n\xff' * 20); os.lseek(fd, 3, 0); os.read(fd, 7); os.pread(fd, 5, 1)
    os.writev(fd, [b'one', b'two' * 50]); os.preadv(fd, [bytearray(4), bytearray(9)], 0); os.pwrite(fd, b'at', 2)
    fcntl.flock(fd, fcntl.LOCK_EX); fcntl.fcntl(fd, fcntl.F_GETFL); tried(fcntl.ioctl, fd, 0x5401)
    os.ftruncate(fd, 99); mmap.mmap(fd, 99).close()
    to = os.open('to', os.O_CREAT | os.O_WRONLY); tried(os.copy_file_range, fd, to, 9, 0); os.close(to)
    at = os.open('..', os.O_RDONLY | os.O_DIRECTORY)
    os.mkdir('by', dir_fd=at); os.rename('by', 'bye', src_dir_fd=at, dst_dir_fd=at); os.rmdir('bye', dir_fd=at)
    os.link('a', 'b'); os.symlink('a', 'c'); os.rename('b', 'd'); os.chmod('d', 0o600); os.unlink('d')
    os.stat('a'); os.access('a', os.R_OK); tried(os.open, 'nothing/at/all', os.O_RDONLY); tried(os.unlink, 'gone')
    os.dup2(fd, 60); os.write(60, b'twin'); os.close(60); os.close(os.dup(fd)); os.close(at); os.close(fd)
    tried(os.close, 999); os.chdir('..')

def pipes():
    r, w = os.pipe(); os.write(w, b'through'); os.read(r, 3)
    waits = select.poll(); waits.register(r, select.POLLIN); waits.poll(1)
    epoll = select.epoll(); epoll.register(r); epoll.poll(0.001); epoll.close()
    fd = os.open('deep/a', os.O_RDONLY); os.sendfile(w, fd, 0, 8)
    for one in (r, w, fd, os.eventfd(3)): os.close(one)

def exchange(a, b):
    a.sendall(b'question'); b.recv(100); b.sendall(b'answer ' * 30); a.recv(100); a.recv(4096)
    a.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1); a.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)

def sockets():
    for family, address in ((socket.AF_INET, '127.0.0.1'), (socket.AF_INET6, '::1')):
        server = socket.socket(family); server.bind((address, 0)); server.listen(3)
        client = socket.socket(family); client.connect(server.getsockname()); there, _ = server.accept()
        exchange(client, there); client.shutdown(socket.SHUT_RDWR)
        for one in (client, there, server): one.close()
        a, b = socket.socket(family, socket.SOCK_DGRAM), socket.socket(family, socket.SOCK_DGRAM)
        a.bind((address, 0)); b.connect(a.getsockname()); b.send(b'datagram'); a.recvfrom(100)
        a.close(); b.close()
    a, b = socket.socketpair(); exchange(a, b); a.sendmsg([b'a', b'bcd']); b.recvmsg(10); a.close(); b.close()
    closed = socket.socket(); closed.bind(('127.0.0.3', 0)); tried(socket.create_connection, closed.getsockname())
    closed.close()

def small(name):
    fd = os.open('deep/a', os.O_RDONLY); os.read(fd, 5); os.close(fd); tried(os.open, name, os.O_RDONLY)

def processes():
    thread = threading.Thread(target=small, args=('by a thread',)); thread.start(); thread.join()
    resource.getrlimit(resource.RLIMIT_NOFILE); resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.getuid(); os.getresuid(); libc.unshare(0); time.sleep(0.001)
    def child(what):
        pid = os.fork()
        if pid == 0:
            try: what()
            finally: os._exit(3)
        os.waitpid(pid, 0)
    def other(): os.setgid(100); os.setuid(1); os.setsid(); os.getuid(); os.getegid(); small('as another')
    def moved(): os.chdir('/usr/lib'); tried(os.open, '../nope', os.O_RDONLY)
    def killed():
        signal.signal(signal.SIGUSR2, lambda *_: None); os.kill(os.getpid(), signal.SIGUSR2)
        os.kill(os.getpid(), signal.SIGKILL)
    def program():
        os.dup2(os.open('/dev/null', os.O_WRONLY), 1); os.execv('/bin/cat', ['cat', '/etc/hostname', 'a b', ''])
    for what in (other, moved, killed, program): child(what)
    tried(os.execv, '/no/such/program', ['x'])

os.chmod(place, 0o777); os.chdir(place); files(); pipes(); sockets(); processes()
"""
