"""How fast one large picture is compared: the pairs of a set laid together, from file to outlines."""

import multiprocessing
import os
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import rasterio
from rasterio.transform import from_origin

from geo.imagery.blocks import detect_window
from geo.imagery.detect import SceneStatistics, make_detector
from geo.imagery.evaluate import LabelledPair
from geo.imagery.params import DiffParams
from geo.imagery.pipeline import Sources, assemble, detect_block, plan_diff
from geo.imagery.pixels import Pixels

RESOLUTION_M = 0.5
LEFT_M, TOP_M = 463_000, 3_842_000


def laid_together(pairs: Sequence[LabelledPair], part: str, *, columns: int) -> np.ndarray:
    """One picture (H, W, 3) of all pairs, row by row; what does not fill a row is left out."""
    images = [cv2.imread(str(getattr(pair, part)))[..., ::-1] for pair in pairs]
    rows = [np.hstack(images[start : start + columns]) for start in range(0, len(images) - columns + 1, columns)]
    return np.vstack(rows)


def write(path: Path, image: np.ndarray) -> Path:
    """A tiled photograph in JPEG (the product deflates its own copies)."""
    profile = {"driver": "GTiff", "width": image.shape[1], "height": image.shape[0], "count": 3, "dtype": "uint8"}
    profile |= {"crs": "EPSG:4547", "transform": from_origin(LEFT_M, TOP_M, RESOLUTION_M, RESOLUTION_M)}
    profile |= {"tiled": True, "compress": "jpeg", "photometric": "ycbcr", "jpeg_quality": 90}
    with rasterio.open(path, "w", **profile) as file:
        file.write(np.moveaxis(image, -1, 0))
    return path


@dataclass(frozen=True)
class Speed:
    """Megapixels of a picture and changes found; megapixels a second of everything, of everything but the plan (which a
    picture of any size has once), and of the detector alone."""

    megapixels: float
    found: int
    whole: float
    without_plan: float
    alone: float


def _ready(detector: str) -> None:
    """A worker has started, and has loaded the model."""
    make_detector(detector, SceneStatistics())


def speed_of(pairs: Sequence[LabelledPair], *, columns: int, detector: str) -> Speed:
    """One comparison by as many workers as there are processors, as in production; they have started before."""
    workers = len(os.sched_getaffinity(0))
    started_anew = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as name, ProcessPoolExecutor(workers, mp_context=started_anew) as pool:
        folder = Path(name)
        list(pool.map(_ready, [detector] * workers))
        before, after = (laid_together(pairs, part, columns=columns) for part in ("before", "after"))
        sources = Sources(write(folder / "before.tif", before), write(folder / "after.tif", after))
        started = time.perf_counter()
        plan = plan_diff(sources.before, sources.after, params=DiffParams(detector=detector))
        planned = time.perf_counter()
        jobs = [pool.submit(detect_block, plan, sources, block.index, folder / "out") for block in plan.blocks]
        for job in jobs:
            job.result()
        found = assemble(plan, sources, folder / "out")
        done = time.perf_counter()
        model, seen = make_detector(detector, plan.statistics), np.ones(before.shape[:2], bool)
        alone = time.perf_counter()
        for block in plan.blocks:
            outer = block.window.grown(model.margin_px, grid=plan.grid)
            part = outer.slices
            pixels = (Pixels(image[part], seen[part]) for image in (before, after))
            detect_window(model, plan.grid, block.window, outer, *pixels)
        alone = time.perf_counter() - alone
    megapixels = plan.grid.width * plan.grid.height / 1e6
    return Speed(
        megapixels, len(found), megapixels / (done - started), megapixels / (done - planned), megapixels / alone
    )
