"""The captures of sysdig and Falco that the tests read, and how a question is put to one."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from sonde.dialects.format import DEFAULT
from sonde.query import Answer, Question, recorded
from sonde.render.items import Options
from sonde.render.receipt import Receipt, receipt_text

__all__ = ["CAPTURES", "NAMES", "Told", "each_capture", "needs_captures", "needs_sysdig", "sysdig", "tell"]

CAPTURES = Path(__file__).resolve().parents[3] / "shared/captures"
_NAMES = """
    bencer_example0_nginx bencer_example4_example4-1 bencer_example4_example4-2 bencer_example5_httpd
    bencer_example5_nginx falco_cat_write falco_connect_localhost falco_empty_0.10.0 falco_empty_0.17.0
    falco_open-multiple-files falco_ping_sendto falco_privileged falco_run_as_user_0_container
    falco_run_as_user_65534_container falco_syscall falco_write_tmp_test libs_curl_google libs_curl_google_comments
    libs_sample libs_single_ipv6_conn libs_test_ipv6_client
"""
NAMES = _NAMES.split()

Test = Callable[..., None]
needs_captures = pytest.mark.skipif(not CAPTURES.is_dir(), reason=f"the captures are not at {CAPTURES}")
needs_sysdig = pytest.mark.skipif(shutil.which("sysdig") is None, reason="sysdig is not installed")


def each_capture(function: Test) -> Test:
    """Run a test for every capture, where they are."""
    marked: Test = needs_captures(pytest.mark.parametrize("name", NAMES)(function))
    return marked


class Told:
    """What sonde says: lines, and what its receipt says."""

    def __init__(self, text: bytes, receipt: Receipt) -> None:
        self.text, self.receipt = text, receipt_text(receipt)

    @property
    def lines(self) -> list[bytes]:
        """The lines of the answer."""
        return self.text.splitlines(keepends=True)


def tell(path: Path, filter_: str = "", format_: str = DEFAULT, json: bool = False, events: bool = True) -> Told:
    """The answer to a question about a file."""
    shown = Options(cut=None if json else Options().cut)  # as the command line has it
    question = Question(filter=filter_, format=format_, json=json, exact=events, shown=shown)
    answer = Answer(question, recorded(str(path), events))
    try:
        text = b""
        while not answer.done:
            text += answer.text(answer.rows(answer.source.poll()))
        return Told(text, answer.receipt(1.0))
    finally:
        answer.close()


def sysdig(path: Path, *words: str) -> bytes:
    """What sysdig prints."""
    done = subprocess.run(["sysdig", "-r", str(path), *words], capture_output=True, check=False, timeout=60)
    return done.stdout
