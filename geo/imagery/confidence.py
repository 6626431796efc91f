"""How sure a flag is: the detector's mean probability over an object, put right by how often such objects were real.

The line is part of a model's contract (``contract.py``); one that learned on site gets it from its held-out reviews.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Corners (mean probability, share of real) of a rising line.
Corners = tuple[tuple[float, float], ...]

# Where a line bends that is fitted. Of the validation crops' objects one in fifty lies below .85, one in twelve below
# .92, four in ten below .96; below .5 an object is none.
FITTED_AT = (0.5, 0.85, 0.92, 0.96, 1.0)
# As many objects at each corner are taken to have been as the line before said; and where there was none, as the
# detector says by itself.
PRIOR_OBJECTS, NO_PRIOR_OBJECTS = 4.0, 1.0
# Nothing is certain, and a surer object stays the surer one.
MOST_SURE = 0.995
LEAST_RISE = 0.002


def calibrated(mean_probability: float, corners: Corners) -> float:
    """The confidence (0…1) of an object of that mean probability; a model that was never measured keeps its own."""
    if not corners:
        return mean_probability
    if mean_probability <= corners[0][0]:
        return corners[0][1]
    for (left, low), (right, high) in pairwise(corners):
        if mean_probability <= right:
            return low + (high - low) * (mean_probability - left) / (right - left)
    return corners[-1][1]


def fitted(mean_probabilities: ArrayLike, real: ArrayLike, *, prior: Corners) -> Corners:
    """The line after objects of these mean probabilities were real or not, starting from ``prior``.

    Least squares of the interpolated line with ``prior`` as further observations; shares that would fall are pooled
    (Ayer et al. 1955).
    """
    means, seen = np.asarray(mean_probabilities, float), np.asarray(real, float)
    corners = np.array(FITTED_AT)
    shares = np.stack([np.interp(means, corners, unit) for unit in np.eye(len(corners))], axis=1)
    before = np.array([calibrated(corner, prior) for corner in FITTED_AT])
    weight = PRIOR_OBJECTS if prior else NO_PRIOR_OBJECTS
    found = np.linalg.solve(shares.T @ shares + weight * np.eye(len(corners)), shares.T @ seen + weight * before)
    rising = _not_falling(np.clip(found, 0, 1), shares.sum(axis=0) + weight)
    top = MOST_SURE - LEAST_RISE * np.arange(len(corners) - 1, -1, -1)
    said = np.minimum(rising + LEAST_RISE * np.arange(1, len(corners) + 1), top)
    return tuple((float(corner), round(float(share), 4)) for corner, share in zip(corners, said, strict=True))


def _not_falling(shares: NDArray[np.float64], counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Neighbours that fall are replaced by their weighted mean until none does."""
    pools: list[list[float]] = []
    for share, count in zip(shares, counts, strict=True):
        pools.append([float(share), float(count), 1])
        while len(pools) > 1 and pools[-2][0] >= pools[-1][0]:
            last, before = pools.pop(), pools.pop()
            weight = last[1] + before[1]
            pools.append([(last[0] * last[1] + before[0] * before[1]) / weight, weight, last[2] + before[2]])
    return np.concatenate([np.full(int(length), share) for share, _count, length in pools])
