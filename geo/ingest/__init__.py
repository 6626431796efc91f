"""What a snapshot file must be before it becomes a Snapshot: inspected, proven readable, converted for looking.

Pure: numpy, rasterio, shapely and pyproj; no Django. Every refusal is an `IngestError` naming the file and the reason.
"""

from geo.ingest.checksum import sha256_of
from geo.ingest.convert import georeferenced_copy_or_vrt
from geo.ingest.dsm import DsmFacts, inspect_dsm
from geo.ingest.errors import IngestError
from geo.ingest.facts import BandStatistics, RasterFacts
from geo.ingest.georeference import Declared
from geo.ingest.inspect import inspect_raster
from geo.ingest.overlap import check_overlap
from geo.ingest.web_cog import make_thumbnail, make_web_cog

__all__ = [
    "BandStatistics",
    "Declared",
    "DsmFacts",
    "IngestError",
    "RasterFacts",
    "check_overlap",
    "georeferenced_copy_or_vrt",
    "inspect_dsm",
    "inspect_raster",
    "make_thumbnail",
    "make_web_cog",
    "sha256_of",
]
