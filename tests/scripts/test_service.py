"""scripts/service ends what it started and nothing else."""

import os
import subprocess
import time
from pathlib import Path

import pytest


@pytest.fixture
def sleeper(checkout):
    yield checkout
    checkout.run("service", "stop", "sleeper")


def pid_file(checkout):
    return checkout.folder / ".local" / "run" / "sleeper.pid"


def alive(pid: str) -> bool:
    """Does the process still run? A killed one may wait as a zombie for whoever adopted it."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def test_a_service_runs_until_it_is_stopped(sleeper):
    assert sleeper.run("service", "start", "sleeper", "sleep", "100").returncode == 0
    assert sleeper.run("service", "running", "sleeper").returncode == 0

    assert "Stopped sleeper" in sleeper.run("service", "stop", "sleeper").stdout
    assert sleeper.run("service", "running", "sleeper").returncode == 1


def test_what_the_service_started_itself_goes_with_it(sleeper):
    sleeper.run("service", "start", "sleeper", "bash", "-c", "sleep 4321 & echo $!; wait")
    child = (sleeper.folder / ".local" / "log" / "sleeper.log").read_text(encoding="utf-8").strip()
    assert alive(child)
    sleeper.run("service", "stop", "sleeper")

    deadline = time.monotonic() + 10
    while alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(child)


def test_a_foreign_process_with_the_same_pid_is_left_alone(sleeper):
    sleeper.run("service", "start", "sleeper", "sleep", "100")
    with subprocess.Popen(["sleep", "100"]) as foreign:
        pid_file(sleeper).write_text(f"{foreign.pid} 12345\n", encoding="utf-8")
        sleeper.run("service", "stop", "sleeper")
        still_there = foreign.poll() is None
        foreign.kill()

    assert still_there


def test_a_service_that_ends_at_once_says_why(sleeper):
    outcome = sleeper.run("service", "start", "sleeper", "bash", "-c", "echo no such setting; exit 1")

    assert outcome.returncode == 1
    assert "no such setting" in outcome.stderr


def test_a_service_is_not_current_after_a_source_changed(sleeper):
    source = sleeper.folder / "geo" / "views.py"
    source.parent.mkdir()
    source.touch()
    sleeper.run("service", "start", "sleeper", "sleep", "100")
    before = sleeper.run("service", "current", "sleeper").returncode
    pid_file(sleeper).touch()
    started = pid_file(sleeper).stat().st_mtime_ns
    os.utime(source, ns=(started + 10**9, started + 10**9))

    assert (before, sleeper.run("service", "current", "sleeper").returncode) == (0, 1)
