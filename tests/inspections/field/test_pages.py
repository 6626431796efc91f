"""The phone pages, the pages of what came back, and giving out tasks."""

import datetime
import json
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from inspections.actions.inspections import report_case, submit_inspection
from inspections.models import Case, CaseSource, InspectionTask
from tests.factories import make_building, make_flag, make_run
from tests.factories.records import make_case, make_photo, make_task

pytestmark = pytest.mark.django_db


def client_of(user) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page_data(answer) -> dict:
    (text,) = re.findall(r'<script id="field-data" type="application/json">(.*?)</script>', answer.content.decode())
    return json.loads(text)


def test_my_tasks_come_due_first_and_are_mine_alone(people, town):
    unit, spot = town.communities[0][0], town.spot()
    later = make_task(unit, *spot, assigned_to=people.inspector, due_at=timezone.now() + datetime.timedelta(days=9))
    overdue = make_task(unit, *spot, assigned_to=people.inspector, due_at=timezone.now() - datetime.timedelta(days=1))
    open_end = make_task(unit, *spot, assigned_to=people.inspector, due_at=None)
    make_task(unit, *spot, assigned_to=people.colleague)
    answer = client_of(people.inspector).get("/field/")
    assert [task["id"] for task in page_data(answer)["tasks"]] == [overdue.pk, later.pk, open_end.pk]


def test_without_tasks_the_page_says_what_comes_and_how_to_begin(people):
    answer = client_of(people.inspector).get("/field/")
    assert "现在没有派给您的任务" in answer.content.decode()


def test_the_task_list_takes_a_fixed_number_of_queries(people, town, django_assert_max_num_queries):
    client = client_of(people.inspector)
    client.get("/field/")
    for _ in range(12):
        make_task(town.communities[0][0], *town.spot(), assigned_to=people.inspector)
    with django_assert_max_num_queries(12):
        client.get("/field/")


def test_a_task_page_has_its_checklist_and_the_outlines_around(people, task, town):
    lon, lat = town.spot()
    make_building(town.communities[0][0], lon, lat)
    make_building(town.communities[0][0], lon + 0.004, lat)  # out of sight
    answer = client_of(people.inspector).get(f"/field/{task.pk}/")
    html = answer.content.decode()
    assert 'data-item="found"' in html
    assert "正在建设" in html
    data = page_data(answer)
    assert data["key"] == f"task-{task.pk}"
    assert len(data["ground"]) == 1


def test_a_colleague_s_task_says_whose_it_is(people, task):
    assert f"派给了{people.inspector}" in client_of(people.colleague).get(f"/field/{task.pk}/").content.decode()


def test_a_task_of_a_sibling_unit_does_not_exist(people, task):
    assert client_of(people.sibling).get(f"/field/{task.pk}/").status_code == 404


def test_the_phone_pages_are_for_those_who_inspect(people):
    for path in ("/field/", "/field/new/"):
        assert client_of(people.inspector).get(path).status_code == 200
        assert client_of(people.supervisor).get(path).status_code == 403
        assert Client().get(path).status_code == 302


# --- giving out tasks
def test_an_officer_gives_a_case_to_an_inspector_of_its_place(people, town):
    case = make_case(town.communities[0][0], *town.spot())
    client = client_of(people.officer)
    page = client.get(f"/tasks/new/?case={case.number}")
    day = timezone.localdate() + datetime.timedelta(days=6)
    people_offered = set(page.context["form"].fields["to"].queryset)
    assert people_offered == {people.inspector, people.colleague, people.officer}
    answer = client.post(
        f"/tasks/new/?case={case.number}", {"to": people.inspector.pk, "due_on": f"{day}", "instructions": "看北墙"}
    )
    assert answer.url == reverse("case-detail", kwargs={"case_number": case.number})
    task = InspectionTask.objects.get()
    assert (task.case, task.assigned_to, task.assigned_by) == (case, people.inspector, people.officer)
    assert timezone.localtime(task.due_at).strftime("%Y-%m-%d %H:%M") == f"{day} 18:00"


def test_a_task_is_not_due_before_it_is_given_out(people, town):
    flag = make_flag(make_run(town), town.communities[0][0], *town.spot())
    client, address = client_of(people.officer), f"/tasks/new/?flag={flag.pk}"
    assert flag.number in client.get(address).content.decode()
    yesterday = timezone.localdate() - datetime.timedelta(days=1)
    answer = client.post(address, {"to": people.inspector.pk, "due_on": f"{yesterday}"})
    assert answer.context["form"].errors["due_on"] == ["期限已过，请选择以后的日期。"]
    assert not InspectionTask.objects.exists()


def test_an_inspector_of_elsewhere_cannot_be_chosen(people, town):
    flag = make_flag(make_run(town), town.communities[0][0], *town.spot())
    answer = client_of(people.officer).post(f"/tasks/new/?flag={flag.pk}", {"to": people.sibling.pk})
    assert answer.context["form"].errors.keys() == {"to"}
    assert not InspectionTask.objects.exists()


def test_what_is_to_be_looked_at_must_be_one_thing_in_the_own_area(people, town):
    case = make_case(town.communities[0][0], *town.spot())
    assert client_of(people.neighbour).get(f"/tasks/new/?case={case.number}").status_code == 404
    client = client_of(people.officer)
    for query in ("", "?flag=x", "?flag=1&building=2", f"?case={case.number}x"):
        assert client.get(f"/tasks/new/{query}").status_code == 404


# --- what came back
@pytest.fixture
def inspection(people, a_report, here):
    inspection = submit_inspection(by=people.inspector, report=a_report(note="北侧加盖一层")).inspection
    make_photo(
        inspection.unit,
        here.lon,
        here.lat,
        by=people.inspector,
        inspection=inspection,
        marks=[{"code": "accuracy_poor", "value": 80, "limit": 50, "unit": "m", "text": "…"}],
    )
    return inspection


def test_an_inspection_shows_its_answers_photos_and_marks(people, inspection):
    html = client_of(people.supervisor).get(f"/inspections/{inspection.pk}/").content.decode()
    for words in ("正在建设", "2 层", "北侧加盖一层", "定位精度较差：80 m（限 50 m）", "还有 1 张照片尚未送达"):
        assert words in html
    assert "原图" not in html  # a supervisor does not see originals
    assert "原图" in client_of(people.officer).get(f"/inspections/{inspection.pk}/").content.decode()


def test_neighbours_see_no_inspection(people, inspection):
    for person in (people.neighbour, people.sibling):
        assert client_of(person).get(f"/inspections/{inspection.pk}/").status_code == 404
        assert client_of(person).post(f"/inspections/{inspection.pk}/case/").status_code in (403, 404)
        assert list(client_of(person).get("/inspections/").context["page"]) == []


def test_the_list_can_be_narrowed_to_marked_and_to_those_without_a_case(people, inspection, a_report):
    client = client_of(people.supervisor)
    assert list(client.get("/inspections/").context["page"]) == [inspection]
    assert list(client.get("/inspections/?show=marked").context["page"]) == [inspection]
    assert list(client.get("/inspections/?show=no_case").context["page"]) == [inspection]


def test_an_officer_opens_a_case_for_what_was_found_and_its_photos_go_along(people, inspection):
    answer = client_of(people.officer).post(f"/inspections/{inspection.pk}/case/")
    case = Case.objects.get()
    assert answer.url == f"/cases/{case.number}/"
    inspection.refresh_from_db()
    assert inspection.case == case
    assert set(case.photos.all()) == set(inspection.photos.all())
    source = CaseSource.objects.get()
    assert (source.kind, source.inspection) == ("patrol", inspection)


def test_a_second_opening_says_that_there_is_a_case(people, inspection):
    report_case(by=people.officer, inspection=inspection)
    answer = client_of(people.officer).post(f"/inspections/{inspection.pk}/case/", follow=True)
    assert "已归入案件" in answer.content.decode()
    assert Case.objects.count() == 1


def test_a_flag_s_inspection_opens_the_flag_s_case(people, town, a_report):
    flag = make_flag(make_run(town), town.communities[0][0], *town.spot(), state="confirmed")
    task = make_task(town.communities[0][0], *town.spot(), assigned_to=people.inspector, flag=flag)
    inspection = submit_inspection(by=people.inspector, report=a_report(task_id=task.pk)).inspection
    case = report_case(by=people.officer, inspection=inspection)
    assert {(source.kind, source.flag, source.inspection) for source in case.sources.all()} == {
        ("aerial", flag, None),
        ("patrol", None, inspection),
    }


@pytest.mark.parametrize("state", ["pending", "rejected"])
def test_an_inspection_does_not_confirm_a_flag_in_the_reviewer_s_place(people, town, a_report, state):
    flag = make_flag(make_run(town), town.communities[0][0], *town.spot(), state=state)
    task = make_task(town.communities[0][0], *town.spot(), assigned_to=people.inspector, flag=flag)
    inspection = submit_inspection(by=people.inspector, report=a_report(task_id=task.pk)).inspection

    case = report_case(by=people.officer, inspection=inspection)

    assert [(source.kind, source.flag, source.inspection) for source in case.sources.all()] == [
        ("patrol", None, inspection)
    ]
    assert case.footprint.contains(flag.geometry)
    flag.refresh_from_db()
    assert flag.state == state


def test_an_inspection_without_any_place_opens_no_case(people, a_report):
    inspection = submit_inspection(by=people.inspector, report=a_report(task_id=None, position=None)).inspection
    answer = client_of(people.officer).post(f"/inspections/{inspection.pk}/case/", follow=True)
    assert "没有位置，不能立案" in answer.content.decode()
    assert not Case.objects.exists()
