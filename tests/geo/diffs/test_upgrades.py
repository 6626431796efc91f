"""Runs that were at work when the engine was renewed."""

from __future__ import annotations

import json

import pytest

from geo.actions import diff_steps as action
from geo.actions.diffs import retry_diff, start_diff
from geo.imagery.errors import PlanError
from geo.models import DiffRun, DiffRunState
from geo.roles import Role
from tests.factories import make_user
from tests.geo.diffs.scene import PARAMETERS, take_in_pair, work_off


@pytest.fixture
def centre(town):
    return make_user(Role.CENTRE, town.city)


@pytest.fixture
def run(town, tmp_path, centre):
    before, after = take_in_pair(town, tmp_path)
    return start_diff(before=before, after=after, parameters=PARAMETERS, by=centre)


def fresh(run: DiffRun) -> DiffRun:
    return DiffRun.objects.get(pk=run.pk)


def outdated(run, *, version="5"):
    """What the plan of a run at work looks like after an upgrade of the engine."""
    run = fresh(run)
    values = json.loads(run.plan)
    run.plan = json.dumps({**values, "algorithm_version": version})
    run.save(update_fields=["plan"])
    return run


def test_a_run_that_an_upgrade_interrupted_begins_anew_and_ends(run):
    action.prepare_run(run_id=run.pk)
    action.detect_one(run_id=run.pk, index=0)
    outdated(run)
    action.detect_one(run_id=run.pk, index=1)
    assert (fresh(run).state, fresh(run).plan) == (DiffRunState.QUEUED, {})
    action.detect_one(run_id=run.pk, index=2)  # a job of the plan that is gone
    work_off()
    run = fresh(run)
    assert (run.state, run.flag_count) == (DiffRunState.DONE, 3)


def test_a_run_that_an_upgrade_interrupted_at_its_end_begins_anew(run):
    action.prepare_run(run_id=run.pk)
    for index in range(4):
        action.detect_one(run_id=run.pk, index=index)
    outdated(run)
    action.finish_run(run_id=run.pk)
    assert fresh(run).state == DiffRunState.QUEUED
    work_off()
    assert fresh(run).state == DiffRunState.DONE


def test_a_run_whose_plan_is_of_a_later_version_fails_and_says_so(run):
    action.prepare_run(run_id=run.pk)
    outdated(run, version="999")
    with pytest.raises(PlanError):
        action.detect_one(run_id=run.pk, index=0)
    assert "999" in fresh(run).blocks.get(index=0).error


def test_a_failed_run_of_an_earlier_version_is_planned_again_when_it_is_tried_again(run, centre):
    action.prepare_run(run_id=run.pk)
    run = outdated(run)
    run.state, run.error, run.finished_at = DiffRunState.FAILED, "disk", run.requested_at
    run.save()
    retry_diff(run=run, by=centre)
    assert (fresh(run).state, fresh(run).blocks.count()) == (DiffRunState.QUEUED, 0)
    work_off()
    assert fresh(run).state == DiffRunState.DONE
