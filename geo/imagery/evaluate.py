"""Measures a detector on a folder of labelled pairs: A/ (before), B/ (after), label/, plain images of one stem each."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from geo.imagery.blocks import detect_window, to_bytes
from geo.imagery.candidates import DIRECTION_GAP
from geo.imagery.confidence import calibrated
from geo.imagery.detect import BASELINE, Evidence, SceneStatistics, make_detector
from geo.imagery.errors import ImageryError, UnreadableImageError
from geo.imagery.fine import Photograph, margin_px
from geo.imagery.grid import ANYWHERE, Grid, Window
from geo.imagery.levels import levels, thresholds_for
from geo.imagery.objects import objects_of
from geo.imagery.params import DiffParams
from geo.imagery.pixels import Bools, Pixels
from geo.imagery.readers import PlainReader
from geo.imagery.registration import Registration, register
from geo.imagery.resample import IDENTITY, Placement, read_pixels
from geo.imagery.scores import Scores
from geo.imagery.survey import pair_statistics, working_resolution_m
from geo.imagery.uncertainty import stated_uncertainty_m2, surroundings_px

SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp")
_NO_STATISTICS = SceneStatistics()


class PairFolderError(ImageryError):
    """A folder of pairs is not laid out as A/, B/, label/ with the same stems."""


@dataclass(frozen=True)
class LabelledPair:
    before: Path
    after: Path
    label: Path


def pairs_of(folder: Path) -> list[LabelledPair]:
    """The pairs of a folder in order of their stems. Raises PairFolderError naming what is missing."""
    found = {part: _images(folder / part) for part in ("A", "B", "label")}
    if not found["A"]:
        raise PairFolderError(f"{folder / 'A'}: holds no image ({', '.join(SUFFIXES)})")
    for part in ("B", "label"):
        lost = sorted(set(found["A"]) ^ set(found[part]))
        if lost:
            raise PairFolderError(f"{folder}: {lost[0]} is not in both A/ and {part}/ ({len(lost)} such)")
    return [LabelledPair(found["A"][stem], found["B"][stem], found["label"][stem]) for stem in sorted(found["A"])]


def _images(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise PairFolderError(f"{folder}: is not a folder")
    images: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in SUFFIXES and not path.name.startswith("."):
            if path.stem in images:
                raise PairFolderError(f"{path}: the stem {path.stem} is there twice")
            images[path.stem] = path
    return images


def read_label(path: Path, *, width: int, height: int) -> Bools:
    """A label (H, W): changed where its value is above half. Raises UnreadableImageError or PairFolderError."""
    data = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_GRAYSCALE) if path.stat().st_size else None
    if data is None:
        raise UnreadableImageError(f"{path}: not a readable label")
    if data.shape != (height, width):
        raise PairFolderError(f"{path}: is {data.shape[1]} x {data.shape[0]} px, the image {width} x {height}")
    # Labels come as 0/255 and as 0/1.
    return np.asarray(data > (127 if data.max() > 1 else 0), bool)


@dataclass(frozen=True)
class PairResult:
    """What was found in a plain pair: evidence on the working grid, objects on the native one (numbered from 1)."""

    grid: Grid
    registration: Registration
    evidence: Evidence
    objects: NDArray[np.int32]
    # What the product states as the areas' standard deviations, in the order of the objects' numbers.
    sigmas_m2: list[float]
    # How sure the product says it is of each, in the same order.
    confidences: list[float]
    native_px: int
    # Wall time of the detector alone, without reading, registration and objects.
    detector_seconds: float


def detect_plain(before: PlainReader, after: PlainReader, *, params: DiffParams) -> PairResult:
    """Run the engine on two plain images of one extent, read at the detector's ground resolution."""
    if (before.width, before.height) != (after.width, after.height):
        raise PairFolderError(
            f"{after.path}: is {after.width} x {after.height} px, {before.path.name} {before.width} x {before.height}"
        )
    native_m = before.resolution_m
    probe = make_detector(params.detector, _NO_STATISTICS)
    resolution_m = params.resolution_m or working_resolution_m(native_m, probe.resolution_m)
    width = max(1, int(np.ceil(before.width * native_m / resolution_m - 1e-6)))
    height = max(1, int(np.ceil(before.height * native_m / resolution_m - 1e-6)))
    grid = Grid(ANYWHERE, 0.0, 0.0, resolution_m, width, height)

    whole = Window(0, 0, width, height)
    pixels = [read_pixels(before, grid, whole), read_pixels(after, grid, whole)]

    def read(tile: Window) -> tuple[Pixels, Pixels]:
        return pixels[0].part(tile.slices), pixels[1].part(tile.slices)

    nothing = Registration("off", 0.0, 0.0, None, 0, 0, Placement())
    registration = register(grid, read) if params.register else nothing
    # Labels follow the later image, in which new houses are seen: the earlier one is laid under it.
    placement = registration.placement.inverse()
    if placement != IDENTITY:
        pixels[0] = read_pixels(before, grid, whole, placement=placement)
    first, second = pixels
    statistics = pair_statistics(grid, read) if params.detector == BASELINE else _NO_STATISTICS
    detector = make_detector(params.detector, statistics)
    started = time.perf_counter()
    evidence = detect_window(detector, grid, whole, whole, first, second)
    detector_seconds = time.perf_counter() - started
    limits = levels(*thresholds_for(detector, params))
    values = to_bytes(evidence.changed)
    found = objects_of(values, resolution_m=resolution_m, levels=limits, least_m2=params.min_area_m2)
    boxes = _boxes(found, around_px=surroundings_px(resolution_m))
    fine = params.fine_outlines
    photos = Photograph(before, grid, fine=fine, placement=placement), Photograph(after, grid, fine=fine)
    objects = _native_objects(
        found, evidence, photos, before, level=limits.outline, least_m2=params.min_area_m2
    )  # fmt: skip
    sigmas_m2, confidences = [], []
    for number, box in enumerate(boxes, start=1):
        own, part = found[box] == number, values[box]
        sigmas_m2.append(stated_uncertainty_m2(part, own, level=limits.outline, resolution_m=resolution_m))
        confidences.append(calibrated(float(part[own].mean()) / 255, detector.calibration))
    native_px = before.width * before.height
    return PairResult(grid, registration, evidence, objects, sigmas_m2, confidences, native_px, detector_seconds)


def _boxes(objects: NDArray[np.int32], *, around_px: int) -> list[tuple[slice, slice]]:
    """The boxes of numbered objects (H, W), in order, with so much around them."""
    height, width = objects.shape
    numbers = objects.ravel()
    at = np.flatnonzero(numbers)
    rows, columns, count = at // width, at % width, int(numbers.max(initial=0)) + 1
    first, last = np.full((2, count), max(height, width)), np.zeros((2, count), np.int64)
    for axis, places in enumerate((rows, columns)):
        np.minimum.at(first[axis], numbers[at], places)
        np.maximum.at(last[axis], numbers[at], places)
    first, last = np.maximum(first - around_px, 0), last + around_px + 1
    return [(slice(first[0, n], last[0, n]), slice(first[1, n], last[1, n])) for n in range(1, count)]


def _native_objects(
    found: NDArray[np.int32],
    evidence: Evidence,
    photos: tuple[Photograph, Photograph],
    reader: PlainReader,
    *,
    level: int,
    least_m2: float,
) -> NDArray[np.int32]:
    """Objects of the working grid on the native pixels, with the outlines that the product gives them."""
    before, after = photos
    values, factor, grid = to_bytes(evidence.changed), after.factor, after.grid
    numbers = np.repeat(np.repeat(found, factor, axis=0), factor, axis=1)
    boxes = _boxes(found, around_px=margin_px(grid)) if factor > 1 else []
    for number, box in enumerate(boxes, start=1):
        own = found[box] == number
        gone = evidence.built_before[box][own].mean() - evidence.built_after[box][own].mean() >= DIRECTION_GAP
        rows, columns = box
        window = Window(columns.start, rows.start, own.shape[1], own.shape[0])
        fine = (before if gone else after).refined(own, values[box], window, level=level)
        if fine is None:
            continue
        part = numbers[window.finer(factor).slices]
        part[part == number] = 0
        # What became too small is not reported.
        if fine.grid_pixels * grid.resolution_m**2 >= least_m2:
            there = fine.window.finer(factor)
            mask = cv2.resize(fine.mask.astype(np.uint8), (there.width, there.height), interpolation=cv2.INTER_NEAREST)
            numbers[there.slices][mask > 0] = number
    scale = after.grid.resolution_m / reader.resolution_m / factor
    if scale == 1 and numbers.shape == (reader.height, reader.width):
        return numbers
    matrix = np.array([[scale, 0, scale / 2 - 0.5], [0, scale, scale / 2 - 0.5]])
    native = cv2.warpAffine(
        numbers.astype(np.float32), matrix, (reader.width, reader.height), flags=cv2.INTER_NEAREST,
        borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    return native.astype(np.int32)


@dataclass(frozen=True)
class PairScore:
    """How one pair went: its figures, how the later image was placed, and what it took."""

    stem: str
    scores: Scores
    registration: Registration
    native_px: int
    # Pixels at the detector's own resolution; seconds of everything and of the detector alone; processor seconds.
    working_px: int
    seconds: float
    detector_seconds: float
    cpu_seconds: float


def score_pair(pair: LabelledPair, *, resolution_m: float, params: DiffParams, after: Path | None = None) -> PairScore:
    """Run the engine on one pair and score it; ``after`` takes the place of the pair's later image."""
    started, cpu = time.perf_counter(), time.process_time()
    first = PlainReader(pair.before, resolution_m=resolution_m)
    second = PlainReader(after or pair.after, resolution_m=resolution_m)
    result = detect_plain(first, second, params=params)
    seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu
    scores = Scores()
    scores.add(
        result.objects,
        read_label(pair.label, width=first.width, height=first.height),
        pixel_m2=resolution_m**2,
        sigmas_m2=result.sigmas_m2,
        confidences=result.confidences,
    )
    working_px = result.grid.width * result.grid.height
    return PairScore(
        pair.before.stem, scores, result.registration, result.native_px, working_px, seconds, result.detector_seconds,
        cpu_seconds,
    )  # fmt: skip


def evaluate(folder: Path, *, resolution_m: float, params: DiffParams) -> Iterator[dict[str, Any]]:
    """Figures pair by pair (with ``pair``), and last those of the whole folder.

    ``resolution_m`` is the ground resolution of the plain images; labels are scored at it. Speed counts native pixels
    over reading, registration, detection and objects, one pair after the other.
    """
    pairs = pairs_of(folder)
    total, pixels, seconds = Scores(), 0, 0.0
    for pair in pairs:
        own = score_pair(pair, resolution_m=resolution_m, params=params)
        total.merge(own.scores)
        seconds += own.seconds
        pixels += own.native_px
        shift = own.registration
        yield {"pair": own.stem, **own.scores.figures(), "shift_m": round(shift.shift_m, 2), "model": shift.model}
    yield {
        **total.figures(),
        "megapixels_per_second": round(pixels / 1e6 / seconds, 3),
        "pairs": len(pairs),
        "resolution_m": resolution_m,
        "detector": params.detector,
    }
