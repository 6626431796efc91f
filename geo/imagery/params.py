"""What a run can be told: every value has a default with its evidence."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from geo.imagery.errors import ParameterError

# The cell in which a detector works. Blocks are made of whole cells, so that a pixel's result is the same whatever the
# block size: its cell always sees the same surroundings.
CELL_PX = 512


@dataclass(frozen=True)
class DiffParams:
    """Parameters of a run.

    ``resolution_m``: ground resolution at which is detected; None takes the model's own (see ``detect``).
    ``threshold``: probability from which a pixel is changed. ``seed_threshold``: an object needs one pixel of it.
    ``min_area_m2``: smaller objects are not reported. ``min_height_m``: a surface that rose or fell less did not.
    ``fine_outlines``: outlines follow the edges of a photograph that is finer than what is detected on.
    ``block_px``: side of a block in pixels, a multiple of CELL_PX. ``detector``: one of ``detect.detector_names``.
    """

    detector: str = "siamese"
    resolution_m: float | None = None
    threshold: float | None = None
    seed_threshold: float | None = None
    min_area_m2: float = 10.0
    min_height_m: float = 2.0
    block_px: int = 2048
    register: bool = True
    fine_outlines: bool = True
    max_shift_m: float = 60.0
    max_residual_m: float = 2.5

    def __post_init__(self) -> None:
        if self.resolution_m is not None and not 0.05 <= self.resolution_m <= 5.0:
            raise ParameterError(f"resolution_m {self.resolution_m} is outside 0.05…5")
        for name in ("threshold", "seed_threshold"):
            value = getattr(self, name)
            if value is not None and not 0.0 < value < 1.0:
                raise ParameterError(f"{name} {value} is outside 0…1")
        if self.block_px <= 0 or self.block_px % CELL_PX:
            raise ParameterError(f"block_px {self.block_px} is not a multiple of {CELL_PX}")
        if self.min_area_m2 <= 0:
            raise ParameterError(f"min_area_m2 {self.min_area_m2} is not positive")
        if self.min_height_m <= 0:
            raise ParameterError(f"min_height_m {self.min_height_m} is not positive")

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> DiffParams:
        """The parameters stored by ``to_dict``. Raises ParameterError naming what is not a parameter."""
        unknown = set(values) - {field.name for field in fields(cls)}
        if unknown:
            raise ParameterError(f"not parameters: {', '.join(sorted(unknown))}")
        return cls(**values)
