"""The argument of bpf, by command: as much of it as its size says."""

from __future__ import annotations

from sonde.engines.structs.fields import Special, braced
from sonde.engines.structs.how import How, address, number, quoted
from sonde.engines.structs.words import spell

__all__ = ["BPF"]

# a line a command: how many fields are shown whatever the size, then offset, width, name and spelling of each
_COMMANDS = """
0 4 0:4:map_type:bpf_map_types 4:4:key_size 8:4:value_size 12:4:max_entries 16:4:map_flags:bpf_map_flags
 20:4:inner_map_fd:fd 24:4:?numa_node 28:16:map_name:name 44:4:map_ifindex:ifindex 48:4:btf_fd:fd 52:4:btf_key_type_id
 56:4:btf_value_type_id 60:4:btf_vmlinux_value_type_id 64:8:map_extra
1 4 0:4:map_fd:fd 8:8:key:p 16:8:value:p 24:8:flags:bpf_map_lookup_elem_flags
2 4 0:4:map_fd:fd 8:8:key:p 16:8:value:p 24:8:flags:bpf_map_update_elem_flags
3 2 0:4:map_fd:fd 8:8:key:p
4 3 0:4:map_fd:fd 8:8:key:p 16:8:next_key:p
5 4 0:4:prog_type:bpf_prog_types 4:4:insn_cnt 8:8:insns:p 16:8:license:p 24:4:log_level 28:4:log_size 32:8:log_buf:p
 40:4:kern_version:version 44:4:prog_flags:bpf_prog_flags 48:16:prog_name:name 64:4:prog_ifindex:ifindex
 68:4:expected_attach_type:bpf_attach_type 72:4:prog_btf_fd:fd 76:4:func_info_rec_size 80:8:func_info:p
 88:4:func_info_cnt 92:4:line_info_rec_size 96:8:line_info:p 104:4:line_info_cnt 108:4:attach_btf_id
 112:4:attach_prog_fd:fd 116:4:fd_array_cnt 120:8:fd_array:p
6 3 0:8:pathname:p 8:4:bpf_fd:fd 12:4:file_flags:bpf_file_mode_flags
7 3 0:8:pathname:p 8:4:bpf_fd:fd 12:4:file_flags:bpf_file_mode_flags
8 4 0:4:target_fd:fd 4:4:attach_bpf_fd:fd 8:4:attach_type:bpf_attach_type 12:4:attach_flags:bpf_attach_flags
 16:4:replace_bpf_fd:fd
9 2 0:4:target_fd:fd 8:4:attach_type:bpf_attach_type
10 9 0:4:test.prog_fd:fd 4:4:retval 8:4:data_size_in 12:4:data_size_out 16:8:data_in:p 24:8:data_out:p 32:4:repeat
 36:4:duration
11 3 0:4:start_id 4:4:next_id 8:4:open_flags:bpf_file_mode_flags
12 3 0:4:start_id 4:4:next_id 8:4:open_flags:bpf_file_mode_flags
13 3 0:4:prog_id 4:4:next_id 8:4:open_flags:bpf_file_mode_flags
14 3 0:4:map_id 4:4:next_id 8:4:open_flags:bpf_file_mode_flags
15 3 0:4:info.bpf_fd:fd 4:4:info_len 8:8:info:p
16 6 0:4:query.target_fd:fd 4:4:attach_type:bpf_attach_type 8:4:query_flags:bpf_query_flags
 12:4:attach_flags:bpf_attach_flags 16:8:prog_ids:p 24:4:prog_cnt
17 2 0:8:raw_tracepoint.name:p 8:4:prog_fd:fd
18 5 0:8:btf:p 8:8:btf_log_buf:p 16:4:btf_size 20:4:btf_log_size 24:4:btf_log_level
19 1 0:4:btf_id
20 9 0:4:task_fd_query.pid:pid 4:4:fd 8:4:flags 12:4:buf_len 16:8:buf:p 24:4:prog_id
 28:4:fd_type:bpf_task_fd_type 32:8:probe_offset:x 40:8:probe_addr:x
21 4 0:4:map_fd:fd 8:8:key:p 16:8:value:p
22 1 0:4:map_fd:fd
23 3 0:4:start_id 4:4:next_id 8:4:open_flags:bpf_file_mode_flags
28 4 0:4:link_create.prog_fd:fd 4:4:target_fd:fd 8:4:attach_type:bpf_attach_type 12:4:flags:x
29 4 0:4:link_update.link_fd:fd 4:4:new_prog_fd:fd 8:4:flags:bpf_attach_flags 12:4:old_prog_fd:fd
30 1 0:4:link_id
31 3 0:4:start_id 4:4:next_id 8:4:open_flags:bpf_file_mode_flags
32 1 0:4:enable_stats.type
33 2 0:4:iter_create.link_fd:fd 4:4:flags:x
34 1 0:4:link_detach.link_fd:fd
35 3 0:4:prog_bind_map.prog_fd:fd 4:4:map_fd:fd 8:4:flags:x
"""
_PROG_LOAD, _ABBREVIATED = 5, 4


def _commands() -> dict[int, tuple[int, list[list[str]]]]:
    found = {}
    for line in _COMMANDS.replace("\n ", " ").strip().split("\n"):
        command, least, *fields = line.split()
        found[int(command)] = (int(least), [one.split(":") for one in fields])
    return found


def _value(raw: bytes, spelling: str, how: How) -> bytes:
    if spelling == "name":
        return quoted(raw.partition(b"\0")[0], how)
    value = int.from_bytes(raw, "little")
    if spelling == "version":
        text = b"KERNEL_VERSION(%d, %d, %d)" % (value >> 16, value >> 8 & 0xFF, value & 0xFF)
        return number(value) if how.names == "raw" else text
    if spelling == "ifindex":
        from sonde.engines.structs.fields import interface

        return interface(value, how)
    if spelling == "p":
        return address(value)
    return spell(spelling, value, how) if spelling else b"%d" % value


def _command(number_: int, least: int, fields: list[list[str]]) -> Special:
    """The text of one command's argument: fields up to its size; a group has braces around what follows."""

    def text(data: bytes, how: How) -> bytes | None:
        if not data:
            return None
        parts: list[bytes] = []
        group = b""
        for place, (at, width, name, *spelling) in enumerate(fields):
            start, size = int(at), int(width)
            if place >= least and start >= len(data):
                break
            if number_ == _PROG_LOAD and place == _ABBREVIATED and not how.verbose:
                return braced([*parts, b"..."])
            raw = data[start : start + size].ljust(size, b"\0")
            if name[0] == "?":
                if not any(raw):
                    continue
                name = name[1:]
            if "." in name:
                owner, _, name = name.partition(".")
                group = owner.encode() + b"="
            parts.append(name.encode() + b"=" + _value(raw, spelling[0] if spelling else "", how))
        return b"{" + group + braced(parts) + b"}" if group else braced(parts)

    return text


BPF: dict[str, Special] = {f"bpf:{n}": _command(n, least, fields) for n, (least, fields) in _commands().items()}
