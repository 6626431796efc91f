"""The global search finds what a person may see, and nothing else."""

import pytest

from geo.roles import Role
from tests import factories
from tests.factories import records


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
    with django_assert_num_queries(5):
        groups = search("B-", user=user)
    assert len(groups[0].results) == 5
