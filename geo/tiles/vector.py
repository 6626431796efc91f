"""Vector tiles by PostGIS: one layer's rows of one person in one tile, as ST_AsMVT makes them.

What a tile may cost is bounded: rows by `Layer.most_rows`, vertices by simplification to a fraction of a pixel, time
by STATEMENT_TIMEOUT_MS. A tile holds the rows as `<layer>` and, where they are written on the map, points as
`<layer>_labels`. Far out some layers are told as clusters (geo.tiles.clusters), without names.
"""

from typing import Any

from django.contrib.gis.geos import Polygon
from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import BinaryField, Expression, F, Func, QuerySet, Value

from geo.crs import STORAGE_SRID
from geo.models import User
from geo.tiles.clusters import cluster_attributes, clusters
from geo.tiles.grid import TILE_PX, Tile
from geo.tiles.registry import Layer

WEB_SRID = 3857
EXTENT = 4096
# Strokes and markers reach over the edge of their tile by less than this; names by less than LABEL_MARGIN_PX.
EDGE_MARGIN_PX = 8
LABEL_MARGIN_PX = 96
# A quarter of a pixel is not seen; from this zoom on vertices are farther apart than that anyway.
SIMPLIFY_TOLERANCE_PX = 0.25
EXACT_FROM_ZOOM = 17
STATEMENT_TIMEOUT_MS = 5_000


class _Spatial(Func):
    """A PostGIS function whose result stays inside the database: no field type of Django's is wanted."""

    output_field = BinaryField()


def vector_tile(layer: Layer, user: User, tile: Tile) -> bytes:
    """Return the layer's tile for this person; empty bytes when nothing of it lies there."""
    if tile.z < layer.min_zoom:
        return b""
    # The planner's parallel workers and JIT cost more than a tile's work: without them tiles come about twice as fast.
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('jit', 'off', true), set_config('max_parallel_workers_per_gather', '0', true),"
            " set_config('statement_timeout', %s, true)",
            [str(STATEMENT_TIMEOUT_MS)],
        )
        if tile.z < layer.clustered_below_zoom:
            return _layer(cursor, layer.name, clusters(layer, user, tile, extent=EXTENT), cluster_attributes(layer))
        content = _layer(cursor, layer.name, _features(layer, user, tile), list(layer.attributes))
        if layer.label_attribute and tile.z >= layer.labels_from_zoom:
            content += _layer(cursor, f"{layer.name}_labels", _labels(layer, user, tile), _label_attributes(layer))
        return content


def _layer(cursor: Any, name: str, rows: "QuerySet[Any]", attributes: list[str]) -> bytes:
    """Run the rows' query inside ST_AsMVT. The layers of a tile may simply be written one after the other."""
    try:
        sql, params = rows.query.sql_with_params()
    except EmptyResultSet:
        return b""
    columns = ", ".join(f'"{column}"' for column in ("id", "geom", *attributes))
    cursor.execute(
        f"SELECT ST_AsMVT(rows, %s, {EXTENT}, 'geom', 'id') FROM ({sql}) AS rows({columns})"  # noqa: S608
        " WHERE rows.geom IS NOT NULL",
        [name, *params],
    )
    return bytes(cursor.fetchone()[0] or b"")


def _features(layer: Layer, user: User, tile: Tile) -> "QuerySet[Any]":
    shape: Expression | F = F(layer.geometry)
    if tile.z < layer.outline_from_zoom:
        shape = _Spatial(shape, function="ST_Centroid")
    geometry = _Spatial(shape, Value(WEB_SRID), function="ST_Transform")
    if layer.outline_from_zoom <= tile.z < EXACT_FROM_ZOOM:
        # ST_Simplify takes a fifth of the time of ST_SimplifyPreserveTopology (3,000 buildings: 11 and 47 ms);
        # ST_AsMVTGeom makes valid what it breaks. True: a shape that shrinks to nothing stays as a speck.
        tolerance = Value(SIMPLIFY_TOLERANCE_PX * tile.pixel_m)
        geometry = _Spatial(geometry, tolerance, Value(True), function="ST_Simplify")
    return _rows(layer, user, tile, geometry, list(layer.attributes), EDGE_MARGIN_PX)


def _labels(layer: Layer, user: User, tile: Tile) -> "QuerySet[Any]":
    inside = _Spatial(F(layer.geometry), function="ST_PointOnSurface")
    point = _Spatial(inside, Value(WEB_SRID), function="ST_Transform")
    return _rows(layer, user, tile, point, _label_attributes(layer), LABEL_MARGIN_PX)


def _label_attributes(layer: Layer) -> list[str]:
    """The words of a label, and what decides how they are written."""
    return [name for name in layer.attributes if name in (layer.label_attribute, "level")]


def _rows(
    layer: Layer, user: User, tile: Tile, geometry: Expression | F, attributes: list[str], margin_px: int
) -> "QuerySet[Any]":
    """Return (id, geometry in the tile, attributes…) of the rows that touch the tile and its margin."""
    box, degrees = tile.box_m(), tile.box_lonlat(margin_px)
    reach = Polygon.from_bbox((degrees.west, degrees.south, degrees.east, degrees.north))
    reach.srid = STORAGE_SRID
    bounds = _Spatial(
        *(Value(side) for side in (box.west, box.south, box.east, box.north)),
        Value(WEB_SRID),
        function="ST_MakeEnvelope",
    )
    margin = Value(margin_px * EXTENT // TILE_PX)
    in_tile = _Spatial(geometry, bounds, Value(EXTENT), margin, Value(True), function="ST_AsMVTGeom")
    columns: dict[str, Expression | F] = {"tile_geom": in_tile}
    for name in attributes:
        source = layer.attributes[name]
        columns[f"tile_{name}"] = F(source) if isinstance(source, str) else source
    rows = layer.rows(user).filter(**{f"{layer.geometry}__bboverlaps": reach})
    return rows.order_by(*layer.order_by).annotate(**columns).values_list("pk", *columns)[: layer.most_rows]
