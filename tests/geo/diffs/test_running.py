from __future__ import annotations

import datetime
import shutil

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob
from shapely import wkb

from geo import tasks
from geo.actions import diff_steps as action
from geo.actions.diff_jobs import blocks_dir
from geo.actions.diffs import (
    AlreadyRunning,
    CannotCompare,
    CannotRetry,
    cancel_diff,
    progress_of,
    retry_block,
    retry_diff,
    start_diff,
)
from geo.actions.snapshots import as_geos
from geo.imagery.errors import UnreadableImageError
from geo.imagery.plan import Plan
from geo.measure import area_m2, overlap_m2
from geo.models import ChangeFlag, DiffBlockState, DiffRun, DiffRunState, FlagState, Snapshot
from geo.refusals import NotAllowed, Refusal
from geo.roles import Role
from tests.factories import make_control_area, make_snapshot, make_user
from tests.geo.diffs.scene import HOUSES, PARAMETERS, outline, take_in_pair, work_off


@pytest.fixture
def centre(town):
    return make_user(Role.CENTRE, town.city)


@pytest.fixture
def pair(town, tmp_path):
    return take_in_pair(town, tmp_path)


@pytest.fixture
def run(pair, centre):
    return start_diff(before=pair[0], after=pair[1], parameters=PARAMETERS, by=centre)


def fresh(run: DiffRun) -> DiffRun:
    return DiffRun.objects.get(pk=run.pk)


def test_a_run_finds_the_drawn_houses_once_each_with_area_place_and_pictures(run, town, settings):
    work_off()
    run = fresh(run)
    assert (run.state, run.flag_count, run.block_count) == (DiffRunState.DONE, 3, 4)
    for house in HOUSES:
        truth = outline(house)
        flag = next(f for f in run.flags.all() if wkb.loads(bytes(f.geometry.wkb)).intersects(truth))
        polygon = wkb.loads(bytes(flag.geometry.wkb))
        assert (
            overlap_m2(polygon, truth) / area_m2(polygon.union(truth)).area_m2 > 0.6
        )  # the baseline detector; its accuracy is tested in geo.imagery
        assert flag.area_m2 == pytest.approx(area_m2(truth).area_m2, rel=0.6)  # the baseline detector smears
        assert flag.area_uncertainty_m2 > 0
        assert flag.unit == town.communities[0][0]
        for path in (flag.chip_before_path, flag.chip_after_path):
            assert (settings.PRIVATE_ROOT / path).is_file()
        assert flag.chip_info["outline_px"]


def test_a_finished_run_keeps_the_probability_and_drops_the_blocks(run, settings):
    work_off()
    assert (settings.PRIVATE_ROOT / fresh(run).probability_path).is_file()
    # on_commit does not run inside this test's transaction; the blocks go with the commit of a real one
    assert fresh(run).registration["findings"] == 3


def test_starting_needs_the_act_two_ready_snapshots_in_order_and_common_ground(pair, town, centre):
    before, after = pair
    with pytest.raises(NotAllowed):
        start_diff(before=before, after=after, by=make_user(Role.SUPERVISOR, town.city))
    with pytest.raises(CannotCompare, match="须早于"):
        start_diff(before=after, after=before, by=centre)
    Snapshot.objects.filter(pk=after.pk).update(state="checking")
    with pytest.raises(CannotCompare, match="尚不可用"):
        start_diff(before=before, after=after, by=centre)
    Snapshot.objects.filter(pk=after.pk).update(state="ready")
    from tests.factories import multi, square

    elsewhere = make_snapshot(town, datetime.date(2026, 8, 1), footprint=multi(square(113.7, 34.9, 0.01)))
    with pytest.raises(CannotCompare, match="没有重叠"):
        start_diff(before=before, after=elsewhere, by=centre)
    with pytest.raises(CannotCompare, match="参数"):
        start_diff(before=before, after=after, by=centre, parameters={"block_px": 100})


def test_the_same_pair_runs_only_once_at_a_time(run, pair, centre):
    with pytest.raises(AlreadyRunning) as caught:
        start_diff(before=pair[0], after=pair[1], by=centre)
    assert caught.value.run == run


def test_jobs_are_enqueued_block_by_block_and_progress_counts_them(run):
    action.prepare_run(run_id=run.pk)
    assert ProcrastinateJob.objects.filter(task_name="geo.tasks.detect_block").count() == 4
    assert (progress_of(fresh(run)).done, progress_of(fresh(run)).total) == (0, 4)
    action.detect_one(run_id=run.pk, index=2)
    progress = progress_of(fresh(run))
    assert (progress.done, progress.percent) == (1, 25)
    assert progress.seconds_left > 0


def test_steps_that_run_twice_or_in_another_order_change_nothing(run, pair, centre):
    work_off()
    first = [(f.index, f.geometry.wkt, f.area_m2, f.kind) for f in run.flags.order_by("index")]
    again = start_diff(before=pair[0], after=pair[1], parameters=PARAMETERS, by=centre)
    for _twice in range(2):
        action.prepare_run(run_id=again.pk)
    for index in (3, 1, 3, 0, 2, 2):
        action.detect_one(run_id=again.pk, index=index)
    for _twice in range(2):
        action.finish_run(run_id=again.pk)
    assert [(f.index, f.geometry.wkt, f.area_m2, f.kind) for f in again.flags.order_by("index")] == first


def test_a_cancelled_run_leaves_no_flags_and_no_files(run, centre, django_capture_on_commit_callbacks):
    action.prepare_run(run_id=run.pk)
    action.detect_one(run_id=run.pk, index=0)
    with django_capture_on_commit_callbacks(execute=True):
        cancel_diff(run=run, by=centre)
    assert not run.work_dir.exists()
    work_off()
    assert fresh(run).state == DiffRunState.CANCELLED
    assert not ChangeFlag.objects.exists()
    with pytest.raises(Refusal, match="已结束"):
        cancel_diff(run=run, by=centre)


def test_a_cancellation_in_the_middle_of_a_block_drops_its_result(run, centre, monkeypatch):
    action.prepare_run(run_id=run.pk)
    detect = action.detect_block

    def cancelled_meanwhile(*args):
        path = detect(*args)
        cancel_diff(run=run, by=centre)
        return path

    monkeypatch.setattr(action, "detect_block", cancelled_meanwhile)
    action.detect_one(run_id=run.pk, index=0)
    assert not list(run.work_dir.rglob("*.npz"))
    assert not run.blocks.filter(state=DiffBlockState.DONE).exists()


def test_a_failing_block_is_tried_again_and_then_fails_the_run_with_the_reason(run, monkeypatch):
    action.prepare_run(run_id=run.pk)

    def broken(*args):
        raise UnreadableImageError("ortho.tif: block 7 cannot be decoded")

    monkeypatch.setattr(action, "detect_block", broken)
    for _try in range(action.MAX_ATTEMPTS - 1):
        with pytest.raises(UnreadableImageError):
            action.detect_one(run_id=run.pk, index=1)
        assert fresh(run).state == DiffRunState.DETECTING
        assert "block 7" in run.blocks.get(index=1).error
    action.detect_one(run_id=run.pk, index=1)
    run = fresh(run)
    assert run.state == DiffRunState.FAILED
    assert "影像文件无法读取" in run.error
    assert "block 7" in run.error


def test_a_block_at_which_workers_die_does_not_keep_killing_them(run):
    action.prepare_run(run_id=run.pk)
    run.blocks.filter(index=1).update(attempts=action.MAX_STARTS)
    action.detect_one(run_id=run.pk, index=1)
    assert fresh(run).state == DiffRunState.FAILED
    assert "workers died" in fresh(run).error


def test_a_failed_run_is_taken_up_where_it_stopped(run, centre, monkeypatch):
    action.prepare_run(run_id=run.pk)
    action.detect_one(run_id=run.pk, index=0)
    run.blocks.filter(index=1).update(attempts=action.MAX_STARTS)
    action.detect_one(run_id=run.pk, index=1)
    done_at = run.blocks.get(index=0).done_at
    retry_diff(run=run, by=centre)
    work_off()
    assert fresh(run).state == DiffRunState.DONE
    assert fresh(run).flag_count == 3
    assert run.blocks.get(index=0).done_at == done_at
    with pytest.raises(CannotRetry):
        retry_diff(run=run, by=centre)


def test_a_pair_that_cannot_be_planned_fails_with_the_reason(run, pair, monkeypatch):
    pair[1].reading_file.chmod(0o644)
    pair[1].reading_file.write_bytes(b"no image")
    action.prepare_run(run_id=run.pk)
    assert fresh(run).state == DiffRunState.FAILED
    assert "无法读取" in fresh(run).error


def test_a_block_file_damaged_on_disk_is_detected_anew(run):
    action.prepare_run(run_id=run.pk)
    for index in range(4):
        action.detect_one(run_id=run.pk, index=index)
    damaged = sorted(blocks_dir(fresh(run)).iterdir())[2]
    damaged.write_bytes(damaged.read_bytes()[:100])
    action.finish_run(run_id=run.pk)
    assert fresh(run).state == DiffRunState.DETECTING
    assert run.blocks.filter(state=DiffBlockState.PENDING).count() == 1
    work_off()
    assert fresh(run).flag_count == 3


def detected(run):
    action.prepare_run(run_id=run.pk)
    for index in range(4):
        action.detect_one(run_id=run.pk, index=index)


def broken(*args, **kwargs):
    raise RuntimeError("killed here")


def test_a_fault_while_writing_flags_leaves_none_is_told_and_can_be_taken_up_again(run, centre, monkeypatch):
    detected(run)
    monkeypatch.setattr(action, "_attach_chips", broken)
    with pytest.raises(RuntimeError):
        action.finish_run(run_id=run.pk)
    assert not ChangeFlag.objects.exists()
    assert fresh(run).state == DiffRunState.FAILED
    assert fresh(run).error
    monkeypatch.undo()
    retry_diff(run=fresh(run), by=centre)
    work_off()
    assert (fresh(run).state, fresh(run).flag_count) == (DiffRunState.DONE, 3)


def test_a_fault_that_could_not_even_be_written_down_leaves_the_step_to_be_tried_again(run, monkeypatch):
    detected(run)
    monkeypatch.setattr(action, "_attach_chips", broken)
    monkeypatch.setattr(action, "_fail", broken)  # as when the database restarts
    with pytest.raises(RuntimeError):
        action.finish_run(run_id=run.pk)
    assert fresh(run).state == DiffRunState.ASSEMBLING
    assert tasks.finish_diff.retry_strategy.max_attempts > 1
    monkeypatch.undo()
    action.finish_run(run_id=run.pk)
    assert fresh(run).flag_count == 3


def test_a_run_cancelled_while_it_is_put_together_leaves_no_files(run, centre, monkeypatch):
    detected(run)
    write_chips = action._write_chips

    def cancelled_meanwhile(*args):
        made = write_chips(*args)
        cancel_diff(run=fresh(run), by=centre)
        shutil.rmtree(run.work_dir, ignore_errors=True)
        write_chips(*args)
        return made

    monkeypatch.setattr(action, "_write_chips", cancelled_meanwhile)
    action.finish_run(run_id=run.pk)
    assert fresh(run).state == DiffRunState.CANCELLED
    assert not run.work_dir.exists()
    assert not ChangeFlag.objects.exists()


def test_a_new_run_of_the_pair_supersedes_the_undecided_flags_of_the_older_one(run, pair, centre):
    work_off()
    decided = run.flags.order_by("index").first()
    ChangeFlag.objects.filter(pk=decided.pk).update(state=FlagState.CONFIRMED)
    newer = start_diff(before=pair[0], after=pair[1], parameters=PARAMETERS, by=centre)
    work_off()
    old = {flag.pk: flag for flag in run.flags.all()}
    assert old.pop(decided.pk).state == FlagState.CONFIRMED
    assert {flag.state for flag in old.values()} == {FlagState.SUPERSEDED}
    assert {flag.superseded_by_id for flag in old.values()} == {newer.pk}
    assert fresh(run).superseded_by == newer
    newer = fresh(newer)
    assert newer.flag_count == 2
    assert [repeated["flag"] for repeated in newer.registration["repeated"]] == [decided.pk]


def test_no_step_holds_the_database_while_it_computes(run, monkeypatch):
    plan = action.plan_diff

    def watched(*args, **kwargs):
        assert len(connection.savepoint_ids) == depth
        return plan(*args, **kwargs)

    depth = len(connection.savepoint_ids)
    monkeypatch.setattr(action, "plan_diff", watched)
    action.prepare_run(run_id=run.pk)
    assert fresh(run).state == DiffRunState.DETECTING


def test_blocks_that_a_control_area_touches_are_detected_first(pair, town, centre):
    place = outline("southern")  # in the south-western block, the third of four
    make_control_area(town, boundary=as_geos(place))
    run = start_diff(before=pair[0], after=pair[1], parameters=PARAMETERS, by=centre)
    action.prepare_run(run_id=run.pk)
    assert list(run.blocks.filter(in_control_area=True).values_list("index", flat=True)) == [2]
    jobs = ProcrastinateJob.objects.filter(task_name="geo.tasks.detect_block").order_by("id")
    assert [job.args["index"] for job in jobs] == [2, 0, 1, 3]


def test_the_engine_reports_what_the_smallest_limit_of_a_control_area_asks_for(pair, town, centre):
    make_control_area(town, boundary=as_geos(outline("southern")), min_area_m2=4.0)
    run = start_diff(before=pair[0], after=pair[1], parameters=PARAMETERS, by=centre)
    action.prepare_run(run_id=run.pk)
    assert Plan.from_json(fresh(run).plan).params.min_area_m2 == 4.0
    assert fresh(run).parameters["min_area_m2"] == 10.0  # what counts outside control areas


def test_a_run_measures_its_own_cost(run):
    work_off()
    cost = fresh(run).cost
    assert cost["km2"] == pytest.approx(0.352**2, rel=0.01)
    assert cost["megapixels"] == pytest.approx(0.704**2, rel=0.01)
    steps = [cost[name] for name in ("prepare", "blocks", "finish")]
    assert all(step["seconds"] > 0 and step["cpu_seconds"] > 0 for step in steps)
    assert cost["cpu_seconds_per_km2"] == pytest.approx(sum(s["cpu_seconds"] for s in steps) / cost["km2"], abs=0.06)
    assert cost["megapixels_per_second"] == pytest.approx(
        cost["megapixels"] / sum(s["seconds"] for s in steps), rel=0.02
    )


def test_one_block_that_did_not_succeed_can_be_tried_again_at_once(run, centre, monkeypatch):
    action.prepare_run(run_id=run.pk)
    with pytest.raises(CannotRetry):
        retry_block(run=run, index=1, by=centre)  # it waits for its first try
    run.blocks.filter(index=1).update(error="UnreadableImageError: disk", attempts=2)
    retry_block(run=run, index=1, by=centre)
    block = run.blocks.get(index=1)
    assert (block.state, block.attempts, block.error) == (DiffBlockState.PENDING, 0, "")
    assert ProcrastinateJob.objects.filter(args={"run_id": run.pk, "index": 1}).count() == 2
    work_off()
    assert fresh(run).flag_count == 3


def test_a_failed_run_is_taken_up_with_the_block_it_failed_at(run, centre, town):
    action.prepare_run(run_id=run.pk)
    run.blocks.filter(index=1).update(attempts=action.MAX_STARTS)
    action.detect_one(run_id=run.pk, index=1)
    with pytest.raises(NotAllowed):
        retry_block(run=fresh(run), index=1, by=make_user(Role.SUPERVISOR, town.city))
    retry_block(run=fresh(run), index=1, by=centre)
    work_off()
    assert (fresh(run).state, fresh(run).flag_count) == (DiffRunState.DONE, 3)


def test_a_run_refused_for_its_registration_shows_where_the_dates_do_not_fit(run, client, centre):
    run.parameters = {**run.parameters, "max_shift_m": 0.001, "max_residual_m": 0.0001}
    run.save()
    work_off()
    run = fresh(run)
    assert run.state == DiffRunState.FAILED
    assert "RegistrationError" in run.error
    assert {entry["kind"] for entry in run.registration["residuals"]} >= {"fits"}
    client.force_login(centre)
    assert "配准残差图" in client.get(f"/diffs/{run.pk}/").content.decode()
    retry_diff(run=run, by=centre)
    assert fresh(run).registration == {}
