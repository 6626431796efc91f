"""Importing the permit register."""

import datetime

import pytest
from shapely.geometry import box

from geo.actions.imports import import_layer
from geo.importers.layers.permits import KINDS, PermitImporter
from geo.importers.parsing import ImportOptions
from geo.importers.report import Outcome
from geo.measure import area_m2
from geo.models import Permit, PermitKind
from tests.geo.importers.making import SOUTH, WEST, house, write, write_geojson

pytestmark = pytest.mark.django_db

PERMIT = {
    "number": "建字第419902202500012号",
    "kind": "规划许可证",
    "holder": "嵩阳鑫源建材有限公司",
    "valid_from": "2025-03-01",
    "valid_until": "2027年2月28日",
    "permitted_area_m2": 150.5,
}


def run(tmp_path, rows):
    path = write_geojson(tmp_path / "permits.geojson", rows)
    return import_layer(importer=PermitImporter(), path=path, options=ImportOptions(), by=None)


def refused(report):
    return {(line.row, line.field): line.reason for line in report.lines if line.outcome == Outcome.REFUSED}


def test_a_permit_is_stored_with_its_days_and_areas(town, tmp_path):
    run(tmp_path, [(PERMIT, house())])
    permit = Permit.objects.get()
    assert (permit.number, permit.kind, permit.permitted_area_m2) == (PERMIT["number"], "planning", 150.5)
    assert permit.valid_from == datetime.date(2025, 3, 1)
    assert permit.valid_until == datetime.date(2027, 2, 28)
    assert permit.unit == town.communities[0][0]
    assert permit.footprint_area_m2 == pytest.approx(area_m2(house()).area_m2)
    assert not permit.revoked


def test_date_fields_of_a_geopackage_are_days(town, tmp_path):
    path = write(tmp_path / "p.gpkg", [({**PERMIT, "valid_until": "2027-02-28T00:00:00Z"}, house())])
    import_layer(importer=PermitImporter(), path=path, options=ImportOptions(), by=None)
    assert Permit.objects.get().valid_until == datetime.date(2027, 2, 28)


def test_without_a_permitted_area_the_footprint_is_permitted(town, tmp_path):
    row = {name: value for name, value in PERMIT.items() if name != "permitted_area_m2"}
    run(tmp_path, [(row, house())])
    assert Permit.objects.get().permitted_area_m2 == pytest.approx(area_m2(house()).area_m2)


def test_a_later_file_without_the_permitted_area_keeps_the_stored_one(town, tmp_path):
    run(tmp_path, [(PERMIT, house())])
    row = {name: value for name, value in PERMIT.items() if name != "permitted_area_m2"}
    report = run(tmp_path, [({**row, "revoked": "是"}, house())])
    assert report.count(Outcome.UPDATED) == 1
    permit = Permit.objects.get()
    assert (permit.revoked, permit.permitted_area_m2) == (True, 150.5)


@pytest.mark.parametrize(
    ("properties", "field", "says"),
    [
        ({"valid_until": "2025-02-28"}, "valid_until", "2025-02-28 is before valid_from 2025-03-01"),
        ({"valid_from": ""}, "valid_from", "is empty"),
        ({"valid_from": "2025-13-01"}, "valid_from", "no day of the calendar"),
        ({"kind": "准建证"}, "kind", "“准建证” is none of planning (建设工程规划许可证)"),
        ({"permitted_area_m2": 0}, "permitted_area_m2", "0 is not above 0"),
        ({"number": None}, "number", "is empty"),
    ],
)
def test_a_permit_that_cannot_be_is_refused(town, tmp_path, properties, field, says):
    report = run(tmp_path, [({**PERMIT, **properties}, house())])
    assert set(refused(report)) == {(1, field)}
    assert says in refused(report)[1, field]
    assert not Permit.objects.exists()


def test_a_site_across_a_border_belongs_where_its_middle_lies(town, tmp_path):
    site = box(WEST + 0.008, SOUTH + 0.002, WEST + 0.015, SOUTH + 0.004)
    run(tmp_path, [(PERMIT, site)])
    assert Permit.objects.get().unit == town.communities[1][0]


def test_the_words_lead_to_the_kinds_that_the_model_knows():
    assert set(KINDS) == set(PermitKind.values)
