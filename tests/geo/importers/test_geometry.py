"""Geometries of a file: transformed, typed, repaired only where safe."""

import math
import re

import numpy as np
import pytest
import shapely
from shapely.geometry import GeometryCollection, LineString, MultiPolygon, Point, Polygon, box

from geo.crs import Bounds, LonLat, wgs84_to_bd09, wgs84_to_gcj02
from geo.crs_detect import detect
from geo.importers.errors import FileRefusedError
from geo.importers.geometry import GeometryFault, cleaned, fault_of_source, to_storage, usual_bounds
from geo.importers.schema import AREAL, POINT
from geo.importers.topology import pairs_overlapping, sticks_out
from geo.measure import area_m2
from geo.zoning.plane import wider_than
from tests.geo.importers.making import SOUTH, WEST, house

METRE = 1.0 / 111_000.0  # degrees, to a few per cent northwards, a fifth less eastwards


def shape(*corners):
    """A polygon with corners in metres from the town's corner."""
    return Polygon([(WEST + x * METRE, SOUTH + y * METRE) for x, y in corners])


def with_vertex(index, value):
    """A house with both coordinates of one vertex set to a value."""
    return shapely.transform(house(), lambda xy: np.where(np.arange(len(xy))[:, None] == index, value, xy))


def array(*geometries):
    out = np.empty(len(geometries), dtype=object)
    out[:] = geometries
    return out


def test_a_valid_polygon_becomes_a_multipolygon_and_nothing_is_said():
    clean = cleaned(house(), AREAL)
    assert clean.geometry == MultiPolygon([house()])
    assert clean.note == ""


@pytest.mark.parametrize(
    "spiked",
    [
        shape((0, 0), (20, 0), (20, 10), (35, 10), (20, 10), (0, 10)),
        shape((0, 0), (20, 0), (20, 10), (0, 10), (0.003, -0.002)),
    ],
    ids=["a spike without width", "a crossing of millimetres"],
)
def test_what_only_needs_tidying_is_repaired_and_said(spiked):
    assert not spiked.is_valid
    clean = cleaned(spiked, AREAL)
    assert clean.geometry.is_valid
    assert area_m2(clean.geometry).area_m2 == pytest.approx(
        area_m2(shape((0, 0), (20, 0), (20, 10), (0, 10))).area_m2, abs=0.05
    )
    assert clean.note.startswith("geometry repaired (")


@pytest.mark.parametrize(
    "crossed",
    [
        shape((0, 0), (20, 10), (20, 0), (0, 10)),
        shape((0, 0), (20, 0), (20, 10), (8, 10), (8, -3), (6, -3), (6, 10), (0, 10)),
        MultiPolygon([shape((0, 0), (20, 0), (20, 10), (0, 10)), shape((10, 0), (30, 0), (30, 10), (10, 10))]),
        Polygon(
            shape((0, 0), (20, 0), (20, 10), (0, 10)).exterior, [shape((15, 2), (30, 2), (30, 8), (15, 8)).exterior]
        ),
    ],
    ids=["bow tie", "a tongue over its own foot", "parts that overlap", "a hole over the edge"],
)
def test_what_a_repair_would_change_is_refused_with_both_areas(crossed):
    assert not crossed.is_valid
    with pytest.raises(GeometryFault, match=r"is not valid .* enclose [\d.]+ m², a repair would make it [\d.]+ m²"):
        cleaned(crossed, AREAL)


def test_a_polygon_without_width_encloses_nothing():
    with pytest.raises(GeometryFault, match=r"encloses nothing|below"):
        cleaned(shape((0, 0), (10, 10), (20, 20)), AREAL)


@pytest.mark.parametrize(
    ("geometry", "types", "says"),
    [
        (None, AREAL, "no geometry"),
        (Polygon(), AREAL, "no geometry"),
        (Point(WEST, SOUTH), AREAL, "is a Point, wanted is a Polygon or MultiPolygon"),
        (LineString([(1, 1), (2, 2)]), AREAL, "is a LineString"),
        (house(), POINT, "is a Polygon, wanted is a Point"),
        (with_vertex(2, math.nan), AREAL, "vertex 3 has the coordinates nan, nan"),
        (with_vertex(1, math.inf), AREAL, "vertex 2 has the coordinates inf, inf"),
    ],
)
def test_what_is_wrong_in_the_file_itself_is_named(geometry, types, says):
    fault = fault_of_source(geometry, types)
    assert re.search(says, fault)


def test_a_collection_is_no_polygon():
    with pytest.raises(GeometryFault, match="GeometryCollection"):
        cleaned(GeometryCollection([house()]), AREAL)


def test_the_usual_place_is_not_told_by_an_outlier():
    town = [house(WEST + n * 0.001) for n in range(9)]
    bounds = usual_bounds(array(*town, box(0, 0, 1, 1), None))
    assert Bounds.of(box(WEST, SOUTH, WEST + 0.01, SOUTH + 0.01)).contains(bounds)
    with pytest.raises(FileRefusedError, match="finite"):
        usual_bounds(array(None, Point()))


def test_only_the_row_that_has_no_image_is_lost():
    source = detect(Bounds(463_000, 3_840_000, 464_000, 3_841_000), stated_srid=4547)
    good, bad = box(463_000, 3_840_000, 463_010, 3_840_010), box(1e30, 1e30, 2e30, 2e30)
    stored = to_storage(array(good, None, bad), source, None)
    assert stored[0].bounds[0] == pytest.approx(113.6, abs=0.01)
    assert stored[1] is None
    assert stored[2] is None


@pytest.mark.parametrize(("name", "shift"), [("gcj02", wgs84_to_gcj02), ("bd09", wgs84_to_bd09)])
def test_coordinates_of_a_consumer_map_are_moved_back(name, shift):
    there = shift(LonLat(WEST, SOUTH))
    source = detect(Bounds(there.lon, there.lat, there.lon, there.lat))
    (stored,) = to_storage(array(Point(there.lon, there.lat)), source, name)
    assert (stored.x, stored.y) == pytest.approx((WEST, SOUTH), abs=1e-9)


def test_a_sliver_is_not_wider_than_it_is():
    sliver = shape((0, 0), (1000, 0), (1000, 1.5), (0, 1.5))
    assert wider_than(sliver, 1.0)
    assert not wider_than(sliver, 2.0)
    assert not wider_than(LineString([(WEST, SOUTH), (WEST + 1, SOUTH)]), 0.1)


def test_a_child_may_leave_its_parent_by_a_line_s_width_only():
    parent = shape((0, 0), (100, 0), (100, 100), (0, 100))
    assert sticks_out(shape((10, 10), (50, 10), (50, 50), (10, 50)), parent) is None
    assert sticks_out(shape((50, 50), (101, 50), (101, 90), (50, 90)), parent) is None
    outside = sticks_out(shape((50, 50), (110, 50), (110, 90), (50, 90)), parent)
    assert area_m2(outside).area_m2 == pytest.approx(10 * 40 * 0.82, rel=0.02)


def test_neighbours_that_share_an_edge_do_not_overlap_and_others_are_found():
    areas = [
        shape((0, 0), (100, 0), (100, 100), (0, 100)),
        shape((100, 0), (200, 0), (200, 100), (100, 100)),
        shape((150, 50), (250, 50), (250, 150), (150, 150)),
    ]
    assert [(i, j) for i, j, _ in pairs_overlapping(areas)] == [(1, 2)]
