"""fd.name is what /proc says and path filters are decided right while directories are renamed, exchanged and bound."""

from __future__ import annotations

import fnmatch
import os
import random
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from live import KERNEL, Answered, Workload, ask_all
from wanderer import MARK, WANDERER

from sonde.query import Question
from sonde.sources.live.events import Sizes

pytestmark = KERNEL

STEPS = 3000
SIZES = Sizes(1 << 22, 1 << 20, 1 << 22)
DELETED = " (deleted)"
Holds = Callable[[str], bool]


def wander(base: Path, seed: int, *filters: str, mounts: bool = False, steps: int = STEPS) -> list[Answered]:
    """Marked calls of one walk: all of them, then those that each filter selects."""
    script = base / f"wanderer{seed}.py"
    script.write_text(WANDERER)
    place = base / f"walk{seed}"
    place.mkdir()
    marked = f"evt.type=lseek and evt.rawarg.offset >= {MARK}"
    questions = [
        Question(
            filter=" and ".join(filter(None, (marked, f"({text})" if text else ""))),
            format="%evt.rawarg.offset %fd.name %fd.num %fd.type %fd.directory %fd.filename", json=True, follow=True,
            skip=(os.getpid(),), sizes=SIZES,
        )
        for text in ("", *filters)
    ]  # fmt: skip
    words = [sys.executable, "-I", "-S", str(script), str(place), str(steps), str(seed), str(int(mounts))]
    answers = ask_all(questions, Workload(words))
    for answer in answers:
        assert answer.counters.lost == answer.counters.lost_dictionary == 0
    return answers


def names(answered: Answered) -> dict[int, str]:
    """fd.name by mark."""
    return {row["evt.rawarg.offset"] - MARK: row["fd.name"] for row in answered.rows}


@pytest.mark.parametrize("seed", range(3))
def test_names_under_renames(seed: int, tmp_path: Path) -> None:
    [all_rows] = wander(tmp_path, seed)
    truth, done = all_rows.said["truth"], all_rows.said["done"]
    assert (
        len(truth) > STEPS // 2
        and min(done[way] for way in ("rename_directory", "exchange", "replace", "unlink", "link")) > 20
    )
    assert wrong(truth, names(all_rows)) == {}
    directories = [row for row in all_rows.rows if row["fd.type"] == "directory"]
    assert directories and all(row["fd.directory"] == row["fd.name"] for row in directories)


def wrong(truth: list[str], found: dict[int, str]) -> dict[int, tuple[str, str | None]]:
    """Marks whose name is not what readlink said."""
    return {at: (path, found.get(at)) for at, path in enumerate(truth) if found.get(at) != path.removesuffix(DELETED)}


@pytest.mark.skipif(os.geteuid() != 0, reason="mount namespaces need root")
def test_names_across_bind_mounts(tmp_path: Path) -> None:
    [all_rows] = wander(tmp_path, 11, mounts=True)
    truth, done = all_rows.said["truth"], all_rows.said["done"]
    assert done["bind"] > 5 and done["unbind"] > 0
    # a file outside of what its mount shows, or of a mount that is gone, has no path: readlink's text begins elsewhere
    reachable = [path.startswith(str(tmp_path)) for path in truth]
    found = {at: pair for at, pair in wrong(truth, names(all_rows)).items() if reachable[at]}
    assert found == {} and sum(reachable) > STEPS // 2


def part(rnd: random.Random, path: str, base: Path) -> list[tuple[str, Holds]]:
    """Filters that a path satisfies, each with what it means."""
    components = path.split("/")
    depth = rnd.randrange(len(str(base).split("/")), len(components))
    top, some = "/".join(components[: depth + 1]), rnd.choice(components[-2:])
    last, folder = components[-1], path.rpartition("/")[0]
    glob, regex = re.sub(r"\d", "?", path), f".*/{some[0]}[0-9]+/.*[13579]"
    return [
        (f'fd.name = "{path}"', lambda name: name == path),
        (f"fd.name in ({path}, {top}, /nowhere)", lambda name: name in (path, top)),
        (f"fd.name startswith {top}", lambda name: name.startswith(top)),
        (f"fd.name pmatch ({top}, /nowhere)", lambda name: name == top or name.startswith(top + "/")),
        (f"fd.name endswith /{last}", lambda name: name.endswith("/" + last)),
        (f"fd.name contains /{some}/", lambda name: f"/{some}/" in name),
        (f'fd.name glob "{glob}"', lambda name: fnmatch.fnmatchcase(name, glob)),
        (f'fd.name regex "{regex}"', lambda name: bool(re.fullmatch(regex, name))),
        (f"fd.filename = {last}", lambda name: name.rpartition("/")[2] == last),
        (f"fd.filename startswith {last[:2]}", lambda name: name.rpartition("/")[2].startswith(last[:2])),
        (f"fd.directory = {folder}", lambda name: name.rpartition("/")[0] == folder),
        (f"fd.directory contains /{some}", lambda name: f"/{some}" in name.rpartition("/")[0]),
        (f"not fd.name startswith {top}", lambda name: not name.startswith(top)),
        (f'not (fd.name contains "/d1" or fd.directory endswith {some[-1]})',
         lambda name: not ("/d1" in name or name.rpartition("/")[0].endswith(some[-1]))),
    ]  # fmt: skip


def test_path_filters_under_renames(tmp_path: Path) -> None:
    rnd = random.Random(5)
    seed = 21
    [first] = wander(tmp_path, seed, steps=1000)
    shutil.rmtree(tmp_path / f"walk{seed}")
    marks = first.said["truth"]
    usual = max(set(marks), key=marks.count).removesuffix(DELETED)
    chosen = [*part(rnd, usual, tmp_path), *part(rnd, rnd.choice(marks).removesuffix(DELETED), tmp_path)]
    chosen = rnd.sample(chosen, 18)
    everything, *answers = wander(tmp_path, seed, *(f"fd.type=file and {text}" for text, _ in chosen), steps=1000)
    assert everything.said["truth"] == marks
    files = {row["evt.rawarg.offset"] - MARK for row in everything.rows if row["fd.type"] == "file"}
    selected = []
    for (text, holds), answer in zip(chosen, answers, strict=True):
        expected = {at for at in files if holds(marks[at].removesuffix(DELETED))}
        assert set(names(answer)) == expected, text
        selected.append(len(expected) / len(files))
        if " glob " not in text and " regex " not in text and "not" not in text:
            assert answer.counters.matched <= max(len(expected) * 1.05, len(expected) + 20), text  # the kernel decided
    assert sum(0 < share < 0.9 for share in selected) >= len(chosen) // 3
