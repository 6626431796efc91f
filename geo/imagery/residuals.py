"""The residual map of a registration: where on the ground the later photograph still lies off, and by how much."""

from __future__ import annotations

from typing import Any

import numpy as np

from geo.imagery.grid import Grid
from geo.imagery.registration import Registration, TileResidual

# The placement rests on the tile; the tile clearly lies otherwise than the rest; the tile says nothing.
FITS, OTHERWISE, UNCLEAR = "fits", "otherwise", "unclear"


def residuals(found: Registration, grid: Grid) -> list[dict[str, Any]]:
    """One entry a tile, north to south, west to east: its middle (``lon``, ``lat``, EPSG:4490), the metres by which
    the placed later photograph lies off there (``east_m``, ``north_m``), the ``lead`` of its peak, and its ``kind``:
    FITS, OTHERWISE or UNCLEAR, which has no metres. Empty when no registration was found or asked for.
    """
    if not found.tiles:
        return []
    places = grid.lonlat(np.array([(tile.x_px, tile.y_px) for tile in found.tiles]))
    return [
        {"lon": round(float(lon), 7), "lat": round(float(lat), 7), "lead": tile.lead, **_off(tile)}
        for (lon, lat), tile in zip(places, found.tiles, strict=True)
    ]


def _off(tile: TileResidual) -> dict[str, Any]:
    if not tile.agrees and not tile.lies_otherwise:
        return {"kind": UNCLEAR, "east_m": None, "north_m": None}
    return {"kind": FITS if tile.agrees else OTHERWISE, "east_m": tile.east_m, "north_m": tile.north_m}
