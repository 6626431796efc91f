"""`make soak`: diff runs whose workers are killed at random, for as long as MINUTES says. Not part of `make test`.

Each round starts a run, keeps one to three workers at it, kills some with -9 at moments that a seed decides, and lets
the rest finish. Whatever was killed, the flags must be those of an undisturbed run, once each. A failing round is
repeated by its seed: SEED=… make soak.
"""

from __future__ import annotations

import os
import random
import subprocess
import time

import pytest

from geo import tasks
from geo.models import ChangeFlag, DiffRunState, FlagState
from tests.geo.diffs.test_workers import begin, centre, found, state_of  # noqa: F401 - centre is a fixture
from tests.geo.diffs.workers import join, kill, start_worker

MINUTES = float(os.environ.get("MINUTES", "10"))
SEED = int(os.environ.get("SEED", "1"))
MOST_KILLS = 6
ROUND_S = 300.0
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(MINUTES * 60 + 2 * ROUND_S)]


def one_round(run, rng: random.Random) -> int:
    """Work on a run with random deaths until it is done; return how many workers were killed."""
    wanted, kills, sweeps = rng.randint(1, 3), 0, 0
    workers: list[subprocess.Popen[bytes]] = []
    deadline = time.monotonic() + ROUND_S
    while state_of(run) not in (DiffRunState.DONE, DiffRunState.FAILED):
        assert time.monotonic() < deadline, f"not done after {ROUND_S:.0f} s: {state_of(run)}"
        ended = [worker for worker in workers if worker.poll() is not None]
        join(*ended)
        workers = [worker for worker in workers if worker not in ended]
        if len(workers) < wanted:
            sweeps += 1
            tasks.retry_stalled_jobs.defer(timestamp=60 * sweeps)
            workers.append(start_worker())
        # Long enough for Python to start on most rounds, short enough to hit it starting on some.
        time.sleep(rng.uniform(0.3, 4.0))
        if kills < MOST_KILLS and workers and rng.random() < 0.5:
            kill(workers.pop(rng.randrange(len(workers))))
            kills += 1
    join(*workers)
    return kills


def test_flags_are_those_of_an_undisturbed_run_whatever_was_killed(centre, capsys):  # noqa: F811 - the fixture
    undisturbed = begin(centre)
    join(start_worker())
    expected = found(undisturbed)
    assert len(expected) == 3

    end, rounds, killed = time.monotonic() + MINUTES * 60, 0, 0
    while time.monotonic() < end:
        seed = SEED + rounds
        run = begin(centre)
        killed += one_round(run, random.Random(seed))
        assert state_of(run) == DiffRunState.DONE, f"SEED={seed}"
        assert found(run) == expected, f"SEED={seed}"
        assert ChangeFlag.objects.filter(state=FlagState.PENDING).count() == len(expected), f"SEED={seed}"
        rounds += 1
        with capsys.disabled():
            print(f"round {rounds} (seed {seed}): the same {len(expected)} flags; {killed} workers killed so far")  # noqa: T201
    assert rounds
