"""The same flags however many workers there are, and whatever kills them: with real processes and a real database."""

from __future__ import annotations

import pytest
from django.db import connection

from geo import tasks
from geo.actions.diffs import cancel_diff, start_diff
from geo.models import ChangeFlag, DiffRun, DiffRunState, FlagState
from geo.roles import Role
from tests.factories import make_building, make_control_area, make_permit, make_town, make_user
from tests.geo.diffs.scene import PARAMETERS, outline, take_in_pair
from tests.geo.diffs.workers import held, join, kill, start_worker, wait_until, waiting_for_lock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def centre(tmp_path):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
        cursor.execute("DELETE FROM procrastinate_workers")
    town = make_town()
    make_control_area(town)
    place = outline("southern").centroid
    make_building(town.communities[0][0], place.x, place.y)
    place = outline("lonely").centroid
    make_permit(town.communities[0][0], place.x, place.y)
    person = make_user(Role.CENTRE, town.city)
    person.pair = take_in_pair(town, tmp_path)
    return person


def begin(centre) -> DiffRun:
    return start_diff(before=centre.pair[0], after=centre.pair[1], parameters=PARAMETERS, by=centre)


def found(run: DiffRun) -> list[tuple]:
    """All of a run's flags that two runs can be compared by."""
    return [
        (
            flag.index, flag.geometry.wkt, flag.area_m2, flag.area_uncertainty_m2, flag.confidence, flag.kind,
            flag.unit_id, flag.control_area_id, flag.permit_id, flag.permitted_m2, flag.building_id, flag.chip_info,
        )
        for flag in run.flags.order_by("index")
    ]  # fmt: skip


def state_of(run: DiffRun) -> str:
    return DiffRun.objects.get(pk=run.pk).state


def test_one_two_and_three_workers_write_the_same_flags(centre):
    results = []
    for number in (1, 2, 3):
        run = begin(centre)
        join(*[start_worker() for _ in range(number)])
        assert state_of(run) == DiffRunState.DONE
        results.append(found(run))
    assert len(results[0]) == 3
    assert results[0] == results[1] == results[2]
    assert ChangeFlag.objects.filter(state=FlagState.PENDING).count() == 3


def test_a_run_killed_among_its_blocks_and_again_while_writing_ends_with_the_same_flags(centre):
    whole = begin(centre)
    join(start_worker())
    run = begin(centre)
    worker = start_worker()
    wait_until(lambda: run.blocks.count() > 0 or state_of(run) == DiffRunState.DONE, worker=worker)
    with held(run.blocks.filter(index=3)):
        wait_until(waiting_for_lock, worker=worker)
        kill(worker)
    assert state_of(run) == DiffRunState.DETECTING

    tasks.retry_stalled_jobs.defer(timestamp=0)
    with held(whole.flags.all()):  # writing supersedes these first
        worker = start_worker()
        wait_until(waiting_for_lock, worker=worker)
        kill(worker)
    assert state_of(run) == DiffRunState.ASSEMBLING
    assert not run.flags.exists()
    assert {flag.state for flag in whole.flags.all()} == {FlagState.PENDING}

    tasks.retry_stalled_jobs.defer(timestamp=60)
    join(start_worker())
    join(start_worker())  # the sweep may have been the first one's last job
    assert state_of(run) == DiffRunState.DONE
    assert found(run) == found(whole)


def test_a_run_cancelled_while_a_worker_is_at_it_leaves_no_flags_and_no_files(centre):
    run = begin(centre)
    worker = start_worker()
    wait_until(lambda: run.blocks.count() > 0, worker=worker)
    with held(run.blocks.filter(index=3)):
        wait_until(waiting_for_lock, worker=worker)
        cancel_diff(run=run, by=centre)
    join(worker)
    assert state_of(run) == DiffRunState.CANCELLED
    assert not ChangeFlag.objects.exists()
    assert not list(run.work_dir.rglob("*.npz"))
