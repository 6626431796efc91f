"""Importing the unit tree: parents, levels, codes and boundaries."""

import datetime

import pytest
from django.contrib.gis.geos import MultiPolygon
from shapely.geometry import box

from geo.actions.imports import import_layer
from geo.crs import STORAGE_SRID
from geo.importers.layers.base import to_geos
from geo.importers.layers.units import UnitImporter
from geo.importers.parsing import ImportOptions
from geo.importers.report import Outcome
from geo.measure import area_m2
from geo.models import ControlArea, Snapshot, SpecialArea, Unit, UnitLevel
from geo.models.unit import LEVEL_ORDER
from geo.roles import Role
from tests.factories import Town, make_snapshot, make_user
from tests.geo.importers.making import SOUTH, WEST, write_geojson

pytestmark = pytest.mark.django_db

STEP = 0.01
CITY = {"code": "419900000000", "name": "嵩阳市", "level": "city", "parent_code": ""}
COUNTY = {"code": "419901000000", "name": "东城区", "level": "county", "parent_code": "419900000000"}
TOWNSHIP = {"code": "419901001000", "name": "南关街道", "level": "township", "parent_code": "419901000000"}
COMMUNITIES = [
    {"code": f"41990100100{n}", "name": f"第{n}社区", "level": "community", "parent_code": "419901001000"}
    for n in (1, 2)
]


def square(column, row, width=1.0, height=1.0):
    """A box in steps of 0.01° (about 915 m by 1,110 m) from the town's corner."""
    west, south = WEST + column * STEP, SOUTH + row * STEP
    return box(west, south, west + width * STEP, south + height * STEP)


def tree():
    """A city of one county, one township, two communities above each other."""
    whole = square(0, 0, 1, 2)
    return [
        (CITY, whole),
        (COUNTY, whole),
        (TOWNSHIP, whole),
        (COMMUNITIES[0], square(0, 0)),
        (COMMUNITIES[1], square(0, 1)),
    ]


def run(tmp_path, rows):
    path = write_geojson(tmp_path / "units.geojson", rows)
    return import_layer(importer=UnitImporter(), path=path, options=ImportOptions(), by=None)


def refused(report):
    return {(line.row, line.field): line.reason for line in report.lines if line.outcome == Outcome.REFUSED}


def counts(report):
    return tuple(report.count(outcome) for outcome in Outcome)


@pytest.mark.parametrize("turned", [False, True], ids=["parents first", "children first"])
def test_a_tree_is_stored_whatever_the_order_of_its_rows(db, tmp_path, turned):
    rows = tree()[::-1] if turned else tree()
    assert counts(run(tmp_path, rows)) == (5, 0, 0, 0)
    community = Unit.objects.get(code=COMMUNITIES[1]["code"])
    assert community.path == "419900000000/419901000000/419901001000/419901001002/"
    assert community.parent.parent.parent.code == CITY["code"]
    assert community.boundary_area_m2 == pytest.approx(area_m2(square(0, 1)).area_m2)
    assert counts(run(tmp_path, rows)) == (0, 0, 5, 0)


def test_chinese_words_for_levels_are_known(db, tmp_path):
    words = ["市", "县", "街道", "社区", "村"]
    rows = [({**properties, "level": word}, shape) for word, (properties, shape) in zip(words, tree(), strict=True)]
    run(tmp_path, rows)
    assert list(Unit.objects.values_list("level", flat=True)) == [
        "city",
        "county",
        "township",
        "community",
        "community",
    ]


def test_a_part_of_the_tree_can_be_added_under_stored_units(town, tmp_path):
    township = town.townships[0][0]
    Unit.objects.filter(parent=township).delete()
    new = {"code": "419901001005", "name": "新社区", "level": "community", "parent_code": township.code}
    assert counts(run(tmp_path, [(new, square(0, 0, 1, 0.5))])) == (1, 0, 0, 0)
    assert Unit.objects.get(code=new["code"]).path == f"{township.path}419901001005/"


def test_a_changed_name_keeps_key_path_and_children(town, tmp_path):
    county = town.counties[0]
    row = {"code": county.code, "name": "改名区", "level": "county", "parent_code": town.city.code}
    assert counts(run(tmp_path, [(row, square(0, 0, 1, 4))])) == (0, 1, 0, 0)
    renamed = Unit.objects.get(code=county.code)
    assert (renamed.pk, renamed.name, renamed.path) == (county.pk, "改名区", county.path)
    assert renamed.children.count() == 2


def test_a_file_without_the_parent_column_leaves_stored_parents(town, tmp_path):
    row = {"code": town.communities[0][0].code, "name": "改名社区", "level": "community"}
    assert counts(run(tmp_path, [(row, square(0, 0))])) == (0, 1, 0, 0)
    assert Unit.objects.get(code=row["code"]).parent == town.townships[0][0]


def changed(index, shape=None, **properties):
    rows = tree()
    rows[index] = ({**rows[index][0], **properties}, shape or rows[index][1])
    return rows


@pytest.mark.parametrize(
    ("rows", "row", "field", "says"),
    [
        (changed(4, parent_code="419901009000"), 5, "parent_code", "there is no unit 419901009000, neither in"),
        (changed(4, parent_code="419901000000"), 5, "parent_code", "is a township, but 419901000000 is a county"),
        (changed(4, parent_code=""), 5, "parent_code", "a community needs a parent"),
        (changed(0, parent_code="419901000000"), 1, "parent_code", "a city has no parent"),
        (changed(4, code="419902001002"), 5, "code", "419902001002 does not begin with 419901001 as its parent"),
        (changed(4, code="4199010010"), 5, "code", "“4199010010” is not a 12-digit unit code"),
        (changed(4, code="419901001001"), 5, "code", "stands in row 4 already"),
        (changed(4, level="hamlet"), 5, "level", "“hamlet” is none of city (市)"),
        (changed(4, name=""), 5, "name", "is empty"),
        (changed(4, square(0, 1, 1.1)), 5, "geometry", "m² of it lie outside its parent 419901001000"),
        (changed(4, square(0, 0.9, 1, 1.1)), 5, "geometry", "overlaps 419901001001 by"),
    ],
)
def test_a_unit_that_does_not_fit_the_tree_is_named_with_the_reason(db, tmp_path, rows, row, field, says):
    report = run(tmp_path, rows)
    assert set(refused(report)) == {(row, field)}
    assert says in refused(report)[row, field]
    assert not Unit.objects.exists()


def test_a_border_drawn_twice_within_two_metres_is_one_border(db, tmp_path):
    metre = 1 / 111_000
    assert counts(run(tmp_path, changed(4, square(0, 1 - 1.5 * metre / STEP, 1, 1)))) == (5, 0, 0, 0)


def test_an_overlap_with_a_stored_neighbour_is_found(town, tmp_path):
    new = {"code": "419901001009", "name": "x", "level": "community", "parent_code": town.townships[0][0].code}
    report = run(tmp_path, [(new, square(0.5, 0.5, 0.5, 0.5))])
    assert "overlaps 419901001001 by" in refused(report)[1, "geometry"]


def test_a_boundary_may_not_shrink_away_from_its_stored_children(town, tmp_path):
    county = town.counties[0]
    row = {"code": county.code, "name": county.name, "level": "county", "parent_code": town.city.code}
    report = run(tmp_path, [(row, square(0, 0, 1, 3))])
    assert f"of its stored child {town.townships[0][1].code} would lie outside it" in refused(report)[1, "geometry"]


def test_a_moved_boundary_is_told_because_what_lies_there_keeps_its_unit(town, tmp_path):
    south, north = town.communities[0][:2]
    rows = [
        ({"code": south.code, "name": south.name, "level": "community"}, square(0, 0, 1, 0.9)),
        ({"code": north.code, "name": north.name, "level": "community"}, square(0, 0.9, 1, 1.1)),
    ]
    report = run(tmp_path, rows)
    assert counts(report) == (0, 2, 0, 0)
    assert any("the boundaries of 2 stored units change" in note for note in report.notes)


def test_a_unit_is_not_moved_in_the_tree_by_an_import(town, tmp_path):
    community = town.communities[0][0]
    row = {"code": community.code, "name": "x", "level": "community", "parent_code": town.townships[0][1].code}
    report = run(tmp_path, [(row, square(0, 0))])
    assert "moving a unit in the tree is not an import" in refused(report)[1, "parent_code"]


def test_a_circle_of_parents_is_refused(db, tmp_path):
    rows = changed(1, parent_code="419901001000")
    report = run(tmp_path, rows)
    assert (2, "parent_code") in refused(report)
    assert not Unit.objects.exists()


def test_the_schema_knows_the_levels_of_the_model():
    parse = UnitImporter.schema.column("level").parse
    assert [parse(level.value) for level in LEVEL_ORDER] == list(UnitLevel.values)


def test_a_community_that_comes_later_sees_the_earlier_flights_and_areas_over_it(db, tmp_path):
    run(tmp_path, tree()[:-1])
    over_both = MultiPolygon(to_geos(square(0.2, 0.2, 0.5, 1.5)).convex_hull, srid=STORAGE_SRID)
    town = Town(Unit.objects.get(code=CITY["code"]))
    flight = make_snapshot(town, datetime.date(2026, 3, 18), footprint=over_both)
    areas = [
        ControlArea.objects.create(code="KA1", name="主城区规划区", boundary=over_both),
        SpecialArea.objects.create(code="SA1", name="新区", boundary=over_both),
    ]
    run(tmp_path, tree()[-1:])
    later = Unit.objects.get(code=COMMUNITIES[1]["code"])
    assert all(later in row.units.all() for row in [flight, *areas])
    assert list(Snapshot.objects.for_user(make_user(Role.SUPERVISOR, later))) == [flight]


def test_a_flight_does_not_belong_to_a_community_that_it_only_touches(db, tmp_path):
    run(tmp_path, tree()[:-1])
    south = MultiPolygon(to_geos(square(0, 0)).convex_hull, srid=STORAGE_SRID)
    flight = make_snapshot(Town(Unit.objects.get(code=CITY["code"])), datetime.date(2026, 3, 18), footprint=south)
    run(tmp_path, tree()[-1:])
    assert not flight.units.filter(code=COMMUNITIES[1]["code"]).exists()
