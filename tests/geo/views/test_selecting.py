"""Many things chosen on the map: listed, counted, added up, exported; each person theirs."""

import json

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from geo.roles import Role
from tests.factories import SOUTH, STEP, WEST, make_building, make_flag, make_run, make_user
from tests.factories.records import make_case
from tests.inspections.cases.sheets import rows_of

TOWN = [[WEST, SOUTH], [WEST + 2 * STEP, SOUTH], [WEST + 2 * STEP, SOUTH + 4 * STEP], [WEST, SOUTH + 4 * STEP]]
WEST_COUNTY = [[WEST, SOUTH], [WEST + STEP, SOUTH], [WEST + STEP, SOUTH + 4 * STEP], [WEST, SOUTH + 4 * STEP]]
LAYERS = ["flags", "cases", "buildings"]


@pytest.fixture(autouse=True)
def nobody_asked_yet():
    cache.clear()


@pytest.fixture
def choose(client):
    """A function that chooses as a person."""

    def choosing(user, points=TOWN, layers=LAYERS):
        if user is not None:
            client.force_login(user)
        body = json.dumps({"points": points, "layers": layers})
        return client.post("/map/selection/", body, content_type="application/json")

    return choosing


@pytest.fixture
def things(town):
    """A flag, a case and two buildings in the western county, a flag and a building in the eastern one."""
    run, (lon, lat), (east, east_lat) = make_run(town), town.spot(), town.spot(1)
    unit, neighbour = town.communities[0][0], town.communities[1][0]
    return {
        "flag": make_flag(run, unit, lon, lat),
        "theirs": make_flag(run, neighbour, east, east_lat),
        "case": make_case(unit, lon, lat, title="西关案", number="SY-W"),
        "buildings": [make_building(unit, lon + n * 3e-4, lat, name=f"西楼{n}", household="王大明") for n in range(2)],
        "their_building": make_building(neighbour, east, east_lat, name="东楼"),
    }


def text_of(response) -> str:
    assert response.status_code == 200
    return response.content.decode()


def test_what_lies_in_the_outline_is_listed_with_count_and_sum(town, things, choose):
    text = text_of(choose(make_user(Role.OFFICE, town.city), WEST_COUNTY))
    assert "西楼0" in text
    assert "西楼1" in text
    assert "西关案" in text
    assert "东楼" not in text
    total = sum(building.footprint_area_m2 for building in things["buildings"])
    assert f"{total:,.1f} m²" in text
    assert '<span class="selection__count">2</span>' in text


def test_the_neighbour_county_chooses_nothing_of_what_is_not_theirs(town, things, choose):
    text = text_of(choose(make_user(Role.COUNTY, town.counties[1])))
    assert "东楼" in text
    assert "西楼" not in text
    assert "西关案" not in text
    assert f"变化图斑 {things['flag'].number}" not in text
    assert "范围内没有内容" in text_of(choose(make_user(Role.COUNTY, town.counties[1]), WEST_COUNTY))


def test_a_layer_that_the_post_does_not_have_is_not_chosen(town, things, choose):
    text = text_of(choose(make_user(Role.PLANNER, town.city)))
    assert "西楼0" in text
    assert "西关案" not in text
    assert "变化图斑" not in text.replace("变化图斑、案件和建筑", "")
    response = choose(make_user(Role.PLANNER, town.city), layers=["flags", "units", "dragons"])
    assert response.status_code == 422
    assert "请先打开" in response.json()["detail"]


def test_acts_are_offered_to_those_who_have_them(town, things, choose):
    supervisor = text_of(choose(make_user(Role.SUPERVISOR, town.counties[0])))
    assert f"/review/batch/?flags={things['flag'].pk}" in supervisor
    assert f"/tasks/new/?flag={things['flag'].pk}" in supervisor
    assert "/tasks/new/?case=SY-W" in supervisor
    office = text_of(choose(make_user(Role.OFFICE, town.city)))
    assert "/review/batch/" not in office
    assert "/tasks/new/" not in office


def test_the_grid_of_many_flags_shows_the_chosen_ones_alone(town, things, client):
    run, (lon, lat) = things["flag"].run, town.spot()
    other = make_flag(run, town.communities[0][0], lon + 1e-3, lat)
    client.force_login(make_user(Role.SUPERVISOR, town.city))
    text = client.get(f"/review/batch/?flags={things['flag'].pk},x").content.decode()
    assert f'name="flag_ids" value="{things["flag"].pk}"' in text
    assert f'name="flag_ids" value="{other.pk}"' not in text


def test_the_sheet_holds_the_same_rows_and_no_household_for_those_who_may_not_know(town, things, client):
    def sheet(user):
        client.force_login(user)
        outline = json.dumps({"points": TOWN, "layers": ["buildings"]})
        response = client.post("/map/selection/export.xlsx", {"outline": outline})
        assert response.status_code == 200
        assert "attachment" in response["Content-Disposition"]
        return rows_of(response.content)

    head, first, second = sheet(make_user(Role.COUNTY, town.counties[0]))
    column = {title: letters for letters, title in head.items()}
    assert {first[column["名称"]], second[column["名称"]]} == {str(one) for one in things["buildings"]}
    assert first[column["面积(m²)"]] == pytest.approx(things["buildings"][0].footprint_area_m2)
    assert first[column["户主/产权人"]] == "王大明"
    assert first[column["经度"]] == pytest.approx(town.spot()[0], abs=1e-3)
    assert "王大明" not in str(sheet(make_user(Role.INSPECTOR, town.communities[0][0])))


@pytest.mark.parametrize(
    ("points", "said"),
    [
        (TOWN[:2], "至少需要 3 个不同的点"),
        ([TOWN[0], TOWN[2], TOWN[1], TOWN[3]], "相互交叉"),
        ([[113.6 + n * 1e-4, 34.7] for n in range(501)], "范围最多 500 个点"),
        ("everywhere", "无法读取"),
        ([[113.6, "x"]], "无法读取"),
    ],
)
def test_an_outline_that_encloses_nothing_is_refused_in_words(town, choose, points, said):
    response = choose(make_user(Role.OFFICE, town.city), points)
    assert response.status_code == 422
    assert said in response.json()["detail"]


def test_a_sheet_without_an_outline_is_refused(town, client):
    client.force_login(make_user(Role.OFFICE, town.city))
    assert client.post("/map/selection/export.xlsx").status_code == 422


def test_a_visitor_chooses_nothing(db, choose):
    assert choose(None).status_code == 401


def test_a_longer_list_costs_no_more_queries(town, things, choose):
    user = make_user(Role.SUPERVISOR, town.city)
    choose(user)
    with CaptureQueriesContext(connection) as few:
        choose(user)
    run, (lon, lat) = things["flag"].run, town.spot()
    for n in range(5):
        make_flag(run, town.communities[0][0], lon + n * 4e-4, lat + 1e-3)
        make_building(town.communities[0][0], lon + n * 4e-4, lat + 2e-3)
        make_case(town.communities[0][0], lon + n * 4e-4, lat + 3e-3)
    with CaptureQueriesContext(connection) as many:
        choose(user)
    assert len(many) == len(few)
