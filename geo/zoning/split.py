"""A zone cut by a line."""

import shapely
from shapely.geometry import LineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from geo.measure import outline_area_m2
from geo.zoning.errors import CutError
from geo.zoning.plane import Floats, areal, polygons, scale_at, wider_than
from geo.zoning.snap import SNAP_TOLERANCE_M
from geo.zoning.tiling import SLIVER_WIDTH_M


def split(zone: BaseGeometry, line: LineString) -> list[MultiPolygon]:
    """The pieces of a zone on the sides of a line, the largest first; parts that the line misses stay with the largest.

    The pieces share the nodes of the cut. Ends of the line that stop short of the boundary by less than the snapping
    tolerance are carried on. Raises CutError when nothing is cut, or a piece would be narrower than a sliver.
    """
    cut = _carried_on(line, scale_at(zone))
    pieces: list[Polygon] = []
    untouched: list[Polygon] = []
    for part in polygons(zone):
        cut_part = _pieces(part, cut)
        if len(cut_part) > 1:
            pieces += cut_part
        else:
            untouched.append(part)
    if len(pieces) < 2:
        raise CutError("the line does not cross the zone from side to side")
    for piece in pieces:
        if not wider_than(piece, SLIVER_WIDTH_M):
            raise CutError(f"the line cuts off a piece narrower than {SLIVER_WIDTH_M} m")
    pieces.sort(key=outline_area_m2, reverse=True)
    return [areal(MultiPolygon([pieces[0], *untouched])), *(areal(piece) for piece in pieces[1:])]


def _pieces(part: Polygon, cut: BaseGeometry) -> list[Polygon]:
    noded = shapely.union_all([part.boundary, cut])
    faces = shapely.get_parts(shapely.polygonize([noded]))
    return [face for face in faces if part.contains(face.representative_point())]


def _carried_on(line: LineString, scale: Floats) -> LineString:
    """The line with both ends carried on by the snapping tolerance."""
    xy = shapely.get_coordinates(line) * scale
    keep = [0, *(i for i in range(1, len(xy)) if (xy[i] != xy[i - 1]).any())]
    if len(keep) < 2:
        raise CutError("the line has no length")
    xy = xy[keep]
    for end, inner in ((0, 1), (-1, -2)):
        direction = xy[end] - xy[inner]
        length = float((direction**2).sum() ** 0.5)
        xy[end] = xy[end] + direction / length * SNAP_TOLERANCE_M
    return LineString(xy / scale)
