"""What a run's steps and the people who start and stop it share: its files, and how its jobs are enqueued."""

import hashlib
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
from django.db.models import Min
from shapely import STRtree, union_all
from shapely.geometry import Polygon, box

from geo.actions.jobs import job
from geo.actions.snapshots import as_geos, as_shapely
from geo.imagery.grid import Window
from geo.imagery.pipeline import (
    DiffParams,
    Plan,
    Sources,
    block_path,
)
from geo.models import ControlArea, DiffBlockState, DiffRun, DiffRunState

QUEUE = "diffs"
PREPARE_TASK = "geo.tasks.prepare_diff"
DETECT_TASK = "geo.tasks.detect_block"
FINISH_TASK = "geo.tasks.finish_diff"


def sources_of(run: DiffRun) -> Sources:
    """The files that a run reads. Heights count only when both flights have them."""
    with_heights = bool(run.before.dsm_path and run.after.dsm_path)
    return Sources(
        run.before.reading_file,
        run.after.reading_file,
        run.before.dsm_file if with_heights else None,
        run.after.dsm_file if with_heights else None,
    )


def has_heights(run: DiffRun) -> bool:
    """Whether the surface models that the run compared are still there."""
    sources = sources_of(run)
    files = (sources.before_dsm, sources.after_dsm)
    return bool(run.plan) and all(path is not None and path.is_file() for path in files)


def blocks_dir(run: DiffRun) -> Path:
    return run.work_dir / "blocks"


def defer(task: str, **arguments: int) -> None:
    job(task, queue=QUEUE).defer(**arguments)


def begin_anew(run: DiffRun) -> None:
    """Forget the plan of a run whose row is locked, with all that was done by it, and enqueue its planning."""
    run.blocks.all().delete()
    run.plan, run.registration, run.cost, run.block_count = {}, {}, {}, 0
    run.state = DiffRunState.QUEUED
    run.save()
    defer(PREPARE_TASK, run_id=run.pk)


def defer_blocks(run: DiffRun) -> None:
    """Enqueue what is not done, blocks that a control area touches first: jobs are taken in the order they came."""
    waiting = run.blocks.filter(state=DiffBlockState.PENDING).order_by("-in_control_area", "index")
    pending = waiting.values_list("index", flat=True)
    arguments = [{"run_id": run.pk, "index": index} for index in pending]
    if arguments:
        job(DETECT_TASK, queue=QUEUE).batch_defer(*arguments)


def blocks_in_control_areas(plan: Plan) -> set[int]:
    """Numbers of the plan's blocks that any control area touches."""
    outlines = [_block_outline(plan, block.window) for block in plan.blocks]
    extent = as_geos(box(*union_all(outlines).bounds))
    areas = [as_shapely(row.boundary) for row in ControlArea.objects.filter(boundary__bboverlaps=extent)]
    tree = STRtree(areas)
    return {
        block.index
        for block, outline in zip(plan.blocks, outlines, strict=True)
        if len(tree.query(outline, predicate="intersects"))
    }


def with_smallest_limit(run: DiffRun, params: DiffParams) -> DiffParams:
    """The parameters with which the engine reports whatever any control area under the pictures asks for."""
    footprint = run.after.footprint
    if footprint is None:
        return params
    limits = ControlArea.objects.filter(boundary__bboverlaps=footprint).aggregate(least=Min("min_area_m2"))
    return replace(params, min_area_m2=min(params.min_area_m2, limits["least"] or params.min_area_m2))


def _block_outline(plan: Plan, window: Window) -> Polygon:
    right, bottom = window.x + window.width, window.y + window.height
    corners = np.array([[window.x, window.y], [right, window.y], [right, bottom], [window.x, bottom]], float)
    return Polygon(plan.grid.lonlat(corners))


def finish_if_complete(run: DiffRun) -> None:
    if run.state == DiffRunState.DETECTING and not run.blocks.exclude(state=DiffBlockState.DONE).exists():
        run.state = DiffRunState.ASSEMBLING
        run.save(update_fields=["state"])
        defer(FINISH_TASK, run_id=run.pk)


def reset_damaged(run: DiffRun) -> int:
    damaged = []
    for block in run.blocks.filter(state=DiffBlockState.DONE):
        digest = ""
        with suppress(OSError):
            digest = hashlib.sha256(block_path(blocks_dir(run), block.index).read_bytes()).hexdigest()
        if digest != block.sha256:
            damaged.append(block.pk)
    return run.blocks.filter(pk__in=damaged).update(state=DiffBlockState.PENDING, sha256="", done_at=None, attempts=0)
