"""How good found changes are against a label: pixels, objects, areas."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from geo.imagery.pixels import Bools

# An object is found when some found object covers it this well.
MATCH_IOU = 0.3
LEAST_OBJECT_M2 = 10.0


@dataclass
class Scores:
    """Running sums over pairs; ``figures`` gives what they say."""

    hits: int = 0
    flagged: int = 0
    real: int = 0
    objects_real: int = 0
    objects_hit: int = 0
    objects_flagged: int = 0
    objects_right: int = 0
    area_errors: list[float] = field(default_factory=list)
    areas: list[tuple[float, float, float]] = field(default_factory=list)

    def add(self, found: NDArray[np.int32], truth: Bools, *, pixel_m2: float) -> None:
        """Count one pair. ``found`` (H, W) numbers the found objects from 1; ``truth`` (H, W) is changed or not."""
        flagged = found > 0
        self.hits += int((flagged & truth).sum())
        self.flagged += int(flagged.sum())
        self.real += int(truth.sum())
        count, real = cv2.connectedComponents(truth.astype(np.uint8), connectivity=4)
        found_count = int(found.max(initial=0)) + 1
        table = np.bincount(real.ravel().astype(np.int64) * found_count + found.ravel(), minlength=count * found_count)
        shared = table.reshape(count, found_count)
        real_px, found_px = shared.sum(axis=1), shared.sum(axis=0)
        least_px = LEAST_OBJECT_M2 / pixel_m2
        iou = shared / np.maximum(real_px[:, None] + found_px[None, :] - shared, 1)
        matched = iou >= MATCH_IOU
        matched[0], matched[:, 0] = False, False
        large_real, large_found = real_px >= least_px, found_px >= least_px
        large_real[0] = large_found[0] = False
        self.objects_real += int(large_real.sum())
        self.objects_hit += int(matched[large_real].any(axis=1).sum())
        self.objects_flagged += int(large_found.sum())
        self.objects_right += int(matched[:, large_found].any(axis=0).sum())
        for label in np.nonzero(large_real & matched.any(axis=1))[0]:
            best = int(np.argmax(np.where(matched[label], iou[label], 0)))
            self.area_errors.append(float((found_px[best] - real_px[label]) / real_px[label]))

    def figures(self) -> dict[str, Any]:
        """Precision, recall, F1 and IoU of pixels; object precision and recall; area errors of matched objects."""
        precision, recall = _share(self.hits, self.flagged), _share(self.hits, self.real)
        errors = np.array(self.area_errors)
        return {
            "precision": precision,
            "recall": recall,
            "f1": _share(2 * self.hits, self.flagged + self.real),
            "iou": _share(self.hits, self.flagged + self.real - self.hits),
            "object_precision": _share(self.objects_right, self.objects_flagged),
            "object_recall": _share(self.objects_hit, self.objects_real),
            "objects_real": self.objects_real,
            "objects_found": self.objects_flagged,
            "area_error_median": round(float(np.median(np.abs(errors))), 4) if len(errors) else None,
            "area_error_p90": round(float(np.quantile(np.abs(errors), 0.9)), 4) if len(errors) else None,
            "area_bias_median": round(float(np.median(errors)), 4) if len(errors) else None,
        }


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0
