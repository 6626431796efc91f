"""`make bench-learning`: what reviews of a new place bring, when a model that never saw it learns from them.

The flags of one half of a place are reviewed as a supervisor would (here the labels say it): rejected, or confirmed and
drawn anew where the area is off by a tenth. The model learns from N of them, and is measured on the other half; then
the halves are exchanged, and both are counted together. Needs the training extra: TRAINING_PYTHON=…/bin/python of one
with it (default: this one). SETS=whu_dev_0.2m for one place, SEEDS="1 2 3" for several, STEPS=200.
"""

import os
import random
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pyproj
import rasterio
import shapely
from rasterio.transform import Affine

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from geo.imagery import shelf  # noqa: E402 - the path above
from geo.imagery.evaluate import LabelledPair, pairs_of, read_label, score_pair  # noqa: E402
from geo.imagery.grid import ANYWHERE  # noqa: E402
from geo.imagery.learning.examples import Example, Reviewed, write_examples, write_index  # noqa: E402
from geo.imagery.learning.tuning import tune_model  # noqa: E402
from geo.imagery.outline import trace  # noqa: E402
from geo.imagery.pipeline import DiffParams, Sources, assemble, detect_block, plan_diff  # noqa: E402
from geo.imagery.scores import LEAST_OBJECT_M2, MATCH_IOU, Scores  # noqa: E402

DATA = Path(os.environ.get("DATA", ROOT.parent / "shared" / "data"))
PYTHON = os.environ.get("TRAINING_PYTHON", sys.executable)
# A flag whose area is off by more is drawn anew by the reviewer.
REDRAWN_FROM = 0.1
SEEDS = [int(seed) for seed in os.environ.get("SEEDS", "1").split()]
STEPS = int(os.environ.get("STEPS", "200"))
TO_METRES = pyproj.Transformer.from_crs("EPSG:4490", ANYWHERE, always_xy=True)


@dataclass(frozen=True)
class Place:
    """A place that a model never saw: the folder, its ground resolution, and how many reviews are tried."""

    folder: str
    resolution_m: float
    model: str
    reviews: tuple[int, ...]


# siamese learned from LEVIR-CD and Kampala, siamese-open from Kampala and drawn scenes alone.
PLACES = (
    Place("whu_dev_0.2m", 0.2, "siamese", (0, 10, 1000)),
    Place("levir_dev_0.5m", 0.5, "siamese-open", (0, 50, 100, 200)),
)


def review(place: Place, pairs: list[LabelledPair], folder: Path) -> list[Example]:
    """Run the product's own line over the pairs and review what it flags; examples in the order of the queue."""
    ranked: list[tuple[float, Example]] = []
    for number, pair in enumerate(pairs):
        transform = Affine(place.resolution_m, 0, 500_000 + 2_000 * number, 0, -place.resolution_m, 3_400_000)
        sources = Sources(*(georeferenced(path, transform, folder) for path in (pair.before, pair.after)))
        plan = plan_diff(sources.before, sources.after, params=DiffParams(detector=place.model))
        with tempfile.TemporaryDirectory() as blocks:
            for block in plan.blocks:
                detect_block(plan, sources, block.index, Path(blocks))
            found = assemble(plan, sources, Path(blocks))
        truth = structures(pair, transform)
        tree = shapely.STRtree(truth)
        reviewed = []
        for index, flag in enumerate(found):
            outline = shapely.transform(flag.geometry, lambda xy: lonlat_to_metres(xy))
            best = max((truth[i] for i in tree.query(outline)), key=lambda other: iou(outline, other), default=None)
            real = best is not None and iou(outline, best) >= MATCH_IOU
            redrawn = real and abs(outline.area / best.area - 1) > REDRAWN_FROM
            shape = shapely.transform(best, lambda xy: metres_to_lonlat(xy)) if redrawn else flag.geometry
            reviewed.append(Reviewed(f"{number:02d}-{index:04d}", shape, real, redrawn, flag.kind))
        examples = write_examples(plan, sources, reviewed, folder)
        ranked += [(-flag.confidence, example) for flag, example in zip(found, examples, strict=True)]
    return [example for _, example in sorted(ranked, key=lambda pair: (pair[0], pair[1].stem))]


def georeferenced(path: Path, transform: Affine, folder: Path) -> Path:
    rgb = cv2.imread(str(path))[..., ::-1]
    out = folder / f"{path.parent.name}-{path.stem}.tif"
    profile = {"driver": "GTiff", "dtype": "uint8", "count": 3, "height": rgb.shape[0], "width": rgb.shape[1]}
    with rasterio.open(out, "w", crs=ANYWHERE, transform=transform, photometric="RGB", **profile) as raster:
        raster.write(rgb.transpose(2, 0, 1))
    return out


def structures(pair: LabelledPair, transform: Affine) -> list[shapely.Polygon]:
    """The labelled changes of a pair as outlines in metres."""
    height, width = cv2.imread(str(pair.before)).shape[:2]
    count, labels = cv2.connectedComponents(
        read_label(pair.label, width=width, height=height).astype(np.uint8), connectivity=4
    )
    outlines = (trace(labels == number) for number in range(1, count))
    placed = [shapely.transform(outline, lambda xy: np.stack(transform * xy.T, axis=1)) for outline in outlines]
    return [outline.buffer(0) for outline in placed if outline.area >= LEAST_OBJECT_M2]


def iou(one: shapely.Polygon, other: shapely.Polygon) -> float:
    shared = one.intersection(other).area
    return shared / (one.area + other.area - shared)


def lonlat_to_metres(xy: np.ndarray) -> np.ndarray:
    return np.stack(TO_METRES.transform(xy[:, 0], xy[:, 1]), axis=1)


def metres_to_lonlat(xy: np.ndarray) -> np.ndarray:
    return np.stack(TO_METRES.transform(xy[:, 0], xy[:, 1], direction="INVERSE"), axis=1)


def measured(place: Place, pairs: list[LabelledPair], model: str) -> Scores:
    total = Scores()
    for pair in pairs:
        total.merge(score_pair(pair, resolution_m=place.resolution_m, params=DiffParams(detector=model)).scores)
    return total


def learned(place: Place, folder: Path, reviews: list[Example], seed: int) -> str:
    """The name of a model that learned from these reviews."""
    write_index(folder, reviews)
    name = f"learned-{len(reviews)}-{seed}-{folder.name}".lower().replace("_", "x")
    start = shelf.model_path(place.model)
    tune_model(
        folder, start=start, output=folder / f"{name}.onnx", title=name, python=PYTHON, seed=seed, steps=STEPS,
        hold_out=False,
    )  # fmt: skip
    return name


def row(*cells: object) -> None:
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)  # noqa: T201


def spread(values: list[float]) -> str:
    """The mean, and the least and the most of several seeds."""
    mean = sum(values) / len(values)
    return f"{mean:.3f}" if len(values) == 1 else f"{mean:.3f} ({min(values):.3f}–{max(values):.3f})"


def main() -> None:
    wanted = os.environ.get("SETS", "").split()
    heads = "set", "model", "reviews", "of them false", "pixel F1", "object P", "object R", "area error", "area bias"
    row(*heads)
    row(*("---" for _ in heads))
    for place in PLACES:
        if wanted and place.folder not in wanted:
            continue
        pairs = pairs_of(DATA / place.folder)
        halves = pairs[0::2], pairs[1::2]
        with tempfile.TemporaryDirectory(prefix="half-a") as one, tempfile.TemporaryDirectory(prefix="half-b") as two:
            folders = Path(one), Path(two)
            for folder in folders:
                shelf.add_folder(folder)
            reviews = [review(place, half, folder) for half, folder in zip(halves, folders, strict=True)]
            for count in place.reviews:
                tell(place, halves, folders, reviews, count)


def tell(
    place: Place,
    halves: tuple[list[LabelledPair], ...],
    folders: tuple[Path, ...],
    reviews: list[list[Example]],
    count: int,
) -> None:
    """One line: each half measured by a model that learned from ``count`` reviews of the other one, for each seed."""
    figures, chosen = [], []
    for seed in SEEDS if count else SEEDS[:1]:
        total = Scores()
        for half in (0, 1):
            order = random.Random(seed).sample(reviews[half], len(reviews[half]))  # noqa: S311 - who came first
            chosen.append(order[:count])
            model = learned(place, folders[half], order[:count], seed) if count else place.model
            total.merge(measured(place, halves[1 - half], model))
        figures.append(total.figures())
    used = [len(part) for part in chosen]
    false = sum(not example.objects[0].real for part in chosen for example in part) / max(sum(used), 1)
    keys = "f1", "object_precision", "object_recall", "area_error_median", "area_bias_median"
    row(
        place.folder, place.model, " and ".join(map(str, used[:2])), f"{false:.0%}",
        *(spread([own[key] for own in figures]) for key in keys),
    )  # fmt: skip


if __name__ == "__main__":
    main()
