"""What watching costs the watched: `python bench/overhead.py [--quick]`; needs root.

CPU seconds of a workload with and without sonde, interleaved; each ratio is the median of the rounds' ratios.
"""

from __future__ import annotations

import contextlib
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

from measuring import workloads
from measuring.figures import AT_MOST, Variant, figure, heading, interleaved, quick, ratio, spread
from measuring.watching import FIXED, Consumer, Receipt, attached, empty_program, nothing, printed

__all__ = ["main"]

ROUNDS = 3 if quick() else 11
DD = 100_000 if quick() else 2_000_000
PREADS = 200_000 if quick() else 3_000_000
PATHS = {
    "startswith": "/etc/sudoers.d/ /etc/pam.d/ /etc/cron.d/ /etc/ssh/ /root/.ssh/ /usr/local/bin/ /boot/ /lib/modules/ "
    "/var/spool/cron/ /run/secrets/",
    "endswith": ".ko .pem .key .kdbx .sqlite .bak /.git/config /.aws/credentials id_rsa authorized_keys",
    "glob": "/home/*/.ssh/* /root/.*history /etc/*.conf /var/log/*.log /proc/*/environ /proc/*/mem /usr/lib/*.so.? "
    "/var/lib/docker/*/config.v2.json /sys/fs/cgroup/*/release_agent /etc/rc?.d/*",
    "regex": r"/proc/[0-9]+/(mem|maps|environ) .*\.so(\.[0-9]+)* /tmp/[a-z]{3,8}\.(sh|py|pl) .*/(core|vmcore)\.[0-9]+ "
    r"/(usr/)?s?bin/.* .*_?backup[-_]?[0-9]{4} /dev/(sd|nvme|vd)[a-z0-9]+ /home/[^/]+/\.(aws|kube|docker)/.* "
    r"/opt/[a-z]+/(etc|conf)/.*\.ya?ml /srv/[0-9]{4}/.*",
}
NOWHERE = "fd.name contains /nowhere-to-be-found"


@contextlib.contextmanager
def consumers(**made: Consumer) -> Iterator[dict[str, Variant]]:
    """Their `watching` blocks as variants, with `nothing` first; they end with the block."""
    try:
        yield {"nothing": nothing, **{name: consumer.watching for name, consumer in made.items()}}
    finally:
        for consumer in made.values():
            consumer.close()


def filter_miss() -> None:
    """A filter that matches nothing, against an empty program."""
    heading(f"dd bs=1 count={DD}: a filter that matches nothing")
    variants: dict[str, Variant] = {
        "nothing": nothing,
        "empty": empty_program,
        "miss": lambda: attached("proc.name=nosuch"),
        "miss by type": lambda: attached("evt.type=openat and proc.name=nosuch"),
    }
    cpu = interleaved(variants, workloads.dd(DD), ROUNDS)
    miss, empty, none = cpu["miss"], cpu["empty"], cpu["nothing"]
    figure("proc.name=nosuch", ratio(miss, empty), "x empty", goal=(AT_MOST, 1.15), note=spread(miss, empty))
    figure("proc.name=nosuch", ratio(miss, none), "x nothing", note=spread(miss, none))
    figure("evt.type=openat and proc.name=nosuch", ratio(cpu["miss by type"], none), "x nothing")
    figure("an empty program", ratio(empty, none), "x nothing", note=spread(empty, none))
    calls = 2 * DD
    for name in ("empty", "miss", "miss by type"):
        added = statistics.median(a - b for a, b in zip(cpu[name], none, strict=True)) / calls * 1e9
        figure(f"added by {name}", added, "ns a call")


def forty_paths() -> str:
    """Forty path predicates or-ed, none of which holds for the file that is read."""
    return " or ".join(
        f"fd.name {kind} '{pattern}'" for kind, patterns in PATHS.items() for pattern in patterns.split()
    )


def path_predicates() -> None:
    """Forty path predicates, against the same program that only finds out which file it is."""
    heading(f"{PREADS} preads of an open file: 40 path predicates")
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        path = directory / "a/b/c/file.txt"
        path.parent.mkdir(parents=True)
        path.write_text("x")
        call = "evt.type=pread and proc.name=preads"
        work = workloads.preads(directory, path, PREADS)
        with consumers(
            file=Consumer(call, frozenset(("file",))),
            paths=Consumer(f"{call} and not ({forty_paths()})", frozenset(("file",))),
        ) as variants:
            cpu = interleaved(
                variants
                | {
                    "dropped": lambda: attached(f"{call} and not fd.name exists"),
                    "dropped by paths": lambda: attached(f"{call} and ({forty_paths()})"),
                },
                work,
                ROUNDS,
            )
    added = {
        name: [(a - b) / PREADS * 1e9 for a, b in zip(cpu[name], cpu["nothing"], strict=True)]
        for name in cpu
        if name != "nothing"
    }
    for without, with_paths, what in (
        ("dropped", "dropped by paths", "every record dropped"),
        ("file", "paths", "every record delivered"),
    ):
        figure(f"{what}, no predicates", statistics.median(added[without]), "ns a call")
        figure(f"{what}, 40 predicates", statistics.median(added[with_paths]), "ns a call")
        figure(what, ratio(added[with_paths], added[without]), "x", goal=(AT_MOST, 1.3),
               note=spread(added[with_paths], added[without]))  # fmt: skip


def everything() -> None:
    """Every event delivered to numpy, and every event printed."""
    heading(f"dd bs=1 count={DD}: everything delivered")
    columns = Consumer(columns=FIXED)
    plain = Consumer(columns=FIXED - {"latency"})
    with consumers(columns=columns, plain=plain) as variants:
        cpu = interleaved(variants, workloads.dd(DD), ROUNDS)
    for name, consumer, what in (("columns", columns, "all columns to numpy"), ("plain", plain, "without evt.latency")):
        goal = (AT_MOST, 2.5) if name == "columns" else None
        figure(what, ratio(cpu[name], cpu["nothing"]), "x nothing", goal=goal, note=spread(cpu[name], cpu["nothing"]))
        _loss(what, consumer.receipts)
    receipts: list[Receipt] = []
    cpu = interleaved(
        {"nothing": nothing, "printed": lambda: printed([], receipts)}, workloads.dd(DD), max(3, ROUNDS // 2)
    )
    figure("printed to /dev/null", ratio(cpu["printed"], cpu["nothing"]), "x nothing")
    _loss("printed to /dev/null", receipts, 5)


def _loss(what: str, receipts: list[Receipt], allowed: float = 0) -> None:
    matched = sum(receipt.matched for receipt in receipts)
    lost = sum(receipt.lost for receipt in receipts)
    untold = sum(receipt.matched - receipt.delivered - receipt.lost for receipt in receipts)
    figure(f"{what}: lost", 100 * lost / matched, "%", goal=(AT_MOST, allowed), note=f"of {matched:,} events")
    figure(f"{what}: lost and not told", untold, "events", goal=(AT_MOST, 0))


def everyday() -> None:
    """Programs as people run them, under a filter on file names."""
    heading(f"CPU of everyday work under: {NOWHERE}")
    count = 50 if quick() else 500
    work = {
        "find /usr": workloads.find(),
        "grep -r": workloads.grep(),
        f"{count} execs": workloads.execs(count),
        f"{4 * count} HTTP requests": workloads.http(4 * count),
    }
    for name, run in work.items():
        run()  # what it reads is in memory from now on
        with consumers(watched=Consumer(NOWHERE)) as variants:
            cpu = interleaved(variants, run, ROUNDS)
        figure(name, ratio(cpu["watched"], cpu["nothing"]), "x nothing", goal=(AT_MOST, 1.3),
               note=spread(cpu["watched"], cpu["nothing"]))  # fmt: skip


def main() -> None:
    """All of it."""
    filter_miss()
    path_predicates()
    everything()
    everyday()


if __name__ == "__main__":
    main()
