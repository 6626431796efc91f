"""Starting a diff, stopping it, taking it up again, and telling how far it is. The steps are in diff_steps."""

import shutil
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Min
from django.utils import timezone
from django.utils.translation import gettext as _

from geo.actions.detectors import detector_in_use
from geo.actions.diff_jobs import (
    DETECT_TASK,
    PREPARE_TASK,
    begin_anew,
    defer,
    defer_blocks,
    finish_if_complete,
    reset_damaged,
)
from geo.actions.diff_words import error_text
from geo.actions.snapshots import as_shapely
from geo.imagery.detect import make_detector
from geo.imagery.errors import ImageryError
from geo.imagery.pipeline import DiffParams, Plan
from geo.measure import share_covered
from geo.models import DiffBlockState, DiffRun, DiffRunState, Snapshot, SnapshotState, User
from geo.refusals import NotAllowed, Refusal
from geo.roles import Act

# Under this common share of the smaller image people probably chose the wrong pair.
LITTLE_OVERLAP = 0.2


class CannotCompare(Refusal):
    """These two snapshots cannot be compared."""


class AlreadyRunning(Refusal):
    """The same pair is being compared just now; `run` is that comparison."""

    def __init__(self, run: DiffRun) -> None:
        self.run = run
        super().__init__(_("这两期影像正在比对中"))


class CannotRetry(Refusal):
    """Only a failed or cancelled run can be taken up again."""


@transaction.atomic
def start_diff(*, before: Snapshot, after: Snapshot, by: User, parameters: dict[str, Any] | None = None) -> DiffRun:
    """Enqueue the comparison of two ready snapshots. Raises NotAllowed, CannotCompare, AlreadyRunning."""
    if not by.can(Act.RUN_DIFFS):
        raise NotAllowed(_("您没有权限发起影像比对"))
    locked = _locked_pair(before.pk, after.pk)
    before, after = locked[before.pk], locked[after.pk]
    for snapshot in (before, after):
        if snapshot.state != SnapshotState.READY:
            raise CannotCompare(_("%(snapshot)s 尚不可用") % {"snapshot": snapshot})
    if not before.captured_on < after.captured_on:
        raise CannotCompare(_("前期影像的拍摄日期须早于后期"))
    if overlap_share(before, after) == 0.0:
        raise CannotCompare(_("两期影像没有重叠"))
    running = DiffRun.objects.active().filter(before=before, after=after).first()
    if running is not None:
        raise AlreadyRunning(running)
    try:
        params = DiffParams.from_dict({"detector": detector_in_use(), **(parameters or {})})
    except ImageryError as error:
        raise CannotCompare(error_text(error)) from error
    run = DiffRun.objects.create(before=before, after=after, parameters=params.to_dict(), requested_by=by)
    run.work_path = f"diffs/{run.pk}"
    run.save(update_fields=["work_path"])
    defer(PREPARE_TASK, run_id=run.pk)
    return run


def overlap_share(before: Snapshot, after: Snapshot) -> float:
    """Share (0..1) of the smaller footprint that the other one covers."""
    if before.footprint is None or after.footprint is None:
        return 0.0
    one, other = as_shapely(before.footprint), as_shapely(after.footprint)
    return max(share_covered(one, other), share_covered(other, one)) if one.intersects(other) else 0.0


@transaction.atomic
def cancel_diff(*, run: DiffRun, by: User) -> DiffRun:
    """Stop a run that is not done; it leaves no flags. Jobs that are at it find out and drop their result."""
    run = _locked_for(run, by)
    if not run.is_active:
        raise Refusal(_("此比对已结束，无需取消"))
    run.state = DiffRunState.CANCELLED
    run.finished_at = timezone.now()
    run.save()
    transaction.on_commit(lambda: shutil.rmtree(run.work_dir, ignore_errors=True))
    return run


@transaction.atomic
def retry_diff(*, run: DiffRun, by: User) -> DiffRun:
    """Take a failed or cancelled run up again where it stopped: blocks that are done stay done."""
    _locked_pair(run.before_id, run.after_id)
    run = _locked_for(run, by)
    if run.state not in (DiffRunState.FAILED, DiffRunState.CANCELLED):
        raise CannotRetry(_("只有失败或已取消的比对可以重试"))
    running = DiffRun.objects.active().filter(before=run.before_id, after=run.after_id).first()
    if running is not None:
        raise AlreadyRunning(running)
    run.error = ""
    run.finished_at = None
    if not run.plan or not run.blocks.exists() or not _is_of_today(run):
        begin_anew(run)
        return run
    run.state = DiffRunState.DETECTING
    run.save()
    reset_damaged(run)
    run.blocks.exclude(state=DiffBlockState.DONE).update(state=DiffBlockState.PENDING, attempts=0, error="")
    defer_blocks(run)
    finish_if_complete(run)
    return run


def _is_of_today(run: DiffRun) -> bool:
    """Whether what a run has done can be gone on with: by this version of the engine, with the model that began it."""
    try:
        plan = Plan.from_json(run.plan)
        return make_detector(plan.params.detector, plan.statistics).version == plan.detector_version
    except ImageryError:
        return False


@transaction.atomic
def retry_block(*, run: DiffRun, index: int, by: User) -> DiffRun:
    """Try one block that did not succeed again at once, with all its tries; a failed run is taken up with it.

    Raises NotAllowed; CannotRetry when the block is done, waits for its first try, or the run was cancelled.
    """
    run = _locked_for(run, by)
    block = (
        run.blocks.select_for_update().filter(index=index).exclude(state=DiffBlockState.DONE).exclude(error="").first()
    )
    if block is None or run.state not in (DiffRunState.DETECTING, DiffRunState.FAILED):
        raise CannotRetry(_("只有没有成功的块可以重试"))
    if run.state == DiffRunState.FAILED:
        return retry_diff(run=run, by=by)
    block.state, block.attempts, block.error = DiffBlockState.PENDING, 0, ""
    block.save()
    defer(DETECT_TASK, run_id=run.pk, index=index)
    return run


@dataclass(frozen=True)
class Progress:
    """How far a run is: blocks done of all, and the seconds left where they can be told."""

    done: int
    total: int
    seconds_left: float | None

    @property
    def percent(self) -> int | None:
        return round(100 * self.done / self.total) if self.total else None


def progress_of(run: DiffRun) -> Progress:
    """Progress from the blocks' own times: as many at once as there were so far."""
    done_blocks = run.blocks.filter(state=DiffBlockState.DONE)
    done, total = done_blocks.count(), run.block_count
    if run.state != DiffRunState.DETECTING or not done or done >= total:
        return Progress(done, total, None)
    first = done_blocks.aggregate(at=Min("done_at"))["at"]
    first_seconds = done_blocks.order_by("done_at").values_list("seconds", flat=True)[0] or 0.0
    elapsed = (timezone.now() - (first - timedelta(seconds=first_seconds))).total_seconds()
    return Progress(done, total, elapsed / done * (total - done))


def _locked_pair(*pks: int) -> dict[int, Snapshot]:
    """Two snapshots by their keys. The lock on both rows, in one order, lets a pair be started or retried only once."""
    return {row.pk: row for row in Snapshot.objects.select_for_update().filter(pk__in=pks).order_by("pk")}


def _locked_for(run: DiffRun, by: User) -> DiffRun:
    if not by.can(Act.RUN_DIFFS):
        raise NotAllowed(_("您没有权限管理影像比对"))
    return DiffRun.objects.select_for_update().get(pk=run.pk)
