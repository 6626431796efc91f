"""geo.crs_detect: zones with and without prefix, wrong statements, old datums, exchanged axes."""

import numpy as np
import pyproj
import pytest

from geo import errors
from geo.crs import Bounds, transform_coordinates
from geo.crs_detect import Datum, DatumShift, candidates, candidates_within, datum_of, detect

TOWN = Bounds(113.58, 34.68, 113.64, 34.72)  # degrees
CORNERS = np.array([[113.60, 34.69], [113.62, 34.71]])


def bounds_in(srid):
    """The town's middle in another CRS."""
    (west, south), (east, north) = transform_coordinates(CORNERS, 4490, srid)
    return Bounds(west, south, east, north)


def esri_prj(srid):
    return pyproj.CRS.from_epsg(srid).to_wkt("WKT1_ESRI")


def lands_in_town(source, bounds):
    corner = source.to_storage(np.array([[bounds.min_x, bounds.min_y]]))
    return corner[0] == pytest.approx(CORNERS[0], abs=1e-9)


@pytest.mark.parametrize("srid", [4490, 4526, 4547, 4497, 3857])
def test_coordinates_alone_tell_their_system_within_the_jurisdiction(srid):
    bounds = bounds_in(srid)
    source = detect(bounds, jurisdiction=TOWN)
    assert source.crs.to_epsg() == srid
    assert lands_in_town(source, bounds)
    assert "told from the coordinates" in source.notes[0]


def test_a_plain_six_degree_zone_is_read_as_the_three_degree_zone_of_its_meridian():
    bounds = bounds_in(4508)
    source = detect(bounds, jurisdiction=TOWN)
    assert source.crs.to_epsg() == 4546
    assert lands_in_town(source, bounds)


def test_a_zone_in_the_easting_needs_no_jurisdiction():
    source = detect(bounds_in(4526))
    assert source.crs.to_epsg() == 4526
    assert "carry the zone number" in source.notes[0]


def test_plain_eastings_without_a_jurisdiction_are_ambiguous():
    with pytest.raises(errors.AmbiguousCrsError, match="4547"):
        detect(bounds_in(4547))


def test_coordinates_far_from_the_jurisdiction_are_not_guessed():
    with pytest.raises(errors.UnknownCrsError, match="outside the jurisdiction"):
        detect(Bounds(39_500_000, 3_400_000, 39_501_000, 3_401_000), jurisdiction=TOWN)
    with pytest.raises(errors.UnknownCrsError, match="fit none"):
        detect(Bounds(1.0, 2.0, 3.0, 4.0), jurisdiction=TOWN)


@pytest.mark.parametrize("srid", [4490, 4526, 4547])
def test_exchanged_axes_are_named(srid):
    with pytest.raises(errors.SwappedAxesError):
        detect(bounds_in(srid).swapped(), jurisdiction=TOWN)
    with pytest.raises(errors.SwappedAxesError):
        detect(bounds_in(srid).swapped(), wkt=esri_prj(srid), jurisdiction=TOWN)


@pytest.mark.parametrize("srid", [4490, 4326, 4526, 4547, 4497, 4508, 32649])
@pytest.mark.parametrize("form", ["WKT1_ESRI", "WKT1_GDAL", "WKT2_2019"])
def test_a_stated_system_is_used(srid, form):
    bounds = bounds_in(srid)
    source = detect(bounds, wkt=pyproj.CRS.from_epsg(srid).to_wkt(form))
    assert source.datum == (Datum.WGS84 if srid in (4326, 32649) else Datum.CGCS2000)
    assert source.notes == ()
    assert lands_in_town(source, bounds)


@pytest.mark.parametrize(("stated", "true"), [(4526, 4547), (4547, 4526)])
def test_a_zone_prefix_that_contradicts_the_statement_is_followed_and_said(stated, true):
    bounds = bounds_in(true)
    for source in (detect(bounds, wkt=esri_prj(stated)), detect(bounds, stated_srid=stated)):
        assert lands_in_town(source, bounds)
        assert "the numbers were followed" in source.notes[0]


def test_a_prefix_of_another_zone_than_stated_is_refused():
    with pytest.raises(errors.WrongCrsError, match=r"carry zone 38, but .* 117°E"):
        detect(bounds_in(4526), stated_srid=4548)


@pytest.mark.parametrize(
    ("srid", "datum"),
    [(2362, Datum.XIAN_1980), (2383, Datum.XIAN_1980), (2414, Datum.BEIJING_1954), (4610, Datum.XIAN_1980)],
)
def test_an_old_datum_is_refused_by_name_unless_a_shift_is_given(srid, datum):
    bounds = bounds_in(srid)
    with pytest.raises(errors.DatumShiftNeededError, match=datum.value):
        detect(bounds, wkt=esri_prj(srid))
    source = detect(bounds, wkt=esri_prj(srid), datum_shift=DatumShift("city survey 2019", 10.0, -20.0, 30.0))
    assert datum.value in source.notes[0]
    assert "city survey 2019" in source.notes[0]


def test_a_shift_moves_by_what_a_geocentric_translation_says():
    shift = DatumShift("test", 0.0, 0.0, 100.0)
    moved = shift.apply(np.array([[113.6, 34.7]]), 6378137.0, 298.257222101)
    # 100 m along the earth's axis is 100·cos(lat) to the north at height 0, no longitude.
    north_m = (moved[0, 1] - 34.7) * 110_935.0
    assert north_m == pytest.approx(100.0 * np.cos(np.radians(34.7)), rel=2e-3)
    assert moved[0, 0] == pytest.approx(113.6, abs=1e-12)


def test_a_rotation_about_the_axis_turns_longitudes_east_by_position_vector():
    shift = DatumShift("test", 0.0, 0.0, 0.0, rz_arcsec=1.0)
    moved = shift.apply(np.array([[113.6, 34.7]]), 6378137.0, 298.257222101)
    assert (moved[0, 0] - 113.6) * 3600.0 == pytest.approx(1.0, rel=1e-4)


def test_a_shift_is_not_applied_to_coordinates_that_need_none():
    source = detect(bounds_in(4547), wkt=esri_prj(4547), datum_shift=DatumShift("unneeded", 50.0, 50.0, 50.0))
    assert lands_in_town(source, bounds_in(4547))


def test_a_shift_in_the_file_s_own_definition_is_used_and_a_null_one_is_not():
    wkt = pyproj.CRS.from_epsg(4610).to_wkt("WKT1_GDAL")
    given = wkt.replace('AUTHORITY["EPSG","6610"]', 'TOWGS84[24,-123,-94,-0.02,0.25,0.13,1.1],AUTHORITY["EPSG","6610"]')
    null = wkt.replace('AUTHORITY["EPSG","6610"]', 'TOWGS84[0,0,0,0,0,0,0],AUTHORITY["EPSG","6610"]')
    source = detect(bounds_in(4610), wkt=given)
    assert "TOWGS84" in source.notes[0]
    assert np.abs(source.to_storage(CORNERS) - CORNERS).max() > 1e-4
    with pytest.raises(errors.DatumShiftNeededError):
        detect(bounds_in(4610), wkt=null)


def test_degrees_that_are_metres_are_told_from_the_coordinates():
    source = detect(bounds_in(4526), wkt=pyproj.CRS.from_epsg(4326).to_wkt(), jurisdiction=TOWN)
    assert source.crs.to_epsg() == 4526
    assert "metres, not degrees" in source.notes[0]


def test_metres_in_degrees_stated_by_a_person_are_refused():
    with pytest.raises(errors.WrongCrsError, match="no degrees"):
        detect(bounds_in(4526), stated_srid=4490)


@pytest.mark.parametrize("definition", [{"wkt": "PROJCS[nonsense"}, {"stated_srid": 99999}])
def test_an_unknown_definition_is_shown(definition):
    with pytest.raises(errors.UnknownCrsError, match=r"nonsense|99999"):
        detect(bounds_in(4547), **definition)


def test_a_system_of_something_else_is_refused():
    with pytest.raises(errors.WrongCrsError, match="no coordinate system of places"):
        detect(TOWN, stated_srid=5737)  # Yellow Sea 1985 heights


def test_infinite_bounds_are_refused():
    with pytest.raises(errors.CoordinateError):
        detect(Bounds(float("nan"), 0.0, 1.0, 1.0))


@pytest.mark.parametrize(
    ("name", "datum"),
    [
        ('GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]', Datum.CGCS2000),  # noqa: E501
        ('GEOGCS["GCS_Xian_1980",DATUM["D_Xian_1980",SPHEROID["Xian_1980",6378140.0,298.257]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]', Datum.XIAN_1980),  # noqa: E501
        ('GEOGCS["GCS_Beijing_1954",DATUM["D_Beijing_1954",SPHEROID["Krasovsky_1940",6378245.0,298.3]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]', Datum.BEIJING_1954),  # noqa: E501
        ('GEOGCS["New Beijing",DATUM["New_Beijing",SPHEROID["Krassowsky 1940",6378245,298.3]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]]', Datum.NEW_BEIJING),  # noqa: E501
        ('GEOGCS["unknown",DATUM["unknown",SPHEROID["GRS80",6378137,298.257222101]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]]', Datum.CGCS2000),  # noqa: E501
        ('GEOGCS["unknown",DATUM["unknown",SPHEROID["x",6378245,298.3]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]]', Datum.BEIJING_1954),  # noqa: E501
        ('GEOGCS["Tokyo",DATUM["Tokyo",SPHEROID["Bessel 1841",6377397.155,299.1528128]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]]', Datum.OTHER),  # noqa: E501
    ],
    ids=lambda value: str(value)[:30],
)  # fmt: skip
def test_datums_are_recognised_by_the_names_that_files_bear(name, datum):
    assert datum_of(pyproj.CRS.from_wkt(name)) == datum


def test_candidates_land_where_they_say():
    assert candidates(bounds_in(4526)) == [4526]
    assert candidates_within(bounds_in(4547), TOWN) == [4547]
    assert candidates(Bounds(500_000, 0, 501_000, 1)) == []
