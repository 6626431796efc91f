"""Many tasks given out at once: scoped, told row by row, once, and taken back."""

from datetime import timedelta

import pytest
from django.utils import timezone

from geo.roles import Role
from inspections.actions.bulk import TooMany, assign_cases
from inspections.actions.cases import open_or_join_case
from inspections.models import Case, InspectionTask, TaskState
from tests.factories import make_run, make_user
from tests.factories.records import make_task
from tests.inspections.cases.scene import found_case, make_flag_at

ASSIGN, UNDO = "/tasks/assign/", "/tasks/assign/undo/"


@pytest.fixture
def inspector(town):
    return make_user(Role.INSPECTOR, town.counties[0])


@pytest.fixture
def county(client, people):
    client.force_login(people.county)
    return client


@pytest.fixture
def cases(town, people):
    run = make_run(town)
    return [found_case(town, people, run=run, dx=0.002 + n * 0.002) for n in range(3)]


@pytest.fixture
def foreign(town):
    """A case of the neighbour county."""
    supervisor = make_user(Role.SUPERVISOR, town.city)
    return open_or_join_case(flag=make_flag_at(town, county=1), by=supervisor)


def asked(*cases):
    return f"{ASSIGN}?{'&'.join(f'case={case.number}' for case in cases)}"


def outcomes(response):
    return [(outcome.title, outcome.task is not None) for outcome in response.context["outcomes"]]


def test_the_form_says_how_many_it_will_give_out(county, cases, inspector):
    text = county.get(asked(*cases)).content.decode()
    assert "为 3 件案件派发巡查任务" in text
    assert all(case.number in text for case in cases)
    assert InspectionTask.objects.count() == 0


def test_every_chosen_case_gets_a_task_with_the_person_and_the_day(county, cases, inspector):
    day = timezone.localdate() + timedelta(days=3)
    response = county.post(asked(*cases), {"to": inspector.pk, "due_on": day, "instructions": "看门前"})
    assert outcomes(response) == [(case.number, True) for case in cases]
    tasks = list(InspectionTask.objects.all())
    assert {task.case_id for task in tasks} == {case.pk for case in cases}
    assert {(task.assigned_to, timezone.localdate(task.due_at), task.instructions) for task in tasks} == {
        (inspector, day, "看门前")
    }


def test_the_same_form_sent_again_gives_nothing_twice(county, cases, inspector):
    county.post(asked(*cases[:2]), {"to": inspector.pk})
    response = county.post(asked(*cases), {"to": inspector.pk})
    assert outcomes(response) == [(cases[0].number, False), (cases[1].number, False), (cases[2].number, True)]
    assert "2 项没有办成" in response.content.decode()
    assert InspectionTask.objects.count() == 3


def test_a_case_that_is_over_is_refused_and_keeps_no_other(county, cases, inspector):
    Case.objects.filter(pk=cases[1].pk).update(state="withdrawn")
    response = county.post(asked(*cases), {"to": inspector.pk})
    assert [done for _number, done in outcomes(response)] == [True, False, True]
    assert "已撤销" in response.content.decode()


def test_a_foreign_case_is_left_out_and_alone_it_does_not_exist(county, cases, foreign, inspector):
    assert county.get(asked(foreign)).status_code == 404
    assert county.post(asked(foreign), {"to": inspector.pk}).status_code == 404
    response = county.post(asked(cases[0], foreign), {"to": inspector.pk})
    assert outcomes(response) == [(cases[0].number, True)]
    assert not InspectionTask.objects.filter(case=foreign).exists()


def test_somebody_who_does_not_inspect_there_is_not_on_offer(county, cases, town):
    stranger = make_user(Role.INSPECTOR, town.counties[1])
    response = county.post(asked(*cases), {"to": stranger.pk})
    assert response.status_code == 400
    assert InspectionTask.objects.count() == 0


def test_a_row_outside_of_the_inspectors_own_place_is_refused_alone(county, people, town, cases):
    walker = make_user(Role.INSPECTOR, town.communities[0][0])
    elsewhere = found_case(town, people, community=1)
    response = county.post(asked(cases[0], elsewhere), {"to": walker.pk})
    assert sorted(outcomes(response)) == sorted([(cases[0].number, True), (elsewhere.number, False)])


def test_what_was_given_out_is_taken_back_unless_it_was_begun(county, cases, inspector):
    given = county.post(asked(*cases), {"to": inspector.pk}).context["outcomes"]
    InspectionTask.objects.filter(pk=given[0].task.pk).update(state=TaskState.DONE)
    response = county.post(UNDO, {"task": [outcome.task.pk for outcome in given]})
    assert response.context["done"] == 2
    assert response.context["refused"] == 1
    states = sorted(InspectionTask.objects.values_list("state", flat=True))
    assert states == ["cancelled", "cancelled", "done"]


def test_nobody_takes_back_what_another_gave_out(county, cases, inspector, town, client):
    given = county.post(asked(*cases), {"to": inspector.pk}).context["outcomes"]
    client.force_login(make_user(Role.SUPERVISOR, town.counties[0]))
    response = client.post(UNDO, {"task": [outcome.task.pk for outcome in given]})
    assert response.context["done"] == 0
    client.force_login(make_user(Role.COUNTY, town.counties[1]))
    assert client.post(UNDO, {"task": [given[0].task.pk]}).status_code == 404
    assert set(InspectionTask.objects.values_list("state", flat=True)) == {"assigned"}


def test_tasks_are_handed_over_and_keep_their_day_unless_another_is_given(county, town, inspector):
    due_at = timezone.now() + timedelta(days=1)
    old = make_user(Role.INSPECTOR, town.counties[0])
    tasks = [make_task(town.communities[0][0], *town.spot(), assigned_to=old, due_at=due_at) for _n in range(2)]
    done = make_task(town.communities[0][0], *town.spot(), assigned_to=old, state=TaskState.DONE)
    address = f"{ASSIGN}?{'&'.join(f'task={task.pk}' for task in [*tasks, done])}"
    assert "改派 3 项任务" in county.get(address).content.decode()
    response = county.post(address, {"to": inspector.pk})
    assert [ok for _title, ok in outcomes(response)] == [True, True, False]
    for task in tasks:
        task.refresh_from_db()
        assert (task.assigned_to, task.due_at) == (inspector, due_at)
    done.refresh_from_db()
    assert done.assigned_to == old


def test_what_was_handed_over_goes_back_to_whom_it_was_with_and_when_it_was_due(county, town, inspector, client):
    due_at = timezone.now() + timedelta(days=1)
    olds = [make_user(Role.INSPECTOR, town.counties[0]) for _n in range(2)]
    tasks = [make_task(town.communities[0][0], *town.spot(), assigned_to=old, due_at=due_at) for old in olds]
    address = f"{ASSIGN}?{'&'.join(f'task={task.pk}' for task in tasks)}"
    later = timezone.localdate() + timedelta(days=9)
    response = county.post(address, {"to": inspector.pk, "due_on": later.isoformat()})
    assert response.context["done"] == 2
    assert "改回这 2 项任务原来的巡查员" in response.content.decode()
    body = {"task": [task.pk for task in tasks], "act": "hand-back"}
    client.force_login(make_user(Role.COUNTY, town.counties[1]))
    assert client.post(UNDO, body).status_code == 404
    client.force_login(make_user(Role.SUPERVISOR, town.counties[0]))
    assert client.post(UNDO, body).context["done"] == 0  # somebody else's doing
    client.force_login(people_county(response))
    response = client.post(UNDO, body)
    assert "已改回 2 项任务" in response.content.decode()
    for task, old in zip(tasks, olds, strict=True):
        task.refresh_from_db()
        assert (task.assigned_to, task.due_at) == (old, due_at)
    assert client.post(UNDO, body).context["done"] == 2  # and once more the other way: an undo of the undo


def people_county(response):
    return response.wsgi_request.user


def test_who_may_not_assign_may_not_assign_many(client, cases, town, inspector):
    client.force_login(make_user(Role.BUREAU, town.counties[0]))
    assert client.get(asked(*cases)).status_code == 403
    assert 'name="case"' not in client.get("/cases/").content.decode()


def test_nothing_and_too_many_are_refused(people, cases, inspector):
    for chosen in ([], cases * 40):
        with pytest.raises(TooMany):
            assign_cases(cases=chosen, to=inspector, by=people.county)
    assert InspectionTask.objects.count() == 0
