"""Outlines drawn on a flag's picture: from its pixels to the ground, and measured there."""

import json
from collections.abc import Sequence

import numpy as np
import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.contrib.gis.geos import Polygon as GeosPolygon
from django.utils.translation import gettext as _
from shapely import wkb
from shapely.geometry import Polygon

from geo.crs import STORAGE_SRID
from geo.errors import GeoError
from geo.measure import Area, area_m2
from geo.models import ChangeFlag
from geo.refusals import Refusal

# How well a hand sets a corner on a picture: about two of its pixels, and never better than a roof edge tells where
# the wall below it stands (our estimate; the engine's own edges are taken as 0.5 m, geo.imagery.candidates).
VERTEX_SIGMA_PX = 2.0
VERTEX_SIGMA_LEAST_M = 0.3
# A building has fewer corners; more would be a denial of service.
MOST_VERTICES = 400
Rings = Sequence[Sequence[Sequence[float]]]


class UnusableOutline(Refusal):
    """The corners make no outline of this change."""


def rings_from_json(text: str) -> Rings:
    """The rings that the desk sent, checked for shape. Raises UnusableOutline."""
    try:
        rings = json.loads(text)
        count = sum(len(ring) for ring in rings)
        numbers = np.array([corner for ring in rings for corner in ring], dtype=float)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise UnusableOutline(_("轮廓数据读不出来，请重新调整。")) from error
    if numbers.shape != (count, 2) or not 3 <= count <= MOST_VERTICES or not np.isfinite(numbers).all():
        raise UnusableOutline(_("轮廓至少要三个拐点，最多 %(most)d 个。") % {"most": MOST_VERTICES})
    if any(len(ring) < 3 for ring in rings):
        raise UnusableOutline(_("轮廓至少要三个拐点，最多 %(most)d 个。") % {"most": MOST_VERTICES})
    return rings


def outline_on_ground(flag: ChangeFlag, rings: Rings) -> GeosPolygon:
    """The polygon in EPSG:4490 that was drawn on the flag's picture. Raises UnusableOutline."""
    to_ground = pixels_to_lonlat(flag)
    polygon = Polygon(*_split([_apply(to_ground, ring) for ring in rings]))
    if not polygon.is_valid or polygon.is_empty:
        raise UnusableOutline(_("轮廓的边互相交叉，请把拐点拖回原来的顺序。"))
    if not polygon.intersects(wkb.loads(bytes(flag.geometry.wkb))):
        raise UnusableOutline(_("轮廓与此图斑不相交，请重新调整。"))
    return GEOSGeometry(polygon.wkb_hex, srid=STORAGE_SRID)


def measured(flag: ChangeFlag, outline: GeosPolygon) -> Area:
    """Area of a hand-drawn outline with the uncertainty of its corners. Raises UnusableOutline."""
    sigma_m = max(VERTEX_SIGMA_LEAST_M, VERTEX_SIGMA_PX * float(flag.chip_info.get("resolution_m", 0.0)))
    try:
        return area_m2(wkb.loads(bytes(outline.wkb)), position_sigma_m=sigma_m)
    except GeoError as error:
        raise UnusableOutline(_("轮廓太小，算不出面积。")) from error


def pixels_to_lonlat(flag: ChangeFlag) -> np.ndarray:
    """The affine map (2, 3) of a picture: fitted to the flag's own corners, which are known in both; else its bounds.

    A picture of 100 m is flat to far below a pixel, but turned against north by the meridian convergence, which the
    bounds do not tell.
    """
    drawn = [corner for ring in flag.chip_info.get("outline_px", []) for corner in ring]
    known = shapely.get_coordinates(wkb.loads(bytes(flag.geometry.wkb)))
    if len(drawn) == len(known) and len(np.unique(np.round(drawn, 1), axis=0)) >= 3:
        pixels = np.column_stack([np.asarray(drawn, float), np.ones(len(drawn))])
        centre = known.mean(axis=0)
        fitted, _residual, rank, _s = np.linalg.lstsq(pixels, known - centre, rcond=None)
        if rank == 3:
            fitted[2] += centre
            return fitted.T
    if "bounds" not in flag.chip_info:
        raise UnusableOutline(_("此图斑没有前后期小图，不能调整轮廓。"))
    west, south, east, north = flag.chip_info["bounds"]
    width, height = flag.chip_info["width_px"], flag.chip_info["height_px"]
    return np.array([[(east - west) / width, 0.0, west], [0.0, (south - north) / height, north]])


def _apply(matrix: np.ndarray, ring: Sequence[Sequence[float]]) -> np.ndarray:
    return np.column_stack([np.asarray(ring, float), np.ones(len(ring))]) @ matrix.T


def _split(rings: list[np.ndarray]) -> tuple[np.ndarray, list[np.ndarray]]:
    return rings[0], rings[1:]


def picture_corners(flag: ChangeFlag) -> np.ndarray:
    """Top left, top right and bottom left of the flag's picture in lon/lat, shape (3, 2). Raises UnusableOutline."""
    matrix = pixels_to_lonlat(flag)
    width, height = flag.chip_info.get("width_px", 0), flag.chip_info.get("height_px", 0)
    return _apply(matrix, [[0, 0], [width, 0], [0, height]])
