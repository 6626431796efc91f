"""What must be the same in every block of a run: found once, stored as JSON, without the paths of the images."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from geo.imagery.confidence import Corners
from geo.imagery.detect import SceneStatistics
from geo.imagery.errors import PlanError, PlanOutdatedError
from geo.imagery.grid import Block, Grid, blocks_of
from geo.imagery.params import DiffParams
from geo.imagery.radiometry import Normalisation
from geo.imagery.readers import Stretch
from geo.imagery.registration import Registration, TileResidual
from geo.imagery.resample import Placement

# Grows when the same inputs and parameters would give another result.
ALGORITHM_VERSION = "6"


@dataclass(frozen=True)
class Sources:
    """The files of a run. They may have moved since the plan was made; their sizes must be those of the plan."""

    before: Path
    after: Path
    before_dsm: Path | None = None
    after_dsm: Path | None = None


@dataclass(frozen=True)
class Plan:
    """Everything that blocks need, apart from the images themselves.

    ``height_bias_m`` is None without surface models. ``sizes`` holds (width, height) of each raster, to notice others.
    """

    params: DiffParams
    grid: Grid
    registration: Registration
    statistics: SceneStatistics
    stretch_before: Stretch | None
    stretch_after: Stretch | None
    height_bias_m: float | None
    sizes: tuple[tuple[str, int, int], ...]
    detector_version: str
    threshold: float
    outline_threshold: float
    seed_threshold: float
    calibration: Corners
    # See ``Detector.arithmetic``.
    arithmetic: tuple[float, ...] = ()
    algorithm_version: str = ALGORITHM_VERSION

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        return blocks_of(self.grid, self.params.block_px)

    @property
    def shift_m(self) -> float:
        return self.registration.shift_m

    @property
    def residual_m(self) -> float | None:
        return self.registration.residual_m

    @cached_property
    def fingerprint(self) -> str:
        """Tells results of this plan from those of another one."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:16]

    def to_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True, allow_nan=False)

    @classmethod
    def from_json(cls, text: str, *, of_any_version: bool = False) -> Plan:
        """The plan stored by ``to_json``. Raises PlanError when it is none or of a later algorithm version, and
        PlanOutdatedError when it is of an earlier one.

        ``of_any_version`` is for looking at the pictures of an earlier run, never for going on with it.
        """
        try:
            values: dict[str, Any] = json.loads(text)
            plan = cls(
                params=DiffParams.from_dict(values["params"]),
                grid=Grid(**values["grid"]),
                registration=_registration(values["registration"]),
                statistics=_statistics(values["statistics"]),
                stretch_before=_stretch(values["stretch_before"]),
                stretch_after=_stretch(values["stretch_after"]),
                height_bias_m=values["height_bias_m"],
                sizes=tuple((str(name), int(width), int(height)) for name, width, height in values["sizes"]),
                detector_version=values["detector_version"],
                threshold=values["threshold"],
                outline_threshold=values.get("outline_threshold", values["threshold"]),
                seed_threshold=values["seed_threshold"],
                calibration=tuple((float(mean), float(share)) for mean, share in values.get("calibration", ())),
                arithmetic=tuple(float(value) for value in values.get("arithmetic", ())),
                algorithm_version=values["algorithm_version"],
            )  # fmt: skip
        except (KeyError, TypeError, ValueError) as error:
            raise PlanError(f"not a plan: {type(error).__name__} {error}") from error
        if plan.algorithm_version != ALGORITHM_VERSION and not of_any_version:
            message = f"plan of algorithm version {plan.algorithm_version}, this is {ALGORITHM_VERSION}"
            earlier = plan.algorithm_version.isdecimal() and int(plan.algorithm_version) < int(ALGORITHM_VERSION)
            raise PlanOutdatedError(message) if earlier else PlanError(message)
        return plan


def _statistics(values: dict[str, Any]) -> SceneStatistics:
    normalisation = {name: _triple(bands) for name, bands in values["normalisation"].items()}
    return SceneStatistics(Normalisation(**normalisation), float(values["quiet_level"]), float(values["quiet_spread"]))


def _triple(values: list[float]) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])


def _stretch(values: list[list[float]] | None) -> Stretch | None:
    return None if values is None else tuple((float(low), float(high)) for low, high in values)


def _registration(values: dict[str, Any]) -> Registration:
    placement = values["placement"]
    a, b, c, d, e, f = (float(v) for v in placement["matrix"])
    x, y = placement["centre_m"]
    tiles = tuple(TileResidual(**tile) for tile in values.get("tiles", ()))
    return Registration(**{**values, "placement": Placement((a, b, c, d, e, f), (float(x), float(y))), "tiles": tiles})
