"""How far a measured area may be off: one standard deviation (k = 1), from how sure the detector is of the outline."""

from __future__ import annotations

import cv2
import numpy as np

from geo.imagery.outline import traced
from geo.imagery.pixels import Bools, Bytes

# How far beyond an object its doubtful surroundings are counted.
SURROUNDINGS_M = 2.0
# An outline that the detector is quite sure of still lies off by half a working pixel all along (registration, eaves,
# lean, what the labels call a roof).
EDGE_M = 0.25
# Standard deviations per square metre of doubt. Nine of ten of 317 matched houses of at least 20 m² of the validation
# crops of 0.5 m lie within 1.645 of them at 1.6, as of a normal deviation (within two .91: houses joined to a neighbour
# are a tail that is not normal); at 1.8 nine of ten do in places that were never trained on, too. Doubt tells the bad
# outlines from the good ones (rank correlation with the relative error .39); the outline's length alone (.03) needs
# 27 % of the area where this needs 22 %.
PER_UNSURE = 1.8


def surroundings_px(resolution_m: float) -> int:
    """SURROUNDINGS_M in pixels."""
    return max(1, round(SURROUNDINGS_M / resolution_m))


def unsure_m2(changed: Bytes, mask: Bools, *, level: int, resolution_m: float) -> float:
    """The doubt about an object's extent: the sum of p(1-p) over its ``mask`` (H, W) and up to SURROUNDINGS_M beyond.

    ``changed`` (H, W) is the probability as 0…255; pixels of other objects (from ``level`` on) are not counted.
    """
    reach = surroundings_px(resolution_m)
    near = cv2.dilate(mask.astype(np.uint8), np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)) > 0
    counted = mask | (near & (changed < level))
    probability = changed[counted].astype(np.float64) / 255
    return float((probability * (1 - probability)).sum()) * resolution_m**2


def area_uncertainty_m2(perimeter_m: float, *, unsure_m2: float, area_m2: float) -> float:
    """One standard deviation of an area bounded by an outline of that length and doubted by ``unsure_m2``.

    Nine of ten areas lie within 1.645 of it (``make bench-diff`` prints the shares on real pairs).
    """
    return float(min(np.hypot(EDGE_M * perimeter_m, PER_UNSURE * unsure_m2), area_m2))


def stated_uncertainty_m2(changed: Bytes, mask: Bools, *, level: int, resolution_m: float) -> float:
    """What is stated for the object ``mask`` (H, W) found in ``changed`` (H, W): one standard deviation of its area.

    Both hold the object with ``surroundings_px`` around it; what is farther off counts for nothing.
    """
    return area_uncertainty_m2(
        # That of its simplified course, not of its stairs.
        float(traced(mask).simple.length) * resolution_m,
        unsure_m2=unsure_m2(changed, mask, level=level, resolution_m=resolution_m),
        area_m2=float(mask.sum()) * resolution_m**2,
    )
