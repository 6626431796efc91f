"""Catchments drawn on a township's sheet: no overlap, gaps told by people, who is not covered, nobody from beside."""

import math

import pytest
from django.test import Client

from clinics_map.actions.catchments import set_catchment
from clinics_map.models import Catchment
from geo.refusals import Refusal
from geo.roles import Role
from tests import factories
from tests.factories import records, square
from tests.geo.drawing.conftest import Page, change_of

pytestmark = pytest.mark.django_db
STEP = factories.STEP
Z = 16


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def tile(user, layer: str, lon: float, lat: float):
    x = int((lon + 180) / 360 * 2**Z)
    y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**Z)
    return signed_in(user).get(f"/tiles/v/{layer}/{Z}/{x}/{y}.mvt")


def strip(town, community: int, west: float, east: float) -> dict:
    """A part of a community from west to east, in shares of its width, as GeoJSON."""
    lon, lat = town.spot(0, community, 0, 0)
    return {
        "type": "Polygon",
        "coordinates": [
            [list(place) for place in square(lon + west * STEP, lat, (east - west) * STEP, STEP).coords[0]]
        ],
    }


def drawn_for(clinic, geometry: dict) -> dict:
    return {"key": f"n{clinic.pk}", "id": None, "code": clinic.code, "geometry": geometry}


@pytest.fixture
def clinic(town):
    return records.make_facility(town.communities[0][0], *town.spot(0, 0), code="WS-1", name="南关第一卫生室")


@pytest.fixture
def second(town):
    return records.make_facility(town.communities[0][1], *town.spot(0, 1), code="WS-2", name="南关第二卫生室")


@pytest.fixture
def homes(town):
    """Two thirds of the first community's floors stand in its west, a third in its east."""
    unit = town.communities[0][0]
    lon, lat = town.spot(0, 0, 0, 0)
    west = factories.make_building(unit, lon + 0.1 * STEP, lat + 0.005, storeys=2, use="residential")
    east = factories.make_building(unit, lon + 0.9 * STEP, lat + 0.005, storeys=1, use="residential")
    factories.make_building(unit, lon + 0.95 * STEP, lat + 0.005, storeys=9, use="industrial")  # nobody's home
    return west, east


@pytest.fixture
def person(town):
    return factories.make_user(Role.PLANNER, town.counties[0])


@pytest.fixture
def page(town, person):
    return Page(person, f"/drawing/catchment/{town.townships[0][0].code}/")


def test_clinics_without_a_catchment_are_offered_with_what_they_serve_now(page, town, clinic, second):
    records.make_facility(town.communities[0][0], *town.spot(0, 0, 0.003), kind="hospital", code="YY-1")
    records.make_facility(town.communities[0][2], *town.spot(0, 2), code="WS-9")  # of the next township
    data = page.data()
    assert [(holder["code"], holder["name"]) for holder in data["holders"]] == [
        ("WS-1", "南关第一卫生室"),
        ("WS-2", "南关第二卫生室"),
    ]
    assert data["gaps"] == []  # both communities are served
    assert page.save(drawn_for(clinic, data["holders"][0]["geometry"])).status_code == 200
    catchment = Catchment.objects.get()
    assert (catchment.facility, catchment.unit) == (clinic, clinic.unit)
    assert catchment.boundary_area_m2 == pytest.approx(factories.measured_m2(clinic.unit.boundary), rel=1e-6)


def test_a_smaller_catchment_leaves_a_gap_told_by_its_people(page, clinic, second, homes, town):
    checked = page.post("check", {"changes": [drawn_for(clinic, strip(town, 0, 0, 0.5))]}).json()
    assert checked["zones"][0]["inside"]["people"] == 1000
    [gap] = checked["gaps"]
    assert gap["people"] == 500
    assert not Catchment.objects.exists()


def test_coverage_and_the_clinic_s_people_follow_what_was_drawn(page, person, clinic, second, homes, town):
    client = signed_in(person)
    assert client.get("/clinics/").context["coverage"].uncovered_people == 3000  # the northern township
    assert page.save(drawn_for(clinic, strip(town, 0, 0, 0.5))).status_code == 200
    coverage = client.get("/clinics/").context["coverage"]
    assert (coverage.covered_people, coverage.uncovered_people) == (2500, 3500)
    [part] = [part for part in coverage.uncovered if part.is_part]
    assert (part.name, part.people) == (clinic.unit.name, 500)
    context = client.get(f"/clinics/{clinic.pk}/").context
    assert context["clinic"].people == 1000
    assert context["form"] is None
    assert context["sheet_url"] == f"{page.address}?zone={Catchment.objects.get().pk}"


def test_two_clinics_cannot_be_given_the_same_ground(page, clinic, second, town):
    assert page.save(drawn_for(clinic, strip(town, 0, 0, 0.6))).status_code == 200
    answer = page.save(drawn_for(second, strip(town, 0, 0.4, 1)))
    assert answer.status_code == 422
    assert [(fault["kind"], "南关第一卫生室" in fault["text"]) for fault in answer.json()["faults"]] == [
        ("overlap", True)
    ]
    assert Catchment.objects.count() == 1


def test_a_catchment_stays_in_its_township_and_with_its_clinic(page, clinic, town):
    beyond = strip(town, 2, 0, 0.5)
    assert [fault["kind"] for fault in page.save(drawn_for(clinic, beyond)).json()["faults"]] == ["outside"]
    elsewhere = records.make_facility(town.communities[0][2], *town.spot(0, 2), code="WS-9")
    assert [fault["kind"] for fault in page.save(drawn_for(elsewhere, strip(town, 0, 0, 1))).json()["faults"]] == [
        "code"
    ]
    assert not Catchment.objects.exists()


def test_what_was_drawn_is_changed_taken_away_and_kept_as_versions(page, clinic, homes, town):
    page.save(drawn_for(clinic, strip(town, 0, 0, 0.5)))
    [zone] = page.data()["zones"]
    assert page.save(change_of(zone, geometry=strip(town, 0, 0, 0.8))).status_code == 200
    [zone] = page.data()["zones"]
    assert (
        page.save(
            {"key": "z", "id": zone["id"], "token": zone["token"], "code": zone["code"], "removed": True}
        ).status_code
        == 200
    )
    assert not Catchment.objects.exists()
    kept = page.get("versions/").json()["versions"]
    assert [(version["added"], version["changed"], version["removed"]) for version in kept] == [
        ([], [], ["WS-1"]),
        ([], ["WS-1"], []),
        (["WS-1"], [], []),
    ]
    assert [holder["code"] for holder in page.data()["holders"]] == ["WS-1"]  # its community counts again


def test_a_catchment_is_given_to_no_other_clinic_and_to_none_that_is_gone(page, clinic, second, town):
    page.save(drawn_for(clinic, strip(town, 0, 0, 0.5)))
    [zone] = page.data()["zones"]
    answer = page.save(change_of(zone, code="WS-2"))
    assert [fault["kind"] for fault in answer.json()["faults"]] == ["code"]
    page.save({"key": "z", "id": zone["id"], "token": zone["token"], "code": zone["code"], "removed": True})
    clinic.delete()
    answer = page.save(drawn_for(clinic, strip(town, 0, 0, 0.5)) | {"key": "n"})  # a version from before brought back
    assert [fault["kind"] for fault in answer.json()["faults"]] == ["code"]


def test_communities_are_not_chosen_while_a_catchment_is_drawn(page, person, clinic, town):
    page.save(drawn_for(clinic, strip(town, 0, 0, 0.5)))
    with pytest.raises(Refusal, match="已在地图上绘制"):
        set_catchment(facility=clinic, communities=[town.communities[0][1]], by=person)
    response = signed_in(person).post(
        f"/clinics/{clinic.pk}/catchment/", {"communities": [town.communities[0][1].pk]}, follow=True
    )
    assert "已在地图上绘制" in response.content.decode()
    assert not clinic.catchment.exists()


def test_homes_outside_are_dots_on_the_map_until_somebody_serves_them(page, person, clinic, homes, town):
    west, east = homes
    at = {home: home.footprint.centroid.coords for home in homes}
    assert tile(person, "uncovered_homes", *at[east]).status_code == 204
    page.save(drawn_for(clinic, strip(town, 0, 0, 0.5)))
    assert tile(person, "uncovered_homes", *at[east]).status_code == 200
    told = signed_in(person).get(
        "/api/identify/", {"lon": at[east][0], "lat": at[east][1], "zoom": 18, "layers": "uncovered_homes"}
    )
    [home] = told.json()["results"]
    assert ["此处人口（按住宅面积推算）", "约 500 人"] in home["facts"]
    told = signed_in(person).get(
        "/api/identify/", {"lon": at[west][0], "lat": at[west][1], "zoom": 18, "layers": "uncovered_homes,catchments"}
    )
    assert [row["title"] for row in told.json()["results"]] == ["南关第一卫生室"]


def test_whoever_is_posted_beside_neither_draws_nor_sees_it(page, clinic, homes, town):
    page.save(drawn_for(clinic, strip(town, 0, 0, 0.5)))
    neighbour = factories.make_user(Role.PLANNER, town.counties[1])
    assert Page(neighbour, page.address).get().status_code == 404
    assert Page(neighbour, page.address).save().status_code == 404
    spot = homes[1].footprint.centroid.coords
    for layer in ("catchments", "uncovered_homes"):
        assert tile(neighbour, layer, *spot).status_code == 204
    health = factories.make_user(Role.HEALTH, town.counties[0])
    assert Page(health, page.address).get().status_code == 403  # looks at catchments, draws none
    assert tile(health, "catchments", *town.spot(0, 0, 0.002)).status_code == 200


def test_a_community_served_from_beside_tells_its_reader_no_clinic_of_another(person, clinic, town):
    beside = town.communities[0][1]
    set_catchment(facility=clinic, communities=[beside], by=person)
    assert tile(person, "catchments", *town.spot(0, 1)).status_code == 200
    reader = factories.make_user(Role.INSPECTOR, beside)
    assert tile(reader, "catchments", *town.spot(0, 1)).status_code == 204


def test_the_list_of_clinics_asks_no_more_for_more_catchments(
    page, person, clinic, second, homes, town, django_assert_max_num_queries
):
    client = signed_in(person)
    page.save(drawn_for(clinic, strip(town, 0, 0, 0.5)))
    with django_assert_max_num_queries(20) as first:
        client.get("/clinics/")
        asked = len(first)
    page.save(drawn_for(second, strip(town, 1, 0, 0.5)))
    with django_assert_max_num_queries(asked + 1):  # each community that is cut is asked about once
        client.get("/clinics/")
