"""A worker that is killed while it writes: nothing of the file stays, and the next one does it whole."""

import pytest
from django.db import connection

from geo import tasks
from geo.actions.import_jobs import start_import, take_in_file
from geo.models import Building, ImportJob, ImportJobState, ImportRun
from geo.roles import Role
from tests.factories import make_building, make_town, make_user
from tests.geo.diffs.workers import held, join, kill, start_worker, wait_until, waiting_for_lock
from tests.geo.importers.making import SOUTH, WEST, houses, write

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_killed_worker_leaves_nothing_half_written_and_its_job_is_done_again(tmp_path):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
        cursor.execute("DELETE FROM procrastinate_workers")
    town = make_town()
    planner = make_user(Role.PLANNER, town.counties[0])
    last = make_building(town.communities[0][0], WEST + 0.0013, SOUTH + 0.004, code="H0003", storeys=5)
    path = write(tmp_path / "h.gpkg", houses(3))
    job = take_in_file(path=path, name=path.name, layer="buildings", options={}, by=planner)
    mapping = {title: title for title in job.titles}
    start_import(job=job, options={"mapping": mapping}, dry_run=False, by=planner)

    with held(Building.objects.filter(pk=last.pk)):  # the first two rows are inserted by then
        worker = start_worker("imports,upkeep")
        wait_until(waiting_for_lock, worker=worker)
        kill(worker)
    assert state_of(job) == ImportJobState.RUNNING
    assert list(Building.objects.values_list("code", "storeys")) == [("H0003", 5)]

    tasks.retry_stalled_jobs.defer(timestamp=0)
    join(start_worker("imports,upkeep"))
    join(start_worker("imports,upkeep"))  # the sweep may have been the first one's last job
    assert state_of(job) == ImportJobState.DONE
    assert (Building.objects.count(), ImportRun.objects.count()) == (3, 1)


def state_of(job: ImportJob) -> str:
    return ImportJob.objects.get(pk=job.pk).state
