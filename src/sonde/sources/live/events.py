"""The events table of the running kernel: loads what a Scan says, and gives Batches until it is stopped."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Mapping
from functools import reduce
from operator import or_
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sonde.catalog.column import Detail
from sonde.containers.files import described
from sonde.errors import KernelError
from sonde.kernel.asm import Asm
from sonde.kernel.codegen import Hook, event_bits, generate, guards
from sonde.kernel.descriptors import descriptors
from sonde.kernel.dictionary import Dictionary
from sonde.kernel.features import Feature, features, lock_addresses, pid_max, possible_cpus
from sonde.kernel.libbpf import ProgramCost, entries, keep_statistics, lookup, program_cost, skipped_runs, update
from sonde.kernel.library import open_library
from sonde.kernel.predicates import TEXT_SLOTS, All
from sonde.kernel.records import CONFIGURATION, GUARDS, STATISTICS
from sonde.kernel.ring import Ring
from sonde.kernel.rows import Rows
from sonde.kernel.session import Session
from sonde.native.walk import walk
from sonde.plan.automaton import Predicate
from sonde.plan.batch import Batch, Counters
from sonde.plan.containers import Containers
from sonde.plan.expr import Expr
from sonde.plan.state import State
from sonde.sources.beginnings import beginnings
from sonde.sources.live.assemble import Assembler
from sonde.sources.live.closing import Closing
from sonde.sources.live.forgetting import Forgetting
from sonde.sources.live.inflight import with_arguments
from sonde.sources.live.late import with_late_arguments
from sonde.sources.live.scan import Scan
from sonde.sources.live.verdicts import Verdicts
from sonde.sources.unattached import Complete

__all__ = ["UNWATCHED", "Feature", "LiveEvents", "ProgramCost", "Sizes", "features", "keep_statistics"]

PAGESIZE = 4096  # the least a ring can have
INTERVAL = 0.01  # s between polls at most
UNWATCHED = 0.1  # the same where nobody waits for the rows
FASTEST = 5_000_000  # rows a second that one CPU makes
AT_ONCE = 1 << 14  # rows of each CPU in a batch: what is made of them stays in memory meanwhile
ENOUGH = 0.25  # of a CPU's rows are waited for: reading them while they are written slows the writer
HOLD = 2_000_000  # ns that a row waits for an earlier one of another CPU
SLOTS_MAX = 1 << 17
ROWS_MIN = 16  # of each CPU
ROWS_TOTAL = 1 << 28  # bytes, of all CPUs that there may ever be
SUSPENDED = 8  # programs that may be suspended on one CPU, each with a row begun
FOLLOW_NOW, FOLLOW_FROM_EXEC = 1, 2


class Sizes(NamedTuple):
    """Bytes of each CPU's rows, and of the rings of payloads and of the dictionary (powers of two).

    More room for rows loses less when sonde is kept waiting, but what no longer fits the processor's cache costs the
    watched more.
    """

    events: int = 1 << 23
    payloads: int = 1 << 24
    dictionary: int = 1 << 23


USUAL = Sizes()
# Lines take about as long to make as the busiest CPU takes to fill rows; what is recorded is polled seldom.
VIEW = Sizes(events=1 << 26, payloads=1 << 26, dictionary=1 << 24)


class LiveEvents(Complete):
    """A live scan. `skip` are process ids left out; with `follow` only those threads and, unless `fork` is
    false, their descendants are seen. `interval` is the time between two polls at most, s, as long as
    rows that come all at once fit.

    Construction loads everything; `start` attaches. KernelError says what was refused and what would allow it.
    """

    done = False  # it goes on for ever
    # of tables whose keys and values depend on the question, in bytes
    _widths: Mapping[str, int] = {}
    _keys: Mapping[str, int] = {}
    _room: Mapping[str, int] = {}  # entries

    def __init__(
        self, scan: Scan, *, snaplen: int = 80, skip: Iterable[int] = (), follow: bool = False, fork: bool = True,
        sizes: Sizes | None = None, interval: float = INTERVAL,
    ) -> None:  # fmt: skip
        self.scan, self._follow, self._fork, self._snaplen = scan, follow, fork, snaplen
        self.state = State(epoch=time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME))
        self.state.start = time.time_ns()
        self.state.containers = Containers(described)
        sizes = sizes or (VIEW if scan.view else USUAL)
        if not scan.followed:
            sizes = sizes._replace(payloads=PAGESIZE)
        self._session = self._open(sizes)
        try:
            self._configure(snaplen, tuple(skip))
            self._rows = Rows(
                self._session.map("rows"), self._session.map("progress"), self._cpus, self._count, scan.layout.dtype
            )
            self._interval = max(INTERVAL, min(interval, self._count / FASTEST))
            self._pause, self._polled = self._interval, 0
            self._payloads = Ring(self._session.map("payloads"), sizes.payloads)
            self._records = Ring(self._session.map("dictionary"), sizes.dictionary)
            details = scan.details
            self._dictionary = Dictionary(
                self.state, environment=Detail.ENVIRONMENT in details, cgroups=Detail.CGROUPS in details
            )
            self._assembler = Assembler(scan.layout, self.state)
            self._forgetting = Forgetting(self._session)
            asked = tuple(scan.predicates.verdicts)
            self._verdicts = Verdicts(self._session, asked, self.state) if asked else None
            self._closing = Closing(self._session) if scan.closes and not (scan.start or scan.view) else None
            self._programs = self._load()
        except BaseException:
            self._session.close()
            raise

    def _open(self, sizes: Sizes) -> Session:
        library = open_library()
        variables = {
            "want_start": int(self.scan.start),
            "want_stacks": int(self.scan.stacks),
            "want_environment": int(Detail.ENVIRONMENT in self.scan.details),
        }
        variables |= {f"{name}_address": address for name, address in lock_addresses().items()}
        self._slots = min(SLOTS_MAX, 1 << (pid_max() - 1).bit_length())
        self._cpus = possible_cpus()
        share = min(sizes.events, ROWS_TOTAL // self._cpus) // self.scan.layout.dtype.itemsize
        self._count = max(ROWS_MIN, 1 << share.bit_length() - 1)
        return Session(
            library,
            {
                "rows": self._cpus * self._count, "progress": self._cpus, "payloads": sizes.payloads,
                "dictionary": sizes.dictionary, "slots": self._slots, "payload_scratch": self._cpus, **self._room,
            },
            {"rows": self.scan.layout.dtype.itemsize, **self._widths},
            variables,
            self._keys,
        )  # fmt: skip

    def _configure(self, snaplen: int, skip: tuple[int, ...]) -> None:
        predicates, session = self.scan.predicates, self._session
        configuration = np.zeros(1, CONFIGURATION)
        configuration["skip"][0, : len(skip)] = skip[:4]
        configuration["snaplen"], configuration["slot_mask"] = snaplen, self._slots - 1
        configuration["rows"], configuration["room"] = self._count, self._count - SUSPENDED
        configuration["slashless"] = _slashless(predicates.paths.predicates)
        configuration["parts"] = _mask(p for p in predicates.paths.predicates if p.scope != "name")
        if names := guards(self.scan.test):
            configuration["guarded"] = True
            configuration["guards"][0] = [_guard(names[i % len(names)]) for i in range(GUARDS)]
        session.write_section("configuration", configuration.tobytes())
        table = descriptors(self.scan.on, event_bits(predicates.event_sets), self.scan.followed, self.scan.view)
        session.write_section("descriptors", table.tobytes())
        if predicates.path_automaton:
            update(session.map("automata"), (1).to_bytes(4, "little"), predicates.path_automaton.blob())
            session.write_section("automaton_version", (1).to_bytes(8, "little"))
        for name, automaton in predicates.text_automata.items():
            update(session.map("texts"), TEXT_SLOTS[name].to_bytes(4, "little"), automaton.blob())

    def _load(self) -> list[tuple[int, int]]:
        """The programs to attach and the ids of tracepoints that are theirs (0: none), in order: what others rely on
        first, what forgets a thread at its exit last."""
        session, scan = self._session, self.scan
        before = ["p_resume"] + ["p_fork"] * (self._follow and self._fork) + ["p_follow"] * self._follow
        before += ["p_exec"] * scan.ancestors + ["p_enter"] * (scan.start and not scan.view)
        blind = not lock_addresses() and all(hook.root != "l_exit" for hook in scan.hooks)
        after = ["p_forget"] * self._follow + ["p_renames"] * blind
        wanted = [(session.fixed(name), 0) for name in before]
        wanted += [(session.spliced(self._main(hook), hook.root), hook.tracepoint) for hook in scan.hooks]
        wanted += [(session.fixed(name), 0) for name in after]
        asides = [session.fixed("p_snapshot")] if self._refers_to_processes() else []
        asides += [self._closing.needs] if self._closing else []
        fds = session.load(*asides, *(program for program, _ in wanted))
        if self._closing:
            self._closing.program = fds[len(asides) - 1]
        self._snapshot = fds[0] if asides else None
        fds = fds[len(asides) :]
        return list(zip(fds, (tracepoint for _, tracepoint in wanted), strict=True))

    def _refers_to_processes(self) -> bool:
        """Must all processes be told of, before anything is attached?"""
        return True

    def _main(self, hook: Hook) -> Asm:
        """The main program for a hook."""
        scan = self.scan
        return generate(hook, scan.test, scan.layout, payloads=scan.payloads(hook), followed=self._follow)

    @property
    def rest(self) -> Expr:
        """The part of the filter that the rows still have to pass."""
        return self.scan.rest

    def follow(self, tid: int, from_exec: bool = False) -> None:
        """Follow a thread and its descendants; `from_exec`: from its next successful exec on."""
        mark = FOLLOW_FROM_EXEC if from_exec else FOLLOW_NOW
        update(self._session.map("followed"), tid.to_bytes(4, "little"), mark.to_bytes(4, "little"))

    def following(self) -> bool:
        """Is a followed thread alive?"""
        return bool(entries(self._session.map("followed"), 4, 4)[0])

    def costs(self) -> dict[str, ProgramCost]:
        """What each attached program has cost while statistics were kept, by name."""
        return {self._session.names[program]: program_cost(program) for program, _ in self._programs}

    def tables(self) -> dict[str, int]:
        """Bytes of the larger tables that are shared with the kernel."""
        rows = self._cpus * self._count * self.scan.layout.dtype.itemsize
        return {"rows": rows, "payloads": self._payloads.size, "dictionary": self._records.size}

    def start(self) -> None:
        """Take the state of all processes, then attach."""
        if self._snapshot is not None:
            self._session.iterate(self._snapshot)
            self._drain_dictionary()
        if self._closing:
            self._closing.attach()
        for program, tracepoint in self._programs:
            if tracepoint:
                self._session.attach_event(program, tracepoint)
            else:
                self._session.attach(program)

    def poll(self, final: bool = False) -> Batch | None:
        """The rows that are complete, in time order, or None; sleeps until there may be enough of them."""
        if not final:
            time.sleep(self._pause)
        now = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        if self._closing:
            self._closing.check()
        self._rows.take(self._rows.count if final else AT_ONCE, self._assembler.add)
        self._pause, self._polled = self._until_enough(now - self._polled), now
        # what rows refer to was written before them
        if self.scan.followed:
            self._payloads.drain(self._assembler.add_payloads)
        self._drain_dictionary()
        batch = self._assembler.take(1 << 62 if final else self._read_until(now) - HOLD)
        if batch is not None and self.scan.view:
            batch = with_late_arguments(batch)
        if state := self._forgetting.renewed(self.state, now, now - HOLD):
            self._renew(state)
        return batch

    def _read_until(self, now: int) -> int:
        """Up to when the rows of all CPUs were read: where one has more than are read at once, up to the last of
        those."""
        return min((time for count, time in self._assembler.added if count >= AT_ONCE), default=now)

    def _until_enough(self, elapsed: int) -> float:
        """Seconds until there may be enough rows, after those of the last `elapsed` ns were taken."""
        if self._rows.most >= AT_ONCE:
            return 0.0
        return min(self._interval, elapsed * 1e-9 * ENOUGH * self._rows.count / max(self._rows.most, 1))

    def _renew(self, state: State) -> None:
        """Go on with another state; batches given before keep theirs."""
        self.state = self._dictionary.state = self._assembler.state = state
        if self._verdicts:
            self._verdicts.renew(state)

    def detach(self) -> None:
        """Stop the programs; rows that wait stay readable."""
        self._closing = None
        self._session.detach()

    def stop(self) -> Batch | None:
        """Detach, and give the rows that are left."""
        self.detach()
        return self.poll(final=True)

    def inflight(self) -> Batch | None:
        """Rows of the calls that are running now (ENTER_ROW), unfiltered. Give them after what `poll` gives."""
        main = generate(Hook("l_task"), All(()), self.scan.layout, payloads="", followed=self._follow)
        [program] = self._session.load(self._session.spliced(main, "l_task"))
        before = self._assembler.take(1 << 62)
        assert before is None, "poll(final=True) first"
        self._session.iterate(program)
        batch = self.poll(final=True)
        return with_arguments(batch, self.scan.followed, self._snaplen) if batch else None

    def counters(self) -> Counters:
        """What was seen and lost so far, over all CPUs. An event for which the kernel did not run our program, as
        another one was running, may have been wanted: it counts as lost."""
        raw = lookup(self._session.map("statistics"), bytes(4), STATISTICS.itemsize * self._cpus)
        assert raw is not None
        rows = np.frombuffer(raw, STATISTICS)
        total = {name: int(rows[name].sum()) for name in STATISTICS.names or () if name != "lost_by_event"}
        by_event = rows["lost_by_event"].sum(axis=0)
        skipped = sum(skipped_runs(program) for program, _ in self._programs)
        return Counters(
            seen=total["seen"], matched=total["matched"], lost=total["lost"] + skipped, truncated=total["truncated"],
            lost_payloads=total["lost_payloads"], lost_dictionary=total["lost_dictionary"], own=total["own"],
            lost_by_event={n: int(by_event[n]) for n in np.flatnonzero(by_event).tolist()},
        )  # fmt: skip

    def aside(self) -> list[str]:
        """That a filter on data saw only the beginning of it: what is not found may still be there."""
        return beginnings((part.conjunct for part in self.scan.pushdown.parts), self._snaplen, " (-s LEN)")

    def close(self) -> None:
        """Detach and free everything."""
        self._session.close()
        for part in (self._rows, self._payloads, self._records):
            part.close()

    def __enter__(self) -> LiveEvents:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(KernelError):
            self.close()

    def _drain_dictionary(self) -> None:
        ancestry = self._verdicts.ancestry if self._verdicts else 0

        def read(data: npt.NDArray[np.uint8], start: int, end: int) -> int:
            offsets, lengths, after = walk(data, start, end)
            self._dictionary.feed(data, offsets, lengths)
            if self._verdicts:
                self._verdicts.judge(self._dictionary.added, ancestry)
            return after - start

        self._records.drain(read)


def _guard(name: bytes) -> tuple[int, int, int]:
    """(first word, second word, its mask) of a name in comm; after a NUL anything may be left from a longer name."""
    first, second = (int.from_bytes(name[at : at + 8].ljust(8, b"\0"), "little") for at in (0, 8))
    return first, second, (1 << 64) - 1 if len(name) > 7 else 0


def _slashless(predicates: Iterable[Predicate]) -> int:
    """The bits that a name without a slash (pipe:[1], 1.2.3.4:5->6.7.8.9:80) may satisfy."""
    literal = ("=", "startswith", "endswith", "contains", "icontains")
    return _mask(p for p in predicates if p.kind not in literal or "/" not in str(p.pattern))


def _mask(predicates: Iterable[Predicate]) -> int:
    return reduce(or_, (1 << p.bit for p in predicates), 0)
