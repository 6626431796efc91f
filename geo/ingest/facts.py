"""What is known of a raster once every block of it has been read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from affine import Affine
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

MaskKind = Literal["none", "nodata", "alpha", "mask", "collar"]
GeoreferenceSource = Literal["file", "world_file", "declared"]


@dataclass(frozen=True, slots=True)
class BandStatistics:
    """Statistics of the valid pixels of one band, in the unit of its pixels."""

    minimum: float
    maximum: float
    mean: float
    p02: float
    p98: float

    def as_json(self) -> dict[str, float]:
        return {
            "min": self.minimum,
            "max": self.maximum,
            "mean": round(self.mean, 3),
            "p02": self.p02,
            "p98": self.p98,
        }


@dataclass(frozen=True, slots=True)
class RasterFacts:
    """Facts of an image.

    `footprint` is the outline of its valid pixels in lon/lat, EPSG:4490; lengths are metres on the ground.
    """

    path: Path
    driver: str
    width: int
    height: int
    band_count: int
    colour_bands: tuple[int, ...]
    dtype: str
    crs_wkt: str
    crs_name: str
    epsg: int | None
    transform: Affine
    georeference_source: GeoreferenceSource
    resolution_m: float
    footprint: BaseGeometry
    valid_share: float
    nodata: float | None
    mask_kind: MaskKind
    collar_value: int | None
    statistics: tuple[BandStatistics, ...]
    size_bytes: int

    @property
    def crs_label(self) -> str:
        """The CRS as people write it: EPSG code where there is one, else its name."""
        return f"EPSG:{self.epsg}" if self.epsg else self.crs_name

    def as_json(self) -> dict[str, object]:
        """The facts as plain JSON values, for keeping beside the snapshot."""
        return {
            "driver": self.driver,
            "width": self.width,
            "height": self.height,
            "bands": self.band_count,
            "dtype": self.dtype,
            "crs": self.crs_label,
            "crs_name": self.crs_name,
            "transform": list(self.transform)[:6],
            "georeference": self.georeference_source,
            "resolution_m": round(self.resolution_m, 5),
            "valid_share": round(self.valid_share, 5),
            "nodata": self.nodata,
            "mask": self.mask_kind,
            "statistics": [band.as_json() for band in self.statistics],
            "size_bytes": self.size_bytes,
            "footprint": mapping(self.footprint),
        }
