"""The global search finds what a person may see, and nothing else."""

import pytest
from django.db import connection

from geo.models import Building
from geo.roles import Role
from tests import factories
from tests.factories import records

BACKEND = "django.contrib.auth.backends.ModelBackend"
QUERIES = 10  # one for each kind that the county sees


def found_by(client, user, words: str) -> str:
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    response = client.get("/search/", {"q": words})
    assert response.status_code == 200
    return " ".join(found.title for group in response.context["groups"] for found in group.results)


@pytest.fixture
def house(town):
    return factories.make_building(town.communities[0][0], *town.spot(0, 0), code="B-1", household="王秀英")


@pytest.mark.django_db
def test_a_building_is_found_by_its_code_in_the_own_county_but_not_by_the_neighbour(client, town, house):
    assert "B-1" in found_by(client, factories.make_user(Role.COUNTY, town.counties[0]), "b-1")
    assert "B-1" not in found_by(client, factories.make_user(Role.COUNTY, town.counties[1]), "b-1")


@pytest.mark.django_db
def test_a_household_leads_to_its_building_only_for_posts_that_may_know_who_lives_there(client, town, house):
    assert "B-1" in found_by(client, factories.make_user(Role.COUNTY, town.counties[0]), "王秀英")
    assert found_by(client, factories.make_user(Role.HEALTH, town.counties[0]), "王秀英") == ""


@pytest.mark.django_db
def test_a_flag_and_a_case_are_found_by_number_but_not_by_the_neighbour(client, town):
    unit, spot = town.communities[0][0], town.spot(0, 0)
    flag = factories.make_flag(factories.make_run(town), unit, *spot)
    case = records.make_case(unit, *spot)
    own, other = (factories.make_user(Role.COUNTY, county) for county in town.counties[:2])
    for number in (flag.number, case.number):
        assert number in found_by(client, own, number)
        assert found_by(client, other, number) == ""


@pytest.mark.django_db
def test_the_queries_do_not_grow_with_the_results(client, town, house, django_assert_num_queries):
    from inspections.search import search

    user = factories.make_user(Role.COUNTY, town.counties[0])
    for number in range(2, 6):
        factories.make_building(town.communities[0][0], *town.spot(0, 0), code=f"B-{number}")
    user.can("see_map")  # postings are read once
    with django_assert_num_queries(QUERIES):
        groups = search("B-", user=user)
    assert len(groups[0].results) == 5


@pytest.mark.django_db
def test_the_code_itself_stands_before_codes_that_begin_so_and_these_before_the_rest(client, town):
    unit, spot = town.communities[0][0], town.spot(0, 0)
    for fields in ({"code": "X-F12"}, {"code": "F12-9"}, {"code": "F12"}, {"code": "A-1", "name": "F12 号楼"}):
        factories.make_building(unit, *spot, **fields)
    found = found_by(client, factories.make_user(Role.COUNTY, town.counties[0]), "f12")
    assert found.split() == ["F12", "F12-9", "A-1", "X-F12"]


@pytest.mark.django_db
def test_zones_areas_snapshots_clinics_and_tasks_are_found_but_not_by_the_neighbour(client, town):
    unit, spot = town.communities[0][0], town.spot(0, 0)
    records.make_zone(unit, *spot, name="槐荫小区")
    factories.make_control_area(town, name="槐荫湖岸", boundary=unit.boundary).units.set([unit])
    factories.make_archive_area(unit, *spot, name="槐荫校园").units.set([unit])
    records.make_facility(unit, *spot, name="槐荫卫生室")
    records.make_task(unit, *spot, title="槐荫街核查", assigned_to=factories.make_user(Role.INSPECTOR, unit))
    own, other = (factories.make_user(Role.COUNTY, county) for county in town.counties[:2])
    assert set(found_by(client, own, "槐荫").split()) == {
        "槐荫小区",
        "槐荫湖岸",
        "槐荫校园",
        "槐荫卫生室",
        "槐荫街核查",
    }
    assert found_by(client, other, "槐荫") == ""


@pytest.mark.django_db
def test_the_list_under_the_field_holds_the_first_of_each_kind_and_leads_to_all(client, town):
    for number in range(7):
        factories.make_building(town.communities[0][0], *town.spot(0, 0), code=f"B-{number}")
    client.force_login(factories.make_user(Role.COUNTY, town.counties[0]), backend=BACKEND)
    told = client.get("/search/list/", {"q": "b-"}).content.decode()
    assert told.count('role="option"') == 5  # four of them, and all
    assert 'href="/search/?q=b-"' in told
    assert "没有找到" in client.get("/search/list/", {"q": "没有的"}).content.decode()
    client.force_login(factories.make_user(Role.COUNTY, town.counties[1]), backend=BACKEND)
    assert "B-" not in client.get("/search/list/", {"q": "b-"}).content.decode()


@pytest.mark.django_db
def test_words_of_three_chinese_characters_are_looked_up_in_an_index(town):
    """An index of trigrams knows Chinese only where the database's ctype does."""
    factories.make_building(town.communities[0][0], *town.spot(0, 0), address="建设路九百九十六号院")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SELECT array_length(show_trgm('建设路'), 1)")
        assert cursor.fetchone()[0] == 4
        plan = Building.objects.filter(address__icontains="建设路").explain()
    assert "building_words" in plan
