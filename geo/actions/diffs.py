"""Running a diff: planned once, detected block by block by any number of workers, written as flags in one transaction.

Every step may run twice or be killed anywhere: what a step writes appears whole or not at all, and whether it still has
to be done is decided under the lock of the run's row.
"""

import hashlib
import logging
import shutil
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pghistory
from django.conf import settings
from django.db import transaction
from django.db.models import F, Min
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from geo.actions.diff_words import error_text
from geo.actions.flags import Finding, Written, write_flags
from geo.actions.snapshots import as_shapely
from geo.imagery.errors import ImageryError
from geo.imagery.pipeline import (
    DiffParams,
    FlagCandidate,
    Plan,
    Sources,
    assemble,
    block_path,
    detect_block,
    plan_diff,
    write_chips,
    write_probability,
)
from geo.measure import share_covered
from geo.models import ChangeFlag, DiffBlock, DiffBlockState, DiffRun, DiffRunState, Snapshot, SnapshotState, User
from geo.refusals import NotAllowed, Refusal
from geo.roles import Act

log = logging.getLogger(__name__)

QUEUE = "diffs"
PREPARE_TASK = "geo.tasks.prepare_diff"
DETECT_TASK = "geo.tasks.detect_block"
FINISH_TASK = "geo.tasks.finish_diff"
# A block that fails is tried so often before its run fails.
MAX_ATTEMPTS = 3
# A block whose worker dies without a word may have run it out of memory: after so many starts its run fails.
MAX_STARTS = 8
# Under this common share of the smaller image people probably chose the wrong pair.
LITTLE_OVERLAP = 0.2
CHIP_SUFFIX = ".webp"


class CannotCompare(Refusal):
    """These two snapshots cannot be compared."""


class AlreadyRunning(Refusal):
    """The same pair is being compared just now; `run` is that comparison."""

    def __init__(self, run: DiffRun) -> None:
        self.run = run
        super().__init__(_("这两期影像正在比对中"))


class WorkersDied(Exception):
    """Workers died again and again at the same block."""


class CannotRetry(Refusal):
    """Only a failed or cancelled run can be taken up again."""


@transaction.atomic
def start_diff(*, before: Snapshot, after: Snapshot, by: User, parameters: dict[str, Any] | None = None) -> DiffRun:
    """Enqueue the comparison of two ready snapshots. Raises NotAllowed, CannotCompare, AlreadyRunning."""
    if not by.can(Act.RUN_DIFFS):
        raise NotAllowed(_("您没有权限发起影像比对"))
    # The lock on both rows, in one order, lets two people start the same pair only once.
    locked = {
        row.pk: row for row in Snapshot.objects.select_for_update().filter(pk__in=[before.pk, after.pk]).order_by("pk")
    }
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
        params = DiffParams.from_dict(parameters or {})
    except ImageryError as error:
        raise CannotCompare(error_text(error)) from error
    run = DiffRun.objects.create(before=before, after=after, parameters=params.to_dict(), requested_by=by)
    run.work_path = f"diffs/{run.pk}"
    run.save(update_fields=["work_path"])
    _defer(PREPARE_TASK, run_id=run.pk)
    return run


def overlap_share(before: Snapshot, after: Snapshot) -> float:
    """Share (0..1) of the smaller footprint that the other one covers."""
    if before.footprint is None or after.footprint is None:
        return 0.0
    one, other = as_shapely(before.footprint), as_shapely(after.footprint)
    return max(share_covered(one, other), share_covered(other, one)) if one.intersects(other) else 0.0


def prepare_run(*, run_id: int) -> None:
    """Plan a run and enqueue its blocks."""
    if not _enter(run_id, DiffRunState.PREPARING, from_states=(DiffRunState.QUEUED, DiffRunState.PREPARING)):
        return
    run = DiffRun.objects.select_related("before", "after").get(pk=run_id)
    sources = sources_of(run)
    try:
        plan = plan_diff(
            sources.before,
            sources.after,
            before_dsm=sources.before_dsm,
            after_dsm=sources.after_dsm,
            params=DiffParams.from_dict(run.parameters),
        )
    except Exception as error:
        _fail(run_id, error)
        if isinstance(error, ImageryError):
            return
        raise
    with transaction.atomic():
        run = DiffRun.objects.select_for_update().get(pk=run_id)
        if run.state != DiffRunState.PREPARING:
            return
        run.plan = plan.to_json()
        run.algorithm = f"{plan.params.detector}-{plan.detector_version} v{plan.algorithm_version}"
        run.registration = {
            "shift_m": round(plan.shift_m, 3),
            "residual_m": None if plan.residual_m is None else round(plan.residual_m, 3),
            "resolution_m": plan.grid.resolution_m,
        }
        run.block_count = len(plan.blocks)
        run.state = DiffRunState.DETECTING
        run.save()
        run.blocks.all().delete()
        DiffBlock.objects.bulk_create(DiffBlock(run=run, index=block.index) for block in plan.blocks)
        _defer_blocks(run)


def detect_one(*, run_id: int, index: int) -> None:
    """Detect one block, and enqueue the end of the run after the last one.

    Raises what went wrong as long as the block may be tried again; after the last try the run has failed.
    """
    run = DiffRun.objects.select_related("before", "after").get(pk=run_id)
    if run.state != DiffRunState.DETECTING or run.blocks.filter(index=index, state=DiffBlockState.DONE).exists():
        return
    started = time.monotonic()
    try:
        _count_start(run, index)
        plan = Plan.from_json(run.plan)
        path = detect_block(plan, sources_of(run), index, blocks_dir(run))
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except Exception as error:
        if _block_failed(run_id, index, error):
            raise
        return
    with transaction.atomic():
        run = DiffRun.objects.select_for_update().get(pk=run_id)
        if run.state != DiffRunState.DETECTING:  # cancelled meanwhile: nothing of it stays
            path.unlink(missing_ok=True)
            return
        run.blocks.filter(index=index).update(
            state=DiffBlockState.DONE,
            sha256=digest,
            seconds=time.monotonic() - started,
            error="",
            done_at=timezone.now(),
        )
        _finish_if_complete(run)


def finish_run(*, run_id: int) -> None:
    """Put the blocks together, link what was found, and write the flags: all of them, or none."""
    run = DiffRun.objects.select_related("before", "after").get(pk=run_id)
    if run.state != DiffRunState.ASSEMBLING or _redo_damaged(run_id):
        return
    try:
        plan, sources = Plan.from_json(run.plan), sources_of(run)
        candidates = assemble(plan, sources, blocks_dir(run))
        write_probability(plan, blocks_dir(run), run.work_dir / "probability.tif")
        chips = _write_chips(run, plan, sources, candidates)
    except Exception as error:
        _fail(run_id, error)
        if isinstance(error, ImageryError):
            return
        raise
    with transaction.atomic(), pghistory.context(user=run.requested_by_id, act="finish_diff", run=run_id):
        run = DiffRun.objects.select_for_update().get(pk=run_id)
        if run.state != DiffRunState.ASSEMBLING:
            return
        run = DiffRun.objects.select_related("before", "after").get(pk=run_id)
        written = write_flags(
            run=run, findings=[_finding(found) for found in candidates], min_area_m2=plan.params.min_area_m2
        )
        _attach_chips(run, written, chips)
        run.registration = {**run.registration, **written.as_json(), "findings": len(candidates)}
        run.flag_count = len(written.flags)
        run.probability_path = f"{run.work_path}/probability.tif"
        run.state = DiffRunState.DONE
        run.finished_at = timezone.now()
        run.save()
        transaction.on_commit(lambda: shutil.rmtree(blocks_dir(run), ignore_errors=True))
    log.info("diff %s is done: %s flags", run_id, run.flag_count)


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
    run = _locked_for(run, by)
    if run.state not in (DiffRunState.FAILED, DiffRunState.CANCELLED):
        raise CannotRetry(_("只有失败或已取消的比对可以重试"))
    running = DiffRun.objects.active().filter(before=run.before_id, after=run.after_id).first()
    if running is not None:
        raise AlreadyRunning(running)
    run.error = ""
    run.finished_at = None
    if not run.plan or not run.blocks.exists():
        run.state = DiffRunState.QUEUED
        run.save()
        _defer(PREPARE_TASK, run_id=run.pk)
        return run
    run.state = DiffRunState.DETECTING
    run.save()
    _reset_damaged(run)
    run.blocks.exclude(state=DiffBlockState.DONE).update(state=DiffBlockState.PENDING, attempts=0, error="")
    _defer_blocks(run)
    _finish_if_complete(run)
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


def sources_of(run: DiffRun) -> Sources:
    """The files that a run reads. Heights count only when both flights have them."""
    with_heights = bool(run.before.dsm_path and run.after.dsm_path)
    return Sources(
        run.before.reading_file,
        run.after.reading_file,
        run.before.dsm_file if with_heights else None,
        run.after.dsm_file if with_heights else None,
    )


def blocks_dir(run: DiffRun) -> Path:
    return run.work_dir / "blocks"


def _defer(task: str, **arguments: int) -> None:
    app.configure_task(task, queue=QUEUE).defer(**arguments)


def _defer_blocks(run: DiffRun) -> None:
    pending = run.blocks.filter(state=DiffBlockState.PENDING).values_list("index", flat=True)
    task = app.configure_task(DETECT_TASK, queue=QUEUE)
    arguments = [{"run_id": run.pk, "index": index} for index in pending]
    if arguments:
        task.batch_defer(*arguments)


@transaction.atomic
def _enter(run_id: int, state: str, *, from_states: tuple[str, ...]) -> bool:
    run = DiffRun.objects.select_for_update().get(pk=run_id)
    if run.state not in from_states:
        return False
    run.state = state
    run.started_at = run.started_at or timezone.now()
    run.save(update_fields=["state", "started_at"])
    return True


def _finish_if_complete(run: DiffRun) -> None:
    if run.state == DiffRunState.DETECTING and not run.blocks.exclude(state=DiffBlockState.DONE).exists():
        run.state = DiffRunState.ASSEMBLING
        run.save(update_fields=["state"])
        _defer(FINISH_TASK, run_id=run.pk)


def _count_start(run: DiffRun, index: int) -> None:
    run.blocks.filter(index=index).update(attempts=F("attempts") + 1)
    if run.blocks.filter(index=index, attempts__gt=MAX_STARTS).exists():
        raise WorkersDied(f"workers died {MAX_STARTS} times at block {index}")


@transaction.atomic
def _block_failed(run_id: int, index: int, error: Exception) -> bool:
    """Record a failed try; return whether there will be another one."""
    run = DiffRun.objects.select_for_update().get(pk=run_id)
    block = run.blocks.select_for_update().get(index=index)
    if run.state != DiffRunState.DETECTING:
        return False
    block.error = f"{type(error).__name__}: {error}"
    again = block.attempts < MAX_ATTEMPTS
    block.state = DiffBlockState.PENDING if again else DiffBlockState.FAILED
    block.save()
    if not again:
        log.error("diff %s failed at block %s: %s", run_id, index, block.error)
        _mark_failed(run, error)
    return again


@transaction.atomic
def _fail(run_id: int, error: Exception) -> None:
    run = DiffRun.objects.select_for_update().get(pk=run_id)
    if run.is_active:
        _mark_failed(run, error)


def _mark_failed(run: DiffRun, error: Exception) -> None:
    run.state = DiffRunState.FAILED
    run.error = error_text(error)
    run.finished_at = timezone.now()
    run.save()


@transaction.atomic
def _redo_damaged(run_id: int) -> bool:
    """Send blocks whose files are gone or damaged back to detection; return whether there were such."""
    run = DiffRun.objects.select_for_update().get(pk=run_id)
    if run.state != DiffRunState.ASSEMBLING or not _reset_damaged(run):
        return False
    run.state = DiffRunState.DETECTING
    run.save(update_fields=["state"])
    _defer_blocks(run)
    return True


def _reset_damaged(run: DiffRun) -> int:
    damaged = []
    for block in run.blocks.filter(state=DiffBlockState.DONE):
        digest = ""
        with suppress(OSError):
            digest = hashlib.sha256(block_path(blocks_dir(run), block.index).read_bytes()).hexdigest()
        if digest != block.sha256:
            damaged.append(block.pk)
    return run.blocks.filter(pk__in=damaged).update(state=DiffBlockState.PENDING, sha256="", done_at=None, attempts=0)


def _locked_for(run: DiffRun, by: User) -> DiffRun:
    if not by.can(Act.RUN_DIFFS):
        raise NotAllowed(_("您没有权限管理影像比对"))
    return DiffRun.objects.select_for_update().get(pk=run.pk)


def _finding(found: FlagCandidate) -> Finding:
    return Finding(
        polygon=found.geometry,
        area_m2=found.area_m2,
        uncertainty_m2=found.area_uncertainty_m2,
        confidence=found.confidence,
        kind=found.kind,
        height_change_m=found.height_change_m,
        evidence=found.evidence,
    )


def _write_chips(run: DiffRun, plan: Plan, sources: Sources, candidates: list[FlagCandidate]) -> list[dict[str, Any]]:
    infos = []
    for number, found in enumerate(candidates, start=1):
        before, after = (settings.PRIVATE_ROOT / _chip_path(run, number, side) for side in ("before", "after"))
        infos.append(asdict(write_chips(plan, sources, found.geometry, before, after)))
    return infos


def _chip_path(run: DiffRun, number: int, side: str) -> str:
    return f"{run.work_path}/chips/{number:05d}-{side}{CHIP_SUFFIX}"


def _attach_chips(run: DiffRun, written: Written, chips: list[dict[str, Any]]) -> None:
    """Give each flag its pictures; those of findings that became no flag go away with the commit."""
    for flag, source in zip(written.flags, written.sources, strict=True):
        flag.chip_before_path = _chip_path(run, source + 1, "before")
        flag.chip_after_path = _chip_path(run, source + 1, "after")
        flag.chip_info = chips[source]
    ChangeFlag.objects.bulk_update(written.flags, ["chip_before_path", "chip_after_path", "chip_info"], batch_size=200)
    spare = sorted(set(range(len(chips))) - set(written.sources))

    def remove_spare() -> None:
        for number in spare:
            for side in ("before", "after"):
                (settings.PRIVATE_ROOT / _chip_path(run, number + 1, side)).unlink(missing_ok=True)

    transaction.on_commit(remove_spare)
