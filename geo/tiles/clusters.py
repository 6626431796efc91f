"""Many points far out as few with a count: a tile's rows gathered by the cells of a grid that all tiles share.

A cell is the same in every tile and counts all rows of the person who asks, so that neighbours agree on what they both
draw, and the counts of a view add up to the rows in it.
"""

import math
from typing import Any

from django.contrib.gis.geos import Polygon
from django.db.models import (
    Aggregate,
    Avg,
    BinaryField,
    Count,
    ExpressionWrapper,
    F,
    FloatField,
    Func,
    IntegerField,
    Min,
    QuerySet,
    Value,
)
from django.db.models.functions import Ln, Radians, Tan

from geo.crs import STORAGE_SRID
from geo.models import User
from geo.tiles.grid import EARTH_RADIUS_M, Tile, lat_of, lon_of
from geo.tiles.registry import Layer

# Tiles are shown 512 px wide: 64 px a cell hold a marker of 44 px, which a finger meets, and some ground around it.
CELLS_PER_SIDE = 8
WEB_SRID = 3857
COUNT, HOT = "count", "hot"


class _Spatial(Func):
    output_field = BinaryField()


class _OneOf(Aggregate):
    """The value of any one row: where a cell holds one row, its own."""

    function = "array_agg"
    template = "(%(function)s(%(expressions)s))[1]"


def cluster_attributes(layer: Layer) -> list[str]:
    """Return the names of what a clustered tile tells of each point."""
    return [COUNT, HOT, *layer.attributes]


def clusters(layer: Layer, user: User, tile: Tile, *, extent: int) -> "QuerySet[Any]":
    """Return (id, point in the tile, count, hot, attributes of one of them…) of the cells in the tile and around it."""
    box, cell_m = tile.box_m(), tile.size_m / CELLS_PER_SIDE
    degrees = (
        lon_of(box.west - cell_m),
        lat_of(box.south - cell_m),
        lon_of(box.east + cell_m),
        lat_of(box.north + cell_m),
    )
    reach = Polygon.from_bbox(degrees)
    reach.srid = STORAGE_SRID
    rows = layer.rows(user).filter(**{f"{layer.geometry}__bboverlaps": reach}).order_by()
    web_x, web_y = _on_the_web(_Spatial(F(layer.geometry), function="ST_Centroid"))
    rows = rows.annotate(web_x=web_x, web_y=web_y).annotate(
        column=_cell(F("web_x") - Value(box.west), cell_m),
        line=_cell(Value(box.north) - F("web_y"), cell_m),
    )
    within = (-1, CELLS_PER_SIDE)
    told = {f"tile_{name}": _OneOf(source) for name, source in layer.attributes.items()}
    # The range is asked of the cells, not of the rows: the planner takes four such conditions for one row in a
    # thousand million and then walks a whole city in nested loops.
    cells = (
        rows.values("column", "line")
        .annotate(
            first=Min("pk"),
            middle_x=Avg("web_x"),
            middle_y=Avg("web_y"),
            tile_count=Count("pk"),
            tile_hot=layer.cluster_hot or Value(0, output_field=IntegerField()),
            in_column=Min("column"),
            in_line=Min("line"),
            **told,
        )
        .filter(in_column__range=within, in_line__range=within)
    )
    place = _Spatial(F("middle_x"), F("middle_y"), function="ST_MakePoint")
    bounds = _Spatial(
        *(Value(side) for side in (box.west, box.south, box.east, box.north)),
        Value(WEB_SRID),
        function="ST_MakeEnvelope",
    )
    in_tile = _Spatial(
        _Spatial(place, Value(WEB_SRID), function="ST_SetSRID"),
        bounds,
        Value(extent),
        Value(extent // CELLS_PER_SIDE),
        Value(True),
        function="ST_AsMVTGeom",
    )
    named = ("tile_count", "tile_hot", *told)
    return cells.annotate(tile_geom=in_tile).order_by("tile_count").values_list("first", "tile_geom", *named)


def _on_the_web(point: Func) -> tuple[Func, Func]:
    """Easting and northing of EPSG:3857, as lon_of() and lat_of() read them backwards.

    ST_Transform tells the same (CGCS2000 and WGS 84 are one to it) and takes three times as long: the planner repeats
    it for the cell, its bounds and the middle (10,000 flags: 240 ms and 70 ms).
    """
    lon, lat = (Func(point, function=name, output_field=FloatField()) for name in ("ST_X", "ST_Y"))
    return (
        ExpressionWrapper(Radians(lon) * Value(EARTH_RADIUS_M), output_field=FloatField()),
        ExpressionWrapper(
            Ln(Tan(Value(math.pi / 4) + Radians(lat) / Value(2.0))) * Value(EARTH_RADIUS_M), output_field=FloatField()
        ),
    )


def _cell(distance: Any, cell_m: float) -> Func:
    return Func(distance / Value(cell_m), function="FLOOR", output_field=IntegerField())
