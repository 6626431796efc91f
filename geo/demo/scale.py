"""How large a demo town is, and when it was photographed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from geo.demo.errors import UnknownScaleError

SRID_FILES = 4547  # CGCS2000, 3-degree Gauss-Krüger, 114°E, no zone in the easting
SRID_ZONED = 4526  # the same zone with its number (38) in the easting
ZONE_OFFSET_M = 38_000_000.0
CENTRE_EN = (463_400.0, 3_841_400.0)  # near 113.6°E 34.7°N, in EPSG:4547

DATES = (date(2026, 3, 18), date(2026, 6, 20), date(2026, 9, 22))
ALWAYS = len(DATES)  # "gone at date ALWAYS" is: never gone within the snapshots


@dataclass(frozen=True, kw_only=True)
class ChangeCounts:
    """How many changes of each kind happen between two consecutive dates."""

    new: int
    enlarged: int
    demolished: int
    storey_added: int
    tarpaulins: int
    containers: int
    heaps: int
    nets: int
    paved: int
    repainted: int


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Sizes of one town. Lengths in metres, from the south-west corner of the city."""

    name: str
    columns_m: tuple[float, ...]
    rows_m: tuple[float, ...]
    image_m: float
    arterial_m: float
    street_m: float
    block_m2: float
    bend_m: float
    changes: tuple[ChangeCounts, ChangeCounts]

    @property
    def width_m(self) -> float:
        return self.columns_m[-1]

    @property
    def height_m(self) -> float:
        return self.rows_m[-1]

    @property
    def south_west(self) -> tuple[float, float]:
        return CENTRE_EN[0] - self.width_m / 2, CENTRE_EN[1] - self.height_m / 2

    @property
    def image_bounds(self) -> tuple[float, float, float, float]:
        """west, south, east, north of the photographed square, in EPSG:4547."""
        half = self.image_m / 2
        return CENTRE_EN[0] - half, CENTRE_EN[1] - half, CENTRE_EN[0] + half, CENTRE_EN[1] + half


FULL = Scale(
    name="full",
    columns_m=(0.0, 1200.0, 1900.0, 2560.0, 3200.0, 3850.0, 5000.0),
    rows_m=(0.0, 1560.0, 2560.0, 4400.0),
    image_m=2457.6,
    arterial_m=24.0,
    street_m=9.0,
    block_m2=17_000.0,
    bend_m=28.0,
    changes=(
        ChangeCounts(
            new=25,
            enlarged=6,
            demolished=5,
            storey_added=4,
            tarpaulins=5,
            containers=4,
            heaps=4,
            nets=3,
            paved=2,
            repainted=5,
        ),
        ChangeCounts(
            new=30,
            enlarged=7,
            demolished=5,
            storey_added=4,
            tarpaulins=5,
            containers=4,
            heaps=4,
            nets=3,
            paved=2,
            repainted=5,
        ),
    ),
)
SMALL = Scale(
    name="small",
    columns_m=(0.0, 200.0, 330.0, 450.0, 570.0, 710.0, 900.0),
    rows_m=(0.0, 280.0, 470.0, 800.0),
    image_m=409.6,
    arterial_m=11.0,
    street_m=6.0,
    block_m2=7_000.0,
    bend_m=5.0,
    changes=(
        ChangeCounts(
            new=4,
            enlarged=1,
            demolished=1,
            storey_added=1,
            tarpaulins=1,
            containers=1,
            heaps=1,
            nets=0,
            paved=0,
            repainted=1,
        ),
        ChangeCounts(
            new=4,
            enlarged=1,
            demolished=1,
            storey_added=1,
            tarpaulins=1,
            containers=1,
            heaps=1,
            nets=0,
            paved=0,
            repainted=1,
        ),
    ),
)
_SCALES = {scale.name: scale for scale in (FULL, SMALL)}


def scale_named(name: str) -> Scale:
    """The scale called ``name`` (``full`` or ``small``); raises `UnknownScaleError` for anything else."""
    try:
        return _SCALES[name]
    except KeyError:
        raise UnknownScaleError(f"no scale is called {name!r}; there are {', '.join(sorted(_SCALES))}") from None
