"""A picture of one area from a snapshot: what lies around its outline, cut to what a person may see."""

from pathlib import Path

from rio_tiler.errors import PointOutsideBounds, TileOutsideBounds
from rio_tiler.io import Reader
from shapely.geometry.base import BaseGeometry

from geo.tiles.grid import Box
from geo.tiles.raster import cut_out

LONGEST_SIDE_PX = 960  # a photo strip shows 320 px, a click the whole
MARGIN_SHARE = 0.08  # of the longer side: an outline is judged with what lies beside it
WEB_MERCATOR = "EPSG:3857"


def frame_of(boundary_3857: tuple[float, float, float, float]) -> Box:
    """The box around an outline with its margin, metres of EPSG:3857."""
    west, south, east, north = boundary_3857
    margin = MARGIN_SHARE * max(east - west, north - south)
    return Box(west - margin, south - margin, east + margin, north + margin)


def area_picture(web_file: Path, frame: Box, *, within: BaseGeometry | None) -> bytes | None:
    """Return the frame as WebP, or None when no pixel of it is to be seen. `within` as in `snapshot_tile`."""
    bounds = (frame.west, frame.south, frame.east, frame.north)
    try:
        with Reader(str(web_file)) as reader:
            image = reader.part(
                bounds,
                bounds_crs=WEB_MERCATOR,
                dst_crs=WEB_MERCATOR,
                max_size=LONGEST_SIDE_PX,
                indexes=(1, 2, 3),
            )
    except (TileOutsideBounds, PointOutsideBounds):
        return None
    return cut_out(image, frame, within=within, image_format="webp")
