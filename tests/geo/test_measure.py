"""geo.measure: areas against an independent geodesic library, uncertainties against simulation."""

import math

import numpy as np
import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity, from_wkt
from shapely.geometry import GeometryCollection, LineString, MultiPolygon, Point, Polygon, box

from geo import errors, measure
from geo.crs import LonLat, reproject
from geo.measure import Area, WalkedVertex, area_m2

INDEPENDENT = Geodesic(6378137.0, 1 / 298.257222101)
TOWN = (113.6, 34.7)
DEGREE_EAST_M = 91_500.0  # at 34.7°N, to a third of a per cent
DEGREE_NORTH_M = 110_900.0

ARITHMETIC_NOISE_M2 = 1e-4  # of both libraries together; a millionth is then held from 100 m² on


def stars(smallest_m, largest_m):
    """Star shapes anywhere in China with a radius between two lengths."""
    return st.builds(
        lambda lon, lat, size_m, radii: star(lon, lat, size_m, radii),
        st.floats(75.0, 134.0),
        st.floats(18.0, 53.0),
        st.floats(smallest_m, largest_m),
        st.lists(st.floats(0.5, 1.0), min_size=4, max_size=12),
    )


def star(lon, lat, size_m, radii):
    """A polygon around a place whose corners lie at growing angles: always valid."""
    angles = np.linspace(0.0, 2.0 * np.pi, len(radii), endpoint=False)
    east = size_m * np.array(radii) * np.cos(angles) / (111_320.0 * math.cos(math.radians(lat)))
    north = size_m * np.array(radii) * np.sin(angles) / 111_000.0
    return Polygon(np.column_stack([lon + east, lat + north]))


def independent_ring_m2(ring):
    polygon = INDEPENDENT.Polygon()
    for lon, lat in list(ring.coords)[:-1]:
        polygon.AddPoint(lat, lon)
    return abs(polygon.Compute(False, True)[2])


def rectangle(width_m, height_m, lon=TOWN[0], lat=TOWN[1]):
    """About width_m by height_m, with its lower left corner at a place."""
    return box(lon, lat, lon + width_m / DEGREE_EAST_M, lat + height_m / DEGREE_NORTH_M)


@settings(max_examples=150)
@given(stars(15.0, 50_000.0))
def test_areas_agree_with_an_independent_library_to_a_millionth(polygon):
    assert area_m2(polygon).area_m2 == pytest.approx(independent_ring_m2(polygon.exterior), rel=1e-6)


@given(stars(1.0, 15.0))
def test_sheds_agree_with_the_independent_library_to_its_arithmetic_noise(polygon):
    expected = independent_ring_m2(polygon.exterior)
    assert area_m2(polygon).area_m2 == pytest.approx(expected, rel=1e-6, abs=ARITHMETIC_NOISE_M2)


@pytest.mark.parametrize("lon", [112.49999, 112.50001, 113.99999, 114.0, 115.49999, 115.50001, 112.4995])
def test_a_zone_edge_does_not_change_an_area(lon):
    polygon = rectangle(20.0, 10.0, lon=lon)
    assert area_m2(polygon).area_m2 == pytest.approx(independent_ring_m2(polygon.exterior), rel=1e-6)
    assert area_m2(polygon).area_m2 == pytest.approx(200.0, rel=0.005)


def test_the_gauss_kruger_plane_gives_the_same_area_once_its_scale_is_taken_off():
    polygon = rectangle(200.0, 150.0, lon=112.51)
    plane = reproject(polygon, 4490, 4547)
    middle = plane.centroid
    place = reproject(middle, 4547)
    north = reproject(Point(place.x, place.y + 1e-4), 4490, 4547)
    metres = INDEPENDENT.Inverse(place.y, place.x, place.y + 1e-4, place.x)["s12"]
    scale = middle.distance(north) / metres
    corners = np.array(plane.exterior.coords)
    shoelace = abs(np.sum(corners[:-1, 0] * corners[1:, 1] - corners[1:, 0] * corners[:-1, 1])) / 2.0
    assert shoelace / scale**2 == pytest.approx(area_m2(polygon).area_m2, rel=2e-6)
    assert scale > 1.0001


@given(stars(4.0, 50_000.0))
def test_ring_orientation_does_not_change_an_area(polygon):
    assert area_m2(polygon.reverse()).area_m2 == pytest.approx(
        area_m2(polygon).area_m2, rel=1e-9, abs=ARITHMETIC_NOISE_M2
    )


def test_holes_are_taken_off_and_parts_added():
    outer, hole, apart = rectangle(40, 30), rectangle(10, 5, TOWN[0] + 1e-4, TOWN[1] + 1e-4), rectangle(7, 7, 113.7)
    with_hole = Polygon(outer.exterior.coords, [hole.exterior.coords])
    expected = independent_ring_m2(outer.exterior) - independent_ring_m2(hole.exterior)
    assert area_m2(with_hole).area_m2 == pytest.approx(expected, rel=1e-6)
    both = MultiPolygon([with_hole, apart])
    assert area_m2(both).area_m2 == pytest.approx(expected + independent_ring_m2(apart.exterior), rel=1e-6)


@given(stars(4.0, 50_000.0), stars(4.0, 50_000.0))
def test_overlap_is_symmetric_and_never_more_than_either(a, b):
    shared = measure.overlap_m2(a, b)
    assert shared == pytest.approx(measure.overlap_m2(b, a), abs=1e-3, rel=1e-9)
    assert shared <= min(area_m2(a).area_m2, area_m2(b).area_m2) * (1 + 1e-9) + 1e-3


@given(stars(4.0, 150.0), st.floats(-1.0, 1.0), st.floats(-1.0, 1.0))
def test_what_is_covered_and_what_is_not_make_the_whole(whole, east, north):
    width, height = whole.bounds[2] - whole.bounds[0], whole.bounds[3] - whole.bounds[1]
    cover = affinity.translate(whole, east * width, north * height)
    total = area_m2(whole).area_m2
    parts = measure.overlap_m2(whole, cover) + measure.uncovered_m2(whole, [cover])
    # The cut of a 200 m side lies up to 1 mm beside its geodesic (see overlap_m2).
    assert parts == pytest.approx(total, rel=5e-6, abs=1e-3)


def test_the_share_covered_is_of_the_whole():
    whole, half = rectangle(20, 10), rectangle(10, 10)
    assert measure.share_covered(half, whole) == pytest.approx(0.5, abs=1e-6)
    assert measure.share_covered(whole, half) == pytest.approx(1.0, abs=1e-9)
    assert measure.share_covered(rectangle(5, 5, 113.8), whole) == 0.0


def test_neighbours_that_only_touch_share_nothing():
    assert measure.overlap_m2(box(113.6, 34.7, 113.61, 34.71), box(113.61, 34.7, 113.62, 34.71)) == 0.0


def test_two_permits_cover_only_once_where_they_overlap():
    whole = rectangle(30, 10)
    left, right = rectangle(20, 10), rectangle(15, 10, TOWN[0] + 10 / DEGREE_EAST_M)
    assert measure.uncovered_m2(whole, [left, right]) == pytest.approx(area_m2(rectangle(5, 10)).area_m2, rel=1e-6)
    assert measure.uncovered_m2(whole, []) == pytest.approx(area_m2(whole).area_m2)


def test_many_areas_at_once_are_the_single_ones():
    polygons = [rectangle(width, 8.0) for width in (3.0, 11.0, 250.0)]
    assert measure.areas_m2(polygons) == pytest.approx([area_m2(p).area_m2 for p in polygons])
    with pytest.raises(errors.GeometryTypeError, match="geometry 1: a Point"):
        measure.areas_m2([polygons[0], Point(113, 34)])


# --- uncertainty ------------------------------------------------------------------------------------------------------


def simulated_sigma_m2(polygon, sigma_m, draws=4000):
    """Standard deviation of the plane area when each corner moves by Gaussian errors (shoelace, equirectangular)."""
    rng = np.random.default_rng(20240601)
    total = np.zeros(draws)
    for part in getattr(polygon, "geoms", [polygon]):
        for sign, ring in [(1.0, part.exterior), *[(-1.0, hole) for hole in part.interiors]]:
            corners = np.array(ring.coords)[:-1]
            if not ring.is_ccw:
                corners = corners[::-1]
            scale_x = 6378137.0 * math.radians(1) * math.cos(math.radians(corners[0, 1])) * 1.00108
            x = (corners[:, 0] - corners[0, 0]) * scale_x + rng.normal(0, sigma_m, (draws, len(corners)))
            y = (corners[:, 1] - corners[0, 1]) * DEGREE_NORTH_M + rng.normal(0, sigma_m, (draws, len(corners)))
            total += sign * 0.5 * np.sum(x * np.roll(y, -1, axis=1) - np.roll(x, -1, axis=1) * y, axis=1)
    return total.std(ddof=1)


L_SHAPE = Polygon([(113.6 + x * 1e-4, 34.7 + y * 1e-4) for x, y in [(0, 0), (3, 0), (3, 1), (1, 1), (1, 2), (0, 2)]])
RING_HOUSE = Polygon(rectangle(30, 20).exterior.coords, [rectangle(8, 6, 113.6001, 34.70005).exterior.coords])


@pytest.mark.parametrize(
    ("polygon", "sigma_m"),
    [(rectangle(20, 10), 0.3), (L_SHAPE, 0.5), (RING_HOUSE, 0.2), (rectangle(3, 2), 2.0), (rectangle(200, 4), 0.15)],
    ids=["house", "L", "courtyard", "error as large as the shed", "long wall"],
)
def test_the_stated_uncertainty_is_the_spread_of_simulated_measurements(polygon, sigma_m):
    stated = area_m2(polygon, position_sigma_m=sigma_m).uncertainty_m2
    # 4000 draws know a standard deviation to 1.1 %; three times that.
    assert stated == pytest.approx(simulated_sigma_m2(polygon, sigma_m), rel=0.035)


def test_a_rectangle_s_uncertainty_is_sigma_times_its_diagonal():
    stated = area_m2(rectangle(16.0, 12.0), position_sigma_m=0.01)
    assert stated.uncertainty_m2 == pytest.approx(0.01 * 20.0, rel=0.005)


def test_no_sigma_no_uncertainty_and_zero_sigma_zero():
    assert area_m2(rectangle(5, 5)).uncertainty_m2 is None
    assert area_m2(rectangle(5, 5), position_sigma_m=0.0).uncertainty_m2 == 0.0


@given(st.floats(0.01, 1.0), st.floats(1.1, 5.0))
def test_worse_positions_never_make_an_area_more_certain(sigma_m, factor):
    better = area_m2(L_SHAPE, position_sigma_m=sigma_m).uncertainty_m2
    assert area_m2(L_SHAPE, position_sigma_m=sigma_m * factor).uncertainty_m2 > better


@pytest.mark.parametrize("sigma_m", [-0.1, math.nan, math.inf])
def test_a_sigma_that_is_no_size_is_refused(sigma_m):
    with pytest.raises(errors.MeasureError, match="standard deviation"):
        area_m2(rectangle(5, 5), position_sigma_m=sigma_m)


# --- what cannot be measured ------------------------------------------------------------------------------------------

BOW_TIE = Polygon([(113.6, 34.7), (113.601, 34.701), (113.601, 34.7), (113.6, 34.701)])
with np.errstate(invalid="ignore"):
    NOT_A_NUMBER = from_wkt("POLYGON ((113.6 34.7, nan 34.7, 113.6 34.8, 113.6 34.7))")


@pytest.mark.parametrize(
    ("geometry", "error", "says"),
    [
        (Polygon(), errors.EmptyGeometryError, "empty Polygon"),
        (Point(*TOWN), errors.GeometryTypeError, "a Point has no area"),
        (LineString([(113, 34), (114, 34)]), errors.GeometryTypeError, "LineString"),
        (GeometryCollection([rectangle(5, 5)]), errors.GeometryTypeError, "GeometryCollection"),
        (BOW_TIE, errors.InvalidGeometryError, "Self-intersection"),
        (rectangle(0.05, 0.05), errors.TooSmallError, "0.01 m²"),
        (box(-179.9, 10, 179.9, 11), errors.AntimeridianError, "half the globe"),
        (box(38_500_000, 3_800_000, 38_500_010, 3_800_010), errors.CoordinateError, "no degrees"),
        (box(113.6, 91.0, 113.7, 92.0), errors.CoordinateError, "no degrees"),
        (NOT_A_NUMBER, errors.CoordinateError, "finite"),
    ],
    ids=lambda value: value.geom_type if hasattr(value, "geom_type") else None,
)
def test_what_has_no_area_is_refused_by_name(geometry, error, says):
    with pytest.raises(error, match=says):
        area_m2(geometry)
    if error is not errors.TooSmallError:
        with pytest.raises(error):
            measure.overlap_m2(rectangle(5, 5), geometry)


def test_a_height_on_the_vertices_changes_nothing():
    flat = rectangle(12, 9)
    tall = Polygon([(x, y, 1500.0) for x, y in flat.exterior.coords])
    assert area_m2(tall, position_sigma_m=0.2) == area_m2(flat, position_sigma_m=0.2)


# --- lengths ----------------------------------------------------------------------------------------------------------


@given(st.floats(75, 134), st.floats(18, 53), st.floats(75, 134), st.floats(18, 53))
def test_distances_agree_with_the_independent_library(lon_a, lat_a, lon_b, lat_b):
    expected = INDEPENDENT.Inverse(lat_a, lon_a, lat_b, lon_b)["s12"]
    assert measure.distance_m(LonLat(lon_a, lat_a), LonLat(lon_b, lat_b)) == pytest.approx(expected, rel=1e-9, abs=1e-6)


def test_the_length_of_a_polygon_is_the_length_of_its_rings():
    hole_m = measure.length_m(RING_HOUSE.interiors[0])
    assert measure.length_m(RING_HOUSE) == pytest.approx(measure.length_m(RING_HOUSE.exterior) + hole_m)
    assert measure.length_m(rectangle(30, 20)) == pytest.approx(100.0, rel=0.004)


def test_a_point_and_nothing_have_no_length():
    with pytest.raises(errors.GeometryTypeError):
        measure.length_m(Point(*TOWN))
    with pytest.raises(errors.EmptyGeometryError):
        measure.length_m(LineString())


# --- measured on the ground -------------------------------------------------------------------------------------------


def walk(polygon, accuracy_m=4.0, closed=False):
    corners = list(polygon.exterior.coords)
    return [WalkedVertex(LonLat(*corner), accuracy_m) for corner in (corners if closed else corners[:-1])]


@pytest.mark.parametrize("closed", [True, False])
def test_a_walk_encloses_its_polygon_whether_closed_or_not(closed):
    walked = measure.polygon_from_walk(walk(L_SHAPE, closed=closed))
    assert walked.area.area_m2 == pytest.approx(area_m2(L_SHAPE).area_m2)
    assert walked.polygon.equals(L_SHAPE)
    assert walked.area.method == measure.METHOD_WALK


def test_a_walk_with_equal_accuracies_has_the_uncertainty_of_that_sigma():
    sigma_m = 4.0 / measure.ACCURACY_RADIUS_PER_SIGMA
    expected = area_m2(L_SHAPE, position_sigma_m=sigma_m).uncertainty_m2
    assert measure.polygon_from_walk(walk(L_SHAPE)).area.uncertainty_m2 == pytest.approx(expected)


def test_one_bad_fix_makes_the_walk_less_certain():
    vertices = walk(L_SHAPE)
    worse = [WalkedVertex(vertices[0].position, 30.0), *vertices[1:]]
    sigma = measure.polygon_from_walk(vertices).area.uncertainty_m2
    assert measure.polygon_from_walk(worse).area.uncertainty_m2 > 2 * sigma


def test_standing_still_at_a_corner_is_one_vertex():
    vertices = walk(L_SHAPE)
    assert measure.polygon_from_walk([vertices[0], *vertices]).area == measure.polygon_from_walk(vertices).area


@pytest.mark.parametrize(
    ("vertices", "says"),
    [
        ([], "0 different places"),
        (walk(rectangle(5, 5))[:2] * 2, "needs at least 3|2 different"),
        (walk(rectangle(20, 20), accuracy_m=0.0), "vertex 1: accuracy 0.0"),
        (walk(rectangle(20, 20), accuracy_m=math.nan), "vertex 1: accuracy nan"),
        (walk(BOW_TIE), "cross"),
        (walk(rectangle(0.5, 0.5)), "encloses 0.2"),
    ],
)
def test_a_walk_that_makes_no_polygon_says_why(vertices, says):
    with pytest.raises(errors.WalkError, match=says):
        measure.polygon_from_walk(vertices)


def test_typed_sides_make_a_rectangle_with_the_variance_of_a_product():
    rng = np.random.default_rng(7)
    area = measure.typed_dimensions_area(12.5, 8.0, side_sigma_m=0.4)
    products = (12.5 + rng.normal(0, 0.4, 40_000)) * (8.0 + rng.normal(0, 0.4, 40_000))
    assert area.area_m2 == 100.0
    assert area.uncertainty_m2 == pytest.approx(products.std(), rel=0.012)


@pytest.mark.parametrize(("length", "width", "named"), [(0.0, 5.0, "length"), (5.0, -1.0, "width"), (math.nan, 1, "l")])
def test_a_side_that_is_no_size_is_named(length, width, named):
    with pytest.raises(errors.MeasureError, match=named):
        measure.typed_dimensions_area(length, width)


def test_areas_add_with_their_uncertainties_in_quadrature():
    house, shed = Area(100.0, 3.0, "typed-dimensions"), Area(20.0, 4.0, "typed-dimensions")
    assert measure.sum_of_areas([house, shed]) == Area(120.0, 5.0, "typed-dimensions")
    mixed = measure.sum_of_areas([house, Area(20.0, None, "walked-vertices")])
    assert mixed == Area(120.0, None, "sum")
    with pytest.raises(errors.MeasureError):
        measure.sum_of_areas([])


def test_the_uncertainty_of_a_length_is_that_of_many_shaken_lines():
    corners = np.array([[113.6, 34.7], [113.6011, 34.7], [113.6011, 34.7009], [113.6002, 34.7002], [113.6014, 34.7012]])
    sigma_m = 0.4
    told = measure.path_length_m(LineString(corners), position_sigma_m=sigma_m)
    degrees = np.array([sigma_m / 91_560.0, sigma_m / 110_930.0])  # a degree of longitude and latitude at 34.7°
    shaken = np.random.default_rng(7).normal(scale=degrees, size=(3_000, *corners.shape)) + corners
    lengths = [measure.length_m(LineString(line)) for line in shaken]
    assert told.length_m == measure.length_m(LineString(corners))
    assert told.uncertainty_m == pytest.approx(np.std(lengths), rel=0.05)


def test_a_vertex_on_a_straight_stretch_adds_nothing_to_the_uncertainty_of_a_length():
    straight = LineString([(113.6, 34.7), (113.6, 34.7005), (113.6, 34.701)])
    assert measure.path_length_m(straight, position_sigma_m=1.0).uncertainty_m == pytest.approx(2**0.5, rel=1e-3)


def test_a_line_that_stays_in_one_place_has_no_length():
    with pytest.raises(errors.TooSmallError, match="length 0 m"):
        measure.path_length_m(LineString([(113.6, 34.7), (113.6, 34.7)]), position_sigma_m=1.0)
