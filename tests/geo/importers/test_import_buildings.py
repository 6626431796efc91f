"""Importing buildings: every row or none, by code, placed where they stand."""

import numpy as np
import pytest
import shapely
from shapely.geometry import MultiPolygon, Point, Polygon, box

from geo.actions.imports import import_layer
from geo.importers.errors import ColumnError, FileRefusedError
from geo.importers.layers.base import to_shapely
from geo.importers.layers.buildings import STATUSES, STRUCTURES, USES, BuildingImporter
from geo.importers.parsing import ImportOptions
from geo.importers.report import Outcome
from geo.measure import area_m2
from geo.models import Building, BuildingStatus, BuildingStructure, BuildingUse, ImportRun
from tests.factories import make_special_area, make_user
from tests.geo.importers.making import SOUTH, WEST, house, houses, slipped_house, write, write_geojson, zipped

pytestmark = pytest.mark.django_db


def run(path, *, by=None, dry_run=False, **options):
    return import_layer(
        importer=BuildingImporter(), path=path, options=ImportOptions(**options), by=by, dry_run=dry_run
    )


def refusals(report):
    return [(line.row, line.field) for line in report.lines if line.outcome == Outcome.REFUSED]


def reason(report, row):
    return "; ".join(line.reason for line in report.lines if line.row == row)


def counts(report):
    return tuple(report.count(outcome) for outcome in Outcome)


def assert_nothing_written():
    assert not Building.objects.exists()
    assert not ImportRun.objects.exists()


FULL_ROW = {
    "code": "419901001001-0007",
    "name": "柳林小学教学楼",
    "use": "school",
    "storeys": 4,
    "structure": "框架",
    "household": "柳林村委会",
    "built_year": 1998,
    "address": "建业路7号",
    "status": "现存",
    "source": "2025年普查",
}


@pytest.mark.parametrize(
    ("name", "srid"),
    [("b.gpkg", 4547), ("b.shp", 4526), ("b.geojson", 4326), ("b.gpkg", 4490), ("b.shp", 4508), ("b.shp", 32649)],
)
def test_a_building_is_stored_with_all_it_says_from_every_format(town, tmp_path, name, srid):
    report = run(write(tmp_path / name, [(FULL_ROW, house())], srid=srid))
    assert counts(report) == (1, 0, 0, 0)
    building = Building.objects.get()
    stored = {field: getattr(building, field) for field in FULL_ROW}
    assert stored == {**FULL_ROW, "use": "public", "structure": "frame", "status": "standing"}
    assert building.unit == town.communities[0][0]
    footprint = to_shapely(building.footprint)
    assert isinstance(footprint, MultiPolygon)
    assert shapely.hausdorff_distance(footprint, house()) < 1e-8
    assert building.footprint_area_m2 == pytest.approx(area_m2(house()).area_m2, rel=1e-6)


def test_the_special_area_over_a_building_is_stored_with_it(town, tmp_path):
    area = make_special_area(town)
    north = house(WEST + 0.005, SOUTH + 0.035)
    run(write(tmp_path / "b.geojson", [({"code": "A"}, house()), ({"code": "B"}, north)], srid=4326))
    assert dict(Building.objects.values_list("code", "special_area")) == {"A": area.pk, "B": None}


def test_the_run_is_recorded_with_checksum_counts_and_person(town, tmp_path):
    person = make_user()
    path = write(tmp_path / "b.shp", houses(3), srid=4526, encoding="GB18030")
    report = run(path, by=person)
    record = ImportRun.objects.get()
    assert (record.layer, record.file_name, record.imported_by) == ("buildings", "b.shp", person)
    assert (record.created_count, record.updated_count, record.unchanged_count) == (3, 0, 0)
    assert record.sha256 == report.sha256
    assert len(record.sha256) == 64
    assert record.source_crs.startswith("EPSG:4526")
    assert record.encoding == "GB18030"


def test_a_second_import_touches_only_what_differs(town, tmp_path):
    rows = houses(5)
    run(write(tmp_path / "b.gpkg", rows, srid=4547))
    before = dict(Building.objects.values_list("code", "updated_at"))
    keys = dict(Building.objects.values_list("code", "pk"))
    rows[1][0]["storeys"] = 3
    rows[3] = (rows[3][0], house(WEST + 0.002, SOUTH + 0.006))
    rows.append(({"code": "H0099", "structure": "钢结构", "storeys": 1}, house(WEST + 0.002, SOUTH + 0.008)))
    report = run(write(tmp_path / "again.shp", rows, srid=4526))
    assert counts(report) == (1, 2, 3, 0)
    after = dict(Building.objects.values_list("code", "updated_at"))
    assert {code for code in before if after[code] != before[code]} == {"H0002", "H0004"}
    assert {code: key for code, key in Building.objects.values_list("code", "pk") if code in keys} == keys
    assert Building.objects.get(code="H0002").storeys == 3
    moved = Building.objects.get(code="H0004")
    assert moved.footprint.extent[1] == pytest.approx(SOUTH + 0.006)


def test_a_ring_that_begins_elsewhere_is_the_same_footprint(town, tmp_path):
    run(write_geojson(tmp_path / "b.geojson", [({"code": "A"}, house())]))
    corners = list(house().exterior.coords)[:-1]
    turned = Polygon([*corners[2:], *corners[:2]][::-1])
    report = run(write_geojson(tmp_path / "b.geojson", [({"code": "A"}, turned)]))
    assert counts(report) == (0, 0, 1, 0)


def test_a_column_that_the_file_lacks_is_left_as_it_is_and_an_empty_cell_empties_it(town, tmp_path):
    run(write(tmp_path / "b.gpkg", [(FULL_ROW, house())]))
    run(write(tmp_path / "c.gpkg", [({"code": FULL_ROW["code"], "household": None}, house())]))
    building = Building.objects.get()
    assert (building.household, building.name, building.storeys) == ("", "柳林小学教学楼", 4)


def test_what_the_import_does_not_own_survives_it(town, tmp_path):
    run(write(tmp_path / "b.gpkg", houses(1)))
    Building.objects.update(no_compensation=True)
    run(write(tmp_path / "b.gpkg", [({"code": "H0001", "storeys": 9}, houses(1)[0][1])]))
    building = Building.objects.get()
    assert (building.no_compensation, building.storeys) == (True, 9)


def test_changes_are_in_the_history_with_the_person(town, tmp_path):
    person = make_user()
    run(write(tmp_path / "b.gpkg", houses(2)), by=person)
    event_model = Building._meta.apps.get_model("geo", "BuildingEvent")
    events = event_model.objects.select_related("pgh_context").order_by("pgh_id")
    assert [(event.code, event.pgh_context.metadata["user"]) for event in events] == [
        ("H0001", person.pk),
        ("H0002", person.pk),
    ]


def test_a_failing_last_row_keeps_all_others_out(town, tmp_path):
    rows = [*houses(50), ({"code": "H9999", "structure": "砖混", "storeys": -1}, house())]
    report = run(write(tmp_path / "b.gpkg", rows))
    assert refusals(report) == [(51, "storeys")]
    assert "-1 is less than 1" in reason(report, 51)
    assert not report.written
    assert counts(report) == (50, 0, 0, 1)
    assert_nothing_written()


def test_a_dry_run_says_what_would_be_and_writes_nothing(town, tmp_path):
    report = run(write(tmp_path / "b.gpkg", houses(3)), dry_run=True)
    assert counts(report) == (3, 0, 0, 0)
    assert list(report.summary())[-1].endswith("dry run, nothing was written")
    assert_nothing_written()


def test_a_database_that_refuses_in_the_middle_leaves_nothing(town, tmp_path, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("power cut")

    monkeypatch.setattr(ImportRun.objects, "create", fail)
    with pytest.raises(RuntimeError, match="power cut"):
        run(write(tmp_path / "b.gpkg", houses(3)))
    assert_nothing_written()


# --- rows that are refused --------------------------------------------------------------------------------------------

BOW_TIE = Polygon([(WEST + 0.005, SOUTH + 0.005), (WEST + 0.0052, SOUTH + 0.0051), (WEST + 0.0052, SOUTH + 0.005), (WEST + 0.005, SOUTH + 0.0051)])  # fmt: skip # noqa: E501


@pytest.mark.parametrize(
    ("properties", "geometry", "field", "says"),
    [
        ({"code": None}, house(), "code", "is empty"),
        ({"code": "H0001"}, house(), "code", "“H0001” stands in row 1 already"),
        ({"code": "X", "storeys": "两层"}, house(), "storeys", "“两层” is no number"),
        ({"code": "X", "structure": "竹"}, house(), "structure", "“竹” is none of"),
        ({"code": "X", "built_year": 20225}, house(), "built_year", "20225 is more than 2200"),
        ({"code": "X", "unit_code": "419999999999"}, house(), "unit_code", "there is no unit 419999999999"),
        ({"code": "X"}, None, "geometry", "no geometry"),
        ({"code": "X"}, Point(WEST, SOUTH), "geometry", "is a Point"),
        ({"code": "X"}, BOW_TIE, "geometry", "redraw it"),
        ({"code": "X"}, house(114.9, 34.7), "geometry", "outside the jurisdiction: 114.9001"),
        ({"code": "X"}, slipped_house(), "geometry", "leaves the jurisdiction by"),
        ({"code": "X"}, shapely.transform(house(), lambda xy: xy[:, ::-1]), "geometry", "no degrees"),
        ({"code": "X"}, house(WEST + 0.005, SOUTH + 0.005, 1e-8, 1e-8), "geometry", "below the 0.01 m²"),
        ({"code": "X"}, box(463_000, 3_841_000, 463_010, 3_841_010), "geometry", "no degrees"),
    ],
)
def test_a_bad_row_is_named_with_its_field_and_reason_and_nothing_is_written(
    town, tmp_path, properties, geometry, field, says
):
    report = run(write_geojson(tmp_path / "b.geojson", [*houses(3), (properties, geometry)]))
    assert refusals(report) == [(4, field)]
    assert says in reason(report, 4)
    assert_nothing_written()


def test_a_coordinate_that_is_no_number_is_refused_by_its_row(town, tmp_path):
    broken = shapely.transform(house(), lambda xy: np.where(np.arange(len(xy))[:, None] == 1, np.nan, xy))
    report = run(write(tmp_path / "b.gpkg", [*houses(3), ({"code": "X"}, broken)]))
    assert refusals(report) == [(4, "geometry")]
    assert "vertex 2" in reason(report, 4)


def test_a_row_with_several_problems_has_a_line_for_each(town, tmp_path):
    row = ({"code": "X", "storeys": 0, "structure": "竹"}, house(110.0, 30.0))
    report = run(write_geojson(tmp_path / "b.geojson", [*houses(2), row]))
    assert sorted(refusals(report)) == [(3, "geometry"), (3, "storeys"), (3, "structure")]
    assert report.count(Outcome.REFUSED) == 1


def test_text_in_another_encoding_than_stated_is_refused_by_row_and_field(town, tmp_path):
    path = write(tmp_path / "b.shp", houses(2), encoding="GB18030")
    report = run(path, encoding="UTF-8")
    assert refusals(report) == [(1, "structure"), (2, "structure")]
    assert "are no UTF-8 text" in reason(report, 1)
    assert counts(run(path)) == (2, 0, 0, 0)


def test_a_row_that_claims_another_unit_is_placed_where_it_lies_and_told(town, tmp_path):
    there, below = town.communities[1][0], town.counties[0]
    rows = [({"code": "A", "unit_code": there.code}, house()), ({"code": "B", "unit_code": below.code}, house())]
    report = run(write(tmp_path / "b.gpkg", rows))
    assert f"says unit {there.code} but lies in {town.communities[0][0].code}" in reason(report, 1)
    assert reason(report, 2) == ""
    assert Building.objects.get(code="A").unit == town.communities[0][0]


def test_a_repair_is_told_in_the_row_it_was_made_in(town, tmp_path):
    corners = list(house().exterior.coords)
    spike = Polygon([*corners[:2], (corners[1][0] + 1e-4, corners[1][1]), corners[1], *corners[2:]])
    report = run(write_geojson(tmp_path / "b.geojson", [({"code": "A"}, spike)]))
    assert counts(report) == (1, 0, 0, 0)
    assert reason(report, 1).startswith("geometry repaired (")


# --- coordinate systems -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("srid", [4526, 4547, 4490])
def test_a_shapefile_without_prj_is_told_from_its_coordinates(town, tmp_path, srid):
    path = write(tmp_path / "b.shp", houses(3), srid=srid)
    path.with_suffix(".prj").unlink()
    report = run(path)
    assert counts(report) == (3, 0, 0, 0)
    assert report.source_crs.startswith(f"EPSG:{srid}")
    assert any("told from the coordinates" in note for note in report.notes)


def test_a_wrong_zone_is_refused_and_the_right_one_named(town, tmp_path):
    path = write(tmp_path / "b.shp", houses(3), srid=4547)
    report = run(path, srid=4546)
    assert refusals(report) == [(1, "geometry"), (2, "geometry"), (3, "geometry")]
    assert "every row lies outside the jurisdiction; read as EPSG:4547 they would lie inside" in report.notes
    assert_nothing_written()


def test_exchanged_longitudes_and_latitudes_are_refused_as_such(town, tmp_path):
    rows = [(p, shapely.transform(g, lambda xy: xy[:, ::-1])) for p, g in houses(3)]
    with pytest.raises(FileRefusedError, match="longitude must come first"):
        run(write_geojson(tmp_path / "b.geojson", rows))


def test_an_old_datum_is_refused_with_what_is_needed(town, tmp_path):
    path = write(tmp_path / "b.shp", houses(1), srid=4547)
    write(tmp_path / "old.shp", houses(1), srid=2383).with_suffix(".prj").replace(path.with_suffix(".prj"))
    with pytest.raises(
        FileRefusedError, match="Xian 1980, which lies up to 150 m off CGCS2000; give the transformation"
    ):
        run(path)


def test_old_geojson_that_names_its_system_is_read_in_it(town, tmp_path):
    path = write(tmp_path / "b.gpkg", houses(1), srid=4547)
    metres = shapely.transform(houses(1)[0][1], lambda xy: xy)
    assert counts(run(path)) == (1, 0, 0, 0)
    from geo.crs import reproject

    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4547"}}
    report = run(write_geojson(tmp_path / "b.geojson", [(houses(1)[0][0], reproject(metres, 4490, 4547))], crs=crs))
    assert counts(report) == (0, 0, 1, 0)


# --- columns ----------------------------------------------------------------------------------------------------------


def test_chinese_headings_are_known_and_others_can_be_mapped(town, tmp_path):
    row = {"房屋编号": "A", "房屋结构": "砖木", "层数": 1, "屋主": "王五", "备注": "x"}
    report = run(write(tmp_path / "b.gpkg", [(row, house())]), mapping={"屋主": "household"})
    building = Building.objects.get()
    assert (building.code, building.structure, building.storeys, building.household) == ("A", "brick_wood", 1, "王五")
    assert "columns not used: 备注" in report.notes


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        ({}, "required column code is missing; the file has number"),
        ({"nr": "code"}, "the file has no column nr; it has number"),
        ({"number": "kode"}, "buildings have no column kode"),
    ],
)
def test_a_missing_or_mistaken_column_is_named(town, tmp_path, mapping, says):
    with pytest.raises(ColumnError, match=says):
        run(write(tmp_path / "b.gpkg", [({"number": "A"}, house())]), mapping=mapping)


def test_a_zip_of_a_chinese_shapefile_is_imported(town, tmp_path):
    path = zipped(write(tmp_path / "房屋.shp", houses(4), srid=4526, encoding="GB18030"))
    assert counts(run(path)) == (4, 0, 0, 0)
    assert ImportRun.objects.get().file_name == "房屋.zip"


def test_without_units_every_row_says_to_import_them_first(db, tmp_path):
    report = run(write(tmp_path / "b.gpkg", houses(2)))
    assert refusals(report) == [(1, "geometry"), (2, "geometry")]
    assert "there are no units yet, import them first" in reason(report, 1)


def test_the_words_lead_to_the_values_that_the_model_knows():
    assert set(USES) == set(BuildingUse.values)
    assert set(STRUCTURES) == set(BuildingStructure.values)
    assert set(STATUSES) == set(BuildingStatus.values)


def test_the_number_of_queries_does_not_grow_with_the_rows(town, tmp_path, django_assert_max_num_queries):
    path = write(tmp_path / "b.gpkg", houses(30))
    with django_assert_max_num_queries(16):
        run(path)
    again = write(tmp_path / "c.gpkg", [({**p, "storeys": 5}, g) for p, g in houses(30)])
    with django_assert_max_num_queries(16):
        run(again)
