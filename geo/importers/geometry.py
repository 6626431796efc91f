"""Geometries of a file into storage form: transformed, of the right type, and repaired only where that is safe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from geo.crs import Bounds, LonLat, bd09_to_wgs84, gcj02_to_wgs84
from geo.crs_detect import SourceCrs
from geo.errors import GeoError
from geo.importers.errors import FileRefusedError
from geo.importers.schema import AREAL
from geo.measure import area_m2, outline_area_m2

# A repair is safe when it only tidies what the rings already say: same number of parts, and an area that differs from
# what the rings enclose by less than the greater of these. 0.05 m² is 15 yuan at R-402, under any survey's precision.
SAFE_CHANGE_M2: Final = 0.05
SAFE_CHANGE_SHARE: Final = 1e-4

MAP_SHIFTS: Final = {"gcj02": gcj02_to_wgs84, "bd09": bd09_to_wgs84}


class GeometryFault(Exception):
    """A geometry cannot be taken. Caught by the row check; never leaves the importers."""


@dataclass(frozen=True, slots=True)
class CleanGeometry:
    """A valid two-dimensional geometry, and what was done to make it so (empty: nothing)."""

    geometry: BaseGeometry
    note: str = ""


def usual_bounds(geometries: NDArray[np.object_]) -> Bounds:
    """A box around the middle half of the geometries: what they are in is not told by an outlier.

    Raises FileRefusedError when no geometry has finite coordinates.
    """
    with np.errstate(invalid="ignore"):
        boxes = shapely.bounds(geometries)
    boxes = boxes[np.isfinite(boxes).all(axis=1)]
    if not len(boxes):
        raise FileRefusedError("no row has a geometry with finite coordinates")
    centres = np.column_stack([(boxes[:, 0] + boxes[:, 2]) / 2.0, (boxes[:, 1] + boxes[:, 3]) / 2.0])
    if len(boxes) == 1:
        return Bounds(*(float(value) for value in boxes[0]))
    low, high = np.quantile(centres, [0.25, 0.75], axis=0, method="nearest")
    return Bounds(float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def to_storage(geometries: NDArray[np.object_], source: SourceCrs, map_shift: str | None) -> NDArray[np.object_]:
    """The geometries in degrees on CGCS2000; a point without an image becomes infinite, to be told of its row."""
    coordinates, index = shapely.get_coordinates(geometries, return_index=True)
    finite = np.isfinite(coordinates).all(axis=1)
    out = np.full(coordinates.shape, np.nan)
    out[finite] = source.to_storage(coordinates[finite], strict=False)
    if map_shift is not None:
        unshift = MAP_SHIFTS[map_shift]
        for i in np.flatnonzero(np.isfinite(out).all(axis=1) & (np.abs(out) <= [180.0, 90.0]).all(axis=1)):
            place = unshift(LonLat(float(out[i, 0]), float(out[i, 1])))
            out[i] = (place.lon, place.lat)
    bad = np.unique(index[~np.isfinite(out).all(axis=1)])
    moved = np.array(geometries, dtype=object, copy=True)
    good = np.setdiff1d(np.unique(index), bad)
    keep = np.isin(index, good)
    moved[good] = shapely.set_coordinates(moved[good], out[keep])
    moved[bad] = None
    return moved


def fault_of_source(geometry: BaseGeometry | None, types: tuple[str, ...]) -> str:
    """What is wrong with a geometry as it stands in the file; empty when nothing is."""
    if geometry is None or geometry.is_empty:
        return "the row has no geometry"
    if geometry.geom_type not in types and geometry.geom_type != "GeometryCollection":
        return f"is a {geometry.geom_type}, wanted is a {' or '.join(types)}"
    coordinates = shapely.get_coordinates(geometry)
    wrong = np.flatnonzero(~np.isfinite(coordinates).all(axis=1))
    if len(wrong):
        x, y = coordinates[wrong[0]]
        return f"vertex {wrong[0] + 1} has the coordinates {x:g}, {y:g}: not a number"
    return ""


def cleaned(geometry: BaseGeometry, types: tuple[str, ...]) -> CleanGeometry:
    """A valid geometry of one of the types, polygons as MultiPolygon. Raises GeometryFault with the reason."""
    if types != AREAL:
        return CleanGeometry(geometry)
    if geometry.geom_type not in AREAL:
        raise GeometryFault(f"is a {geometry.geom_type}, wanted is a {' or '.join(types)}")
    note = ""
    try:
        if not geometry.is_valid:
            geometry, note = _repaired(geometry)
        area_m2(geometry)
    except GeoError as error:
        raise GeometryFault(str(error)) from error
    return CleanGeometry(geometry if isinstance(geometry, MultiPolygon) else MultiPolygon([geometry]), note)


def _repaired(geometry: BaseGeometry) -> tuple[BaseGeometry, str]:
    reason = shapely.is_valid_reason(geometry)
    valid = shapely.make_valid(geometry, method="structure", keep_collapsed=False)
    loops = [part for part in shapely.get_parts(valid) if isinstance(part, Polygon) and not part.is_empty]
    parts = [part for part in loops if outline_area_m2(part) > SAFE_CHANGE_M2]  # a crossing leaves loops of square cm
    if not parts:
        raise GeometryFault(f"is not valid ({reason}) and encloses nothing")
    repaired = parts[0] if len(parts) == 1 else MultiPolygon(parts)
    said = outline_area_m2(geometry)
    enclosed = area_m2(repaired).area_m2
    change = abs(enclosed - said)
    same_parts = len(parts) == len(shapely.get_parts(geometry))
    if not same_parts or change > max(SAFE_CHANGE_M2, SAFE_CHANGE_SHARE * enclosed):
        raise GeometryFault(
            f"is not valid ({reason}); its rings enclose {said:.2f} m², a repair would make it {enclosed:.2f} m² in "
            f"{len(parts)} part(s): redraw it"
        )
    return repaired, f"geometry repaired ({reason}), area changed by {change:.3f} m²"
