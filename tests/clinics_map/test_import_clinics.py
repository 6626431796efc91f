"""Importing health facilities and the tree of their supervision (R-712)."""

import pytest
from django.core.management import CommandError, call_command
from shapely.geometry import Point

from clinics_map.importers import KINDS, ClinicImporter
from clinics_map.models import Facility, FacilityKind
from geo.actions.imports import import_layer
from geo.importers.parsing import ImportOptions
from geo.importers.report import Outcome
from tests.geo.importers.making import SOUTH, WEST, house, write, write_geojson

pytestmark = pytest.mark.django_db

HERE = Point(WEST + 0.005, SOUTH + 0.005)
CENTRE = {"code": "C1", "name": "南关街道社区卫生服务中心", "kind": "centre", "parent_code": ""}
STATION = {"code": "S1", "name": "古槐社区卫生服务站", "kind": "服务站", "parent_code": "C1"}
CLINIC = {
    "code": "K1",
    "name": "南关街道古槐社区卫生室",
    "kind": "卫生室",
    "parent_code": "S1",
    "building_area_m2": 96.5,
    "population_served": 1840,
}


def run(tmp_path, rows):
    path = write_geojson(tmp_path / "clinics.geojson", [(row, HERE) for row in rows])
    return import_layer(importer=ClinicImporter(), path=path, options=ImportOptions(), by=None)


def refused(report):
    return {(line.row, line.field): line.reason for line in report.lines if line.outcome == Outcome.REFUSED}


def counts(report):
    return tuple(report.count(outcome) for outcome in Outcome)


@pytest.mark.parametrize("rows", [[CENTRE, STATION, CLINIC], [CLINIC, STATION, CENTRE]], ids=["down", "up"])
def test_the_tree_is_stored_whatever_the_order_of_its_rows(town, tmp_path, rows):
    assert counts(run(tmp_path, rows)) == (3, 0, 0, 0)
    clinic = Facility.objects.get(code="K1")
    assert clinic.parent.parent.code == "C1"
    assert (clinic.kind, clinic.building_area_m2, clinic.population_served) == ("clinic", 96.5, 1840)
    assert clinic.unit == town.communities[0][0]
    assert clinic.location.coords == pytest.approx((HERE.x, HERE.y))
    assert counts(run(tmp_path, rows)) == (0, 0, 3, 0)


def test_a_clinic_can_be_put_under_another_facility_and_keeps_its_key(town, tmp_path):
    run(tmp_path, [CENTRE, STATION, CLINIC])
    key = Facility.objects.get(code="K1").pk
    new = {**CENTRE, "code": "C2", "name": "北关街道社区卫生服务中心"}
    assert counts(run(tmp_path, [{**CLINIC, "parent_code": "C2"}, new])) == (1, 1, 0, 0)
    clinic = Facility.objects.get(code="K1")
    assert (clinic.pk, clinic.parent.code) == (key, "C2")


def test_a_file_without_the_supervising_facility_leaves_it(town, tmp_path):
    run(tmp_path, [CENTRE, STATION, CLINIC])
    run(tmp_path, [{"code": "K1", "name": "改名卫生室"}])
    clinic = Facility.objects.get(code="K1")
    assert (clinic.name, clinic.parent.code, clinic.kind) == ("改名卫生室", "S1", "clinic")


@pytest.mark.parametrize(
    ("rows", "row", "field", "says"),
    [
        ([CENTRE, {**CLINIC, "parent_code": "S9"}], 2, "parent_code", "there is no facility S9"),
        ([{**STATION, "parent_code": "S1"}], 1, "parent_code", "would supervise itself: S1"),
        ([CENTRE, {**CLINIC, "parent_code": "C1", "kind": "诊所?"}], 2, "kind", "“诊所?” is none of"),
        ([{**CENTRE, "building_area_m2": -3}], 1, "building_area_m2", "-3 is not above 0"),
        ([{**CENTRE, "name": ""}], 1, "name", "is empty"),
        ([{**CENTRE, "unit_code": "419999999999"}], 1, "unit_code", "there is no unit"),
    ],
)
def test_a_facility_that_cannot_be_is_refused(town, tmp_path, rows, row, field, says):
    report = run(tmp_path, rows)
    assert says in refused(report)[row, field]
    assert not Facility.objects.exists()


def test_a_circle_of_supervision_is_refused_for_all_in_it(town, tmp_path):
    report = run(tmp_path, [{**CENTRE, "parent_code": "K1"}, STATION, CLINIC])
    assert set(refused(report)) == {(1, "parent_code"), (2, "parent_code"), (3, "parent_code")}
    assert refused(report)[1, "parent_code"] == "C1 would supervise itself: C1 → K1 → S1 → C1"


def test_an_outline_is_no_place(town, tmp_path):
    path = write_geojson(tmp_path / "clinics.geojson", [(CENTRE, house())])
    with pytest.raises(CommandError, match="1 rows refused"):
        call_command("import_clinics", str(path))


def test_a_point_shapefile_in_chinese_is_imported(town, tmp_path):
    path = write(
        tmp_path / "clinics.shp",
        [({"编号": "K1", "名称": "卫生室"}, HERE)],
        srid=4526,
        geometry_type="Point",
        encoding="GB18030",
    )
    call_command("import_clinics", str(path))
    assert Facility.objects.get().name == "卫生室"


def test_the_words_lead_to_the_kinds_that_the_model_knows():
    assert set(KINDS) == set(FacilityKind.values)
