"""What the option table says to a person and to a shell: --help and completion."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping

from sonde.cli_table import OPTIONS, Option

__all__ = ["WIDTH", "completion", "entry", "help_text", "verb_text"]

WIDTH = 79
INDENT = 24
USAGE = """\
Usage: sonde [OPTIONS] [FILTER] [-- CMD ...]
       sonde [OPTIONS] VERB [ARGUMENTS] [-- CMD ...]

Shows what a Linux system does: the system calls that match FILTER, a filter as
sysdig and Falco have it; sonde -l lists its fields. With CMD only that command
and what it starts is watched. Options may stand before and after FILTER.
"""
BASH = """\
# bash completion of sonde, written by: sonde --completion bash
_sonde() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
    COMPREPLY=()
    case $before in
%(arguments)s
    esac
    if [[ $word == -* ]]; then
        %(options)s
    else
        %(words)s
    fi
}
complete -o default -F _sonde sonde
"""


def help_text(verbs: Mapping[str, str]) -> str:
    """The page of `sonde --help`, less than 80 columns wide; `verbs` maps each verb to a line about it."""
    parts = [USAGE]
    if verbs:
        parts.append("Verbs:\n" + "".join(entry(name, text) for name, text in verbs.items()))
    parts.append("Options:\n" + "".join(entry(_names(option), option.help) for option in OPTIONS))
    parts.append("EXAMPLES\n" + "".join(f"  {o.example:<42} # {o.comment}\n" for o in OPTIONS))
    return "\n".join(parts)


def verb_text(verb: str, text: str) -> str:
    """The page of `sonde VERB --help`: what it is for, and the options that are about it alone."""
    meant = re.compile(rf"of [^:]*\b{verb}\b")
    about = [o for o in OPTIONS if meant.match(o.help) or o.example.startswith(f"sonde {verb} ")]
    parts = [textwrap.fill(f"sonde {verb}: {text}", WIDTH, subsequent_indent="    ", break_on_hyphens=False) + "\n"]
    if about:
        parts.append("Options:\n" + "".join(entry(_names(option), option.help) for option in about))
    return "\n".join([*parts, "sonde --help lists all verbs and options.\n"])


def completion(verbs: Iterable[str], fields: Iterable[str]) -> str:
    """The completion script for bash: options, their arguments, verbs and the names of fields; else names of files."""
    takers = [option for option in OPTIONS if option.argument]
    arguments = [f"        {'|'.join(o.names)}) {_reply(' '.join(o.choices))}; return ;;" for o in takers if o.choices]
    others = "|".join(name for option in takers if not option.choices for name in option.names)
    arguments.append(f"        {others}) return ;;")
    plain = [word for word in (*verbs, *fields) if re.fullmatch(r"[\w.\[\]-]+", word)]
    names = " ".join(name for option in OPTIONS for name in option.names)
    return BASH % {"arguments": "\n".join(arguments), "options": _reply(names), "words": _reply(" ".join(plain))}


def _reply(words: str) -> str:
    return f'mapfile -t COMPREPLY < <(compgen -W "{words}" -- "$word")'


def _names(option: Option) -> str:
    return ", ".join(option.names) + (f" {option.argument}" if option.argument else "")


def entry(name: str, text: str, indent: int = INDENT) -> str:
    """Something offered and what it is for, which stands `indent` columns in."""
    blank = " " * indent
    lines = textwrap.wrap(text, WIDTH - indent, break_on_hyphens=False)
    head = f"  {name}"
    if len(head) + 1 < indent:
        return "\n".join([f"{head:{indent}}{lines[0]}", *(blank + line for line in lines[1:])]) + "\n"
    return "\n".join([head, *(blank + line for line in lines)]) + "\n"
