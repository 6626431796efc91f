"""The read-only API: whose rows, which filters, whose names."""

import pytest

from geo.roles import Role
from tests.factories import (
    make_building,
    make_control_area,
    make_flag,
    make_permit,
    make_run,
    make_special_area,
    make_user,
)


@pytest.fixture
def ask(client):
    """A function that asks an address as a person and gives back status and body."""

    def asking(user, path, **query):
        client.force_login(user)
        response = client.get(path, query)
        return response.status_code, response.json()

    return asking


def codes(body) -> list[str]:
    return sorted(feature["properties"]["code"] for feature in body["features"])


def test_a_list_is_a_feature_collection_of_ones_own_rows(town, ask):
    mine = make_building(town.communities[0][0], *town.spot(), code="B-mine")
    make_building(town.communities[1][0], *town.spot(1), code="B-theirs")
    status, body = ask(make_user(Role.COUNTY, town.counties[0]), "/api/buildings/")
    assert status == 200
    assert body["type"] == "FeatureCollection"
    assert body["count"] == 1
    assert codes(body) == ["B-mine"]
    feature = body["features"][0]
    assert feature["geometry"]["type"] == "MultiPolygon"
    assert feature["properties"]["footprint_area_m2"] == pytest.approx(mine.footprint_area_m2)
    assert feature["properties"]["unit_code"] == town.communities[0][0].code


def test_a_neighbours_row_does_not_exist(town, ask):
    theirs = make_building(town.communities[1][0], *town.spot(1))
    status, _ = ask(make_user(Role.COUNTY, town.counties[0]), f"/api/buildings/{theirs.pk}/")
    assert status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/api/units/",
        "/api/buildings/",
        "/api/permits/",
        "/api/control-areas/",
        "/api/snapshots/",
        "/api/flags/",
        "/api/schema/",
    ],
)
def test_a_visitor_reads_nothing(town, client, path):
    response = client.get(path)
    assert response.status_code in {401, 403}
    assert b"features" not in response.content
    assert b"paths" not in response.content


def test_a_post_without_the_act_is_told_who_has_it(town, ask):
    status, body = ask(make_user(Role.PLANNER, town.city), "/api/flags/")
    assert status == 403
    assert "审核员" in body["detail"]


def test_names_are_only_for_those_who_may_know_them(town, ask):
    building = make_building(town.communities[0][0], *town.spot(), household="王大明")
    permit = make_permit(town.communities[0][0], *town.spot(), holder="李开发")
    for role, knows in ((Role.COUNTY, True), (Role.INSPECTOR, False), (Role.SUPERVISOR, False)):
        user = make_user(role, town.counties[0])
        told = ask(user, f"/api/buildings/{building.pk}/")[1]["properties"]
        assert told.get("household") == ("王大明" if knows else None), role
        assert ("household" in told) is knows
        assert ("holder" in ask(user, f"/api/permits/{permit.pk}/")[1]["properties"]) is knows


def test_a_box_keeps_what_it_touches(town, ask):
    lon, lat = town.spot()
    make_building(town.communities[0][0], lon, lat, code="inside")
    make_building(town.communities[0][0], lon + 0.003, lat, code="outside")
    box = f"{lon - 0.0001},{lat - 0.0001},{lon + 0.001},{lat + 0.001}"
    assert codes(ask(make_user(Role.OFFICE, town.city), "/api/buildings/", bbox=box)[1]) == ["inside"]


@pytest.mark.parametrize("box", ["1,2,3", "a,b,c,d", "114,34,113,35", "0,0,400,10"])
def test_a_box_that_is_none_is_refused_with_the_reason(town, ask, box):
    status, body = ask(make_user(Role.OFFICE, town.city), "/api/buildings/", bbox=box)
    assert status == 400
    assert "西" in body["bbox"][0]


def test_a_unit_stands_for_all_below_it(town, ask):
    make_building(town.communities[0][0], *town.spot(0, 0), code="south")
    make_building(town.communities[0][3], *town.spot(0, 3), code="north")
    user = make_user(Role.OFFICE, town.city)
    assert codes(ask(user, "/api/buildings/", unit=town.townships[0][0].code)[1]) == ["south"]
    assert codes(ask(user, "/api/buildings/", unit=town.counties[0].code)[1]) == ["north", "south"]


def test_a_unit_beyond_ones_own_finds_nothing(town, ask):
    make_building(town.communities[1][0], *town.spot(1))
    user = make_user(Role.COUNTY, town.counties[0])
    assert ask(user, "/api/buildings/", unit=town.counties[1].code)[1]["count"] == 0


def test_pages_follow_each_other(town, ask):
    for n in range(5):
        make_building(town.communities[0][0], *town.spot(), code=f"B{n}")
    user = make_user(Role.OFFICE, town.city)
    first = ask(user, "/api/buildings/", page_size=2)[1]
    last = ask(user, "/api/buildings/", page_size=2, page=3)[1]
    assert (first["count"], len(first["features"]), first["previous"]) == (5, 2, None)
    assert codes(last) == ["B4"]
    assert last["next"] is None


def test_flags_are_filtered_by_confidence_and_those_replaced_are_left_out(town, ask):
    run = make_run(town)
    unit, (lon, lat) = town.communities[0][0], town.spot()
    sure = make_flag(run, unit, lon, lat, confidence=0.9)
    make_flag(run, unit, lon, lat, confidence=0.3)
    make_flag(run, unit, lon, lat, confidence=0.95, state="superseded")
    _, body = ask(make_user(Role.SUPERVISOR, town.counties[0]), "/api/flags/", min_confidence="0.5")
    assert [feature["id"] for feature in body["features"]] == [sure.pk]
    assert body["features"][0]["properties"]["area_uncertainty_m2"] == 6.0


def test_permits_are_asked_for_by_the_day_on_which_they_hold(town, ask):
    import datetime

    unit, (lon, lat) = town.communities[0][0], town.spot()
    make_permit(unit, lon, lat, number="old", valid_until=datetime.date(2026, 3, 1))
    make_permit(unit, lon, lat, number="lasting")
    make_permit(unit, lon, lat, number="revoked", revoked=True)
    _, body = ask(make_user(Role.OFFICE, town.city), "/api/permits/", valid_on="2026-06-01")
    assert [feature["properties"]["number"] for feature in body["features"]] == ["lasting"]


def test_units_are_found_by_code_and_only_ones_own(town, ask):
    user = make_user(Role.TOWNSHIP, town.townships[0][0])
    assert ask(user, f"/api/units/{town.communities[0][0].code}/")[0] == 200
    assert ask(user, f"/api/units/{town.counties[0].code}/")[0] == 404
    assert ask(user, "/api/units/")[1]["count"] == 3


def test_a_control_area_is_listed_once_though_it_touches_many_units(town, ask):
    make_control_area(town)
    assert ask(make_user(Role.COUNTY, town.counties[0]), "/api/control-areas/")[1]["count"] == 1
    user = make_user(Role.OFFICE, town.city)
    assert ask(user, "/api/control-areas/", unit=town.counties[0].code)[1]["count"] == 1


def test_a_special_area_reads_its_own_rows(town, ask):
    area = make_special_area(town)
    make_building(town.communities[0][0], *town.spot(), code="in", special_area=area)
    make_building(town.communities[0][1], *town.spot(0, 1), code="out")
    assert codes(ask(make_user(Role.SUPERVISOR, special_area=area), "/api/buildings/")[1]) == ["in"]


def test_a_longer_list_takes_no_more_queries(town, client, django_assert_num_queries):
    user = make_user(Role.COUNTY, town.counties[0])
    client.force_login(user)
    for n in range(20):
        make_building(town.communities[0][n % 4], *town.spot(0, n % 4))
    with django_assert_num_queries(5):  # session, person, posts; count, rows
        client.get("/api/buildings/")


def test_the_schema_describes_every_list(town, client):
    client.force_login(make_user(Role.OFFICE, town.city))
    response = client.get("/api/schema/", {"format": "json"}, headers={"accept": "application/vnd.oai.openapi+json"})
    assert response.status_code == 200
    assert {"/api/buildings/", "/api/flags/{flag_id}/", "/api/units/{unit_code}/"} <= set(response.json()["paths"])
