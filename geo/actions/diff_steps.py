"""The steps of a run as jobs do them: plan, detect a block, put together.

Every step may run twice or be killed anywhere: what a step writes appears whole or not at all, and whether it still has
to be done is decided under the lock of the run's row.
"""

import hashlib
import logging
import shutil
from dataclasses import asdict
from typing import Any

import pghistory
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from geo.actions.diff_cost import Meter, cost_of
from geo.actions.diff_jobs import (
    begin_anew,
    blocks_dir,
    blocks_in_control_areas,
    defer_blocks,
    finish_if_complete,
    reset_damaged,
    sources_of,
    with_smallest_limit,
)
from geo.actions.diff_words import error_text
from geo.actions.flags import Finding, Written, write_flags
from geo.actions.later_looks import Seen, keep_looks, look_again
from geo.actions.locks import WRITING_FLAGS, hold_lock
from geo.actions.notices import tell_of_run
from geo.imagery.errors import ImageryError, PlanOutdatedError, RegistrationError
from geo.imagery.grid import Grid
from geo.imagery.pipeline import (
    DiffParams,
    FlagCandidate,
    Plan,
    Sources,
    assemble,
    detect_block,
    plan_diff,
    write_chips,
    write_probability,
)
from geo.imagery.registration import Registration
from geo.imagery.residuals import residuals
from geo.models import ChangeFlag, DiffBlock, DiffBlockState, DiffRun, DiffRunState

log = logging.getLogger(__name__)

# A block that fails is tried so often before its run fails.
MAX_ATTEMPTS = 3
# A block whose worker dies without a word may have run it out of memory: after so many starts its run fails.
MAX_STARTS = 8
CHIP_SUFFIX = ".webp"


class WorkersDied(Exception):
    """Workers died again and again at the same block."""


def prepare_run(*, run_id: int) -> None:
    """Plan a run and enqueue its blocks."""
    if not _enter(run_id, DiffRunState.PREPARING, from_states=(DiffRunState.QUEUED, DiffRunState.PREPARING)):
        return
    run = DiffRun.objects.select_related("before", "after").get(pk=run_id)
    sources = sources_of(run)
    meter = Meter.started()
    try:
        plan = plan_diff(
            sources.before,
            sources.after,
            before_dsm=sources.before_dsm,
            after_dsm=sources.after_dsm,
            params=with_smallest_limit(run, DiffParams.from_dict(run.parameters)),
        )
        _store_plan(run_id, plan, meter)
    except Exception as error:
        _fail(run_id, error)
        if isinstance(error, ImageryError):
            return
        raise


def _store_plan(run_id: int, plan: Plan, meter: Meter) -> None:
    """Fix the plan and enqueue its blocks, unless the run was cancelled meanwhile."""
    with transaction.atomic():
        run = DiffRun.objects.select_for_update().get(pk=run_id)
        if run.state != DiffRunState.PREPARING:
            return
        run.plan = plan.to_json()
        run.algorithm = f"{plan.params.detector}-{plan.detector_version} v{plan.algorithm_version}"
        run.registration = _registration_facts(plan.registration, plan.grid)
        run.cost = {"prepare": meter.as_json()}
        run.block_count = len(plan.blocks)
        run.state = DiffRunState.DETECTING
        run.save()
        run.blocks.all().delete()
        watched = blocks_in_control_areas(plan)
        DiffBlock.objects.bulk_create(
            DiffBlock(run=run, index=block.index, in_control_area=block.index in watched) for block in plan.blocks
        )
        defer_blocks(run)


def detect_one(*, run_id: int, index: int) -> None:
    """Detect one block, and enqueue the end of the run after the last one.

    Raises what went wrong as long as the block may be tried again; after the last try the run has failed.
    """
    run = DiffRun.objects.select_related("before", "after").get(pk=run_id)
    if run.state != DiffRunState.DETECTING or run.blocks.filter(index=index, state=DiffBlockState.DONE).exists():
        return
    meter = Meter.started()
    try:
        _count_start(run, index)
        plan = Plan.from_json(run.plan)
        path = detect_block(plan, sources_of(run), index, blocks_dir(run))
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except PlanOutdatedError:
        _begin_anew(run_id)
        return
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
            seconds=meter.seconds,
            cpu_seconds=meter.cpu_seconds,
            error="",
            done_at=timezone.now(),
        )
        finish_if_complete(run)


def finish_run(*, run_id: int) -> None:
    """Put the blocks together, link what was found, and write the flags: all of them, or none."""
    run = DiffRun.objects.select_related("before", "after").get(pk=run_id)
    if run.state != DiffRunState.ASSEMBLING or _redo_damaged(run_id):
        return
    meter = Meter.started()
    try:
        plan, sources = Plan.from_json(run.plan), sources_of(run)
        candidates = assemble(plan, sources, blocks_dir(run))
        write_probability(plan, blocks_dir(run), run.work_dir / "probability.tif")
        chips = _write_chips(run, plan, sources, candidates)
        seen = look_again(run, plan, blocks_dir(run))
        flags = _write_down(run, plan, candidates, chips, seen, meter)
    except PlanOutdatedError:
        _begin_anew(run_id)
        return
    except Exception as error:
        _fail(run_id, error)
        if isinstance(error, ImageryError):
            return
        raise
    if flags is not None:
        log.info("diff %s is done: %s flags", run_id, flags)
    elif DiffRun.objects.get(pk=run_id).state == DiffRunState.CANCELLED:
        shutil.rmtree(run.work_dir, ignore_errors=True)  # what was written after the cancelling


def _write_down(
    run: DiffRun,
    plan: Plan,
    candidates: list[FlagCandidate],
    chips: list[dict[str, Any]],
    seen: list[Seen],
    meter: Meter,
) -> int | None:
    """All flags of a run in one transaction; returns how many, or None when the run is no longer being finished."""
    with transaction.atomic(), pghistory.context(user=run.requested_by_id, act="finish_diff", run=run.pk):
        hold_lock(WRITING_FLAGS)  # before the row's: superseding an older run locks that run's row too
        if DiffRun.objects.select_for_update().get(pk=run.pk).state != DiffRunState.ASSEMBLING:
            return None
        run = DiffRun.objects.select_related("before", "after").get(pk=run.pk)
        written = write_flags(
            run=run,
            findings=[_finding(found) for found in candidates],
            min_area_m2=DiffParams.from_dict(run.parameters).min_area_m2,
        )
        _attach_chips(run, written, chips)
        looked = keep_looks(run=run, seen=seen)
        run.registration = {**run.registration, **written.as_json(), **looked, "findings": len(candidates)}
        run.flag_count = len(written.flags)
        run.probability_path = f"{run.work_path}/probability.tif"
        run.state = DiffRunState.DONE
        run.finished_at = timezone.now()
        run.cost = cost_of(run, plan, finish=meter)
        run.save()
        tell_of_run(run)
        transaction.on_commit(lambda: shutil.rmtree(blocks_dir(run), ignore_errors=True))
    return run.flag_count


@transaction.atomic
def _enter(run_id: int, state: str, *, from_states: tuple[str, ...]) -> bool:
    run = DiffRun.objects.select_for_update().get(pk=run_id)
    if run.state not in from_states:
        return False
    run.state = state
    run.started_at = run.started_at or timezone.now()
    run.save(update_fields=["state", "started_at"])
    return True


@transaction.atomic
def _begin_anew(run_id: int) -> None:
    """The program was renewed while the run was at work: its plan is one that this engine does not follow."""
    run = DiffRun.objects.select_for_update().get(pk=run_id)
    if run.state not in (DiffRunState.DETECTING, DiffRunState.ASSEMBLING):
        return
    try:
        Plan.from_json(run.plan)  # another block has begun anew already
    except PlanOutdatedError:
        log.info("diff %s begins anew: its plan is of an earlier version", run_id)
        begin_anew(run)


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
    if isinstance(error, RegistrationError):
        # Where they do not fit is what helps to find out why.
        run.registration = _registration_facts(error.found, error.grid)
    run.finished_at = timezone.now()
    run.save()
    tell_of_run(run)


def _registration_facts(found: Registration, grid: Grid) -> dict[str, Any]:
    return {
        "shift_m": round(found.shift_m, 3),
        "residual_m": None if found.residual_m is None else round(found.residual_m, 3),
        "resolution_m": grid.resolution_m,
        "residuals": residuals(found, grid),
    }


@transaction.atomic
def _redo_damaged(run_id: int) -> bool:
    """Send blocks whose files are gone or damaged back to detection; return whether there were such."""
    run = DiffRun.objects.select_for_update().get(pk=run_id)
    if run.state != DiffRunState.ASSEMBLING or not reset_damaged(run):
        return False
    run.state = DiffRunState.DETECTING
    run.save(update_fields=["state"])
    defer_blocks(run)
    return True


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
