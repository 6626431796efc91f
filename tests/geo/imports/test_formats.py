"""What people send, from the upload to the stored rows."""

import zipfile

import pytest
from shapely import wkb

from clinics_map.models import Facility
from geo.models import Building, ControlArea, ImportJobState, Permit
from geo.roles import Role
from tests.factories import make_building, make_permit, make_user, records
from tests.geo.importers.making import house, houses, write, zipped
from tests.geo.imports.conftest import Desk, write_xlsx

SOUTH_WEST = (113.609, 34.705)  # so far east that it stays in the town when GCJ-02 is taken off


@pytest.fixture
def health(client, town):
    client.force_login(make_user(Role.HEALTH, town.counties[0]))
    return Desk(client)


@pytest.mark.parametrize("encoding", ["UTF-8", "GB18030"])
def test_a_shapefile_in_a_zip_keeps_its_chinese(desk, tmp_path, encoding):
    shape = write(tmp_path / "房屋.shp", [({"编号": "H1", "户主": "王秀英"}, house())], encoding=encoding)
    shape.with_suffix(".cpg").unlink(missing_ok=True)
    job = desk.start(desk.send(zipped(shape)))
    assert (job.state, job.counts["created"]) == (ImportJobState.DONE, 1)
    assert Building.objects.get().household == "王秀英"


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson"])
def test_a_geopackage_and_a_geojson_are_imported(desk, tmp_path, suffix):
    job = desk.start(desk.send(write(tmp_path / f"houses{suffix}", houses(3))))
    assert (job.state, Building.objects.count()) == (ImportJobState.DONE, 3)


def placemark(lon, lat):
    return f"""<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>
    <Schema name="s" id="s"><SimpleField name="机构编号" type="string"/></Schema>
    <Placemark><name>南关卫生室</name><ExtendedData><SchemaData schemaUrl="#s">
    <SimpleData name="机构编号">W1</SimpleData></SchemaData></ExtendedData>
    <Point><coordinates>{lon},{lat},0</coordinates></Point></Placemark></Document></kml>"""


def test_a_kml_is_imported_once_it_is_said_where_its_degrees_come_from(health, tmp_path):
    path = tmp_path / "卫生室.kml"
    path.write_text(placemark(*SOUTH_WEST), encoding="utf-8")
    job = health.start(health.send(path, "clinics"), name="Name")
    assert job.state == ImportJobState.FAILED
    assert "GCJ-02" in job.error
    assert not Facility.objects.exists()
    job = health.start(job, map_shift="none")
    assert job.state == ImportJobState.DONE, (job.error, job.counts)
    found = Facility.objects.get()
    assert (found.code, found.name) == ("W1", "南关卫生室")
    assert (found.location.x, found.location.y) == pytest.approx(SOUTH_WEST, abs=1e-8)


CLINIC_TITLES = ["机构编号", "名称", "经度", "纬度"]


def test_a_workbook_with_degrees_makes_clinics_and_never_takes_gcj02_silently(health, tmp_path):
    path = write_xlsx(tmp_path / "卫生室.xlsx", CLINIC_TITLES, [["W1", "南关卫生室", *SOUTH_WEST]])
    job = health.send(path, "clinics")
    assert {"lon": "经度", "lat": "纬度", "code": "机构编号"}.items() <= health.choices(job).items()
    job = health.start(job)
    assert (job.state, Facility.objects.count()) == (ImportJobState.FAILED, 0)
    job = health.start(job, map_shift="gcj02")
    assert job.state == ImportJobState.DONE, (job.error, job.counts)
    place = Facility.objects.get().location
    assert 0.003 < abs(place.x - SOUTH_WEST[0]) < 0.01  # moved back by some hundred metres


def test_surveyed_coordinates_are_read_with_x_to_the_north(health, tmp_path):
    from shapely.geometry import Point

    from geo.crs import reproject

    east_north = reproject(Point(*SOUTH_WEST), 4490, 4547)
    path = write_xlsx(tmp_path / "c.xlsx", ["机构编号", "名称", "X", "Y"], [["W1", "甲", east_north.y, east_north.x]])
    job = health.start(health.send(path, "clinics"), srid="4547")
    assert job.state == ImportJobState.DONE, (job.error, job.counts)
    place = Facility.objects.get().location
    assert (place.x, place.y) == pytest.approx(SOUTH_WEST, abs=1e-7)


def test_rows_of_codes_change_what_they_name_and_leave_the_rest(health, town, tmp_path):
    lon, lat = town.spot()
    clinic = records.make_facility(town.communities[0][0], lon, lat, code="W1", name="南关", population_served=100)
    path = write_xlsx(tmp_path / "c.xlsx", ["机构编号", "服务人口"], [["W1", 2500]])
    job = health.start(health.send(path, "clinics"))
    assert (job.state, job.counts["updated"]) == (ImportJobState.DONE, 1), (job.error, job.counts)
    after = Facility.objects.get(pk=clinic.pk)
    assert (after.population_served, after.name, after.location.coords) == (2500, "南关", clinic.location.coords)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_csv_of_codes_changes_the_households_of_buildings(desk, town, tmp_path, encoding):
    lon, lat = town.spot()
    before = make_building(town.communities[0][0], lon, lat, code="B-1", storeys=2, household="旧")
    path = tmp_path / "b.csv"
    path.write_bytes("编号,户主\nB-1,王秀英\n".encode(encoding))
    job = desk.start(desk.send(path))
    assert job.state == ImportJobState.DONE, (job.error, job.counts)
    after = Building.objects.get()
    assert (after.household, after.storeys, after.footprint) == ("王秀英", 2, before.footprint)


def test_an_unknown_code_without_a_place_is_refused_by_row(desk, tmp_path):
    path = tmp_path / "b.csv"
    path.write_text("编号,户主\nNOWHERE,王秀英\n", encoding="utf-8")
    job = desk.start(desk.send(path))
    assert (job.state, job.counts["refused"]) == (ImportJobState.FAILED, 1)
    page = desk.page("import-detail", job)
    assert "库中没有“NOWHERE”" in page
    assert "没有写入任何记录" in page


def test_a_kmz_gives_what_its_kml_says(health, tmp_path):
    path = tmp_path / "卫生室.kmz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("doc.kml", placemark(*SOUTH_WEST))
    job = health.start(health.send(path, "clinics"), map_shift="none")
    assert (job.state, Facility.objects.get().code) == (ImportJobState.DONE, "W1"), (job.error, job.counts)


def test_rows_of_codes_need_none_of_the_columns_that_a_new_row_needs(desk, town, tmp_path):
    lon, lat = town.spot()
    before = make_permit(town.communities[0][0], lon, lat, number="P-1", holder="旧")
    path = tmp_path / "p.csv"
    path.write_text("许可证号,持有人\nP-1,新\n", encoding="utf-8")
    job = desk.start(desk.send(path, "permits"))
    assert (job.state, job.counts["updated"]) == (ImportJobState.DONE, 1), (job.error, job.counts)
    after = Permit.objects.get()
    assert (after.holder, after.valid_from, after.kind) == ("新", before.valid_from, before.kind)
    assert after.permitted_area_m2 == before.permitted_area_m2


def test_a_required_column_that_is_given_empty_is_refused_and_not_emptied(desk, town, tmp_path):
    lon, lat = town.spot()
    make_permit(town.communities[0][0], lon, lat, number="P-1")
    path = tmp_path / "p.csv"
    path.write_text("许可证号,有效期起\nP-1,\n", encoding="utf-8")
    job = desk.start(desk.send(path, "permits"))
    assert (job.state, job.counts["refused"]) == (ImportJobState.FAILED, 1)


def test_a_planner_of_a_county_imports_units_below_it_and_never_the_county_itself(desk, town, tmp_path):
    county, community = town.counties[0], town.communities[0][0]
    rows = [
        ({"code": county.code, "name": "改名", "level": "county", "parent_code": town.city.code}, outline(county)),
    ]
    job = desk.start(desk.send(write(tmp_path / "u.gpkg", rows), "units"))
    assert job.state == ImportJobState.FAILED
    assert "辖区之外" in desk.page("import-detail", job)
    rows = [
        (
            {"code": community.code, "name": "改名", "level": "community", "parent_code": community.parent.code},
            outline(community),
        )
    ]
    job = desk.start(desk.send(write(tmp_path / "c.gpkg", rows), "units"))
    assert job.state == ImportJobState.DONE, (job.error, job.counts)
    community.refresh_from_db()
    county.refresh_from_db()
    assert (community.name, county.name) == ("改名", "东城区")


def test_a_control_area_that_reaches_into_the_neighbour_is_refused(desk, tmp_path):
    reaching = house(113.605, 34.705, 0.01, 0.002)  # the county ends at 113.61
    job = desk.start(desk.send(write(tmp_path / "k.gpkg", [({"code": "K1", "name": "甲"}, reaching)]), "control_areas"))
    assert (job.state, job.counts["refused"]) == (ImportJobState.FAILED, 1)
    assert not ControlArea.objects.exists()


def outline(unit):
    return wkb.loads(bytes(unit.boundary.wkb)).geoms[0]
