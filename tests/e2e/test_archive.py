"""The housing archive and the clinics in a browser, on a phone and on a desktop: found, read, filtered, printed."""

import base64
import datetime
import re

import pytest
from playwright.sync_api import Page, expect

from geo.roles import Role
from tests.factories import make_building, make_permit, make_snapshot, make_town, make_user, records

pytestmark = pytest.mark.django_db(transaction=True)
SIZES = pytest.mark.parametrize("phone", [False, True], ids=["1440x900", "390x844"])
ONE_PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture
def town():
    """A house with a permit and a photo, a clinic in it, and two flights over both."""
    town = make_town()
    unit, (lon, lat) = town.communities[0][0], town.spot()
    for day in (datetime.date(2025, 3, 1), datetime.date(2026, 3, 1)):
        make_snapshot(town, day)
    house = make_building(
        unit, lon, lat, code="B-1", household="王秀英", use="residential", storeys=2, address="南关路7号"
    )
    make_building(unit, lon + 0.001, lat, code="B-2", use="storage")
    make_permit(unit, lon, lat, number="P-1")
    records.make_photo(unit, lon + 0.0001, lat + 0.0001, by=make_user())
    records.make_facility(unit, lon + 0.0001, lat + 0.0001, code="WS-1", population_served=2001, building=house)
    return town


@pytest.fixture
def opened(open_page, town):
    """Return a function that signs a person in; the snapshots have no files, so that tiles are a pixel each."""

    def open_one(role: Role, phone: bool) -> Page:
        page = open_page(make_user(role, town.counties[0]), phone=phone)
        page.route(re.compile(r"/tiles/r/"), lambda route: route.fulfill(body=ONE_PIXEL, content_type="image/png"))
        return page

    return open_one


def fits(page: Page) -> bool:
    """Whether nothing sticks out sideways."""
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def sheets(page: Page) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4")))


@SIZES
def test_a_house_is_found_in_the_archive_and_read_on_its_page(opened, phone):
    page = opened(Role.COUNTY, phone)
    page.goto("/buildings/")
    expect(page.get_by_role("heading", name="房屋档案", level=1)).to_be_visible()
    page.get_by_label("用途").select_option("residential")
    page.wait_for_url("**/buildings/?*use=residential*")
    expect(page.get_by_role("link", name="B-2")).to_have_count(0)
    page.get_by_role("searchbox").fill("秀英")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"q=%E7"))
    assert "use=residential" in page.url
    assert fits(page)
    page.get_by_role("link", name="B-1", exact=True).click()
    expect(page.get_by_role("heading", name="B-1", level=1)).to_be_visible()
    expect(page.get_by_text("王秀英")).to_be_visible()
    expect(page.locator("#permits")).to_contain_text("P-1")
    photo = page.get_by_role("img", name="现场照片")
    photo.scroll_into_view_if_needed()
    expect(photo).to_have_js_property("naturalWidth", 320)
    assert fits(page)
    assert sheets(page) == 1


@SIZES
def test_the_small_map_shows_the_house_over_the_flight_that_is_chosen(opened, phone):
    page = opened(Role.COUNTY, phone)
    page.goto("/buildings/?q=B-1")
    page.get_by_role("link", name="B-1", exact=True).click()
    site_map = page.get_by_role("application")
    expect(site_map.locator("path.leaflet-interactive")).to_have_count(3)  # permit, house, photo
    with page.expect_request(re.compile(r"/tiles/r/")):
        page.get_by_label("航拍影像").select_option("2025-03-01")
    site_map.focus()
    page.keyboard.press("+")
    expect(site_map.locator(".leaflet-control-scale-line")).to_be_visible()


@SIZES
def test_a_clinic_is_read_with_its_results_in_words(opened, phone):
    page = opened(Role.HEALTH, phone)
    page.goto("/")
    page.wait_for_url("**/clinics/")
    expect(page.locator("#uncovered")).to_contain_text("第2社区")
    expect(page.get_by_role("application").locator("path.leaflet-interactive")).to_have_count(5)
    assert fits(page)
    page.get_by_role("link", name="东城区南关街道第1社区卫生室").click()
    expect(page.get_by_role("heading", name="卫生室", level=1)).to_be_visible()
    size = page.get_by_role("row").filter(has_text="R-701")
    expect(size).to_contain_text("待现场核实")  # the house is large enough, the list says 120 m²
    expect(size).to_contain_text("不小于 160.0 m²")
    expect(size).to_contain_text("整栋")
    assert fits(page)
    assert sheets(page) == 1


def test_the_map_leads_to_the_archive(opened, town):
    page = opened(Role.COUNTY, phone=False)
    lon, lat = town.spot()
    page.goto(f"/map/?lon={lon + 0.0001:.6f}&lat={lat + 0.0001:.6f}&zoom=19")
    page.locator("#map-drawer[open]").get_by_role("link", name="打开房屋档案").first.click()
    expect(page.get_by_role("heading", name="B-1", level=1)).to_be_visible()


def test_the_phone_has_in_its_menu_what_the_bar_has_no_room_for(opened):
    page = opened(Role.COUNTY, phone=True)
    page.goto("/cases/")
    expect(page.get_by_role("navigation", name="底部导航").get_by_role("link")).to_have_count(5)
    page.locator("summary", has_text="用户菜单").tap()
    page.get_by_role("navigation", name="更多页面").get_by_role("link", name="房屋档案").tap()
    expect(page.get_by_role("heading", name="房屋档案", level=1)).to_be_visible()
