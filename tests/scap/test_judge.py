"""Filters, formats and JSON on captures, judged by sysdig; only where it prints five lines or more."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from captures import CAPTURES, needs_captures, needs_sysdig, sysdig, tell

FEWEST = 5
MOST = 0.15  # of the comparisons that one capture gives
JUDGED = (
    "libs_curl_google", "bencer_example4_example4-1", "bencer_example4_example4-2", "falco_run_as_user_0_container",
    "libs_sample", "bencer_example5_httpd", "bencer_example5_nginx", "falco_cat_write", "falco_open-multiple-files",
    "libs_test_ipv6_client", "bencer_example0_nginx",
)  # fmt: skip
compared: Counter[str] = Counter()  # by capture

FILTERS = (
    "fd.name contains lib", "fd.type = ipv4", "fd.port=80", "fd.directory=/etc", "fd.filename startswith lib",
    "fd.l4proto=tcp", "fd.cip=127.0.0.1", "fd.sport=80", "proc.name=curl", "proc.cmdline contains google",
    "proc.exe contains bash", "proc.pname=bash", "proc.aname=sshd", "proc.ppid=1", "proc.pid>1000 and proc.pid<20000",
    "user.name=root", "user.uid=0", "container.id=host", "container.id!=host", "evt.type=open", "evt.type=switch",
    "evt.type=read and evt.dir=>", "evt.type in (open, close) and fd.name startswith /etc", "evt.failed=true",
    "evt.res=ENOENT", "evt.category=file", "evt.category=net", "evt.is_io=true", "evt.is_wait=true", "evt.num<100",
    "evt.cpu=0", "evt.args contains O_RDONLY", "evt.arg.name contains ld.so", "syscall.type=open",
    "not proc.name exists", "thread.ismain=true and proc.name != sshd",
    "evt.type=open and thread.pfminor >= 0", "container.name contains _1", "container.image in (nginx, mysql:5.7)",
    "container.name!=host", "container.privileged=false",
    "proc.nthreads > 1 and proc.nchilds = 0", "proc.fdopencount > 10", "proc.duration exists",
    "container.image.repository=nginx", "user.name!=root", "not user.shell exists", "evt.category=memory",
)  # fmt: skip
FORMATS = (
    "%evt.num %evt.type %evt.args", "*%evt.num %container.id %thread.tid %thread.vtid %proc.vpid",
    "*%evt.num %evt.arg.res %evt.arg[0] %evt.rawarg.res", "*%evt.num %evt.buffer",
    "*%evt.num %evt.datetime %evt.time %evt.time.s", "*%syscall.type %evt.type %evt.dir %evt.cpu",
    "*%proc.aname[1] %proc.aname[2] %proc.apid[1] %proc.loginshellid", "*%evt.count %evt.count.error %evt.count.exit",
    "*%evt.is_open_read %evt.is_open_write %evt.wait_latency", "*%evt.arg.fd %evt.arg.name %evt.arg.flags",
    "*%evt.num %evt.res %evt.rawres %evt.failed", "%-12proc.name|%evt.type",
    "%evt.num %container.name", "*%container.image %container.image.id %container.image.repository",
    "*%container.image.tag %container.image.digest %container.privileged",
    "*%evt.num %proc.nthreads %proc.nchilds %proc.fdopencount %proc.fdlimit", "*%evt.num %proc.duration",
    "*%proc.vmsize %proc.vmrss %proc.vmswap %thread.vmsize %thread.vmrss %thread.pfmajor %thread.pfminor",
    "*%evt.num %proc.exe|%proc.args|%proc.cmdline|%proc.exeline|%proc.pcmdline", "*%proc.sname %proc.vpgid %proc.vpid",
    "*%fd.cport|%fd.sport|%fd.lport|%fd.rport|%fd.cproto|%fd.sproto|%fd.lproto|%fd.rproto", "*%fd.lip %fd.rip",
    "*%evt.count.error.file %evt.count.error.net %evt.count.error.memory %evt.count.error.other",
    "*%evt.is_io %evt.io_dir", "*%evt.num %evt.reltime.s %thread.cgroups", "%evt.num %user.name",
)  # fmt: skip
OF_DESCRIPTORS = (
    "%evt.num %fd.num %fd.typechar", "%evt.num %fd.uid", "%evt.num %fd.name_changed", "%evt.num %fd.directory",
    "%evt.num %fd.filename", "%evt.num %fd.connected", "%evt.num %fd.l4proto",
)  # fmt: skip

pytestmark = [needs_captures, needs_sysdig]


def _counts(name: str, theirs: bytes) -> None:
    """Only where sysdig has something to say there is something to compare."""
    if theirs.count(b"\n") < FEWEST:
        pytest.skip("sysdig prints fewer than five lines")
    compared[name] += 1


@pytest.mark.parametrize("name", JUDGED)
@pytest.mark.parametrize("question", FILTERS)
def test_filter(question: str, name: str) -> None:
    path = CAPTURES / f"{name}.scap"
    theirs = sysdig(path, question)
    _counts(name, theirs)
    assert tell(path, question).text == theirs


@pytest.mark.parametrize("name", JUDGED)
@pytest.mark.parametrize("form", FORMATS)
def test_format(form: str, name: str) -> None:
    path = CAPTURES / f"{name}.scap"
    theirs = sysdig(path, "-p", form)
    _counts(name, theirs)
    assert tell(path, format_=form).text == theirs


@pytest.mark.parametrize("name", JUDGED)
@pytest.mark.parametrize("form", OF_DESCRIPTORS)
def test_descriptors(form: str, name: str) -> None:
    """Of events that sysdig knows the descriptor of, which is not so where it did not see the call begin."""
    path, known = CAPTURES / f"{name}.scap", "fd.num!=0"
    theirs = sysdig(path, "-p", form, known)
    _counts(name, theirs)
    assert tell(path, known, form).text == theirs


@pytest.mark.parametrize("name", ("falco_privileged", "falco_run_as_user_65534_container"))
def test_events_that_tell_of_containers(name: str) -> None:
    """They are of the container, and of something that is called so."""
    path = CAPTURES / f"{name}.scap"
    form = "*%evt.num %container.id %container.name %proc.name %proc.exe|%proc.exeline|%proc.nthreads %user.name"
    theirs = sysdig(path, "-p", form)
    assert theirs
    assert tell(path, format_=form).text == theirs


@pytest.mark.parametrize("name", JUDGED)
def test_json(name: str) -> None:
    """The same objects; the order of keys is the format's here, theirs is alphabetical."""
    path = CAPTURES / f"{name}.scap"
    theirs = [json.loads(line) for line in sysdig(path, "-j").splitlines()]
    assert len(theirs) >= FEWEST
    assert [json.loads(line) for line in tell(path, json=True).lines] == theirs


def test_no_capture_gives_too_much() -> None:
    """Of what was compared in this run."""
    if compared.total() < len(FILTERS) * len(JUDGED) / 2:
        pytest.skip("only some comparisons were made")
    assert max(compared.values()) <= MOST * compared.total(), compared
