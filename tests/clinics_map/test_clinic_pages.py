"""The pages of clinics: in whose sight, what they check and by what, and who is not served."""

import pytest

from geo.roles import Role
from tests import factories
from tests.factories import records

LIST = "/clinics/"
# Session, person, postings; units of the choice; facilities, their catchments, buildings and standards; communities,
# the served ones; frame, number and outlines of the map.
QUERIES_OF_THE_LIST = 14
# Session, person, postings; the facility, the same with its building's key, its catchment, the standards; the served
# communities, those around by name and by outline. It stands in no known building, and the post sees no snapshots.
QUERIES_OF_THE_PAGE = 11


def sign_in(client, user):
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def health(client, town):
    return sign_in(client, factories.make_user(Role.HEALTH, town.counties[0]))


@pytest.fixture
def clinic(town):
    return records.make_facility(
        town.communities[0][0], *town.spot(0, 0), code="WS-1", population_served=2001, building_area_m2=None
    )


def house_at(unit, spot, **fields):
    """A house around a place; sides of about 9 m by 11 m, 102 m² of ground."""
    lon, lat = spot
    return factories.make_building(unit, lon - 0.00005, lat - 0.00005, size=0.0001, **fields)


def names(response):
    return [item.facility.code for item in response.context["page"]]


def checks(client, clinic):
    response = client.get(f"{LIST}{clinic.pk}/")
    return {check.rule: check for check in response.context["checks"]}


def test_the_list_holds_the_own_clinics_and_nothing_of_the_neighbour(health, town, clinic):
    records.make_facility(town.communities[1][0], *town.spot(1, 0), code="WS-9", name="邻县卫生室")
    response = health.get(LIST)
    assert names(response) == ["WS-1"]
    assert "邻县卫生室" not in response.content.decode()
    assert "河阴县" not in response.content.decode()


def test_the_neighbour_and_the_sibling_get_404_and_an_empty_list(client, town, clinic):
    for unit in (town.counties[1], town.townships[0][1]):
        other = sign_in(client, factories.make_user(Role.HEALTH, unit))
        assert other.get(f"{LIST}{clinic.pk}/").status_code == 404
        assert names(other.get(LIST)) == []


def test_a_post_without_clinics_is_told_who_has_them(client, town, clinic):
    census = sign_in(client, factories.make_user(Role.CENSUS, town.counties[0]))
    for address in (LIST, f"{LIST}{clinic.pk}/"):
        response = census.get(address)
        assert response.status_code == 403
        assert "卫生局" in response.content.decode()


@pytest.mark.parametrize(
    ("storeys", "linked", "result", "basis"),
    [
        (2, True, "met", "量算：建筑基底面积 × 层数（整栋）；B-1"),
        (1, True, "not_met", "量算：建筑基底面积 × 层数（整栋）；B-1"),
        (2, False, "met", "量算：建筑基底面积 × 层数（整栋）；B-1，按机构位置对应"),
        (None, False, "check", "量算：建筑基底面积（层数未登记，按一层）；B-1，按机构位置对应"),
    ],
)
def test_the_size_is_judged_by_the_measured_building(health, town, clinic, storeys, linked, result, basis):
    house = house_at(town.communities[0][0], town.spot(0, 0), code="B-1", storeys=storeys)
    if linked:
        clinic.building = house
        clinic.save()
    check = checks(health, clinic)["R-701"]
    assert (check.told.result, check.basis) == (result, basis)
    assert check.required == "不小于 160.0 m²"


def test_without_a_building_the_registered_size_counts_and_says_so(health, clinic):
    clinic.building_area_m2 = 160.0
    clinic.save()
    check = checks(health, clinic)["R-701"]
    assert (check.told.result, check.basis) == ("met", "登记面积，未量测")


def test_a_house_that_was_demolished_is_no_premises(health, town, clinic):
    house_at(town.communities[0][0], town.spot(0, 0), status="demolished", storeys=9)
    assert checks(health, clinic)["R-701"].told.result == "unknown"


def test_a_building_of_another_jurisdiction_is_not_measured(health, town, clinic):
    clinic.building = house_at(town.communities[1][0], town.spot(0, 0), code="B-foreign", storeys=2)
    clinic.save()
    response = health.get(f"{LIST}{clinic.pk}/")
    assert response.context["clinic"].building is None
    assert "B-foreign" not in response.content.decode()


def test_the_people_of_the_community_stand_in_where_the_clinic_has_no_number(health, clinic):
    clinic.population_served = None
    clinic.save()
    response = health.get(f"{LIST}{clinic.pk}/")
    assert response.context["clinic"].people == 1500
    assert "1,500（服务范围内社区人口）" in response.content.decode()
    assert {check.rule: check.required for check in response.context["checks"]}["R-701"] == "不小于 120.0 m²"


def test_the_name_has_to_say_township_and_community(health, clinic):
    assert checks(health, clinic)["R-704"].told.result == "met"
    clinic.name = "便民卫生室"
    clinic.save()
    check = checks(health, clinic)["R-704"]
    assert (check.told.result, check.required) == ("not_met", "东城区南关街道第1社区卫生室")


def test_the_staff_follows_the_registered_people_of_the_community(health, town, clinic):
    town.communities[0][0].population = 3001
    town.communities[0][0].save()
    assert checks(health, clinic)["R-705"].required == "至少 4 人"


def test_results_are_words_beside_their_colour(health, clinic):
    text = health.get(LIST).content.decode()
    assert "无法判定" in text
    assert "达标" in text


def test_a_hospital_is_listed_when_asked_for_and_measured_against_nothing(health, town, clinic):
    hospital = records.make_facility(town.communities[0][0], *town.spot(0, 0), code="YY-1", kind="hospital")
    assert names(health.get(LIST)) == ["WS-1"]
    assert names(health.get(f"{LIST}?kind=hospital")) == ["YY-1"]
    assert names(health.get(f"{LIST}?kind=all")) == ["WS-1", "YY-1"]
    response = health.get(f"{LIST}{hospital.pk}/")
    assert response.context["checks"] == []
    assert "只适用于社区(村)卫生室" in response.content.decode()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("size=not_met", ["WS-2"]),
        ("size=unknown", ["WS-1"]),
        ("size=nonsense", ["WS-1", "WS-2"]),
        ("name=not_met", ["WS-2"]),
        ("name=met", ["WS-1"]),
        ("unit=419901002000", ["WS-2"]),
        ("unit=419902000000", ["WS-1", "WS-2"]),  # not in sight: left out of account
        ("unit=%00&q=%00&kind=%00", ["WS-1", "WS-2"]),
        ("q=便民", ["WS-2"]),
        ("q=ws-1", ["WS-1"]),
        ("q=没有", []),
    ],
)
def test_filters_come_from_the_address(health, town, clinic, query, expected):
    records.make_facility(
        town.communities[0][2], *town.spot(0, 2), code="WS-2", name="便民卫生室", building_area_m2=79.0
    )
    assert names(health.get(f"{LIST}?{query}")) == expected


def test_the_uncovered_communities_are_told_by_people(health, town, clinic):
    second, third = town.communities[0][1:3]
    second.population, third.population = 4000, None
    second.save()
    third.save()
    records.make_facility(third, *town.spot(0, 2), kind="hospital")  # no clinic at the door
    coverage = health.get(LIST).context["coverage"]
    assert (coverage.people, coverage.covered_people, coverage.uncounted) == (7000, 1500, 1)
    assert [community.people for community in coverage.uncovered] == [4000, 1500, None]


def test_the_map_tells_covered_from_uncovered_communities_of_the_own_area_alone(health, town, clinic):
    shapes = health.get(LIST).context["site_map"]["shapes"]
    assert sorted(shape["look"] for shape in shapes) == ["clinic", "covered", "uncovered", "uncovered", "uncovered"]
    assert all("河阴县" not in shape["label"] for shape in shapes)
    assert any(shape["label"] == "东城区北关街道第2社区 · 1,500 人 · 未覆盖" for shape in shapes)


def test_the_page_shows_the_catchment_and_the_gaps_of_the_same_township(health, town, clinic):
    response = health.get(f"{LIST}{clinic.pk}/")
    looks = [shape["look"] for shape in response.context["site_map"]["shapes"]]
    assert looks == ["uncovered", "catchment", "chosen"]
    assert [(part.name, part.people) for part in response.context["uncovered"]] == [("东城区南关街道第2社区", 1500)]


def test_beyond_what_a_browser_draws_the_uncovered_are_drawn_alone(health, town, clinic, monkeypatch):
    monkeypatch.setattr("clinics_map.clinic_page.MOST_OUTLINES", 3)
    shapes = health.get(LIST).context["site_map"]["shapes"]
    assert sorted(shape["look"] for shape in shapes) == ["clinic", "uncovered", "uncovered", "uncovered"]


def test_an_area_without_clinics_says_what_will_be_here(health):
    text = health.get(LIST).content.decode()
    assert "还没有卫生室" in text
    assert "没有符合条件的机构" in health.get(f"{LIST}?q=x").content.decode()


def test_the_number_of_queries_does_not_grow_with_the_clinics(health, town, clinic, django_assert_num_queries):
    def add(n):
        for c in range(4):
            spot = town.spot(0, c, dx=0.001 + n * 0.001)
            records.make_facility(town.communities[0][c], *spot, building=house_at(town.communities[0][c], spot))

    add(1)
    with django_assert_num_queries(QUERIES_OF_THE_LIST):
        health.get(LIST)
    add(2)
    add(3)
    with django_assert_num_queries(QUERIES_OF_THE_LIST):
        health.get(LIST)
    with django_assert_num_queries(QUERIES_OF_THE_PAGE):
        health.get(f"{LIST}{clinic.pk}/")


def test_map_and_search_lead_to_the_page(health, town, clinic):
    lon, lat = town.spot(0, 0)
    told = health.get("/api/identify/", {"lon": lon, "lat": lat, "zoom": 18, "layers": "clinics"}).json()["results"]
    assert [item["url"] for item in told] == [f"{LIST}{clinic.pk}/"]
    assert f'href="{LIST}{clinic.pk}/"' in health.get("/search/?q=WS-1").content.decode()


def test_the_search_finds_no_clinic_of_the_neighbour(client, town, clinic):
    neighbour = sign_in(client, factories.make_user(Role.HEALTH, town.counties[1]))
    assert "WS-1" not in [
        found.text for group in neighbour.get("/search/?q=WS-1").context["groups"] for found in group.results
    ]
