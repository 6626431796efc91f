"""The desks in a browser, on a phone and on a desktop: boards, many tasks at once, the inbox, saved filters, starts."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from geo.roles import Role
from inspections.models import InspectionTask
from tests.factories import make_run, make_town, make_user
from tests.inspections.cases.scene import determined_case, found_case, make_people

pytestmark = pytest.mark.django_db(transaction=True)
SIZES = pytest.mark.parametrize("phone", [False, True], ids=["1440x900", "390x844"])


@pytest.fixture
def town():
    return make_town()


@pytest.fixture
def people(town):
    return make_people(town)


@pytest.fixture
def cases(town, people):
    """One found, one recently determined, one late."""
    run = make_run(town)
    return [
        found_case(town, people, run=run, dx=0.002),
        determined_case(town, people, run=run, dx=0.004, at=timezone.now() - timedelta(hours=1)),
        determined_case(town, people, run=run, dx=0.007, at=timezone.now() - timedelta(days=4)),
    ]


def fits(page: Page) -> bool:
    """Whether nothing sticks out sideways."""
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@SIZES
def test_an_officer_reaches_the_overdue_case_in_one_click_from_the_start(open_page, people, cases, phone):
    page = open_page(people.township, phone=phone)
    page.goto("/")
    expect(page.get_by_role("heading", name="我的期限", level=1)).to_be_visible()
    rows = page.get_by_role("list", name="等您办理的案件").get_by_role("link")
    expect(rows.first).to_contain_text(cases[2].number)
    expect(rows.first).to_contain_text("已逾期")
    assert fits(page)
    rows.first.click()
    page.wait_for_url(f"**/cases/{cases[2].number}/")


@SIZES
def test_the_board_keeps_the_filters_of_the_table(open_page, people, cases, phone):
    page = open_page(people.county, phone=phone)
    page.goto("/cases/?due=overdue")
    page.get_by_role("link", name="看板").click()
    page.wait_for_url("**/cases/board/?due=overdue")
    board = page.get_by_role("region", name="案件看板")
    expect(board.get_by_role("link", name=cases[2].number)).to_be_visible()
    expect(board.get_by_role("link", name=cases[1].number)).to_have_count(0)
    assert fits(page)
    page.route(re.compile(r"/tiles/r/"), lambda route: route.fulfill(status=204))  # the flights have no files here
    with page.expect_response(lambda answer: "/tiles/v/cases/" in answer.url and answer.status == 200) as tile:
        page.get_by_role("navigation", name="显示方式").get_by_role("link", name="地图").click()
    assert "due=overdue" in tile.value.url
    page.wait_for_url(re.compile(r"/map/\?layer=cases&due=overdue"))
    expect(page.get_by_text("案件图层只显示符合条件的 1 个")).to_be_visible()
    page.get_by_role("link", name="显示全部").click()
    page.wait_for_url(re.compile(r"/map/(#|$)"))


@SIZES
def test_many_cases_are_given_out_at_once_told_row_by_row_and_taken_back(open_page, people, town, cases, phone):
    inspector = make_user(Role.INSPECTOR, town.counties[0], username="walker")
    page = open_page(people.county, phone=phone)
    page.goto("/cases/")
    send = page.get_by_role("button", name="派发所选案件的巡查任务")
    expect(send).to_be_disabled()
    for case in cases[:2]:
        page.get_by_role("checkbox", name=f"选择 {case.number}").check()
    expect(page.get_by_text("已选 2 项")).to_be_visible()
    assert fits(page)
    send.click()
    expect(page.get_by_role("heading", name="为 2 件案件派发巡查任务")).to_be_visible()
    page.get_by_label("巡查员").select_option(str(inspector.pk))
    assert fits(page)
    page.get_by_role("button", name="派发 2 项").click()
    expect(page.get_by_role("heading", name="已派发 2 项任务")).to_be_visible()
    assert InspectionTask.objects.filter(state="assigned").count() == 2
    assert fits(page)
    page.get_by_role("button", name="撤回这 2 项任务").click()
    expect(page.get_by_role("heading", name="已撤回 2 项任务")).to_be_visible()
    assert InspectionTask.objects.filter(state="cancelled").count() == 2


@SIZES
def test_the_header_counts_what_is_unread_and_the_inbox_leads_to_it(open_page, people, cases, phone):
    page = open_page(people.township, phone=phone)
    page.goto("/deadlines/")
    badge = page.locator("ck-unread .unread")
    expect(badge).to_have_text("2")  # two cases were determined
    page.get_by_role("link", name="收件箱").click()
    expect(page.get_by_role("heading", name="收件箱", level=1)).to_be_visible()
    assert fits(page)
    page.get_by_role("button", name=re.compile(f"案件 {cases[2].number} 已认定")).first.click()
    page.wait_for_url(f"**/cases/{cases[2].number}/")
    expect(badge).to_have_text("1")
    page.goto("/inbox/")
    page.get_by_role("button", name="全部标为已读").click()
    expect(page.get_by_text("0 条未读")).to_be_visible()
    expect(badge).to_have_count(0)


@SIZES
def test_a_filter_is_kept_under_a_name_and_opens_the_table(open_page, people, cases, phone):
    page = open_page(people.county, phone=phone)
    page.goto("/cases/?due=overdue")
    page.get_by_text("保存当前条件").click()
    page.get_by_label("名称").fill("急办")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_text("已保存常用条件")).to_be_visible()
    page.get_by_text("管理“急办”").click()
    assert fits(page)
    page.get_by_role("button", name="设为默认").click()
    page.goto("/cases/")
    page.wait_for_url("**/cases/?due=overdue&saved=*")
    expect(page.get_by_role("link", name=cases[0].number)).to_have_count(0)
    page.get_by_role("navigation", name="期限").get_by_role("link", name="全部").click()
    expect(page.get_by_role("link", name=cases[0].number)).to_be_visible()


def test_a_planner_comes_back_to_the_last_place_on_another_device(open_page, town):
    planner = make_user(Role.PLANNER, town.city)
    page = open_page(planner)
    with page.expect_response(re.compile(r"/map/place/")) as kept:
        page.goto("/map/#17/34.712/113.606/-/units")
        page.get_by_role("button", name="缩小").click()
    assert kept.value.status == 204
    elsewhere = open_page(planner, phone=True)
    elsewhere.goto("/")
    elsewhere.wait_for_url(re.compile(r"/map/#16/34\.71\d+/113\.60\d+/"))


@SIZES
def test_the_office_begins_with_its_month(open_page, people, cases, phone):
    page = open_page(people.office, phone=phone)
    page.goto("/")
    expect(page.get_by_role("heading", name="本月", level=1)).to_be_visible()
    expect(page.get_by_role("link", name=re.compile(cases[2].number))).to_be_visible()
    assert fits(page)
