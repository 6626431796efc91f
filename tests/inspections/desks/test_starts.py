"""Where posts begin: own work first, each a click away; figures of the own area alone, in few queries."""

from datetime import timedelta

import pytest
from django.utils import timezone

from geo.roles import Role
from inspections.actions.penalties import draft_county
from inspections.rules.clock import Month, local_day
from tests.factories import make_run, make_user
from tests.inspections.cases.scene import determined_case, found_case, routed_case


def ago(**duration):
    return timezone.now() - timedelta(**duration)


def opened(client, user, path):
    client.force_login(user)
    response = client.get(path)
    assert response.status_code == 200
    return response


def numbers(response):
    return [case.number for case in response.context["cases"]]


def test_an_officer_has_overdue_cases_first_and_one_click_to_each(town, people, client):
    recent = determined_case(town, people, at=ago(hours=1))
    late = determined_case(town, people, at=ago(days=4), dx=0.003)
    response = opened(client, people.township, "/deadlines/")
    assert numbers(response) == [late.number, recent.number]
    assert response.context["figures"]["overdue"] == 1
    assert f'href="/cases/{late.number}/"' in response.content.decode()


def test_each_post_has_the_cases_that_wait_for_it(town, people, client):
    found = found_case(town, people)
    routed = routed_case(town, people, dx=0.003)
    standing = determined_case(town, people, dx=0.007)
    assert numbers(opened(client, people.township, "/deadlines/")) == [standing.number]
    assert set(numbers(opened(client, people.county, "/deadlines/"))) == {standing.number, found.number}
    assert numbers(opened(client, people.planning, "/deadlines/")) == [routed.number]
    assert numbers(opened(client, people.brigade, "/deadlines/")) == [routed.number]
    assert numbers(opened(client, people.land, "/deadlines/")) == [], "it was not asked"


def test_the_neighbour_has_none_of_them(town, people, client):
    found_case(town, people)
    determined_case(town, people, at=ago(days=4), dx=0.003)
    for role, path in ((Role.COUNTY, "/deadlines/"), (Role.OFFICE, "/month/")):
        response = opened(client, make_user(role, town.counties[1]), path)
        assert numbers(response) == []
        assert response.context["figures"]["overdue"] == 0
    empty = opened(client, make_user(Role.COUNTY, town.counties[1]), "/deadlines/")
    assert "没有等您办理的案件" in empty.content.decode()


def test_the_office_has_the_month_with_drafts_and_late_cases(town, people, client):
    determined_case(town, people, at=ago(days=35), area="50.25")
    late = determined_case(town, people, at=ago(days=33), area="10.50", dx=0.003)
    month = Month.of(local_day(timezone.now())).previous()
    decision = draft_county(county=town.counties[0], month=month)
    response = opened(client, people.office, "/month/")
    assert float(response.context["figures"]["total_m2"]) == pytest.approx(60.75)
    assert response.context["figures"]["overdue"] == 2
    assert late.number in numbers(response)
    assert response.context["drafts"] == ([decision] if decision else [])


# Session, person, postings; figures; cases.
QUERIES_OF_DEADLINES = 5
# Session, person, postings; figures; drafts; undeducted; late cases.
QUERIES_OF_THE_MONTH = 7


def test_the_desks_ask_as_often_for_many_as_for_few(town, people, client, django_assert_num_queries):
    run = make_run(town)
    for n in range(5):
        determined_case(town, people, run=run, at=ago(days=4), dx=0.001 + n * 0.0015)
        client.force_login(people.county)
        with django_assert_num_queries(QUERIES_OF_DEADLINES):
            client.get("/deadlines/")
        client.force_login(people.office)
        with django_assert_num_queries(QUERIES_OF_THE_MONTH):
            client.get("/month/")


@pytest.mark.parametrize(
    ("path", "role"),
    [("/month/", Role.COUNTY), ("/imagery/", Role.COUNTY), ("/deadlines/", Role.PLANNER), ("/deadlines/", Role.HEALTH)],
)
def test_a_desk_is_for_its_own_posts(town, client, path, role):
    client.force_login(make_user(role, town.city))
    assert client.get(path).status_code == 403
