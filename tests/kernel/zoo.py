"""One program that does a little of everything, each time the same: what random questions are asked about."""

from __future__ import annotations

import sys
from pathlib import Path
from shutil import rmtree

from live import Workload

__all__ = ["ZOO", "zoo"]

ZOO = r"""
import ctypes, json, os, signal, socket, sys, threading
os.read(0, 1)
place = sys.argv[1]
os.chdir(place)
libc = ctypes.CDLL(None, use_errno=True)

def tried(call, *arguments):
    try: return call(*arguments)
    except OSError: return None

def files():
    for name in ('a', 'etc', 'etc/deep', 'log', 'etc/deep/er', 'a/etc'): os.mkdir(name)
    names = ['a/plain.txt', 'etc/passwd', 'etc/deep/er/x', 'log/day.log', 'Upper.TXT', 'a/etc/y']
    names += [b'log/bad\xff\xfe', 'log/e\u00e9']
    kept = []
    for at, name in enumerate(names):
        fd = os.open(name, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600 + at)
        os.write(fd, b'GET /index.html HTTP/1.1\r\n\xff\x00' * at + b'tail')
        os.lseek(fd, 0, 0)
        os.read(fd, 10 * at)
        os.pread(fd, 3, at)
        os.writev(fd, [b'HTTP', b'/', b'2 ' * 70, b'end'])
        os.fstat(fd)
        kept.append(fd)
    for fd in kept[::2]: os.close(fd)
    os.rename('etc', 'var')
    os.rename('var/deep/er', 'moved')
    for fd in kept[1::2]: os.lseek(fd, 1, 0)
    for name in ('var/passwd', 'etc/passwd', 'a', 'nowhere/at/all', 'moved/x', '.'):
        fd = tried(os.open, name, os.O_RDONLY)
        if fd is not None:
            tried(os.read, fd, 8)
            os.close(fd)
    os.unlink('moved/x')
    os.lseek(kept[3], 2, 0)
    for number in (999, -1): tried(os.close, number)
    tried(os.mkdir, 'a'); tried(os.rmdir, 'a'); tried(os.unlink, 'nothing')
    os.symlink('a', 's'); os.link('Upper.TXT', 'hard')
    os.stat('hard'); tried(os.stat, 'gone'); os.listdir('.'); os.chmod('hard', 0o644); os.access('hard', os.R_OK)
    os.dup2(kept[1], 50); os.write(50, b'by its twin'); os.close(50)

def deep():
    parts = ['level%02d' % at for at in range(60)]
    os.makedirs('/'.join(parts))
    fd = os.open('/'.join(parts) + '/bottom', os.O_CREAT | os.O_WRONLY)
    os.write(fd, b'deep'); os.rename(parts[0], 'shallow'); os.write(fd, b'er')
    os.unlink('/'.join(['shallow', *parts[1:], 'bottom']))
    os.write(fd, b'gone'); os.close(fd)
    inner = os.open('shallow', os.O_PATH | os.O_DIRECTORY)
    fd = os.open('level01', os.O_RDONLY, dir_fd=inner); os.listdir(fd); os.fchdir(fd)
    tried(os.open, 'none', os.O_RDONLY); os.chdir(place)
    os.close(fd); os.close(inner)

def others():
    r, w = os.pipe()
    os.write(w, b'in the pipe'); os.read(r, 4)
    e = os.eventfd(3); os.eventfd_write(e, 2); os.eventfd_read(e)
    m = os.memfd_create('scratch'); os.write(m, b'm' * 200)
    t = libc.timerfd_create(1, 0)
    p = os.pidfd_open(os.getpid()); os.close(p)
    z = os.open('/dev/zero', os.O_RDONLY); os.read(z, 4000)
    s = os.open('/proc/self/status', os.O_RDONLY); os.read(s, 100)
    for fd in (r, w, e, m, t, z, s): os.close(fd)

def exchange(a, b):
    a.sendall(b'question'); b.recv(100); b.sendall(b'answer ' * 30); a.recv(100); a.recv(4096)
    a.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1); a.getsockname()

def sockets():
    four, six = socket.AF_INET, socket.AF_INET6
    for family, address in ((four, '127.0.0.1'), (six, '::1'), (six, '::ffff:127.0.0.2')):
        server = socket.socket(family, socket.SOCK_STREAM)
        server.bind((address, 0)); server.listen(3)
        client = socket.socket(family, socket.SOCK_STREAM)
        client.connect(server.getsockname())
        there, _ = server.accept()
        exchange(client, there)
        tried(client.shutdown, socket.SHUT_RDWR)
        for one in (client, there, server): one.close()
        a, b = socket.socket(family, socket.SOCK_DGRAM), socket.socket(family, socket.SOCK_DGRAM)
        a.bind((address, 0)); b.connect(a.getsockname()); b.send(b'datagram'); _, back = a.recvfrom(100)
        a.sendto(b'back', back); b.recv(100)
        a.close(); b.close()
    a, b = socket.socketpair(); exchange(a, b); a.close(); b.close()
    server = socket.socket(socket.AF_UNIX); server.bind('unix.sock'); server.listen(1)
    client = socket.socket(socket.AF_UNIX); client.connect('unix.sock'); there, _ = server.accept()
    exchange(client, there)
    tried(client.connect, 'nobody')
    for one in (client, there, server): one.close()
    closed = socket.socket(); closed.bind(('127.0.0.3', 0)); tried(socket.create_connection, closed.getsockname())
    closed.close()
    for family, protocol in ((socket.AF_INET, 1), (socket.AF_INET6, 58), (socket.AF_INET, 89)):
        raw = socket.socket(family, socket.SOCK_RAW, protocol); raw.getsockname(); raw.close()
    link = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW); link.close()

def small(tag):
    fd = os.open('Upper.TXT', os.O_RDONLY); os.read(fd, 5); os.close(fd); tried(os.open, tag, os.O_RDONLY)

def processes():
    thread = threading.Thread(target=small, args=('by a thread',)); thread.start(); thread.join()
    def child(what):
        pid = os.fork()
        if pid == 0:
            try: what()
            finally: os._exit(3)
        os.waitpid(pid, 0)
    def named():
        libc.prctl(15, b'odd name\xff)'); small('n')
        child(lambda: small('grandchild'))
    def other():
        os.setgid(100); os.setuid(1); os.setsid(); small('as daemon')
    def moved():
        os.chdir('/usr/lib'); tried(os.open, 'os-release', os.O_RDONLY); tried(os.open, '../nope', os.O_RDONLY)
    def killed():
        signal.signal(signal.SIGUSR2, lambda *_: None); os.kill(os.getpid(), signal.SIGUSR2)
        os.kill(os.getpid(), signal.SIGKILL)
    def program():
        os.dup2(os.open('/dev/null', os.O_WRONLY), 1); os.dup2(1, 2)
        os.execv('/bin/cat', ['cat', '/etc/hostname', 'a b', 'log/day.log', ''])
    for what in (named, other, moved, killed, program): child(what)
    tried(os.execv, '/no/such/program', ['x'])

files(); deep(); others(); sockets(); processes()
"""


def zoo(base: Path, name: str = "here") -> Workload:
    """The program at its gate, in a directory that each run makes anew."""
    place, script = base / name, base / "zoo.py"
    rmtree(place, ignore_errors=True)
    place.mkdir()
    place.chmod(0o777)
    script.write_text(ZOO)
    return Workload([sys.executable, "-I", "-S", str(script), str(place)])
