"""Detectors: two aligned blocks with masks in, a probability of change per pixel out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from geo.imagery.confidence import Corners
from geo.imagery.errors import DetectorError
from geo.imagery.pixels import Float32, Pixels
from geo.imagery.radiometry import Normalisation
from geo.imagery.shelf import model_names, model_path

# Change vector analysis, beside which every model is measured.
BASELINE = "cva"


@dataclass(frozen=True)
class SceneStatistics:
    """What holds for a whole pair and must be the same in every block."""

    normalisation: Normalisation = field(default_factory=Normalisation)
    # Change-vector length of ground that did not change: middle and spread (8-bit values).
    quiet_level: float = 20.0
    quiet_spread: float = 10.0


class Detector(Protocol):
    """Finds change between two aligned blocks."""

    name: str
    version: str
    # Surroundings (pixels on each side) that a pixel's result depends on noticeably.
    margin_px: int
    # Ground resolution that it was made for, and the thresholds that its validation set.
    resolution_m: float
    threshold: float
    outline_threshold: float
    seed_threshold: float
    # How often its objects were real (``confidence``); empty where nobody measured it.
    calibration: Corners
    # What it makes of one and the same picture here: processors may work out its whole numbers otherwise. Empty where
    # all do alike.
    arithmetic: tuple[float, ...]

    def probability(self, before: Pixels, after: Pixels) -> Float32:
        """Probability of change (H, W) float32 in 0…1; 0 where either block is not valid. Shapes must agree."""
        ...


@dataclass(frozen=True)
class Evidence:
    """Probabilities (H, W) float32: changed, and built up at either date (what tells new from demolished)."""

    changed: Float32
    built_before: Float32
    built_after: Float32


@runtime_checkable
class DirectedDetector(Protocol):
    """A detector that also sees at which date something stood there."""

    def evidence(self, before: Pixels, after: Pixels, *, resolution_m: float) -> Evidence:
        """As ``Detector.probability``, with what was built up at each date; blocks of that ground resolution."""
        ...


# Between processors with and without instructions for whole numbers of 8 bits the means differ by .003, between others
# by nothing.
LIKE_ARITHMETIC = 0.001


def works_alike(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Whether two machines make the same of a detector, by its ``arithmetic`` on both."""
    return len(one) == len(other) and all(abs(a - b) <= LIKE_ARITHMETIC for a, b in zip(one, other, strict=True))


def check_pair(before: Pixels, after: Pixels) -> None:
    """Raises DetectorError when two blocks do not cover the same pixels."""
    if before.shape != after.shape:
        raise DetectorError(f"blocks of different shapes: before {before.shape}, after {after.shape}")


def detector_names() -> list[str]:
    """The baseline and every model that can be found."""
    return [BASELINE, *model_names()]


def make_detector(name: str, statistics: SceneStatistics) -> Detector:
    """The detector of that name for a pair. Raises DetectorError for one that is not there or cannot be run."""
    if name == BASELINE:
        from geo.imagery.cva import ChangeVectorDetector

        return ChangeVectorDetector(statistics)
    from geo.imagery.onnx_detector import OnnxDetector

    return OnnxDetector(model_path(name))
