"""Reviewed changes as training examples: both dates as the detector saw them, and what people said of them.

A folder of examples holds ``A/`` (before), ``B/`` (after) and ``label/`` (255 changed, 0 not, 127 nobody said) as PNG
of one stem each, which any program for pairs can read, and ``examples.json`` with the outlines, reasons and places.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.features import rasterize
from shapely.geometry import Polygon

from geo.imagery.blocks import open_checked
from geo.imagery.candidates import DEMOLISHED, ENLARGED, NEW, REBUILT
from geo.imagery.errors import ImageryError
from geo.imagery.grid import Grid, Window
from geo.imagery.pixels import Bytes, Pixels
from geo.imagery.plan import Plan, Sources
from geo.imagery.resample import read_pixels

INDEX = "examples.json"
PARTS = ("A", "B", "label")
FORMAT = 2
# Side of a picture: what training crops, and more where the structure with its surroundings is larger.
LEAST_PX, MOST_PX, STEP_PX = 256, 768, 32
AROUND_PX = 32
# Value of a plane where nobody said anything; and of a label's pixel there.
UNKNOWN = 255
LABEL_UNKNOWN = 127
# A machine's outline may lie off by so much; one that a person drew says what is beside it too.
LOOSE_PX = 2
BESIDE_PX = 4
# Examples of one place (a square of this side) are held out or learned from together: neighbours look alike.
PLACE_M = 250.0
# One place in three is held out.
HELD_OUT_OF = 3
FILL = 127


class ExamplesError(ImageryError):
    """A folder of examples cannot be read."""


class ExamplesNotWrittenError(ImageryError):
    """A folder cannot be written to: no picture of any run would be."""


@dataclass(frozen=True)
class Reviewed:
    """A reviewed change on the ground: outline in EPSG:4490, real or not, drawn by a person or as the machine left it.

    ``key`` names it; ``kind`` is one of ``candidates.KINDS``; ``reason`` is why it was rejected.
    """

    key: str
    geometry: Polygon
    real: bool
    exact: bool
    kind: str
    reason: str = ""


@dataclass(frozen=True)
class ReviewedObject:
    """The same in the pixels of an example (x to the right, y down; the outer ring first).

    ``place`` is the square of the ground in which its middle lies.
    """

    key: str
    place: str
    rings_px: tuple[tuple[tuple[float, float], ...], ...]
    real: bool
    exact: bool
    kind: str
    reason: str


@dataclass(frozen=True)
class Example:
    """One picture of both dates: ``objects[0]`` is what it was made for, others lie in it by chance."""

    stem: str
    resolution_m: float
    objects: tuple[ReviewedObject, ...]

    @property
    def place(self) -> str:
        return self.objects[0].place


@dataclass(frozen=True)
class Planes:
    """What is known of each pixel, (H, W) uint8: 1 yes, 0 no, UNKNOWN."""

    changed: Bytes
    built_before: Bytes
    built_after: Bytes


def write_examples(plan: Plan, sources: Sources, reviewed: Sequence[Reviewed], folder: Path) -> list[Example]:
    """Write the pictures of one run's reviewed changes into ``folder``, and return the examples, in order.

    The pictures are those that the run's detector saw: at its resolution, the later date laid over the earlier one.
    Raises PlanError when the images are no longer those of the plan, UnreadableImageError, and ExamplesNotWrittenError.
    """
    _make_folders(folder)
    polygons = [_pixels_of(item.geometry, plan.grid) for item in reviewed]
    places = [_place(plan, polygon) for polygon in polygons]
    tree = shapely.STRtree(polygons)
    examples = []
    with ExitStack() as stack:
        first, second = open_checked(stack, plan, sources)
        for own, (item, polygon) in enumerate(zip(reviewed, polygons, strict=True)):
            window = _window_around(polygon, plan.grid)
            frame = shapely.box(window.x, window.y, window.x + window.width, window.y + window.height)
            near = sorted(int(i) for i in tree.query(frame, predicate="intersects"))
            order = [own, *(number for number in near if number != own)]
            example = Example(
                item.key, plan.grid.resolution_m,
                tuple(_object(reviewed[number], polygons[number], places[number], window) for number in order),
            )  # fmt: skip
            before = read_pixels(first, plan.grid, window, stretch=plan.stretch_before)
            after = read_pixels(
                second, plan.grid, window, placement=plan.registration.placement, stretch=plan.stretch_after
            )
            _write_pictures(folder, example, before, after)
            examples.append(example)
    return examples


def discard(folder: Path, stems: Iterable[str]) -> None:
    """Take pictures out of a folder that its index will not name."""
    for stem in stems:
        for part in PARTS:
            (folder / part / f"{stem}.png").unlink(missing_ok=True)


def _make_folders(folder: Path) -> None:
    try:
        for part in PARTS:
            (folder / part).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExamplesNotWrittenError(f"{folder}: cannot be written to ({error.strerror})") from error


def write_index(folder: Path, examples: Sequence[Example]) -> None:
    """Write ``examples.json`` beside the pictures. Raises ExamplesNotWrittenError."""
    values = {"format": FORMAT, "examples": [asdict(example) for example in examples]}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / INDEX).write_text(json.dumps(values, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise ExamplesNotWrittenError(f"{folder / INDEX}: cannot be written ({error.strerror})") from error


def read_index(folder: Path) -> list[Example]:
    """The examples of a folder. Raises ExamplesError naming the file and what is wrong with it."""
    path = folder / INDEX
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if values["format"] != FORMAT:
            raise ExamplesError(f"{path}: format {values['format']}, this reads {FORMAT}")
        return [_example(item) for item in values["examples"]]
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ExamplesError(f"{path}: not a list of examples ({type(error).__name__} {error})") from error


def read_pictures(folder: Path, example: Example) -> tuple[Bytes, Bytes]:
    """Both dates (H, W, 3) RGB. Raises ExamplesError naming a picture that is not there or of another size."""
    first, second = (_read_rgb(folder / part / f"{example.stem}.png") for part in ("A", "B"))
    if first.shape != second.shape:
        raise ExamplesError(f"{folder / 'B' / example.stem}.png: is not of the size of the one in A/")
    return first, second


def split(examples: Sequence[Example]) -> tuple[list[Example], list[Example]]:
    """Those to learn from and those held out, by place: always the same for the same places.

    A picture that shows a held-out change beside its own is neither: it would teach what is to be judged.
    """
    learned = [example for example in examples if not any(_is_held_out(item.place) for item in example.objects)]
    return learned, [example for example in examples if _is_held_out(example.place)]


def _is_held_out(place: str) -> bool:
    return int(hashlib.sha256(place.encode()).hexdigest(), 16) % HELD_OUT_OF == 0


def mask_of(item: ReviewedObject, size: tuple[int, int]) -> NDArray[np.bool_]:
    """The object's pixels (H, W): those whose middle lies inside."""
    polygon = Polygon(item.rings_px[0], item.rings_px[1:])
    return np.asarray(rasterize([(polygon, 1)], out_shape=size, fill=0, dtype="uint8") > 0)


def planes_of(example: Example, size: tuple[int, int]) -> Planes:
    """What reviewers said of each pixel of an example (H, W).

    A rejected outline was no change. Inside a confirmed one is change; its border is left open where the machine drew
    it, and where a person drew it the strip beside it is none. What is real anywhere is never said to be none.
    """
    changed = np.full(size, UNKNOWN, np.uint8)
    built_before, built_after = changed.copy(), changed.copy()
    real = np.zeros(size, bool)
    for item in (item for item in example.objects if item.real):
        mask = mask_of(item, size)
        real |= mask
        inner = mask if item.exact else _grown(mask, -LOOSE_PX)
        changed[inner] = 1
        for plane, stood in (
            (built_before, _stood(item.kind, before=True)),
            (built_after, _stood(item.kind, before=False)),
        ):
            if stood is not None:
                plane[inner] = stood
    for item in example.objects:
        mask = mask_of(item, size)
        none = mask if not item.real else _grown(mask, BESIDE_PX) & ~mask if item.exact else np.zeros(size, bool)
        changed[none & ~real] = 0
    return Planes(changed, built_before, built_after)


def _stood(kind: str, *, before: bool) -> int | None:
    """Whether something stood there at a date; None where the kind does not tell."""
    told = {NEW: (0, 1), ENLARGED: (0, 1), DEMOLISHED: (1, 0), REBUILT: (1, 1)}.get(kind)
    return None if told is None else told[0 if before else 1]


def _grown(mask: NDArray[np.bool_], by_px: int) -> NDArray[np.bool_]:
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * abs(by_px) + 1, 2 * abs(by_px) + 1))
    changed = cv2.dilate if by_px > 0 else cv2.erode
    return np.asarray(changed(mask.astype(np.uint8), kernel) > 0)


def _pixels_of(geometry: Polygon, grid: Grid) -> Polygon:
    return shapely.transform(geometry, lambda xy: grid.from_lonlat(xy))


def _window_around(polygon: Polygon, grid: Grid) -> Window:
    left, top, right, bottom = polygon.bounds
    needed = max(right - left, bottom - top) + 2 * AROUND_PX
    side = int(np.clip(-(-needed // STEP_PX) * STEP_PX, LEAST_PX, MOST_PX))
    width, height = min(side, grid.width), min(side, grid.height)
    x = int(np.clip(round((left + right - width) / 2), 0, grid.width - width))
    y = int(np.clip(round((top + bottom - height) / 2), 0, grid.height - height))
    return Window(x, y, width, height)


def _place(plan: Plan, polygon: Polygon) -> str:
    """The square of PLACE_M in which the middle lies, by degrees of latitude so that every run says the same."""
    ((longitude, latitude),) = plan.grid.lonlat(np.array([[polygon.centroid.x, polygon.centroid.y]]))
    step = PLACE_M / 111_320.0
    row = int(np.floor(latitude / step))
    column = int(np.floor(longitude * np.cos(np.radians(row * step)) / step))
    return f"{row}/{column}"


def _object(item: Reviewed, polygon: Polygon, place: str, window: Window) -> ReviewedObject:
    rings = tuple(
        tuple((round(float(x) - window.x, 2), round(float(y) - window.y, 2)) for x, y in ring.coords)
        for ring in (polygon.exterior, *polygon.interiors)
    )
    return ReviewedObject(item.key, place, rings, item.real, item.exact, item.kind, item.reason)


def _write_pictures(folder: Path, example: Example, before: Pixels, after: Pixels) -> None:
    valid = before.valid & after.valid
    label = planes_of(example, valid.shape).changed
    values = np.select([label == 1, label == 0], [255, 0], LABEL_UNKNOWN)
    pictures = {
        "A": np.where(valid[..., None], before.rgb, FILL)[..., ::-1],
        "B": np.where(valid[..., None], after.rgb, FILL)[..., ::-1],
        "label": np.where(valid, values, LABEL_UNKNOWN),
    }
    for part, picture in pictures.items():
        path = folder / part / f"{example.stem}.png"
        done, png = cv2.imencode(".png", np.ascontiguousarray(picture, np.uint8))
        if not done:
            raise ExamplesNotWrittenError(f"{path}: cannot be encoded")
        try:
            path.write_bytes(png.tobytes())
        except OSError as error:
            raise ExamplesNotWrittenError(f"{path}: cannot be written ({error.strerror})") from error


def _read_rgb(path: Path) -> Bytes:
    data = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if data is None:
        raise ExamplesError(f"{path}: is not a readable picture")
    return np.ascontiguousarray(data[..., ::-1], np.uint8)


def _example(values: dict[str, Any]) -> Example:
    objects = tuple(
        ReviewedObject(
            str(item["key"]), str(item["place"]),
            tuple(tuple((float(x), float(y)) for x, y in ring) for ring in item["rings_px"]),
            bool(item["real"]), bool(item["exact"]), str(item["kind"]), str(item["reason"]),
        )
        for item in values["objects"]
    )  # fmt: skip
    if not objects:
        raise ValueError(f"example {values['stem']} has no object")
    return Example(str(values["stem"]), float(values["resolution_m"]), objects)
