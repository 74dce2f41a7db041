"""Structures of files: their states, file systems, handles, directories, times."""

from __future__ import annotations

import struct

from sonde.catalog.layouts import layout
from sonde.engines.structs.fields import Special, braced, bracketed, field, values
from sonde.engines.structs.how import RAW, VERBOSE, How, named, number, octal, quoted
from sonde.engines.structs.words import date, device, user

__all__ = ["FILES", "handle_rest"]

_KIND, _CHARACTERS, _BLOCKS = 0o170000, 0o020000, 0o060000
_ATIME, _MTIME, _CTIME, _BTIME, _MOUNT = 0x20, 0x40, 0x80, 0x800, 0x1000
_NOW, _OMIT = (1 << 30) - 1, (1 << 30) - 2
_CREATES = 0o100 | 0o20000000


def _state(key: str) -> Special:
    """struct stat and its forms."""

    def text(data: bytes, how: How) -> bytes | None:
        if len(data) < layout(key, how.compat).size:
            return None
        found = values(key, data, how)
        mode = b"st_mode=" + named("mode", found["st_mode"], how)
        if found["st_mode"] & _KIND in (_CHARACTERS, _BLOCKS):
            size = b"st_rdev=" + device(found["st_rdev"], how)
        else:
            size = b"st_size=%d" % found["st_size"]
        if not how.verbose:
            return braced([mode, size, b"..."])
        parts = [
            b"st_dev=" + device(found["st_dev"], how), b"st_ino=%d" % found["st_ino"], mode,
            b"st_nlink=%d" % found["st_nlink"], b"st_uid=" + user(found["st_uid"], how),
            b"st_gid=" + user(found["st_gid"], how),
        ]  # fmt: skip
        parts += [b"%s=%d" % (n.encode(), found[n]) for n in ("st_blksize", "st_blocks") if n in found]
        return braced([*parts, size, *_times(found)])

    return text


def _times(found: dict[str, int]) -> list[bytes]:
    parts = []
    for name in ("st_atime", "st_mtime", "st_ctime"):
        fraction = found.get(name + "_nsec", 0)
        parts.append(b"%s=%d%s" % (name.encode(), found[name], date(found[name], fraction, 9)))
        if name + "_nsec" in found:
            parts.append(b"%s_nsec=%d" % (name.encode(), fraction))
    return parts


def _statx(data: bytes, how: How) -> bytes | None:
    if len(data) < 0x80:
        return None
    found = values("statx", data, how)

    def some(*names: str) -> list[bytes]:
        return [field("statx", f"stx_{name}", data, how) for name in names]

    if not how.verbose:
        return braced([*some("mask", "attributes", "mode", "size"), b"..."])
    parts = some("mask", "blksize", "attributes", "nlink", "uid", "gid", "mode", "ino", "size", "blocks",
                 "attributes_mask")  # fmt: skip
    for bit, name, offset in ((_ATIME, b"a", 64), (_BTIME, b"b", 80), (_CTIME, b"c", 96), (_MTIME, b"m", 112)):
        if found["stx_mask"] & bit:
            seconds, fraction = struct.unpack_from("<qI", data, offset)
            stamp = b"{tv_sec=%d, tv_nsec=%d}" % (seconds, fraction) + date(seconds, fraction, 9)
            parts.append(b"stx_%stime=" % name + stamp)
    parts += some("rdev_major", "rdev_minor", "dev_major", "dev_minor")
    return braced(parts + (some("mnt_id") if found["stx_mask"] & _MOUNT else []))


def _file_system(key: str) -> Special:
    """struct statfs and statfs64."""

    def text(data: bytes, how: How) -> bytes | None:
        if len(data) < layout(key, how.compat).size:
            return None
        found = values(key, data, how)
        at = next(one.offset for one in layout(key, how.compat).fields if one.name == "f_fsid")
        identity = struct.unpack_from("<II", data, at)
        parts = [b"f_type=" + named("fsmagic", found["f_type"], how)]
        names = ("f_bsize", "f_blocks", "f_bfree", "f_bavail", "f_files", "f_ffree")
        parts += [b"%s=%d" % (name.encode(), found[name]) for name in names]
        parts.append(b"f_fsid={val=[%s, %s]}" % (number(identity[0]), number(identity[1])))
        parts += [b"%s=%d" % (name.encode(), found[name]) for name in ("f_namelen", "f_frsize")]
        return braced([*parts, b"f_flags=" + named("statfs_flags", found["f_flags"], how)])

    return text


def _open_how(data: bytes, how: How) -> bytes | None:
    if len(data) < 24:
        return None
    found = values("open_how", data, how)
    parts = [b"flags=" + named("open64", found["flags"], how)]
    if found["mode"] or found["flags"] & _CREATES:
        parts.append(b"mode=" + octal(found["mode"]))
    parts.append(field("open_how", "resolve", data, how))
    return braced(parts + more(data, 24, how))


def more(data: bytes, known: int, how: How) -> list[bytes]:
    """Bytes behind a structure that grew."""
    if not any(data[known:]):
        return []
    return [b"/* bytes %d..%d */ " % (known, len(data) - 1) + quoted(data[known:], how, how.limit, forced=True)]


def _mount_attr(data: bytes, how: How) -> bytes | None:
    if len(data) < 32:
        return None
    names = ("attr_set", "attr_clr", "propagation", "userns_fd")
    return braced([field("mount_attr", name, data, how) for name in names] + more(data, 32, how))


def _handle(data: bytes, how: How) -> bytes | None:
    """struct file_handle of name_to_handle_at: only the room there is, when it is entered."""
    return b"{handle_bytes=%d" % int.from_bytes(data[:4], "little") if len(data) >= 4 else None


def _given_handle(data: bytes, how: How) -> bytes | None:
    """struct file_handle of open_by_handle_at."""
    if len(data) < 8:
        return None
    size, kind = struct.unpack_from("<Ii", data)
    return b"{handle_bytes=%d, handle_type=%d, f_handle=%s}" % (size, kind, _octets(data[8 : 8 + min(size, 128)], how))


def _octets(raw: bytes, how: How) -> bytes:
    return quoted(raw, how, 128, forced=True)


def handle_rest(before: bytes, after: bytes, how: How, failed: bool) -> bytes:
    """What name_to_handle_at made of a handle."""
    if len(before) < 4:
        return b""
    room = int.from_bytes(before[:4], "little")
    if len(after) < 8:
        return b"}"
    size, kind = struct.unpack_from("<Ii", after)
    grown = b" => %d" % size if size != room else b""
    if failed:
        return grown + b"}"
    return grown + b", handle_type=%d, f_handle=%s}" % (kind, _octets(after[8 : 8 + min(size, 128)], how))


def _entries(data: bytes, how: How, wide: bool) -> list[bytes]:
    """Entries of a directory. They end where the data ends."""
    width, found, start = 8 if wide or not how.compat else 4, [], 0
    head = 2 * width + (3 if wide else 2)
    while start + head <= len(data):
        inode, offset = (
            int.from_bytes(data[start + at : start + at + width], "little", signed=bool(at) and wide)
            for at in (0, width)
        )
        length = int.from_bytes(data[start + 2 * width : start + 2 * width + 2], "little")
        if length < head or start + length > len(data):
            break
        name = quoted(data[start + head : start + length].partition(b"\0")[0], how)
        kind = data[start + head - 1] if wide else data[start + length - 1]
        kind_text, texts = b"d_type=" + named("dirent_types", kind, how), b"d_name=" + name
        parts = [b"d_ino=%d" % inode, b"d_off=%d" % offset, b"d_reclen=%d" % length]
        found.append(braced(parts + ([kind_text, texts] if wide else [texts, kind_text])))
        start += length
    return found


def _directory(wide: bool) -> Special:
    def text(data: bytes, how: How) -> bytes | None:
        found = _entries(data, how, wide)
        return bracketed(found) if how.verbose else b" /* %d entries */" % len(found)

    return text


def _old_entry(data: bytes, how: How) -> bytes | None:
    width = how.word
    if len(data) < 2 * width + 3:
        return None
    inode, offset = (int.from_bytes(data[at : at + width], "little") for at in (0, width))
    length = int.from_bytes(data[2 * width : 2 * width + 2], "little")
    name = quoted(data[2 * width + 2 : 2 * width + 2 + min(length, 256)], how, 256)
    return b"{d_ino=%d, d_off=%d, d_reclen=%d, d_name=%s}" % (inode, offset, length, name)


def _moment(width: int, digits: int, data: bytes, how: How) -> bytes:
    """One of the two times that a file is given."""
    seconds, fraction = (int.from_bytes(data[at : at + width], "little", signed=True) for at in (0, width))
    unit = b"nsec" if digits == 9 else b"usec"
    plain = b"{tv_sec=%d, tv_%s=%d}" % (seconds, unit, fraction)
    name = {_NOW: b"UTIME_NOW", _OMIT: b"UTIME_OMIT"}.get(fraction, b"") if digits == 9 else b""
    if not name:
        return plain + date(seconds, fraction, digits)
    if how.names == RAW:
        return plain
    return b"%s /* %s */" % (plain, name) if how.names == VERBOSE else name


def _moments(wide: bool, digits: int) -> Special:
    def text(data: bytes, how: How) -> bytes | None:
        width = 8 if wide else how.word
        if len(data) < 4 * width:
            return None
        return bracketed([_moment(width, digits, data[at : at + 2 * width], how) for at in (0, 2 * width)])

    return text


def _lock(key: str, asked: bool) -> Special:
    """struct flock; who holds it is shown of a question only."""

    def text(data: bytes, how: How) -> bytes | None:
        if len(data) < layout(key, how.compat).size:
            return None
        names = ["l_type", "l_whence", "l_start", "l_len", *(["l_pid"] if asked else [])]
        return braced([field(key, name, data, how) for name in names])

    return text


FILES: dict[str, Special] = {
    **{key: _state(key) for key in ("stat", "stat64", "oldstat")},
    "statx": _statx,
    "statfs": _file_system("statfs"),
    "statfs64": _file_system("statfs64"),
    "open_how": _open_how,
    "mount_attr": _mount_attr,
    "file_handle": _handle,
    "file_handle:given": _given_handle,
    "dirent": _directory(wide=False),
    "dirent64": _directory(wide=True),
    "old_dirent": _old_entry,
    "timespec_pair": _moments(wide=False, digits=9),
    "timespec64_pair": _moments(wide=True, digits=9),
    "timeval_pair": _moments(wide=False, digits=6),
    "flock": _lock("flock", asked=False),
    "flock64": _lock("flock64", asked=False),
    "flock:asked": _lock("flock", asked=True),
    "flock64:asked": _lock("flock64", asked=True),
}
