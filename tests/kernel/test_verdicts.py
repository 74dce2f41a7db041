"""Predicates on processes that user space decides once for each process record and the kernel looks up."""

from __future__ import annotations

import pytest
from live import KERNEL, Workload, ask

from sonde.query import Question, plan

pytestmark = KERNEL

# a child that calls getppid many times while its silent grandparent runs another program
PROGRAM = """
def turn(count):
    for _ in range(count): os.getppid()
turn(5000)
said = {'cwd': os.getcwd()}
ready, go = os.pipe()
if os.fork() == 0:
    if os.fork() == 0:
        os.read(ready, 1)
        turn(2000)
        os._exit(0)
    os.wait()
    os._exit(0)
os.set_inheritable(go, True)
print(json.dumps(said), flush=True)
os.execv('/bin/sh', ['renamed', '-c', f'sleep 0.1; echo >&{go}; wait; sleep 0.2'])
"""
DECIDED = (
    "proc.exepath endswith /nosuch",
    "proc.cmdline contains nosuch",
    "proc.args contains nosuch",
    "proc.cwd startswith /nosuch",
    "proc.aname=nosuch",
    "proc.pcmdline contains nosuch",
    "user.name=nosuch",
    "toupper(proc.exe) contains NOSUCH",
    "proc.name=val(proc.pname) and proc.exe contains nosuch",
    "not proc.exepath exists",
)


@pytest.mark.parametrize("text", DECIDED)
def test_what_does_not_hold_is_not_delivered(text: str) -> None:
    assert plan(Question(text)).scan.predicates.verdicts, "not decided by a verdict"
    answered = ask(f"{text} and evt.type=getppid", Workload(PROGRAM), "evt.type")
    assert answered.rows == []
    # a new process is unknown until user space has judged it: a few of its calls may be sent
    assert answered.counters.matched < 5000


def test_what_holds_is_delivered() -> None:
    answered = ask("proc.exepath contains python and evt.type=getppid", Workload(PROGRAM), "evt.type")
    assert len(answered.rows) == 7000


def test_an_ancestor_that_became_another_program_counts_at_once() -> None:
    wanted = "proc.aexe=renamed and evt.type=getppid"
    assert len(ask(wanted, Workload(PROGRAM), "evt.type").rows) == 2000
    wanted = "not proc.aexe=renamed and evt.type=getppid and proc.name!=sh"
    assert len(ask(wanted, Workload(PROGRAM), "evt.type").rows) == 5000
