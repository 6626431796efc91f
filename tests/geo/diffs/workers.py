"""Real worker processes for tests: started, waited for, killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection, connections, transaction

ROOT = Path(__file__).resolve().parents[3]
PATIENCE_S = 180.0


def database_url() -> str:
    """Address of the test database, for another process."""
    values = connection.settings_dict
    person = quote(values["USER"]) + (f":{quote(values['PASSWORD'])}" if values["PASSWORD"] else "")
    host, port = str(values["HOST"]), values["PORT"]
    if host.startswith("/"):
        return f"postgresql://{person}@/{values['NAME']}?host={quote(host, safe='')}" + (
            f"&port={port}" if port else ""
        )
    return f"postgresql://{person}@{host or 'localhost'}:{port or 5432}/{values['NAME']}"


def start_worker(queues: str = "diffs,upkeep") -> subprocess.Popen[bytes]:
    """A worker that ends when there is nothing left to do."""
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
        "SECRET_KEY": "only for tests",
        "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "config.settings"),
        "LOG_LEVEL": "WARNING",
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, "manage.py", "procrastinate", "worker", "--one-shot", "-p", "0.2", "-q", queues]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )


def join(*workers: subprocess.Popen[bytes]) -> None:
    """Wait for workers to end; one that failed shows what it said."""
    for worker in workers:
        _out, said = worker.communicate(timeout=PATIENCE_S)
        if worker.returncode:
            raise AssertionError(said.decode(errors="replace")[-2000:])


def kill(worker: subprocess.Popen[bytes]) -> None:
    """kill -9, as the kernel does when memory runs out, and let the time pass after which it counts as silent."""
    os.killpg(worker.pid, signal.SIGKILL)
    worker.communicate()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'")


def wait_until(condition: Callable[[], bool], *, worker: subprocess.Popen[bytes]) -> None:
    """Wait for something that a worker does; fail when it ends or never does it."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if worker.poll() is not None:
            raise AssertionError(f"the worker ended first: {worker.communicate()[1].decode(errors='replace')[-2000:]}")
        if time.monotonic() > end:
            raise AssertionError("the worker never got there")
        time.sleep(0.05)


@contextmanager
def held(rows):
    """Hold rows as another process would: whoever needs them waits at exactly that place."""
    with transaction.atomic():
        list(rows.select_for_update())
        yield


def waiting_for_lock() -> bool:
    """Whether another process stands before a lock in this database."""
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            return cursor.fetchone()[0] > 0
    finally:
        other.close()
