"""How good found changes are against a label: pixels, objects, areas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from geo.imagery.pixels import Bools

# An object is found when some found object covers it this well.
MATCH_IOU = 0.3
LEAST_OBJECT_M2 = 10.0


@dataclass(frozen=True)
class ObjectMatch:
    """An object of the label or of the result: its area, and the best overlap with any object of the other side.

    ``confidence`` is what was said of a found object; NaN where nothing was said.
    """

    area_m2: float
    iou: float
    confidence: float = float("nan")


@dataclass
class Scores:
    """Running sums over pairs; ``figures`` gives what they say."""

    hits: int = 0
    flagged: int = 0
    real: int = 0
    real_objects: list[ObjectMatch] = field(default_factory=list)
    found_objects: list[ObjectMatch] = field(default_factory=list)
    # Relative errors of the matched objects' areas, and the real areas beside them.
    area_errors: list[float] = field(default_factory=list)
    areas_m2: list[float] = field(default_factory=list)
    # The stated standard deviations of the matched objects' areas; NaN where none was stated.
    sigmas_m2: list[float] = field(default_factory=list)

    def add(
        self,
        found: NDArray[np.int32],
        truth: Bools,
        *,
        pixel_m2: float,
        sigmas_m2: Sequence[float] | None = None,
        confidences: Sequence[float] | None = None,
    ) -> None:
        """Count one pair. ``found`` (H, W) numbers the found objects from 1; ``truth`` (H, W) is changed or not.

        ``sigmas_m2`` are the standard deviations stated of the found objects' areas, ``confidences`` what was said of
        the objects, both in the order of their numbers.
        """
        flagged = found > 0
        self.hits += int((flagged & truth).sum())
        self.flagged += int(flagged.sum())
        self.real += int(truth.sum())
        count, real = cv2.connectedComponents(truth.astype(np.uint8), connectivity=4)
        found_count = int(found.max(initial=0)) + 1
        table = np.bincount(real.ravel().astype(np.int64) * found_count + found.ravel(), minlength=count * found_count)
        shared = table.reshape(count, found_count)
        real_px, found_px = shared.sum(axis=1), shared.sum(axis=0)
        iou = shared / np.maximum(real_px[:, None] + found_px[None, :] - shared, 1)
        iou[0], iou[:, 0] = 0.0, 0.0
        self.real_objects += _large(real_px * pixel_m2, iou.max(axis=1))
        self.found_objects += _large(found_px * pixel_m2, iou.max(axis=0), confidences)
        for label in range(1, count):
            best = int(np.argmax(iou[label]))
            if real_px[label] * pixel_m2 >= LEAST_OBJECT_M2 and iou[label, best] >= MATCH_IOU:
                self.area_errors.append(float((found_px[best] - real_px[label]) / real_px[label]))
                self.areas_m2.append(float(real_px[label] * pixel_m2))
                self.sigmas_m2.append(float("nan") if sigmas_m2 is None else sigmas_m2[best - 1])

    def merge(self, other: Scores) -> None:
        """Take in the sums of another pair."""
        self.hits += other.hits
        self.flagged += other.flagged
        self.real += other.real
        self.real_objects += other.real_objects
        self.found_objects += other.found_objects
        self.area_errors += other.area_errors
        self.areas_m2 += other.areas_m2
        self.sigmas_m2 += other.sigmas_m2

    def object_recall(self, *, iou: float = MATCH_IOU, sizes_m2: tuple[float, float] = (0.0, np.inf)) -> float:
        """Share of the real objects of a size that some found object covers this well."""
        return _share_matched(self.real_objects, iou, sizes_m2)

    def object_precision(self, *, iou: float = MATCH_IOU, sizes_m2: tuple[float, float] = (0.0, np.inf)) -> float:
        """Share of the found objects of a size that cover some real object this well."""
        return _share_matched(self.found_objects, iou, sizes_m2)

    def area_coverage(self, sigmas: float, *, least_m2: float) -> float:
        """Share of the matched objects from a size on whose real area lies within so many stated deviations."""
        real = np.array(self.areas_m2)
        off = np.abs(np.array(self.area_errors)) * real <= sigmas * np.array(self.sigmas_m2)
        chosen = off[real >= least_m2]
        return round(float(chosen.mean()), 4) if len(chosen) else 0.0

    def figures(self) -> dict[str, Any]:
        """Precision, recall, F1 and IoU of pixels; object precision and recall; area errors of matched objects."""
        precision, recall = _share(self.hits, self.flagged), _share(self.hits, self.real)
        errors = np.array(self.area_errors)
        return {
            "precision": precision,
            "recall": recall,
            "f1": _share(2 * self.hits, self.flagged + self.real),
            "iou": _share(self.hits, self.flagged + self.real - self.hits),
            "object_precision": self.object_precision(),
            "object_recall": self.object_recall(),
            "objects_real": len(self.real_objects),
            "objects_found": len(self.found_objects),
            "area_error_median": round(float(np.median(np.abs(errors))), 4) if len(errors) else None,
            "area_error_p90": round(float(np.quantile(np.abs(errors), 0.9)), 4) if len(errors) else None,
            "area_bias_median": round(float(np.median(errors)), 4) if len(errors) else None,
        }


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def _large(
    areas_m2: NDArray[np.float64], best: NDArray[np.float64], confidences: Sequence[float] | None = None
) -> list[ObjectMatch]:
    said = [float("nan")] * (len(areas_m2) - 1) if confidences is None else confidences[: len(areas_m2) - 1]
    return [
        ObjectMatch(float(area), float(iou), float(confidence))
        for area, iou, confidence in zip(areas_m2[1:], best[1:], said, strict=True)
        if area >= LEAST_OBJECT_M2
    ]


def _share_matched(objects: list[ObjectMatch], iou: float, sizes_m2: tuple[float, float]) -> float:
    chosen = [item for item in objects if sizes_m2[0] <= item.area_m2 < sizes_m2[1]]
    return _share(sum(item.iou >= iou for item in chosen), len(chosen))
