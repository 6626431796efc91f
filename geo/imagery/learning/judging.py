"""Whether a model does better than another one on reviewed changes that neither has learned from.

Reviewers see what a model flagged, not what it missed: the model in use starts with every real change found and every
false one flagged. Another one can keep or lose the former and silence the latter, draw outlines nearer to those that
people corrected, and flag what nobody looked at yet, which is counted apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.imagery.blocks import detect_window, to_bytes
from geo.imagery.confidence import Corners, fitted
from geo.imagery.detect import Detector
from geo.imagery.grid import ANYWHERE, Grid, Window
from geo.imagery.learning.examples import Example, mask_of, read_pictures
from geo.imagery.levels import levels_of
from geo.imagery.objects import objects_of
from geo.imagery.params import DiffParams
from geo.imagery.pixels import Pixels
from geo.imagery.scores import MATCH_IOU

# Fewer held-out reviews say nothing.
LEAST_REVIEWS = 20
# Nor without some of both kinds: a model that flags nothing is right about every false one.
LEAST_OF_A_KIND = 3
# The share of resampled places in which the new model must be ahead, and what it may lose or add.
LEAST_SURE = 0.9
MOST_LOST = 0.05
MOST_MORE_FINDS = 0.2
RESAMPLES = 2000
# A rejected outline is flagged again when a found object covers so much of it.
COVERED = 0.3


@dataclass(frozen=True)
class Verdict:
    """How a model did on one held-out review.

    ``quality`` 0…1: of a real change whether it was found, or how well its outline agrees where a person drew it; of a
    false one whether it was left alone. ``said`` is the mean probability of what was found there, NaN for nothing.
    ``area_error`` is relative, NaN but for found outlines that a person drew. ``more`` counts finds nobody reviewed.
    """

    place: str
    real: bool
    flagged: bool
    quality: float
    said: float
    area_error: float
    more: int


@dataclass(frozen=True)
class Figures:
    """A model's verdicts together: shares, and the middle of the relative area errors (None where there are none)."""

    real_kept: float | None
    false_flagged: float | None
    quality: float
    area_error_median: float | None
    area_bias_median: float | None
    more: int


@dataclass(frozen=True)
class Comparison:
    """Two models on the same reviews: ``sure`` is the share of resampled places in which the new one is ahead.

    ``calibration`` is the new model's own line (``confidence``).
    """

    reviews: int
    real: int
    places: int
    current: Figures
    candidate: Figures
    sure: float
    calibration: Corners

    @property
    def gain(self) -> float:
        return self.candidate.quality - self.current.quality

    @property
    def shortcomings(self) -> list[str]:
        """Why the new model is not better, as codes; empty when it is."""
        reasons = {
            "few_reviews": self.reviews < LEAST_REVIEWS,
            "one_kind": min(self.real, self.reviews - self.real) < LEAST_OF_A_KIND,
            "not_ahead": self.gain <= 0,
            "not_sure": self.gain > 0 and self.sure < LEAST_SURE,
            "loses_real": (self.current.real_kept or 0.0) - (self.candidate.real_kept or 0.0) > MOST_LOST,
            "more_finds": self.candidate.more > self.current.more + max(2.0, MOST_MORE_FINDS * self.reviews),
        }
        return [code for code, holds in reasons.items() if holds]

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "gain": self.gain, "shortcomings": self.shortcomings}


def judge(folder: Path, examples: Sequence[Example], detector: Detector) -> list[Verdict]:
    """A model's verdict on each example, for what the example was made for."""
    return [_verdict(folder, example, detector) for example in examples]


def compare(folder: Path, examples: Sequence[Example], *, current: Detector, candidate: Detector) -> Comparison:
    """Run both on the held-out examples. Raises ExamplesError, DetectorError."""
    old, new = judge(folder, examples, current), judge(folder, examples, candidate)
    flagged = [verdict for verdict in new if verdict.flagged]
    calibration = fitted([v.said for v in flagged], [v.real for v in flagged], prior=current.calibration)
    return Comparison(
        reviews=len(old), real=sum(verdict.real for verdict in old), places=len({verdict.place for verdict in old}),
        current=figures(old), candidate=figures(new), sure=_sure(old, new), calibration=calibration,
    )  # fmt: skip


def figures(verdicts: Sequence[Verdict]) -> Figures:
    real = [verdict.flagged for verdict in verdicts if verdict.real]
    false = [verdict.flagged for verdict in verdicts if not verdict.real]
    errors = np.array([v.area_error for v in verdicts if np.isfinite(v.area_error)])
    return Figures(
        real_kept=_mean(real), false_flagged=_mean(false), quality=_mean([v.quality for v in verdicts]) or 0.0,
        area_error_median=round(float(np.median(np.abs(errors))), 4) if len(errors) else None,
        area_bias_median=round(float(np.median(errors)), 4) if len(errors) else None,
        more=sum(verdict.more for verdict in verdicts),
    )  # fmt: skip


def _mean(values: Sequence[float]) -> float | None:
    return round(float(np.mean(values)), 4) if values else None


def _sure(old: Sequence[Verdict], new: Sequence[Verdict]) -> float:
    """Bootstrap over places: in which share of resamplings the new model is ahead."""
    places = sorted({verdict.place for verdict in old})
    gains = {place: [0.0, 0] for place in places}
    for before, after in zip(old, new, strict=True):
        gains[before.place][0] += after.quality - before.quality
        gains[before.place][1] += 1
    if not places:
        return 0.0
    total = np.array([gains[place][0] for place in places])
    drawn = np.random.default_rng(0).integers(len(places), size=(RESAMPLES, len(places)))
    return round(float((total[drawn].sum(axis=1) > 0).mean()), 4)


def _verdict(folder: Path, example: Example, detector: Detector) -> Verdict:
    before, after = read_pictures(folder, example)
    values, found = _found(detector, before, after, resolution_m=example.resolution_m)
    size = found.shape
    own = example.objects[0]
    mask = mask_of(own, size)
    number, iou, covered = _best(found, mask)
    flagged = iou >= MATCH_IOU if own.real else covered >= COVERED
    agreement = iou if own.exact else 1.0
    quality = agreement * flagged if own.real else 1.0 - flagged
    drawn = own.real and own.exact and flagged
    reviewed = np.zeros(size, bool)
    for item in example.objects:
        reviewed |= mask_of(item, size)
    touched = set(np.unique(found[reviewed]).tolist())
    return Verdict(
        place=example.place, real=own.real, flagged=bool(flagged), quality=float(quality),
        said=float(values[found == number].mean()) / 255 if flagged else float("nan"),
        area_error=float((found == number).sum() / mask.sum() - 1) if drawn else float("nan"),
        more=len(set(np.unique(found[found > 0]).tolist()) - touched),
    )  # fmt: skip


def _best(found: NDArray[np.int32], mask: NDArray[np.bool_]) -> tuple[int, float, float]:
    """The found object that agrees best with a mask: its number, the IoU, and the share of the mask it covers."""
    shared = np.bincount(found[mask], minlength=int(found.max(initial=0)) + 1)
    shared[0] = 0
    if not shared.any():
        return 0, 0.0, 0.0
    areas = np.bincount(found.ravel(), minlength=len(shared))
    iou = shared / np.maximum(areas + mask.sum() - shared, 1)
    number = int(np.argmax(iou))
    return number, float(iou[number]), float(shared.max() / mask.sum())


def _found(
    detector: Detector, before: NDArray[np.uint8], after: NDArray[np.uint8], *, resolution_m: float
) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Stored probability and numbered objects of both pictures, by the product's own rules."""
    height, width = before.shape[:2]
    grid = Grid(ANYWHERE, 0.0, 0.0, resolution_m, width, height)
    whole = Window(0, 0, width, height)
    valid = np.ones((height, width), bool)
    evidence = detect_window(detector, grid, whole, whole, Pixels(before, valid), Pixels(after, valid))
    values = to_bytes(evidence.changed)
    least_m2 = DiffParams.min_area_m2
    return values, objects_of(values, resolution_m=resolution_m, levels=levels_of(detector), least_m2=least_m2)
