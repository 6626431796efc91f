"""Letting the jobs of the demo run: in worker processes of their own, or one after another in this process."""

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import connections
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.worker import Worker

QUEUES = ("snapshots", "diffs")
UPKEEP = "upkeep"  # gives what a killed worker had in hand to another; needs more than this process
MOST_REPLACED = 3  # workers that somebody stopped are started anew so often
POLL_S = 1.0
STOP_WITHIN_S = 30.0
LAST_LINES = 12  # of what a dead worker said


class WorkerDied(Exception):
    """A worker process of the demo ended before its work was done."""


class TookTooLong(Exception):
    """The work was not done within the time allowed."""


def work_until(
    done: Callable[[], bool], *, workers: int, within_s: float, tick: Callable[[], None] = lambda: None
) -> None:
    """Run jobs until ``done()``; ``workers`` processes, or 0 for this process. Calls ``tick`` while waiting.

    Raises WorkerDied, TookTooLong.
    """
    deadline, replaced = time.monotonic() + within_s, 0
    if workers == 0:
        while not done():
            _in_this_process()
            if time.monotonic() > deadline:
                raise TookTooLong(f"the jobs were not done within {within_s:.0f} s")
            tick()
        return
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said, _processes(workers, said) as running:
        while not done():
            for place, process in enumerate(running):
                if process.poll() is None:
                    continue
                if replaced == MOST_REPLACED:
                    raise WorkerDied(f"workers ended, last with status {process.returncode}:\n{_last_words(said)}")
                replaced += 1
                running[place] = _worker(said)
            if time.monotonic() > deadline:
                raise TookTooLong(f"the jobs were not done within {within_s:.0f} s")
            time.sleep(POLL_S)
            tick()


def _in_this_process() -> None:
    """Procrastinate's own worker, until no job is left; in a thread, because the caller's may have an event loop."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(_drain_queue).result()


def _drain_queue() -> None:
    with app.replace_connector(app.connector.get_worker_connector()) as worker_app:
        worker_app.run_worker(
            wait=False,
            listen_notify=False,
            install_signal_handlers=False,
            queues=list(QUEUES),
            task_middleware=[_close_after],
        )


def _close_after(call_next: Callable[[], Any], context: JobContext, worker: Worker) -> Any:
    """A job runs in a thread of its own, whose database connection would otherwise stay open."""
    try:
        return call_next()
    finally:
        connections.close_all()


def _last_words(said: IO[str]) -> str:
    said.seek(0)
    return "\n".join(said.read().splitlines()[-LAST_LINES:])


def _worker(said: IO[str]) -> subprocess.Popen[bytes]:
    command = [
        sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), "procrastinate", "worker",
        "--queues", ",".join((*QUEUES, UPKEEP)), "--concurrency", "1", "--fetch-job-polling-interval", "1",
    ]  # fmt: skip
    return subprocess.Popen(command, cwd=settings.BASE_DIR, stdout=subprocess.DEVNULL, stderr=said)


@contextmanager
def _processes(count: int, said: IO[str]) -> Iterator[list[subprocess.Popen[bytes]]]:
    started = [_worker(said) for _ in range(count)]
    try:
        yield started
    finally:
        for process in started:
            process.send_signal(signal.SIGTERM)
        for process in started:
            try:
                process.wait(timeout=STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
