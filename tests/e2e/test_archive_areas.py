"""Archive areas in a browser, on a phone and a desktop: overdue ones found, sent for, drawn; a census is finished."""

import base64
import datetime
import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from geo.models import ArchiveArea, Building, CensusZone
from geo.roles import Role
from inspections.models import InspectionTask
from tests.factories import make_archive_area, make_snapshot, make_town, make_user, records
from tests.geo.drawing.scene import make_scene

pytestmark = pytest.mark.django_db(transaction=True)
SIZES = pytest.mark.parametrize("phone", [False, True], ids=["1440x900", "390x844"])
ONE_PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture
def town():
    """An area without a flight since three days too long, with a photo, one that is due today, and the neighbour's."""
    town, today = make_town(), timezone.localdate()
    unit, (lon, lat) = town.communities[0][0], town.spot()
    late = today - datetime.timedelta(days=3)
    make_archive_area(unit, lon, lat, code="DA-1", name="南关城中村", first_due=late, interval_days=None)
    make_archive_area(town.communities[0][1], *town.spot(0, 1), code="DA-2", name="北关棚户区", first_due=today)
    make_archive_area(town.communities[1][0], *town.spot(1, 0), code="DA-9", name="邻县居民点", first_due=today)
    inspector = make_user(Role.INSPECTOR, unit, username="xuncha", display_name="李巡")
    records.make_photo(unit, lon + 0.0005, lat + 0.0005, by=inspector)
    return town


@pytest.fixture
def opened(open_page, town):
    """Return a function that signs a person in; the snapshots have no files, so that pictures are a pixel each."""

    def open_one(role: Role, phone: bool) -> Page:
        page = open_page(make_user(role, town.counties[0]), phone=phone)
        pixel = re.compile(r"/tiles/r/|/archive-areas/\d+/pictures/")
        page.route(pixel, lambda route: route.fulfill(body=ONE_PIXEL, content_type="image/png"))
        return page

    return open_one


def fits(page: Page) -> bool:
    """Whether nothing sticks out sideways."""
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@SIZES
def test_the_overdue_area_comes_first_and_tells_what_was_taken(opened, town, phone):
    flown_on = timezone.localdate() - datetime.timedelta(days=183)  # its half year ended three days ago
    make_snapshot(town, flown_on, footprint=town.communities[0][0].boundary)
    page = opened(Role.COUNTY, phone)
    page.goto("/archive-areas/")
    rows = page.get_by_role("region", name="区域建档").locator("tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("逾期 3 天")
    expect(rows.nth(1)).to_contain_text("今天到期")
    assert fits(page)
    page.get_by_role("link", name="逾期", exact=True).click()
    expect(rows).to_have_count(1)
    page.get_by_role("link", name="DA-1", exact=True).click()
    expect(page.get_by_role("heading", name="南关城中村")).to_be_visible()
    expect(page.get_by_text("航拍，覆盖区域的 100%")).to_be_visible()
    expect(page.get_by_text("实地照片 1 张，李巡")).to_be_visible()
    expect(page.locator("#taken img")).to_have_count(2)
    expect(page.get_by_text("180 天（按规则集）")).to_be_visible()
    assert fits(page)


@SIZES
def test_the_calendar_shows_the_day_and_goes_to_the_next_month(opened, phone):
    page = opened(Role.OFFICE, phone)
    page.goto("/archive-areas/")
    page.get_by_role("link", name="日历").click()
    expect(page.get_by_role("link", name="北关棚户区")).to_be_visible()
    assert fits(page)
    page.locator("a[rel=next]").click()
    expect(page.get_by_text("本月没有到期的区域。")).to_be_visible()


@SIZES
def test_somebody_is_sent_for_the_photos_and_finds_the_task(opened, open_page, phone):
    page = opened(Role.TOWNSHIP, phone)
    page.goto("/archive-areas/?due=late")
    page.get_by_role("link", name="派发拍摄 南关城中村").click()
    page.get_by_label("巡查员").select_option(label="李巡")
    page.get_by_role("button", name="派发").click()
    expect(page.get_by_text("已派给李巡：拍摄建档：南关城中村")).to_be_visible()
    expect(page.locator("#tasks")).to_contain_text("李巡")
    task = InspectionTask.objects.get()
    assert task.archive_area.code == "DA-1"


@SIZES
def test_an_area_is_drawn_with_its_kind_and_first_date(opened, town, phone):
    page = opened(Role.PLANNER, phone)
    page.goto(f"/drawing/archive_area/{town.counties[0].code}/")
    expect(page.get_by_role("button", name="南关城中村")).to_be_visible()
    page.get_by_role("toolbar").get_by_role("button", name="新画").click()
    box = page.locator("#map").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.55
    for dx, dy in ((-30, -30), (30, -30), (30, 30), (-30, 30)):
        page.touchscreen.tap(x + dx, y + dy) if phone else page.mouse.click(x + dx, y + dy)
        page.wait_for_timeout(400)  # two taps within 300 ms are one double tap
    page.get_by_role("toolbar").get_by_role("button", name="完成").click()
    expect(page.get_by_label("需要处理的问题")).to_contain_text("请填写“类型”")
    page.get_by_label("名称").fill("新画的棚户区")
    page.get_by_label("名称").press("Tab")
    page.get_by_label("类型 *").select_option(label="棚户区")
    page.get_by_label("首次建档期限 *").fill("2026-12-01")
    page.get_by_label("首次建档期限 *").press("Tab")
    expect(page.get_by_label("需要处理的问题")).to_be_empty()
    expect(page.get_by_label("所选图形")).to_contain_text(re.compile(r"[\d,]+\.\d m²"))
    page.get_by_role("toolbar").get_by_role("button", name="保存").click()
    expect(page.get_by_text(re.compile("已保存"))).to_be_visible()
    area = ArchiveArea.objects.get(name="新画的棚户区")
    assert (area.kind, area.first_due) == ("shanty_area", datetime.date(2026, 12, 1))
    assert area.units.filter(pk=town.counties[0].pk).exists()


def test_a_house_keeps_its_label_and_takes_another_storey(opened, town):
    scene = make_scene(town)
    house = Building.objects.first()
    page = opened(Role.PLANNER, False)
    page.goto(f"/drawing/building/{scene.unit.code}/?zone={house.pk}")
    page.get_by_label("层数").fill("4")
    page.get_by_label("层数").press("Tab")
    page.get_by_role("toolbar").get_by_role("button", name="保存").click()
    expect(page.get_by_text(re.compile("已保存"))).to_be_visible()
    house.refresh_from_db()
    assert house.storeys == 4


@SIZES
def test_a_census_is_finished_looked_at_and_followed_by_the_next(opened, town, phone):
    scene = make_scene(town)
    page = opened(Role.CENSUS, phone)
    page.goto(f"/drawing/versions/{town.counties[0].code}/")
    page.get_by_text("完成此版本…").click()
    expect(page.get_by_text("2 个图形不能再改")).to_be_visible()
    page.get_by_role("button", name="完成此版本", exact=True).click()
    expect(page.get_by_text("版本 2026 已完成，2 个图形不再改变。")).to_be_visible()
    assert fits(page)
    page.goto(f"{scene.address}?version=2026&zone={scene.west.pk}")
    expect(page.get_by_text("只能查看")).to_be_visible()
    expect(page.get_by_label("名称")).to_have_value("西区")
    expect(page.get_by_label("名称")).to_be_disabled()
    expect(page.get_by_role("button", name="保存")).to_have_count(0)
    page.goto(f"/drawing/versions/{town.counties[0].code}/")
    page.get_by_label("新版本名称").fill("2027")
    page.get_by_role("button", name="建立新版本").click()
    expect(page.get_by_text("已建立版本 2027，2 个图形可以修改。")).to_be_visible()
    assert CensusZone.objects.filter(version="2027").count() == 2
