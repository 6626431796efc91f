"""What lies at a click."""

import pytest

from geo.roles import Role
from tests.factories import make_building, make_flag, make_run, make_user


@pytest.fixture
def ask(client):
    """A function that asks as a person what lies at a place."""

    def asking(user, lon, lat, zoom=18, **query):
        client.force_login(user)
        return client.get("/api/identify/", {"lon": lon, "lat": lat, "zoom": zoom, **query})

    return asking


def test_the_smallest_thing_is_told_first_and_then_what_it_lies_in(town, ask):
    lon, lat = town.spot()
    make_building(town.communities[0][0], lon, lat)
    flag = make_flag(make_run(town), town.communities[0][0], lon, lat)
    results = ask(make_user(Role.OFFICE, town.city), lon + 0.0001, lat + 0.0001).json()["results"]
    assert [told["layer"] for told in results] == ["flags", "buildings", "units", "units", "units", "units"]
    assert results[0]["id"] == flag.pk
    assert results[0]["state"] == {"key": "pending", "label": "待审核", "tone": "found", "icon": "flag"}
    assert ["面积（影像量测）", f"{flag.area_m2:.1f} ± 6.0 m²"] in results[0]["facts"]
    assert results[0]["geometry"]["type"] == "Polygon"
    assert [told["title"] for told in results[2:]] == [
        unit.name for unit in (town.communities[0][0], town.townships[0][0], town.counties[0], town.city)
    ]


def test_a_neighbours_building_is_not_told(town, ask):
    lon, lat = town.spot(1)
    make_building(town.communities[1][0], lon, lat, household="邻县人")
    response = ask(make_user(Role.COUNTY, town.counties[0]), lon + 0.0001, lat + 0.0001)
    assert response.json() == {"results": []}


def test_who_lives_there_is_told_only_to_those_who_may_know(town, ask):
    lon, lat = town.spot()
    make_building(town.communities[0][0], lon, lat, household="王大明")
    knows = ask(make_user(Role.TOWNSHIP, town.townships[0][0]), lon, lat, layers="buildings").json()["results"]
    does_not = ask(make_user(Role.INSPECTOR, town.communities[0][0]), lon, lat, layers="buildings").json()["results"]
    assert ["户主/产权人", "王大明"] in knows[0]["facts"]
    assert "王大明" not in str(does_not)


def test_only_the_layers_that_are_shown_are_told(town, ask):
    lon, lat = town.spot()
    make_building(town.communities[0][0], lon, lat)
    results = ask(make_user(Role.OFFICE, town.city), lon, lat, layers="buildings,permits").json()["results"]
    assert {told["layer"] for told in results} == {"buildings"}


def test_a_click_reaches_farther_when_the_map_is_far_out(town, ask):
    lon, lat = town.spot()
    make_building(town.communities[0][0], lon, lat)
    user = make_user(Role.OFFICE, town.city)
    beside = lon - 0.0001  # about nine metres
    assert ask(user, beside, lat, zoom=19, layers="buildings").json()["results"] == []
    assert len(ask(user, beside, lat, zoom=15, layers="buildings").json()["results"]) == 1


@pytest.mark.parametrize("query", [{"lon": 200}, {"lat": "north"}, {"zoom": 99}])
def test_a_place_that_is_none_is_refused(town, ask, query):
    response = ask(make_user(Role.OFFICE, town.city), **{"lon": 113.6, "lat": 34.7, **query})
    assert response.status_code == 400
    assert set(response.json()) == set(query)


def test_a_visitor_is_told_to_sign_in(town, client):
    assert client.get("/api/identify/", {"lon": 113.6, "lat": 34.7, "zoom": 15}).status_code == 401
