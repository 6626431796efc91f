"""Detection of one block: cells of fixed size and place, so that no block size, order or number of workers shows."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from geo.imagery.blockstore import NO_HEIGHT, BlockResult, write_block
from geo.imagery.detect import Detector, DirectedDetector, Evidence, make_detector, works_alike
from geo.imagery.errors import DetectorError, ParameterError, PlanError
from geo.imagery.grid import Grid, Window
from geo.imagery.height import MARGIN_PX, RAMP, fuse, height_change, step_reach_px, sure_change, without_feet
from geo.imagery.params import CELL_PX
from geo.imagery.pixels import Bytes, Float32, Pixels
from geo.imagery.plan import Plan, Sources
from geo.imagery.readers import PhotoReader, RasterReader, SurfaceReader
from geo.imagery.resample import native_pixels_per_pixel, read_heights, read_pixels


def cells_of(block: Window) -> list[Window]:
    """The cells of a block, row by row (a block starts at a multiple of CELL_PX)."""
    right, bottom = block.x + block.width, block.y + block.height
    return [
        Window(x, y, min(CELL_PX, right - x), min(CELL_PX, bottom - y))
        for y in range(block.y, bottom, CELL_PX)
        for x in range(block.x, right, CELL_PX)
    ]


def detect_window(
    detector: Detector, grid: Grid, window: Window, outer: Window, before: Pixels, after: Pixels
) -> Evidence:
    """Evidence of ``window``; the pixels cover ``outer``, its surroundings included. Without directions both are 0.

    As many cells at once as this process has processors; each writes its own pixels, so that no order shows.
    """
    changed = np.zeros((window.height, window.width), np.float32)
    built_before, built_after = np.zeros_like(changed), np.zeros_like(changed)

    def detect_cell(cell: Window) -> None:
        around = cell.grown(detector.margin_px, grid=grid)
        slices = around.within(outer)
        first, second = before.part(slices), after.part(slices)
        if not (first.valid & second.valid).any():
            return
        if isinstance(detector, DirectedDetector):
            found = detector.evidence(first, second, resolution_m=grid.resolution_m)
        else:
            probability = detector.probability(first, second)
            found = Evidence(probability, np.zeros_like(probability), np.zeros_like(probability))
        here, there = cell.within(window), cell.within(around)
        changed[here] = found.changed[there]
        built_before[here], built_after[here] = found.built_before[there], found.built_after[there]

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for _done in pool.map(detect_cell, cells_of(window)):
            pass
    return Evidence(changed, built_before, built_after)


def to_bytes(probability: Float32) -> Bytes:
    return np.rint(np.clip(probability, 0, 1) * 255).astype(np.uint8)


def open_checked(stack: ExitStack, plan: Plan, sources: Sources) -> tuple[PhotoReader, PhotoReader]:
    """Both photographs of a plan. Raises PlanError when one is not the image that the plan was made for."""
    first: PhotoReader = stack.enter_context(PhotoReader(sources.before))
    second: PhotoReader = stack.enter_context(PhotoReader(sources.after))
    _check_size(plan, "before", first)
    _check_size(plan, "after", second)
    return first, second


def _check_size(plan: Plan, name: str, reader: RasterReader) -> None:
    expected = {role: (width, height) for role, width, height in plan.sizes}
    if expected.get(name) != (reader.width, reader.height):
        raise PlanError(f"{reader.path}: is {reader.width} x {reader.height} px, the plan expects {expected.get(name)}")


def detect_block(plan: Plan, sources: Sources, index: int, out_dir: Path) -> Path:
    """Detect in one block and store its result; the same bytes whenever and wherever it runs. Returns its path.

    Raises ParameterError for a number that is no block, PlanError for other images, UnreadableImageError for a part
    that cannot be decoded, DetectorError when the detector is not the one of the plan or is worked out otherwise here.
    """
    if not 0 <= index < len(plan.blocks):
        raise ParameterError(f"block {index} is not one of the {len(plan.blocks)} of the plan")
    window = plan.blocks[index].window
    detector = make_detector(plan.params.detector, plan.statistics)
    if detector.version != plan.detector_version:
        raise DetectorError(f"detector {detector.name} is {detector.version}, the plan expects {plan.detector_version}")
    if not works_alike(detector.arithmetic, plan.arithmetic):
        raise DetectorError(
            f"this machine works detector {detector.name} out otherwise than the one that planned the comparison: "
            "run the workers of one comparison on processors of one kind"
        )
    with ExitStack() as stack:
        first, second = open_checked(stack, plan, sources)
        outer = window.grown(detector.margin_px, grid=plan.grid)
        placement = plan.registration.placement
        with ThreadPoolExecutor(2) as pool:  # decoding takes a processor each
            earlier = pool.submit(read_pixels, first, plan.grid, outer, stretch=plan.stretch_before)
            after = read_pixels(second, plan.grid, outer, placement=placement, stretch=plan.stretch_after)
            before = earlier.result()
        evidence = detect_window(detector, plan.grid, window, outer, before, after)
        inner = window.within(outer)
        before, after = before.part(inner), after.part(inner)
        rise_cm = None
        if plan.height_bias_m is not None and sources.before_dsm is not None and sources.after_dsm is not None:
            evidence, rise_cm = _with_heights(plan, sources, stack, window, evidence, before, after)
    result = BlockResult(
        to_bytes(evidence.changed), to_bytes(evidence.built_before), to_bytes(evidence.built_after),
        before.valid & after.valid, rise_cm,
    )  # fmt: skip
    return write_block(plan, out_dir, index, result)


def _with_heights(
    plan: Plan, sources: Sources, stack: ExitStack, window: Window, evidence: Evidence, before: Pixels, after: Pixels
) -> tuple[Evidence, np.typing.NDArray[np.int16]]:
    if sources.before_dsm is None or sources.after_dsm is None or plan.height_bias_m is None:
        raise PlanError("the plan has no surface models")
    low, high = (stack.enter_context(SurfaceReader(path)) for path in (sources.before_dsm, sources.after_dsm))
    _check_size(plan, "before_dsm", low)
    _check_size(plan, "after_dsm", high)
    outer = window.grown(MARGIN_PX, grid=plan.grid)
    placement = plan.registration.placement
    first, second = (
        read_heights(low, plan.grid, outer),
        read_heights(high, plan.grid, outer, placement=placement),
    )
    bias_m, least_m = plan.height_bias_m, plan.params.min_height_m
    rise, known = height_change(first, second, bias_m=bias_m)
    sure = sure_change(
        first, second, bias_m=bias_m, least_m=RAMP[0] * least_m, resolution_m=plan.grid.resolution_m
    )  # fmt: skip
    surface_m = plan.grid.resolution_m / min(native_pixels_per_pixel(reader, plan.grid) for reader in (low, high))
    reach_px = step_reach_px(surface_m, resolution_m=plan.grid.resolution_m)
    steps = without_feet(rise, reach_px=reach_px, least_m=RAMP[0] * least_m)
    inner = window.within(outer)
    rise, steps, known, sure = rise[inner], steps[inner], known[inner], sure[inner]
    fused = fuse(evidence, steps, known, sure, before, after, least_height_m=least_m)
    centimetres = np.where(known, np.clip(np.rint(rise * 100), -32767, 32767), NO_HEIGHT).astype(np.int16)
    return fused, centimetres
