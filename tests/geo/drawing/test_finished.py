"""A finished census keeps its zones (R-808): in the action, in the database, in imports; a change is a new version."""

import json

import pytest
from django.db import ProgrammingError, transaction
from django.test import Client
from django.urls import reverse

from geo.importers.layers.census_zones import CensusZoneImporter
from geo.models import CensusZone, FinishedCensus
from geo.roles import Role
from tests.factories import make_user
from tests.geo.drawing.conftest import Page, change_of
from tests.geo.drawing.scene import make_scene, make_zone
from tests.geo.importers.test_import_areas import counts, refused, run

pytestmark = pytest.mark.django_db


def finish(page: Page, unit, version: str = "2026"):
    return page.client.post(f"/drawing/versions/{unit.code}/finish/", {"version": version}, follow=True)


def start(page: Page, unit, version: str, following: str = "2026"):
    body = {"version": version, "following": following}
    return page.client.post(f"/drawing/versions/{unit.code}/start/", body, follow=True)


def kept():
    return pytest.raises(ProgrammingError, match="a finished census version is kept")


@pytest.fixture
def finished(scene, planner, town):
    """The planner finished the first county."""
    assert finish(planner, town.counties[0]).status_code == 200
    return FinishedCensus.objects.get()


def test_who_finished_it_and_how_much_stands_on_record(finished, planner, town):
    assert (finished.unit, finished.version, finished.zone_count) == (town.counties[0], "2026", 2)
    assert finished.finished_by == planner.user


def test_no_save_changes_a_finished_version_and_it_stays_readable(scene, planner, finished):
    zone = planner.zone("001")
    answer = planner.save(change_of(zone, name="改名"))
    assert answer.status_code == 422
    assert "已完成" in answer.json()["detail"]
    assert CensusZone.objects.get(pk=zone["id"]).name == "西区"
    page = planner.get("?version=2026")
    assert page.status_code == 200
    assert page.context["config"]["finished"] is True
    assert "只能查看" in page.content.decode()
    assert 'data-act="save"' not in page.content.decode()


def test_the_database_keeps_it_whatever_writes(scene, finished):
    with kept(), transaction.atomic():
        CensusZone.objects.filter(pk=scene.west.pk).update(name="x")
    with kept(), transaction.atomic():
        scene.west.delete()
    with kept(), transaction.atomic():
        make_zone(scene.unit, 9, scene.lon, scene.lat + 0.007, 0.001, 0.001)
    other = make_zone(scene.unit, 9, scene.lon, scene.lat + 0.007, 0.001, 0.001, version="2027")
    with kept(), transaction.atomic():
        CensusZone.objects.filter(pk=other.pk).update(version="2026")


def test_what_was_finished_is_neither_reopened_nor_forgotten(finished):
    with pytest.raises(ProgrammingError, match="geo_finishedcensus"), transaction.atomic():
        finished.delete()
    with pytest.raises(ProgrammingError, match="geo_finishedcensus"), transaction.atomic():
        FinishedCensus.objects.update(version="2020")


def test_the_neighbour_county_goes_on(finished, town):
    foreign = make_scene(town, county=1)
    CensusZone.objects.filter(pk=foreign.west.pk).update(name="还在改")
    foreign.east.delete()


def test_a_new_version_holds_the_same_zones_and_can_be_changed(scene, planner, finished, town):
    start(planner, town.counties[0], "2027")
    assert CensusZone.objects.filter(version="2027").count() == 2
    fresh = Page(planner.user, scene.address)  # the newest version is opened
    zone = fresh.zone("001")
    assert zone["id"] != scene.west.pk
    assert fresh.save(change_of(zone, name="新西区")).status_code == 200
    assert CensusZone.objects.get(pk=scene.west.pk).name == "西区"
    assert {row.version for row in CensusZone.objects.newest()} == {"2027"}
    old = planner.client.get(f"{scene.address}data/?version=2026").json()
    assert {zone["name"] for zone in old["zones"]} == {"西区", "东区"}


@pytest.mark.parametrize(
    ("version", "told"), [("2025", "须排在"), ("2026", "须排在"), ("20 27", "只能用"), ("", "只能用")]
)
def test_a_version_that_cannot_be_the_next_is_refused(planner, finished, town, version, told):
    assert told in start(planner, town.counties[0], version).content.decode()
    assert CensusZone.objects.count() == 2


def test_a_version_in_work_has_no_next_one_yet(scene, planner, town):
    assert "尚未完成" in start(planner, town.counties[0], "2027").content.decode()


def test_it_is_finished_once_and_never_empty(planner, finished, town):
    assert "已由" in finish(planner, town.counties[0]).content.decode()
    assert "还没有图形" in finish(planner, town.counties[0], "2030").content.decode()
    assert FinishedCensus.objects.count() == 1


def test_a_community_closed_by_itself_closes_the_sheet_of_its_township(scene, planner, town):
    finish(planner, scene.unit)
    sheet = Page(planner.user, f"/drawing/census_area/{town.townships[0][0].code}/")
    assert sheet.get("").context["config"]["finished"] is True


@pytest.mark.parametrize("role", [Role.PLANNER, Role.CENSUS])
def test_planners_and_the_census_office_finish(scene, town, role):
    page = Page(make_user(role, town.counties[0]), scene.address)
    finish(page, town.counties[0])
    assert FinishedCensus.objects.count() == 1


@pytest.mark.parametrize("role", [Role.COUNTY, Role.OFFICE, Role.INSPECTOR])
def test_others_do_not(scene, town, role):
    page = Page(make_user(role, town.counties[0]), scene.address)
    assert finish(page, town.counties[0]).status_code == 403
    assert not FinishedCensus.objects.exists()


def test_nobody_finishes_the_neighbour_s(scene, planner, town):
    foreign = make_scene(town, county=1)
    for unit in (foreign.unit, town.counties[1], town.city):
        assert finish(planner, unit).status_code == 404
        assert planner.client.get(f"/drawing/versions/{unit.code}/").status_code == 404
    assert not FinishedCensus.objects.exists()


def row_of(zone, **fields):
    from geo.importers.layers.base import to_shapely

    values = {"code": zone.code, "name": zone.name, "level": "block", "version": zone.version}
    return ({**values, "households": zone.households, **fields}, to_shapely(zone.boundary))


def test_an_import_may_repeat_a_finished_version_but_not_change_it(scene, town, tmp_path, planner):
    unit, boundary = scene.unit, scene.unit.boundary
    area = CensusZone.objects.create(
        unit=unit, code=unit.code, name="普查区", level="area", boundary=boundary, boundary_area_m2=1e6
    )
    finish(planner, unit)
    assert counts(run(CensusZoneImporter, tmp_path, [row_of(scene.west)])) == (0, 0, 1, 0)
    report = run(CensusZoneImporter, tmp_path, [row_of(scene.west, name="改名")])
    assert "is finished there" in refused(report)[(1, "version")]
    assert CensusZone.objects.get(pk=scene.west.pk).name == "西区"
    assert area.version == "2026"


def test_staff_look_at_a_finished_zone_only(scene, finished, admin_client: Client):
    page = admin_client.get(f"/admin/geo/censuszone/{scene.west.pk}/change/")
    assert page.status_code == 200
    assert 'name="_save"' not in page.content.decode()
    assert admin_client.get("/admin/geo/finishedcensus/").status_code == 200


@pytest.mark.parametrize("action", ["add", "many"])
def test_the_administration_adds_nothing_to_a_finished_version_and_deletes_no_choice_of_rows(
    scene, finished, client, action
):
    client.force_login(make_user(is_superuser=True, is_staff=True), backend="django.contrib.auth.backends.ModelBackend")
    before = CensusZone.objects.count()
    if action == "add":
        west, south = scene.lon, scene.lat + 0.007
        ring = [
            [west, south],
            [west + 0.001, south],
            [west + 0.001, south + 0.001],
            [west, south + 0.001],
            [west, south],
        ]
        boundary = json.dumps({"type": "MultiPolygon", "coordinates": [[ring]]})
        zone = {"version": "2026", "level": "block", "code": f"{scene.unit.code}009", "name": "", "boundary": boundary}
        page = client.post(reverse("admin:geo_censuszone_add"), zone)
        assert "已完成，请用新的版本" in page.content.decode()
    else:
        chosen = {"action": "delete_selected", "_selected_action": [scene.west.pk], "post": "yes"}
        client.post(reverse("admin:geo_censuszone_changelist"), chosen)
    assert CensusZone.objects.count() == before
