"""Structures of ioctl: terminals, network interfaces, files, block devices, userfaultfd."""

from __future__ import annotations

import struct

from sonde.catalog.flags import signed32
from sonde.engines.structs.fields import Special, braced, bracketed, element, field, values
from sonde.engines.structs.how import RAW, VERBOSE, How, address, named, number, quoted, scalar
from sonde.engines.structs.sockets import address_of

__all__ = ["CONTROLS", "fiemap_rest", "ifconf_rest", "ifreq_rest", "uffd_rest"]

_CHARACTERS = (
    "VINTR", "VQUIT", "VERASE", "VKILL", "VEOF", "VTIME", "VMIN", "VSWTC", "VSTART", "VSTOP", "VSUSP", "VEOL",
    "VREPRINT", "VDISCARD", "VWERASE", "VLNEXT", "VEOL2",
)  # fmt: skip
_ADDRESSES = ("addr", "dstaddr", "broadaddr", "netmask")
_NAME = 16


def _terminal(key: str) -> Special:
    """struct termios, termios2 and termio."""

    def text(data: bytes, how: How) -> bytes | None:
        width, count = (2, 8) if key == "termio" else (4, 19)
        if len(data) < 4 * width + 1 + count:
            return None
        words = [scalar(data, offset=at * width, size=width) for at in range(4)]
        parts = [
            b"c_iflag=" + named("term_iflags", words[0], how),
            b"c_oflag=" + named("term_oflag", words[1], how),
            b"c_cflag=" + named("term_cflag", words[2], how),
            b"c_lflag=" + named("term_lflags", words[3], how),
        ]  # fmt: skip
        if not how.verbose:
            return braced([*parts, b"..."])
        parts.append(b"c_line=" + named("term_line_discs", data[4 * width], how))
        raw = data[4 * width + 1 : 4 * width + 1 + count]
        parts.append(b"c_cc=" + bracketed([_character(place, byte) for place, byte in enumerate(raw)]))
        if key == "termios2" and len(data) >= 44:
            parts += [b"c_ispeed=%d" % scalar(data[36:40]), b"c_ospeed=%d" % scalar(data[40:44])]
        return braced(parts)

    return text


def _character(place: int, byte: int) -> bytes:
    name = _CHARACTERS[place].encode() if place < len(_CHARACTERS) else b"%d" % place
    return b"[%s]=%s" % (name, number(byte))


def _name(data: bytes, how: How) -> bytes:
    return b"ifr_name=" + quoted(data[:_NAME].partition(b"\0")[0], how)


def _interface_value(what: str, data: bytes, how: How) -> bytes:
    """The part of struct ifreq that a request is about."""
    raw = data[_NAME:]
    word = signed32(scalar(raw[:4]))
    if what in _ADDRESSES:
        return b"ifr_%s=%s" % (what.encode(), address_of(raw[:16], how) or b"")
    if what == "hwaddr":
        return b"ifr_hwaddr={sa_family=%s, sa_data=%s}" % (
            named("arp_hardware_types", word & 0xFFFF, how),
            _station(raw, how),
        )
    if what == "flags":
        return b"ifr_flags=" + named("iffflags", word & 0xFFFF, how)
    if what == "map" and len(raw) >= 24:
        start, end, base, line, dma, port = struct.unpack_from("<QQHBBB", raw)
        return b"ifr_map={mem_start=%s, mem_end=%s, base_addr=%s, irq=%s, dma=%s, port=%s}" % tuple(
            map(number, (start, end, base, line, dma, port))
        )
    return b"ifr_%s=%d" % (what.encode(), word)


def _station(raw: bytes, how: How) -> bytes:
    """An address of a network card."""
    text = b":".join(b"%02x" % byte for byte in raw[2:8])
    plain = quoted(raw[2:16], how, forced=True)
    if how.names == RAW:
        return plain
    return b"%s /* %s */" % (plain, text) if how.names == VERBOSE else text


def _asked(data: bytes, how: How) -> bytes | None:
    """struct ifreq of a question, when it is asked."""
    return b"{" + _name(data, how) if len(data) >= _NAME else None


def _told(what: str) -> Special:
    def text(data: bytes, how: How) -> bytes | None:
        return braced([_name(data, how), _interface_value(what, data, how)]) if len(data) >= 32 else None

    return text


def ifreq_rest(what: str, before: bytes, after: bytes, how: How, failed: bool) -> bytes:
    """The answer to a question about an interface."""
    if len(before) < _NAME:
        return b""
    if failed or len(after) < 32:
        return b"}"
    if what == "name":
        return b", " + _name(after, how) + b"}"
    return b", " + _interface_value(what, after, how) + b"}"


def _by_index(data: bytes, how: How) -> bytes | None:
    return b"{ifr_ifindex=%d" % signed32(scalar(data[_NAME:20])) if len(data) >= 20 else None


def _room(length: int, how: How) -> bytes:
    each = 32 if how.compat else 40
    if length % each == 0 and length > 0:
        return b"%d /* %d * sizeof(struct ifreq) */" % (length, length // each)
    return b"%d" % length


def _list(data: bytes, how: How) -> bytes | None:
    """struct ifconf when it is given."""
    if len(data) < 2 * how.word:
        return None
    pointer = scalar(data, offset=how.word, size=how.word)
    return b"{ifc_len=" + _room(signed32(scalar(data[:4])), how) if pointer else b"{"


def ifconf_rest(before: bytes, after: bytes, how: How, failed: bool) -> bytes:
    """The list of interfaces; the list itself is not at hand."""
    if len(before) < 2 * how.word:
        return b""
    given, pointer = signed32(scalar(before[:4])), scalar(before, offset=how.word, size=how.word)
    length = signed32(scalar(after[:4])) if len(after) >= 4 else given
    if not pointer:
        return b"ifc_len=%s, ifc_buf=NULL}" % _room(length, how)
    grown = b" => " + _room(length, how) if length != given and not failed else b""
    return grown + b", ifc_buf=%s}" % address(pointer)


def _extents(data: bytes, how: How) -> bytes | None:
    if len(data) < 32:
        return None
    return braced(
        [field("fiemap", name, data, how) for name in ("fm_start", "fm_length", "fm_flags", "fm_extent_count")]
    )


def fiemap_rest(before: bytes, after: bytes, how: How, failed: bool) -> bytes:
    """The extents of a file."""
    if failed or len(after) < 32 or len(before) < 32:
        return b""
    parts = [field("fiemap", name, after, how) for name in ("fm_flags", "fm_mapped_extents")]
    if not how.verbose:
        return b" => " + braced([*parts, b"..."])
    count = scalar(after[20:24]) if scalar(before[24:28]) else 0
    texts = []
    for start in range(32, 32 + min(count, 1 << 10) * 56, 56):
        if start + 56 > len(after):
            texts.append(b"...")
            break
        logical, physical, length, bits = (
            *struct.unpack_from("<QQQ", after, start),
            scalar(after, offset=start + 40, size=4),
        )
        shown = named("fiemap_extent_flags", bits, how)
        texts.append(b"{fe_logical=%d, fe_physical=%d, fe_length=%d, fe_flags=%s}" % (logical, physical, length, shown))
    return b" => " + braced([*parts, b"fm_extents=" + bracketed(texts)])


def _uffd(key: str, names: tuple[str, ...]) -> Special:
    """Structures of userfaultfd: what is given."""

    def text(data: bytes, how: How) -> bytes | None:
        if len(data) < 24:
            return None
        parts = []
        for name in names:
            if name == "range":
                parts.append(b"range=" + (element("uffdio_range", data[:16], how, {}) or b""))
            elif name == "api":
                parts.append(b"api=" + number(scalar(data[:8])))
            elif name == "features":
                parts.append(b"features=" + named("uffd_api_features", scalar(data[8:16]), how))
            else:
                parts.append(field(key, name, data, how))
        return b"{" + b", ".join(parts)

    return text


def uffd_rest(key: str, before: bytes, after: bytes, how: How, failed: bool) -> bytes:
    """What userfaultfd wrote."""
    if len(before) < 24:
        return b""
    if failed or len(after) < 24:
        return b"}"
    found = values(key, after.ljust(48, b"\0"), how)
    if key == "uffdio_api":
        features = named("uffd_api_features", found["features"], how)
        return b" => features=%s, ioctls=%s}" % (features, named("uffd_api_flags", found["ioctls"], how))
    if key == "uffdio_register":
        return b", ioctls=" + named("uffd_register_ioctl_flags", found["ioctls"], how) + b"}"
    name = "copy" if key == "uffdio_copy" else "zeropage"
    return b", %s=%s}" % (name.encode(), number(found[name]))


def _loop(data: bytes, how: How) -> bytes | None:
    """struct loop_info64."""
    if len(data) < 232:
        return None
    names = ["lo_offset", "lo_number", "lo_flags", "lo_file_name"]
    if how.verbose:
        names = [
            "lo_device", "lo_inode", "lo_rdevice", "lo_offset", "lo_sizelimit", "lo_number", "lo_encrypt_type",
            "lo_encrypt_key_size", "lo_flags", "lo_file_name", "lo_crypt_name",
        ]  # fmt: skip
    parts = [field("loop_info64", name, data, how) for name in names]
    return braced(parts if how.verbose else [*parts, b"..."])


_GET = ("flags", "ifindex", "mtu", "hwaddr", "metric", "qlen", "map", *_ADDRESSES)
CONTROLS: dict[str, Special] = {
    **{key: _terminal(key) for key in ("termios", "termios2", "termio")},
    **{f"ifreq:get_{what}": _asked for what in _GET},
    **{f"ifreq:set_{what}": _told(what) for what in _GET},
    "ifreq:get_name": _by_index,
    "ifconf": _list,
    "fiemap": _extents,
    "uffdio_api": _uffd("uffdio_api", ("api", "features")),
    "uffdio_register": _uffd("uffdio_register", ("range", "mode")),
    "uffdio_copy": _uffd("uffdio_copy", ("dst", "src", "len", "mode")),
    "uffdio_zeropage": _uffd("uffdio_zeropage", ("range", "mode")),
    "loop_info64": _loop,
}
