"""A drawn pair of dates over the test town: known houses appear, everything else is ground with the same texture."""

from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np
from affine import Affine
from django.conf import settings
from numpy.typing import NDArray
from procrastinate.contrib.django.models import ProcrastinateJob
from shapely.geometry import Polygon, box

from geo import tasks
from geo.actions.snapshots import as_geos
from geo.crs import reproject
from geo.models import Snapshot, Unit
from tests.factories import Town, make_snapshot
from tests.geo.ingest.drawing import write_geotiff

# South-western community of the test town; 352 × 352 m at 0.5 m.
LEFT, TOP, RESOLUTION_M, SIDE_PX = 463_450.0, 3_842_350.0, 0.5, 704
# Row, column, height and width in pixels: one crosses the border of four blocks of 512.
HOUSES = {"crossing": (490, 480, 44, 60), "lonely": (150, 600, 36, 48), "southern": (610, 200, 40, 40)}
TASKS = {task.name: task for task in (tasks.prepare_diff, tasks.detect_block, tasks.finish_diff, tasks.check_snapshot)}
PARAMETERS = {"detector": "cva", "block_px": 512}


def outline(house: str) -> Polygon:
    """Where a drawn house stands, in lon/lat."""
    row, column, height, width = HOUSES[house]
    left, top = LEFT + column * RESOLUTION_M, TOP - row * RESOLUTION_M
    return reproject(box(left, top - height * RESOLUTION_M, left + width * RESOLUTION_M, top), 4547)


def draw(houses: tuple[str, ...], *, seed: int) -> NDArray[np.uint8]:
    """An image (3, rows, columns): ground of a texture that both dates share, noise of its own, bright roofs."""
    ground = np.random.default_rng(5)
    coarse = ground.normal(0, 14, (SIDE_PX // 16, SIDE_PX // 16))
    texture = np.kron(coarse, np.ones((16, 16))) + ground.normal(0, 6, (SIDE_PX, SIDE_PX))
    image = np.stack([110 + texture, 120 + texture, 95 + texture])
    image += np.random.default_rng(seed).normal(0, 2, image.shape)
    for house in houses:
        row, column, height, width = HOUSES[house]
        image[:, row : row + height, column : column + width] = np.array([225, 70, 60])[:, None, None]
    return np.clip(image, 0, 255).astype(np.uint8)


def take_in(town: Town, path: Path, image: NDArray[np.uint8], day: datetime.date) -> Snapshot:
    """A ready snapshot with a real file to read; the copies for looking are not needed here."""
    transform = Affine(RESOLUTION_M, 0, LEFT, 0, -RESOLUTION_M, TOP)
    target = settings.PRIVATE_ROOT / f"snapshots/{path.stem}.tif"
    target.parent.mkdir(parents=True, exist_ok=True)
    write_geotiff(target, image, transform=transform, blockxsize=256, blockysize=256)
    length_m = SIDE_PX * RESOLUTION_M
    footprint = reproject(box(LEFT, TOP - length_m, LEFT + length_m, TOP), 4547)
    snapshot = make_snapshot(
        town, day, footprint=as_geos(footprint), reading_path=str(target.relative_to(settings.PRIVATE_ROOT))
    )
    community = town.communities[0][0]
    snapshot.units.set(Unit.objects.filter(code__in=[*community.ancestor_codes, community.code]))
    return snapshot


def take_in_pair(town: Town, folder: Path) -> tuple[Snapshot, Snapshot]:
    """Both dates, ready; the houses stand at the later one."""
    return (
        take_in(town, folder / "before.tif", draw((), seed=1), datetime.date(2026, 3, 18)),
        take_in(town, folder / "after.tif", draw(tuple(HOUSES), seed=2), datetime.date(2026, 6, 20)),
    )


def work_off() -> None:
    """Do what a worker does, in this process: every queued job until none is left (periodic upkeep is not)."""
    done: set[int] = set()
    while True:
        waiting = ProcrastinateJob.objects.filter(status="todo", task_name__in=TASKS).order_by("id")
        jobs = [job for job in waiting if job.id not in done]
        if not jobs:
            return
        for job in jobs:
            done.add(job.id)
            TASKS[job.task_name](**job.args)
