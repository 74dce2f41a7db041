"""What all tests share: no test is judged by the clock, and with SONDE_REQUIRE_CORE=1 a skip may not hide the core.

A test marked `core` captures from the running kernel. Under SONDE_REQUIRE_CORE=1, as in .ci/run, each of them that is
skipped fails, and so does a run in which none of them ran.
"""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

__all__: list[str] = []

REQUIRED = os.environ.get("SONDE_REQUIRE_CORE") == "1"
RAN = pytest.StashKey[int]()

settings.register_profile("sonde", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("sonde")


def pytest_configure(config: pytest.Config) -> None:
    """No core test has run yet."""
    config.stash[RAN] = 0


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Counts the core tests that ran; where they are required, a skip becomes a failure with the skip's reason."""
    report = yield
    if item.get_closest_marker("core") is None or hasattr(report, "wasxfail"):
        return report
    if report.when == "call" and not report.skipped:
        item.config.stash[RAN] += 1
    if REQUIRED and report.skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"a core test may not be skipped under SONDE_REQUIRE_CORE=1: {reason}"
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A run that requires the core tests and ran none has failed, also if their modules were skipped whole."""
    if REQUIRED and exitstatus == pytest.ExitCode.OK and not session.config.stash[RAN]:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Says how many core tests ran where that decides."""
    if REQUIRED:
        ran = config.stash[RAN]
        terminalreporter.write_line(f"core tests that ran: {ran}" + ("" if ran else " (SONDE_REQUIRE_CORE=1: failed)"))
