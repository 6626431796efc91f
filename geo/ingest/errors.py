"""Why a snapshot file is refused. Each error names the file and the reason; `code` and `values` serve translations."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from geo.errors import GeoError


class IngestError(GeoError):
    """A file cannot become a snapshot. `str()` reads "<file name>: <reason>"."""

    code: ClassVar[str] = "ingest"

    def __init__(self, path: Path, reason: str, **values: object) -> None:
        self.path = Path(path)
        self.reason = reason
        self.values = values
        super().__init__(f"{self.path.name}: {reason}")


class NotARaster(IngestError):
    """The file is missing, empty, or none of GeoTIFF, JPEG and PNG."""

    code = "not_a_raster"


class MissingGeoreference(IngestError):
    """Nothing says where the image lies on the ground."""

    code = "missing_georeference"


class MissingCrs(IngestError):
    """The image has coordinates, but nothing says in which coordinate system."""

    code = "missing_crs"


class ConflictingCrs(IngestError):
    """What was declared contradicts what the file itself says."""

    code = "conflicting_crs"


class UnusableCrs(IngestError):
    """The coordinate system is unknown, local, or on a datum without a known shift to CGCS2000."""

    code = "unusable_crs"


class BadWorldFile(IngestError):
    """The world file beside the image is not six numbers."""

    code = "bad_world_file"


class ImplausibleGeoreference(IngestError):
    """The georeference is there, but cannot be true: not finite, flat, sheared, or off the Earth."""

    code = "implausible_georeference"


class ImplausibleResolution(IngestError):
    """A pixel covers too little or too much ground to be an aerial snapshot."""

    code = "implausible_resolution"


class OutsideJurisdiction(IngestError):
    """The image shows (almost) nothing of the jurisdiction."""

    code = "outside_jurisdiction"


class CorruptBlock(IngestError):
    """A block of the file cannot be read or decoded."""

    code = "corrupt_block"


class WrongBands(IngestError):
    """Not the number of bands that a colour image (or a DSM) has."""

    code = "wrong_bands"


class WrongPixelType(IngestError):
    """Not the pixel type that a colour image (or a DSM) has."""

    code = "wrong_pixel_type"


class NoContent(IngestError):
    """Every pixel is nodata, or all pixels are the same."""

    code = "no_content"


class TooLarge(IngestError):
    """The file claims more pixels, or larger blocks, than can be read safely."""

    code = "too_large"


class ImplausibleHeights(IngestError):
    """The heights of a DSM cannot be metres above sea level."""

    code = "implausible_heights"


class ConversionFailed(IngestError):
    """The converted copy could not be written; nothing half-written is left."""

    code = "conversion_failed"
