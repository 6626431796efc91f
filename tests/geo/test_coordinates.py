"""geo.coordinates: a place as people write it."""

import pytest

from geo.coordinates import PlaceProblem, System, read_place
from geo.crs import LonLat, transformer, wgs84_to_gcj02, zone_of_longitude

PLACE = LonLat(113.612345, 34.701234)
METRES = 1e-5 / 111  # a centimetre in degrees


def read(text, system=System.CGCS2000, near_lon=113.5):
    return read_place(text, system=system, near_lon=near_lon)


def projected(place=PLACE):
    zone = zone_of_longitude(place.lon)
    return zone.number, *transformer(4490, zone.srid).transform(place.lon, place.lat)


@pytest.mark.parametrize(
    "text",
    [
        "113.612345,34.701234",
        "113.612345 34.701234",
        "  113.612345，34.701234 ",
        "113.612345、34.701234",
        "34.701234, 113.612345",
        "113.612345°E  34.701234°N",
        "N34.701234 E113.612345",
        "东经113.612345 北纬34.701234",
        "lat=34.701234, lon=113.612345",
        "113°36′44.442″, 34°42′04.4424″",
        "113°36'44.442\"E34°42'04.4424\"N",
        "113度36分44.442秒，34度42分4.4424秒",
        "东经113°36'44.442''，北纬34°42'4.4424''",
        "34°42'04.4424\"N 113°36'44.442\"E",
        "113:36:44.442 34:42:04.4424",
        "113 36 44.442, 34 42 04.4424",
        "113°36.7407' 34°42.07404'",
        "１１３．６１２３４５，３４．７０１２３４".translate(str.maketrans("０１２３４５６７８９．", "0123456789.")),
    ],
)
def test_every_way_of_writing_degrees_names_the_same_place(text):
    found = read(text)
    assert (found.place.lon, found.place.lat) == pytest.approx((PLACE.lon, PLACE.lat), abs=METRES)
    assert found.zone is None


def test_a_latitude_before_a_longitude_is_told_when_no_letter_says_it():
    assert read("34.7, 113.6").latitude_first
    assert not read("N34.7 E113.6").latitude_first
    assert not read("113.6, 34.7").latitude_first


@pytest.mark.parametrize(
    "form", ["{z}{e:.3f}, {n:.3f}", "{n:.3f} {z}{e:.3f}", "X={n:.3f} Y={z}{e:.3f}", "{n:.3f}m，{z}{e:.3f}米"]
)
def test_metres_with_the_zone_number_are_read_in_either_order(form):
    zone, easting, northing = projected()
    found = read(form.format(z=zone, e=easting, n=northing), near_lon=100.0)
    assert (found.place.lon, found.place.lat) == pytest.approx((PLACE.lon, PLACE.lat), abs=METRES)
    assert (found.zone, found.zone_assumed) == (38, False)


def test_metres_without_the_zone_number_are_in_the_zone_of_the_map():
    _zone, easting, northing = projected()
    found = read(f"{easting:.3f},{northing:.3f}")
    assert (found.place.lon, found.place.lat) == pytest.approx((PLACE.lon, PLACE.lat), abs=METRES)
    assert (found.zone, found.zone_assumed) == (38, True)
    assert read(f"{easting:.3f},{northing:.3f}", near_lon=117.0).place.lon == pytest.approx(PLACE.lon + 3, abs=METRES)


def test_metres_in_groups_of_three_are_read():
    assert read("38,464,500.0, 3,841,500.5").place == read("38464500.0, 3841500.5").place


def test_gcj02_is_taken_back_and_wgs84_left_as_it_is():
    shifted = wgs84_to_gcj02(PLACE)
    found = read(f"{shifted.lon:.9f},{shifted.lat:.9f}", System.GCJ02).place
    assert (found.lon, found.lat) == pytest.approx((PLACE.lon, PLACE.lat), abs=METRES)
    assert read("113.6,34.7", System.WGS84).place == LonLat(113.6, 34.7)


@pytest.mark.parametrize(
    ("text", "code", "about"),
    [
        ("", "empty", ""),
        ("  ， ", "empty", ""),
        ("113.6 somewhere 34.7", "strange", "somewhere"),
        ("市政府门口", "strange", "市政府门口"),
        ("113.6", "count", "1"),
        ("113.6, 34.7, 80", "count", "3"),
        ("113°36'71\" 34°42'04\"", "sixty", "113°36'71\""),
        ("113 75 1, 34 42 4", "sixty", "113 75 1"),
        ("E113.6 E34.7", "twice", "E113.6  E34.7"),
        ("113.6, 89", "latitude", "89"),
        ("E190 N34", "longitude", "E190"),
        ("20512345.6, 3841500.5", "six_degrees", "20512345.6"),
        ("50512345.6, 3841500.5", "easting", "50512345.6"),
        ("38912345.6, 3841500.5", "easting", "38912345.6"),
        ("12345.6, 3841500.5", "easting", "12345.6"),
        ("512345.6, 841500.5", "northing", "512345.6, 841500.5"),
        ("3841500, 3841500", "northing", "3841500"),
        ("113.6--34.7", "form", "113.6--34.7"),
    ],
)
def test_what_is_not_understood_is_named(text, code, about):
    with pytest.raises(PlaceProblem) as raised:
        read(text)
    assert (raised.value.code, raised.value.about) == (code, about)


def test_metres_in_another_system_and_in_no_zone_are_refused():
    with pytest.raises(PlaceProblem, match="metres_system"):
        read("38464500.0, 3841500.5", System.GCJ02)
    with pytest.raises(PlaceProblem, match="zone_needed"):
        read("464500.0, 3841500.5", near_lon=-70.0)
