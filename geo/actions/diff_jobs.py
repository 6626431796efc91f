"""What a run's steps and the people who start and stop it share: its files, and how its jobs are enqueued."""

import hashlib
from contextlib import suppress
from pathlib import Path

from geo.actions.jobs import job
from geo.imagery.pipeline import (
    Sources,
    block_path,
)
from geo.models import DiffBlockState, DiffRun, DiffRunState

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


def blocks_dir(run: DiffRun) -> Path:
    return run.work_dir / "blocks"


def defer(task: str, **arguments: int) -> None:
    job(task, queue=QUEUE).defer(**arguments)


def defer_blocks(run: DiffRun) -> None:
    pending = run.blocks.filter(state=DiffBlockState.PENDING).values_list("index", flat=True)
    arguments = [{"run_id": run.pk, "index": index} for index in pending]
    if arguments:
        job(DETECT_TASK, queue=QUEUE).batch_defer(*arguments)


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
