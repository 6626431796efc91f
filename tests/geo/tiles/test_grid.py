"""The tile grid, against the grid that rio-tiler uses."""

import morecantile
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.tiles.grid import MAX_ZOOM, NoSuchTile, Tile, ground_pixel_m

GRID = morecantile.tms.get("WebMercatorQuad")


@st.composite
def tiles(draw):
    z = draw(st.integers(0, MAX_ZOOM))
    column = st.integers(0, 2**z - 1)
    return Tile(z, draw(column), draw(column))


@given(tiles())
def test_bounds_in_metres_are_those_of_the_common_grid(tile):
    theirs = GRID.xy_bounds(tile.x, tile.y, tile.z)
    ours = tile.box_m()
    assert (ours.west, ours.south, ours.east, ours.north) == pytest.approx(tuple(theirs), abs=1e-3)


@given(tiles())
def test_bounds_in_degrees_are_those_of_the_common_grid(tile):
    theirs = GRID.bounds(tile.x, tile.y, tile.z)
    ours = tile.box_lonlat()
    assert (ours.west, ours.south, ours.east, ours.north) == pytest.approx(tuple(theirs), abs=1e-7)


def test_a_margin_widens_the_box_on_every_side():
    tile = Tile(15, 26721, 13027)
    plain, wide = tile.box_m(), tile.box_m(margin_px=2)
    assert plain.west - wide.west == pytest.approx(2 * tile.pixel_m)
    assert wide.north - plain.north == pytest.approx(2 * tile.pixel_m)


@pytest.mark.parametrize(("z", "x", "y"), [(-1, 0, 0), (MAX_ZOOM + 1, 0, 0), (2, 4, 0), (2, 0, -1)])
def test_a_tile_outside_the_grid_does_not_exist(z, x, y):
    with pytest.raises(NoSuchTile, match=str(z)):
        Tile(z, x, y)


def test_a_pixel_on_the_ground_shrinks_with_latitude_and_halves_with_zoom():
    assert ground_pixel_m(60.0, 10) == pytest.approx(ground_pixel_m(0.0, 10) / 2)
    assert ground_pixel_m(34.7, 18) == pytest.approx(0.4910, abs=1e-3)
