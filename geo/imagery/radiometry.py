"""Brings the two dates to one brightness and contrast, on ground that did not change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.imagery.pixels import Bytes

# Pixels that fit the mapping worst are taken as changed and left out of the next round.
KEPT_SHARE = 0.7
ROUNDS = 4
LEAST_PIXELS = 500
GAIN_LIMITS = (0.4, 2.5)


@dataclass(frozen=True)
class Normalisation:
    """Per band: earlier ~ gain * later + offset (8-bit values)."""

    gain: tuple[float, float, float] = (1.0, 1.0, 1.0)
    offset: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def apply(self, rgb: Bytes) -> NDArray[np.float32]:
        """Later values (H, W, 3) as the earlier camera would have seen them, float32, not clipped."""
        return rgb.astype(np.float32) * np.array(self.gain, np.float32) + np.array(self.offset, np.float32)


def fit_normalisation(before: Bytes, after: Bytes) -> Normalisation:
    """Trimmed moment matching of paired pixels (n, 3): spread and middle of what changed least (n >= LEAST_PIXELS)."""
    if len(before) < LEAST_PIXELS:
        return Normalisation()
    x, y = after.astype(np.float64), before.astype(np.float64)
    kept = np.ones(len(x), bool)
    gain, offset = np.ones(3), np.zeros(3)
    for _ in range(ROUNDS):
        spread = np.maximum(x[kept].std(axis=0), 1.0)
        gain = np.clip(y[kept].std(axis=0) / spread, *GAIN_LIMITS)
        offset = y[kept].mean(axis=0) - gain * x[kept].mean(axis=0)
        misfit = np.abs(y - (gain * x + offset)).sum(axis=1)
        kept = misfit <= np.quantile(misfit, KEPT_SHARE)
    return Normalisation(tuple(float(v) for v in gain), tuple(float(v) for v in offset))  # type: ignore[arg-type]
