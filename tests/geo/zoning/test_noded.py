"""The outline that a browser snaps to has the corners of the zones along it."""

import shapely

from geo.zoning import noded
from tests.geo.zoning.shapes import at, box


def nodes_of(geometry) -> set[tuple[float, float]]:
    return {(float(x), float(y)) for x, y in shapely.get_coordinates(geometry)}


def test_a_corner_on_a_bare_side_becomes_a_node_of_it_bit_for_bit():
    parent, zone = box(0, 0, 400, 400), box(0, 0, 200, 250)
    found = noded(parent, [zone])
    assert nodes_of(parent) | {at(0, 250), at(200, 0)} == nodes_of(found)
    assert shapely.symmetric_difference(found, parent).area < 1e-16


def test_a_corner_away_from_the_outline_is_none():
    parent = box(0, 0, 400, 400)
    assert nodes_of(noded(parent, [box(5, 5, 200, 250)])) == nodes_of(parent)


def test_without_zones_the_outline_stays_as_it_is():
    parent = box(0, 0, 400, 400)
    assert noded(parent, []) is parent
    assert noded(parent, [shapely.Polygon()]) is parent
