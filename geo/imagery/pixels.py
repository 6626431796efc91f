"""Pixels that carry their mask."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Bools = NDArray[np.bool_]
Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class Pixels:
    """A photograph's part: ``rgb`` (H, W, 3) uint8 and ``valid`` (H, W); where not valid, ``rgb`` means nothing."""

    rgb: Bytes
    valid: Bools

    @property
    def shape(self) -> tuple[int, int]:
        return self.valid.shape[0], self.valid.shape[1]

    def part(self, slices: tuple[slice, slice]) -> Pixels:
        return Pixels(self.rgb[slices], self.valid[slices])


@dataclass(frozen=True)
class Heights:
    """A surface model's part: ``metres`` (H, W) float32 and ``valid`` (H, W)."""

    metres: Float32
    valid: Bools
