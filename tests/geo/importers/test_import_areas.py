"""Importing special areas, control areas and census zones."""

import pytest
from shapely.geometry import box

from geo.actions.imports import import_layer
from geo.importers.layers.census_zones import CensusZoneImporter
from geo.importers.layers.control_areas import ControlAreaImporter
from geo.importers.layers.special_areas import SpecialAreaImporter
from geo.importers.parsing import ImportOptions
from geo.importers.report import Outcome
from geo.models import CensusZone, ControlArea, SpecialArea
from tests.geo.importers.making import SOUTH, WEST, write_geojson

pytestmark = pytest.mark.django_db

STEP = 0.01


def square(column, row, width=1.0, height=1.0):
    """A box in steps of 0.01° from the town's corner."""
    west, south = WEST + column * STEP, SOUTH + row * STEP
    return box(west, south, west + width * STEP, south + height * STEP)


def run(importer, tmp_path, rows):
    path = write_geojson(tmp_path / "a.geojson", rows)
    return import_layer(importer=importer(), path=path, options=ImportOptions(), by=None)


def refused(report):
    return {(line.row, line.field): line.reason for line in report.lines if line.outcome == Outcome.REFUSED}


def counts(report):
    return tuple(report.count(outcome) for outcome in Outcome)


def codes(units):
    return set(units.values_list("code", flat=True))


@pytest.mark.parametrize(
    ("importer", "model"), [(SpecialAreaImporter, SpecialArea), (ControlAreaImporter, ControlArea)]
)
def test_an_area_is_linked_to_the_units_it_covers_and_not_to_those_it_touches(town, tmp_path, importer, model):
    rows = [({"code": "A1", "name": "新区"}, square(0, 0, 2, 1))]
    assert counts(run(importer, tmp_path, rows)) == (1, 0, 0, 0)
    area = model.objects.get()
    assert codes(area.units) == {
        town.city.code,
        *(county.code for county in town.counties),
        town.townships[0][0].code,
        town.townships[1][0].code,
        town.communities[0][0].code,
        town.communities[1][0].code,
    }
    assert counts(run(importer, tmp_path, rows)) == (0, 0, 1, 0)


def test_an_area_that_grows_is_linked_anew(town, tmp_path):
    run(SpecialAreaImporter, tmp_path, [({"code": "A1", "name": "新区"}, square(0, 0))])
    report = run(SpecialAreaImporter, tmp_path, [({"code": "A1", "name": "新区"}, square(0, 0, 1, 2))])
    assert counts(report) == (0, 1, 0, 0)
    assert town.communities[0][1].code in codes(SpecialArea.objects.get().units)


def test_a_control_area_without_a_smallest_size_takes_ten_square_metres(town, tmp_path):
    rows = [
        ({"code": "A", "name": "甲"}, square(0, 0)),
        ({"code": "B", "name": "乙", "min_area_m2": 25.5}, square(1, 1)),
    ]
    run(ControlAreaImporter, tmp_path, rows)
    assert dict(ControlArea.objects.values_list("code", "min_area_m2")) == {"A": 10.0, "B": 25.5}
    report = run(ControlAreaImporter, tmp_path, [({"code": "C", "name": "丙", "min_area_m2": 0}, square(0, 0))])
    assert "0 is not above 0" in refused(report)[1, "min_area_m2"]


def test_an_area_outside_the_jurisdiction_is_refused(town, tmp_path):
    rows = [({"code": "A", "name": "甲"}, square(0, 0)), ({"code": "B", "name": "乙"}, square(9, 9))]
    report = run(ControlAreaImporter, tmp_path, rows)
    assert "lies outside the jurisdiction" in refused(report)[2, "geometry"]
    assert not ControlArea.objects.exists()


# --- census zones -----------------------------------------------------------------------------------------------------


def zones(town):
    """The south-west community as one census area of two blocks."""
    code = town.communities[0][0].code
    return [
        ({"code": code, "level": "area", "name": "第1普查区", "households": 160}, square(0, 0)),
        ({"code": f"{code}001", "level": "block", "name": "", "households": 80}, square(0, 0, 0.5)),
        ({"code": f"{code}002", "level": "普查小区", "name": "", "households": 80}, square(0.5, 0, 0.5)),
    ]


def test_census_zones_are_stored_by_version_with_their_community(town, tmp_path):
    assert counts(run(CensusZoneImporter, tmp_path, zones(town))) == (3, 0, 0, 0)
    block = CensusZone.objects.get(code__endswith="002")
    assert (block.level, block.version, block.households) == ("block", "2026", 80)
    assert block.unit == town.communities[0][0]
    assert counts(run(CensusZoneImporter, tmp_path, zones(town))) == (0, 0, 3, 0)


def test_another_version_stands_beside_the_first(town, tmp_path):
    run(CensusZoneImporter, tmp_path, zones(town))
    newer = [({**properties, "version": "2030"}, shape) for properties, shape in zones(town)]
    assert counts(run(CensusZoneImporter, tmp_path, newer)) == (3, 0, 0, 0)
    assert CensusZone.objects.count() == 6


def test_both_versions_may_come_in_one_file(town, tmp_path):
    newer = [({**properties, "version": "2030"}, shape) for properties, shape in zones(town)]
    older = [({**properties, "version": "2026"}, shape) for properties, shape in zones(town)]
    assert counts(run(CensusZoneImporter, tmp_path, older + newer)) == (6, 0, 0, 0)


@pytest.mark.parametrize(
    ("index", "properties", "shape", "field", "says"),
    [
        (1, {"code": "419901001009001"}, None, "code", "there is no census area 419901001009 in version 2026"),
        (0, {"code": "419901001009"}, None, "code", "there is no community 419901001009"),
        (1, {"level": "area"}, None, "code", "has 15 digits, not 12"),
        (1, {"code": "41990100100101"}, None, "code", "is not 12 digits (area) or 15 (block)"),
        (1, {}, square(-0.1, 0, 0.6), "geometry", "lies partly outside its census area"),
        (2, {}, square(0.4, 0, 0.6), "geometry", "overlaps 419901001001001"),
    ],
)
def test_a_zone_that_does_not_tile_is_refused(town, tmp_path, index, properties, shape, field, says):
    rows = zones(town)
    rows[index] = ({**rows[index][0], **properties}, shape or rows[index][1])
    report = run(CensusZoneImporter, tmp_path, rows)
    assert says in refused(report)[index + 1, field]
    assert not CensusZone.objects.exists()


def test_a_block_may_not_overlap_a_stored_one(town, tmp_path):
    run(CensusZoneImporter, tmp_path, zones(town))
    code = town.communities[0][0].code
    report = run(CensusZoneImporter, tmp_path, [({"code": f"{code}003", "level": "block"}, square(0.4, 0, 0.2))])
    assert set(refused(report)) == {(1, "geometry")}
