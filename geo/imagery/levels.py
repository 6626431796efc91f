"""From which probability on a pixel is part of an object, lies within its outline, or proves it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from geo.imagery.params import DiffParams


class Thresholds(Protocol):
    """What a detector says and a plan keeps, 0…1."""

    # Connected pixels from here on are one object, its houses parted there.
    @property
    def threshold(self) -> float: ...

    # An object's outline and area are those of its pixels from here on: houses next to each other run together sooner
    # than their walls are where they are seen.
    @property
    def outline_threshold(self) -> float: ...

    # One of its pixels is as sure as this.
    @property
    def seed_threshold(self) -> float: ...


@dataclass(frozen=True)
class Levels:
    """The thresholds as stored values, 1…255."""

    changed: int
    outline: int
    seed: int


def thresholds_for(detector: Thresholds, params: DiffParams) -> tuple[float, float, float]:
    """Threshold, outline threshold and seed threshold of a run: a threshold that is asked for is the outline's too."""
    changed = params.threshold or detector.threshold
    outline = params.threshold or detector.outline_threshold
    return changed, outline, max(params.seed_threshold or detector.seed_threshold, changed)


def levels(threshold: float, outline: float, seed: float) -> Levels:
    changed = threshold_byte(threshold)
    return Levels(changed, max(changed, threshold_byte(outline)), max(changed, threshold_byte(seed)))


def levels_of(source: Thresholds) -> Levels:
    """The stored values of a plan's or a detector's own thresholds."""
    return levels(source.threshold, source.outline_threshold, source.seed_threshold)


def threshold_byte(threshold: float) -> int:
    """The stored value from which a probability counts."""
    return max(1, int(np.ceil(threshold * 255 - 1e-9)))
