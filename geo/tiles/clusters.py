"""Many points far out as few with a count: a tile's rows gathered by the cells of a grid that all tiles share.

A cell is the same in every tile and counts all rows of the person who asks, so that neighbours agree on what they both
draw, and the counts of a view add up to the rows in it.
"""

from typing import Any

from django.contrib.gis.geos import Polygon
from django.db.models import Aggregate, Avg, BinaryField, Count, F, FloatField, Func, IntegerField, Min, QuerySet, Value

from geo.crs import STORAGE_SRID
from geo.models import User
from geo.tiles.grid import Tile, lat_of, lon_of
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
    centre = _Spatial(_Spatial(F(layer.geometry), function="ST_Centroid"), Value(WEB_SRID), function="ST_Transform")
    rows = layer.rows(user).filter(**{f"{layer.geometry}__bboverlaps": reach}).order_by()
    rows = rows.annotate(
        web_x=Func(centre, function="ST_X", output_field=FloatField()),
        web_y=Func(centre, function="ST_Y", output_field=FloatField()),
    ).annotate(
        column=_cell(F("web_x") - Value(box.west), cell_m),
        line=_cell(Value(box.north) - F("web_y"), cell_m),
    )
    within = (-1, CELLS_PER_SIDE)
    told = {f"tile_{name}": _OneOf(source) for name, source in layer.attributes.items()}
    cells = (
        rows.filter(column__range=within, line__range=within)
        .values("column", "line")
        .annotate(
            first=Min("pk"),
            middle_x=Avg("web_x"),
            middle_y=Avg("web_y"),
            tile_count=Count("pk"),
            tile_hot=layer.cluster_hot or Value(0, output_field=IntegerField()),
            **told,
        )
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


def _cell(distance: Any, cell_m: float) -> Func:
    return Func(distance / Value(cell_m), function="FLOOR", output_field=IntegerField())
