"""Importing archive areas (R-107): as the demo and offices write them."""

import datetime

import pytest
from shapely.geometry import box

from geo.importers.layers.archive_areas import ArchiveAreaImporter
from geo.models import ArchiveArea
from tests.geo.importers.making import SOUTH, WEST
from tests.geo.importers.test_import_areas import codes, counts, refused, run

pytestmark = pytest.mark.django_db

ROW = {"code": "DA001", "name": "南关城中村", "kind": "城中村", "interval_days": 90, "next_due": "2026-10-01"}


def village(lon=WEST + 0.002, lat=SOUTH + 0.002, size=0.002):
    return box(lon, lat, lon + size, lat + size)


def test_an_area_comes_in_with_its_place_area_interval_and_first_date(town, tmp_path):
    assert counts(run(ArchiveAreaImporter, tmp_path, [(ROW, village())])) == (1, 0, 0, 0)
    area = ArchiveArea.objects.get()
    assert (area.kind, area.interval_days) == ("urban_village", 90)
    assert area.first_due == area.next_due == datetime.date(2026, 10, 1)
    assert area.boundary_area_m2 == pytest.approx(40_600, rel=0.01)
    assert area.unit == town.communities[0][0]
    unit = area.unit
    assert codes(area.units) == {*unit.ancestor_codes, unit.code}
    assert counts(run(ArchiveAreaImporter, tmp_path, [(ROW, village())])) == (0, 0, 1, 0)


def test_an_area_across_a_border_is_linked_to_both_sides(town, tmp_path):
    run(ArchiveAreaImporter, tmp_path, [(ROW, village(lat=SOUTH + 0.009))])
    sides = {town.communities[0][0].code, town.communities[0][1].code}
    assert sides <= codes(ArchiveArea.objects.get().units)


def test_what_was_computed_stays_when_the_file_comes_again(town, tmp_path):
    run(ArchiveAreaImporter, tmp_path, [(ROW, village())])
    later = datetime.date(2027, 1, 1)
    ArchiveArea.objects.update(next_due=later, last_ground_on=datetime.date(2026, 10, 3))
    changed = {**ROW, "name": "改名城中村"}
    assert counts(run(ArchiveAreaImporter, tmp_path, [(changed, village())])) == (0, 1, 0, 0)
    area = ArchiveArea.objects.get()
    assert (area.name, area.next_due, area.last_ground_on) == ("改名城中村", later, datetime.date(2026, 10, 3))


@pytest.mark.parametrize(
    ("cell", "field"),
    [({"kind": "别墅区"}, "kind"), ({"interval_days": 0}, "interval_days"), ({"next_due": "明年"}, "first_due")],
)
def test_a_cell_that_says_nothing_is_refused_by_name(town, tmp_path, cell, field):
    report = run(ArchiveAreaImporter, tmp_path, [({**ROW, **cell}, village())])
    assert [name for _row, name in refused(report)] == [field]
    assert not ArchiveArea.objects.exists()


def test_an_area_outside_of_the_jurisdiction_is_refused(town, tmp_path):
    assert refused(run(ArchiveAreaImporter, tmp_path, [(ROW, village(lon=120.0))]))
