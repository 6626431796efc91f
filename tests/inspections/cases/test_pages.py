from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from geo.models import Posting
from geo.roles import Role
from inspections.actions.cases import discard_case
from inspections.case_timeline import timeline_of
from inspections.marks import make_mark
from inspections.models import Case, Measurement
from tests.factories import make_town, make_user
from tests.factories.records import make_inspection, make_task
from tests.inspections.cases.scene import (
    demolish,
    determined_case,
    found_case,
    fresh,
    make_people,
    measured,
    photo_at,
    routed_case,
)
from tests.inspections.cases.sheets import rows_of

LIST, EXPORT = "/cases/", "/cases/export.xlsx"


def ago(**duration):
    return timezone.now() - timedelta(**duration)


def page_of(case):
    return reverse("case-detail", args=[case.number])


def address(case, act):
    return reverse(f"case-{act}", args=[case.number])


@pytest.fixture
def county(client, people):
    client.force_login(people.county)
    return client


def sign_in(client, person):
    client.force_login(person)
    return client


# --- one case ----------------------------------------------------------------------------------------------------
def test_the_page_shows_measurements_from_air_and_ground_side_by_side(town, people, county):
    case = determined_case(town, people, at=ago(days=1))
    response = county.get(page_of(case))
    air, ground = (response.context["measurements"][name] for name in ("air", "ground"))
    assert [row["by_brigade"] for row in air] == [False]
    assert [row["by_brigade"] for row in ground] == [True]
    assert "128.4 ± " in response.content.decode()
    assert "认定依据" in response.content.decode()


def test_the_page_shows_the_stages_with_owner_and_state(town, people, county):
    response = county.get(page_of(determined_case(town, people, at=ago(days=4))))
    assert [row["state"] for row in response.context["stages"]] == ["overdue", "pending", "pending"]
    assert [row["is_running"] for row in response.context["stages"]] == [False, True, False]
    assert response.context["is_overdue"]


def test_the_name_of_the_person_is_for_those_who_may_know_it(town, people, client):
    case = found_case(town, people)
    Case.objects.filter(pk=case.pk).update(person_in_charge="郑某某")
    assert "郑某某" in sign_in(client, people.county).get(page_of(case)).content.decode()
    assert "郑某某" not in sign_in(client, people.supervisor).get(page_of(case)).content.decode()


def test_the_name_does_not_leak_through_the_timeline_either(town, people, client):
    case = found_case(town, people)
    sign_in(client, people.county).post(
        address(case, "describe"), {"title": "旧厂房", "address": "东街", "person_in_charge": "郑某某"}
    )
    assert fresh(case).person_in_charge == "郑某某"
    assert "郑某某" not in sign_in(client, people.supervisor).get(page_of(case)).content.decode()


def offered(client, person, case):
    return {item["act"].name for item in sign_in(client, person).get(page_of(case)).context["acts"]}


def test_each_person_is_offered_only_what_they_may_do_now(town, people, client):
    case = routed_case(town, people)
    assert offered(client, people.planning, case) == {"determine"}
    assert offered(client, people.land, case) == set()
    assert offered(client, people.brigade, case) == {"confirm-aerial", "measure", "walk"}
    assert offered(client, people.township, case) == {"source", "describe"}
    assert offered(client, people.county, case) == {"route", "source", "describe", "discard"}
    case = determined_case(town, people, dx=0.007)
    assert offered(client, people.township, case) == {"plan", "demolish", "source", "describe"}


def test_nothing_is_offered_on_a_closed_case(town, people, client):
    case = determined_case(town, people, at=ago(days=1))
    demolish(case, people, at=ago(hours=1))
    assert offered(client, people.township, case) == set()


def test_the_timeline_tells_everything_newest_first(town, people):
    case = determined_case(town, people, at=ago(days=1))
    demolish(case, people, at=ago(hours=2), remaining="40")
    titles = [event.title for event in timeline_of(fresh(case))]
    for words in ("立案", "收到报告：影像比对", "移交规划部门认定", "部分拆除，剩余 40.0 m²"):
        assert words in titles
    assert any("认定为私搭乱建，128.4 m²" in title for title in titles)
    moments = [event.at for event in timeline_of(fresh(case))]
    assert moments == sorted(moments, reverse=True)


def test_the_timeline_tells_who_and_why_from_the_history_of_the_row(town, people):
    case = found_case(town, people)
    discard_case(case=case, reason="重复立案", by=people.supervisor)
    event = next(event for event in timeline_of(fresh(case)) if event.title == "状态：已发现 → 已撤销")
    assert (event.by, event.text) == (str(people.supervisor), "重复立案")


@pytest.mark.django_db(transaction=True)
def test_a_change_that_no_act_made_shows_in_the_timeline_too(transactional_db):
    # In transactions of their own, because the history takes who did it from the transaction.
    town = make_town()
    people = make_people(town)
    case = found_case(town, people)
    Case.objects.filter(pk=case.pk).update(title="改过的标题")
    event = next(event for event in timeline_of(fresh(case)) if event.title.startswith("修改"))
    assert "改过的标题" in event.title
    assert event.by == "系统"


# --- acts --------------------------------------------------------------------------------------------------------
def test_a_whole_case_can_be_worked_through_the_pages(town, people, client):
    case = found_case(town, people)
    sign_in(client, people.county).post(address(case, "route"), {"grounds": ["no_planning_permit"]})
    sign_in(client, people.brigade).post(address(case, "measure"), {"length_m": "10.7", "width_m": "12"})
    measurement = Measurement.objects.get(case=case, kind="typed")
    response = sign_in(client, people.planning).post(
        address(case, "determine"),
        {
            "bureau": "planning",
            "outcome": "unauthorised",
            "measurement": measurement.pk,
            "reason": "未取得建设工程规划许可证",
            "determined_at": f"{timezone.localtime(ago(hours=5)):%Y-%m-%dT%H:%M}",
            "document": "规认〔2026〕1号",
        },
        follow=True,
    )
    assert "已作出认定" in response.content.decode()
    gone_at = ago(hours=2)
    photo = photo_at(case, people.township, taken_at=ago(hours=1))
    response = sign_in(client, people.township).post(
        address(case, "demolish"),
        {
            "remaining_m2": "0",
            "demolished_at": f"{timezone.localtime(gone_at):%Y-%m-%dT%H:%M}",
            "photos": [photo.pk],
        },
        follow=True,
    )
    assert response.status_code == 200, response.content.decode()
    assert fresh(case).state == "closed"


def test_a_refusal_comes_back_in_its_form_with_what_was_typed(town, people, client):
    case = determined_case(town, people, at=ago(days=1))
    photo = photo_at(case, people.township, taken_at=ago(hours=1), position=None)
    response = sign_in(client, people.township).post(
        address(case, "demolish"),
        {
            "remaining_m2": "12.5",
            "demolished_at": f"{timezone.localtime(ago(hours=2)):%Y-%m-%dT%H:%M}",
            "photos": [photo.pk],
        },
    )
    text = response.content.decode()
    assert response.status_code == 400
    assert "没有可用的定位" in text
    assert 'value="12.5"' in text
    assert fresh(case).state == "determined"


def test_a_walk_that_cannot_be_read_names_its_line(town, people, client):
    case = found_case(town, people)
    response = sign_in(client, people.brigade).post(
        address(case, "walk"), {"vertices": "113.6, 34.7, 3\nhere and there\n113.6, 34.8, 3"}
    )
    assert response.status_code == 400
    assert "第 2 行" in response.content.decode()


def test_a_walk_can_be_pasted_with_chinese_commas(town, people, client):
    case = found_case(town, people)
    west, south, east, north = case.footprint.extent
    lines = "\n".join(f"{lon}，{lat}，3" for lon, lat in [(west, south), (east, south), (east, north), (west, north)])
    sign_in(client, people.brigade).post(address(case, "walk"), {"vertices": lines})
    assert case.measurements.filter(kind="walked").count() == 1


def test_the_determining_form_offers_only_areas_of_the_brigade_and_own_bureaux(town, people, client):
    case = routed_case(town, people, grounds=["no_planning_permit", "illegal_land_use"])
    measurement = measured(case, people)
    response = sign_in(client, people.land).get(page_of(case))
    form = next(item["form"] for item in response.context["acts"] if item["act"].name == "determine")
    assert [value for value, _label in form.fields["bureau"].choices] == ["land"]
    assert list(form.fields["measurement"].queryset) == [measurement]


def test_an_unknown_permit_is_named(town, people, client):
    case = routed_case(town, people)
    response = sign_in(client, people.planning).post(
        address(case, "determine"),
        {"bureau": "planning", "outcome": "authorised", "permit_number": "建字第404号", "reason": "有证"},
    )
    assert "建字第404号" in response.content.decode()
    assert fresh(case).state == "routed"


# --- access ------------------------------------------------------------------------------------------------------
ACTS = ["route", "confirm-aerial", "measure", "walk", "determine", "plan", "demolish", "source", "describe", "discard"]


@pytest.mark.parametrize("role", [Role.COUNTY, Role.TOWNSHIP, Role.SUPERVISOR])
def test_a_case_of_the_neighbour_does_not_exist(town, people, client, role):
    case = determined_case(town, people)
    place = town.townships[1][0] if role == Role.TOWNSHIP else town.counties[1]
    neighbour = sign_in(client, make_user(role, place))
    assert neighbour.get(LIST).context["totals"].count == 0
    assert neighbour.get(page_of(case)).status_code == 404
    assert neighbour.get(f"/api/cases/{case.number}/").status_code == 404
    assert neighbour.get("/api/cases/").json()["features"] == []
    assert len(rows_of(neighbour.get(EXPORT).content)) == 3


@pytest.mark.parametrize("act", ACTS)
def test_no_act_reaches_a_case_of_the_neighbour(town, people, client, act):
    case = determined_case(town, people)
    neighbour = make_user(Role.COUNTY, town.counties[1])
    for role in (Role.TOWNSHIP, Role.BRIGADE, Role.SUPERVISOR):
        Posting.objects.create(user=neighbour, role=role, unit=town.counties[1], starts_on="2020-01-01")
    Posting.objects.create(
        user=neighbour, role=Role.BUREAU, bureau="planning", unit=town.counties[1], starts_on="2020-01-01"
    )
    assert sign_in(client, neighbour).post(address(case, act), {}).status_code == 404


@pytest.mark.parametrize("act", ACTS)
def test_without_the_act_the_answer_names_who_has_it(town, people, client, act):
    response = sign_in(client, people.finance).post(address(found_case(town, people), act), {})
    assert response.status_code == 403


@pytest.mark.parametrize("act", ACTS)
def test_an_act_is_never_done_by_following_a_link(town, people, client, act):
    assert sign_in(client, people.county).get(address(found_case(town, people), act)).status_code == 405


def test_visitors_are_asked_to_sign_in(town, people, client):
    response = client.get(page_of(found_case(town, people)))
    assert response.status_code == 302
    assert "login" in response["Location"]


def test_the_api_tells_of_a_case_without_the_name_unless_one_may_know_it(town, people, client):
    case = determined_case(town, people, at=ago(days=1))
    told = sign_in(client, people.county).get(f"/api/cases/{case.number}/").json()
    assert told["properties"]["standing_m2"] == "128.40"
    assert told["geometry"]["type"] == "Point"
    assert "person_in_charge" in told["properties"]
    told = sign_in(client, people.supervisor).get(f"/api/cases/{case.number}/").json()
    assert "person_in_charge" not in told["properties"]


def test_the_api_only_reads(town, people, client):
    case = found_case(town, people)
    answer = sign_in(client, people.county).delete(f"/api/cases/{case.number}/")
    assert answer.status_code == 405
    assert sign_in(client, people.county).post("/api/cases/", {}).status_code == 405


def test_a_case_without_any_photo_says_so(town, people, county):
    assert "还没有您可以查看的现场照片" in county.get(page_of(found_case(town, people))).content.decode()


def test_the_page_lists_tasks_and_what_came_back_with_its_marks(town, people, county):
    case = found_case(town, people)
    inspector = make_user(Role.INSPECTOR, town.communities[0][0])
    lon, lat = town.spot()
    task = make_task(case.unit, lon, lat, assigned_to=inspector, case=case)
    make_inspection(case.unit, lon, lat, by=inspector, case=case, task=task, marks=[make_mark("no_photo")])
    text = county.get(page_of(case)).content.decode()
    assert task.title in text
    assert "没有照片" in text
    assert f"/tasks/new/?case={case.number}" in text


def test_nobody_is_sent_to_a_closed_case(town, people, county):
    case = determined_case(town, people, at=ago(days=1))
    demolish(case, people, at=ago(hours=1))
    assert "/tasks/new/" not in county.get(page_of(case)).content.decode()


def test_the_page_shows_the_chips_before_and_after(town, people, county):
    case = found_case(town, people, chip_before_path="a.webp", chip_after_path="b.webp")
    flag = case.sources.get().flag
    text = county.get(page_of(case)).content.decode()
    for side in ("before", "after"):
        assert reverse("chip-file", args=[flag.pk, side]) in text


def test_the_page_leads_to_the_place_on_the_map(town, people, county):
    case = found_case(town, people)
    where = f"/map/?lon={case.location.x:.6f}&amp;lat={case.location.y:.6f}&amp;zoom=18"
    assert where in county.get(page_of(case)).content.decode()


def test_the_demolition_form_says_when_there_is_no_photo_to_choose(town, people, client):
    case = determined_case(town, people, at=ago(days=1))
    assert "还没有认定之后拍摄的照片" in sign_in(client, people.township).get(page_of(case)).content.decode()
    photo = photo_at(case, people.township, taken_at=ago(hours=1))
    text = client.get(page_of(case)).content.decode()
    assert "还没有认定之后拍摄的照片" not in text
    assert f'<img src="{reverse("photo-file", args=[photo.pk, "thumbnail"])}" alt=""' in text
