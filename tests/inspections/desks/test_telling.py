"""Who is told of which act: once, never of one's own, and only while one may see what it is about."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from geo.models import Notice, NoticeKind, Posting
from geo.notice_words import ICONS, SENTENCES, sentence
from geo.roles import Bureau, Role
from geo.templatetags.chengkan import ICONS as DRAWN
from inspections.actions.cases import route_case
from inspections.actions.inspections import assign_task, reassign_task
from inspections.actions.opinions import ask_opinion
from inspections.actions.penalties import draft_county
from inspections.actions.reviews import decide_flag
from inspections.actions.telling import tell_of_overdue_stages
from inspections.rules.clock import Month, local_day
from tests.factories import make_user
from tests.inspections.cases.scene import determined_case, found_case, fresh, make_flag_at, routed_case


def told(user):
    return [notice.kind for notice in Notice.objects.for_user(user).order_by("pk")]


@pytest.fixture
def inspector(town):
    return make_user(Role.INSPECTOR, town.communities[0][0])


def test_every_kind_has_a_sentence_and_an_icon(client, db):
    assert set(SENTENCES) == set(ICONS) == set(NoticeKind)
    assert set(ICONS.values()) <= set(DRAWN)


def test_an_inspector_is_told_of_a_task_and_the_next_one_of_its_handing_over(town, people, inspector):
    task = assign_task(by=people.county, to=inspector, subject=found_case(town, people))
    assert told(inspector) == ["task_assigned"]
    notice = inspector.notices.get()
    assert notice.link == f"/field/{task.pk}/"
    assert sentence(notice) == f"{people.county}派给您：{task.title}"
    other = make_user(Role.INSPECTOR, town.communities[0][0])
    reassign_task(by=people.county, task=task, to=other)
    assert told(other) == ["task_assigned"]
    reassign_task(by=people.county, task=task, to=inspector)
    assert told(inspector) == ["task_assigned"] * 2, "given back, it is news again"


def test_nobody_is_told_of_ones_own_act(town, people):
    assign_task(by=people.township, to=people.township, subject=found_case(town, people))
    assert told(people.township) == []


def test_the_bureau_of_the_ground_is_told_of_a_case_and_the_others_are_not(town, people):
    case = routed_case(town, people)
    assert told(people.planning) == ["case_routed"]
    assert told(people.land) == []
    route_case(case=case, grounds=["no_planning_permit"], by=people.county)  # again: nothing new
    assert told(people.planning) == ["case_routed"]
    route_case(case=fresh(case), grounds=["illegal_land_use"], by=people.county)
    assert told(people.land) == ["case_routed"]


def test_a_bureau_of_the_neighbour_county_is_told_nothing(town, people):
    neighbour = make_user(Role.BUREAU, town.counties[1], bureau=Bureau.PLANNING)
    routed_case(town, people)
    assert not neighbour.notices.exists()


def test_township_and_county_are_told_that_limits_run(town, people):
    determined_case(town, people)
    assert told(people.township) == ["case_determined"]
    assert told(people.county) == ["case_determined"]


def test_a_stage_that_ran_out_is_told_once_however_often_the_job_runs(town, people):
    now = timezone.now()
    determined_case(town, people, at=now - timedelta(days=3))
    for _run in range(3):
        tell_of_overdue_stages(now=now)
    assert told(people.township).count("stage_overdue") == 1
    assert told(people.county).count("stage_overdue") == 1
    assert not make_user(Role.COUNTY, town.counties[1]).notices.exists()


def test_a_stage_in_time_and_one_long_past_are_no_news(town, people):
    now = timezone.now()
    determined_case(town, people, at=now - timedelta(hours=1))
    assert tell_of_overdue_stages(now=now) == 0
    determined_case(town, people, at=now - timedelta(days=60), dx=0.003)
    assert tell_of_overdue_stages(now=now) == 0


def test_a_colleague_is_told_of_the_question_and_the_asker_of_the_answer(town, people):
    colleague = make_user(Role.SUPERVISOR, town.counties[0])
    flag = make_flag_at(town)
    ask_opinion(flag_id=flag.pk, colleague_id=colleague.pk, note="是阴影吗？", by=people.supervisor)
    assert told(colleague) == ["opinion_asked"]
    assert "是阴影吗" in sentence(colleague.notices.get())
    decide_flag(flag_id=flag.pk, outcome="rejected", reason="shadow", by=colleague)
    assert told(people.supervisor) == ["opinion_answered"]


def test_the_office_is_told_of_a_draft_once_however_often_it_is_redrawn(town, people):
    now = timezone.now()
    determined_case(town, people, at=now - timedelta(days=20))
    for _time in range(2):
        draft_county(county=town.counties[0], month=Month.of(local_day(now)))
    if not told(people.office):  # early in a month nothing is charged yet
        draft_county(county=town.counties[0], month=Month.of(local_day(now)).previous())
    assert told(people.office) == ["penalty_drafted"]
    assert told(people.finance) == []


def test_what_one_may_no_longer_see_is_gone_from_the_inbox_as_well(town, people, client):
    case = routed_case(town, people)
    client.force_login(people.planning)
    assert case.number in client.get("/inbox/").content.decode()
    notice = people.planning.notices.get()
    yesterday = timezone.localdate() - timedelta(days=1)
    Posting.objects.filter(user=people.planning).update(ends_on=yesterday)
    assert case.number not in client.get("/inbox/").content.decode()
    assert client.get("/api/inbox/unread/").json() == {"unread": 0}
    assert client.post(f"/inbox/{notice.pk}/").status_code == 404


def test_what_was_rolled_back_was_told_to_nobody(town, people, inspector):
    case = found_case(town, people)
    with transaction.atomic():
        assign_task(by=people.county, to=inspector, subject=case)
        transaction.set_rollback(True)
    assert told(inspector) == []
