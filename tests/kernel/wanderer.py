"""A program that reshapes a tree of directories at random and says, at each marked call, what its descriptors are."""

from __future__ import annotations

__all__ = ["MARK", "WANDERER"]

MARK = 1 << 40  # marked calls are lseek(fd, MARK + n)

WANDERER = r"""
import ctypes, json, os, random, sys
os.read(0, 1)
base, steps, seed, mounting = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
rnd, libc = random.Random(seed), ctypes.CDLL(None, use_errno=True)
NEWNS, PRIVATE, BIND, DETACH, EXCHANGE = 0x20000, (1 << 18) | 16384, 4096, 2, 2
os.chdir(base)
directories, files, fds, truth, done, binds = [base], [], [], [], {}, []

def under(path, top): return path == top or path.startswith(top + '/')
def moved(path, old, new): return new + path[len(old):] if under(path, old) else path
def move(old, new):
    for paths in (directories, files, binds): paths[:] = [moved(path, old, new) for path in paths]
def bound(*paths): return any(under(path, bind) or under(bind, path) for path in paths for bind in binds)
def mark(fd):
    path = os.readlink(f'/proc/self/fd/{fd}')
    try: os.lseek(fd, MARK + len(truth), 0)
    except OSError: pass
    truth.append(path)
def keep(path, flags=os.O_RDONLY):
    fds.append(os.open(path, flags)); mark(fds[-1])
    if len(fds) > 150: os.close(fds.pop(0))

def mkdir(n):
    path = rnd.choice(directories) + f'/d{n}'
    if path.count('/') < 40 and len(directories) < 250: os.mkdir(path); directories.append(path)
def rename_directory(n):
    old = rnd.choice(directories[1:])
    place = rnd.choice([d for d in directories if not under(d, old)])
    if not bound(old, place): os.rename(old, f'{place}/r{n}'); move(old, f'{place}/r{n}')
def rename_file(n):
    at = rnd.randrange(len(files)); new = rnd.choice(directories) + f'/f{n}'
    os.rename(files[at], new); files[at] = new
def replace(n):
    a, b = rnd.sample(range(len(files)), 2); os.rename(files[a], files[b]); files.pop(a)
def exchange(n):
    a, b = rnd.sample(directories[1:], 2)
    if under(a, b) or under(b, a) or bound(a, b): return
    if libc.syscall(316, -100, a.encode(), -100, b.encode(), EXCHANGE) == 0:
        move(a, '\0'); move(b, a); move('\0', b)
def create(n):
    path = rnd.choice(directories) + f'/f{n}'; keep(path, os.O_CREAT | os.O_RDWR); files.append(path)
def unlink(n): os.unlink(files.pop(rnd.randrange(len(files))))
def link(n):
    path = rnd.choice(directories) + f'/l{n}'; os.link(rnd.choice(files), path); files.append(path)
def reopen(n): keep(rnd.choice(files if rnd.random() < 0.8 else directories))
def use(n): mark(rnd.choice(fds))
def use_many(n):
    for fd in fds[-20:]: mark(fd)
def chdir(n): os.chdir(rnd.choice(directories))
def bind(n):
    source, target = rnd.sample(directories[1:], 2)
    hidden = any(under(f, target) for f in files + directories if f != target)
    if len(binds) < 6 and not (bound(source, target) or under(target, source) or hidden):
        if libc.mount(source.encode(), target.encode(), None, BIND, None) == 0:
            binds.append(target); keep(target)
            for file in [f for f in files if under(f, source)][:3]: keep(target + file[len(source):])
def unbind(n):
    gone = rnd.choice(binds)
    if libc.umount2(gone.encode(), DETACH) == 0: binds.remove(gone)

WAYS = {mkdir: 6, rename_directory: 8, rename_file: 8, replace: 3, exchange: 4, create: 12, unlink: 6, link: 5,
    reopen: 25, use: 60, use_many: 1, chdir: 2}
if mounting:
    assert libc.unshare(NEWNS) == 0 and libc.mount(b'none', b'/', None, PRIVATE, None) == 0
    WAYS |= {bind: 3, unbind: 1}
while len(directories) < 10: mkdir(len(directories))
for n in range(steps):
    way = rnd.choices(list(WAYS), list(WAYS.values()))[0]
    try: way(n)
    except (OSError, IndexError, ValueError): continue
    done[way.__name__] = done.get(way.__name__, 0) + 1
use_many(0)
os.chdir('/')
for path in binds: libc.umount2(path.encode(), DETACH)
print(json.dumps({'truth': truth, 'done': done}))
""".replace("MARK", str(MARK))
