"""geo.crs: zones, transformations with x first, and the shifted coordinates of consumer maps."""

import math

import numpy as np
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point, Polygon, box

from geo import crs
from geo.crs import GaussKrugerZone, LonLat
from geo.errors import CoordinateError, UnknownCrsError

IN_CHINA = st.builds(LonLat, st.floats(80.0, 130.0), st.floats(20.0, 50.0))


@pytest.mark.parametrize("number", range(crs.FIRST_ZONE, crs.LAST_ZONE + 1))
def test_every_zone_names_the_epsg_codes_with_its_central_meridian(number):
    zone = GaussKrugerZone(number)
    for srid, false_easting in ((zone.srid, 500_000.0), (zone.prefixed_srid, number * 1_000_000 + 500_000.0)):
        operation = {p.name: p.value for p in pyproj.CRS.from_epsg(srid).coordinate_operation.params}
        assert operation["Longitude of natural origin"] == zone.central_meridian
        assert operation["False easting"] == false_easting
        assert crs.zone_of_srid(srid) == zone
    assert crs.has_zone_prefix(zone.prefixed_srid)
    assert not crs.has_zone_prefix(zone.srid)


@pytest.mark.parametrize(
    ("lon", "number"), [(112.49999, 37), (112.5, 38), (112.50001, 38), (113.6, 38), (115.49999, 38), (115.5, 39)]
)
def test_a_longitude_at_a_zone_edge_belongs_to_the_zone_east_of_it(lon, number):
    assert crs.zone_of_longitude(lon).number == number


@pytest.mark.parametrize("lon", [73.49, 136.5, -113.6, math.nan, math.inf])
def test_a_longitude_without_a_zone_is_refused_with_its_value(lon):
    with pytest.raises(UnknownCrsError):
        crs.zone_of_longitude(lon)


@pytest.mark.parametrize("srid", [4490, 4326, 4512, 4555, 3857])
def test_other_epsg_codes_are_no_gauss_kruger_zone(srid):
    assert crs.zone_of_srid(srid) is None


def test_the_first_axis_is_x_in_both_directions():
    there = crs.transform_coordinates(np.array([[114.0, 34.7]]), crs.STORAGE_SRID, 4526)
    assert there[0, 0] == pytest.approx(38_500_000.0, abs=1e-6)
    assert there[0, 1] == pytest.approx(3_841_000.0, abs=5_000.0)
    back = crs.transform_coordinates(there, 4526)
    assert back[0] == pytest.approx([114.0, 34.7], abs=1e-11)


def test_wgs84_and_cgcs2000_coordinates_are_taken_as_the_same():
    place = np.array([[113.6, 34.7]])
    assert crs.transform_coordinates(place, crs.WGS84_SRID) == pytest.approx(place, abs=1e-12)


def test_a_geometry_goes_to_its_local_zone_and_loses_its_height():
    polygon = Polygon([(113.6, 34.7, 110.0), (113.601, 34.7, 110.0), (113.601, 34.701, 111.0)])
    local, srid = crs.to_local(polygon)
    assert srid == GaussKrugerZone(38).srid
    assert not local.has_z
    assert local.length == pytest.approx(346, abs=6)
    assert crs.reproject(local, srid).equals_exact(crs.reproject(polygon, 4490), 1e-10)


def test_a_point_that_has_no_image_is_named():
    with pytest.raises(CoordinateError, match=r"point 1 \(inf, 0\)"):
        crs.transform_coordinates(np.array([[500_000.0, 3.8e6], [math.inf, 0.0]]), 4547)


def test_an_empty_geometry_lies_in_no_zone():
    with pytest.raises(UnknownCrsError, match="empty"):
        crs.local_srid(Point())


@pytest.mark.parametrize(("lon", "lat"), [(181.0, 0.0), (0.0, 90.5), (math.nan, 34.0), (113.0, math.inf)])
def test_a_place_outside_the_globe_is_no_place(lon, lat):
    with pytest.raises(CoordinateError):
        LonLat(lon, lat)


@pytest.mark.parametrize(
    ("wgs84", "gcj02"),
    [  # the test points of eviltransform
        (LonLat(121.5272106, 31.1774276), LonLat(121.531541859215, 31.17530398364597)),
        (LonLat(113.912316, 22.543847), LonLat(113.9171764808363, 22.540796131694766)),
        (LonLat(116.377817, 39.911954), LonLat(116.38404722455657, 39.91334545536069)),
    ],
)
def test_the_gcj02_shift_gives_the_published_test_points(wgs84, gcj02):
    shifted = crs.wgs84_to_gcj02(wgs84)
    assert (shifted.lon, shifted.lat) == pytest.approx((gcj02.lon, gcj02.lat), abs=1e-12)


@given(IN_CHINA)
def test_undoing_the_map_shift_leads_back_to_the_place(place):
    for there, back in ((crs.wgs84_to_gcj02, crs.gcj02_to_wgs84), (crs.wgs84_to_bd09, crs.bd09_to_wgs84)):
        returned = back(there(place))
        assert abs(returned.lon - place.lon) < 1e-9
        assert abs(returned.lat - place.lat) < 1e-9


@given(IN_CHINA)
def test_the_map_shift_is_a_few_hundred_metres(place):
    gcj02, bd09 = crs.wgs84_to_gcj02(place), crs.wgs84_to_bd09(place)
    geod = pyproj.Geod(ellps="GRS80")
    assert 10.0 < geod.inv(place.lon, place.lat, gcj02.lon, gcj02.lat)[2] < 900.0
    assert geod.inv(gcj02.lon, gcj02.lat, bd09.lon, bd09.lat)[2] == pytest.approx(900.0, abs=250.0)


def test_outside_china_the_maps_do_not_shift():
    paris = LonLat(2.35, 48.85)
    assert crs.wgs84_to_gcj02(paris) == paris
    assert crs.gcj02_to_wgs84(paris) == paris


def test_boxes_know_whether_they_meet():
    town = crs.Bounds.of(box(113.5, 34.6, 113.7, 34.8))
    assert town.intersects(crs.Bounds(113.7, 34.8, 114.0, 35.0))
    assert not town.intersects(town.swapped())
    assert town.grown(0.5).intersects(crs.Bounds(114.1, 34.7, 114.2, 34.8))
    assert not crs.Bounds(math.nan, 0.0, 1.0, 1.0).is_finite()
