"""The search of every page by keys, mouse and thumb."""

import re

import pytest
from playwright.sync_api import expect

from geo.roles import Role
from tests.factories import make_building, make_town, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def town(transactional_db):
    return make_town()


@pytest.fixture
def officer(town):
    for number in range(3):
        make_building(town.communities[0][0], *town.spot(0, 0), code=f"FW-{number}", address=f"槐荫路{number}号")
    return make_user(Role.COUNTY, town.counties[0])


def test_a_slash_opens_the_search_and_arrows_and_enter_lead_to_the_house(open_page, officer):
    page = open_page(officer)
    page.goto("/deadlines/")
    page.keyboard.press("/")
    field = page.get_by_role("combobox")
    expect(field).to_be_focused()
    field.press_sequentially("槐荫")
    options = page.get_by_role("option")
    expect(options).to_have_count(4)
    field.press("ArrowDown")
    field.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    assert field.get_attribute("aria-activedescendant") == options.nth(1).get_attribute("id")
    field.press("Enter")
    page.wait_for_url(re.compile(r"/buildings/\d+/"))
    expect(page.get_by_text("FW-1").first).to_be_visible()


def test_control_k_opens_it_in_a_field_escape_closes_it_and_enter_without_a_choice_lists_all(open_page, officer):
    page = open_page(officer)
    page.goto("/cases/")
    page.get_by_role("searchbox").first.focus()
    page.keyboard.press("/")  # writes a slash there
    expect(page.get_by_role("combobox")).to_be_hidden()
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox")
    expect(field).to_be_focused()
    page.keyboard.press("Escape")
    expect(field).to_be_hidden()
    page.keyboard.press("Control+k")
    field.fill("槐荫")
    field.press("Enter")
    page.wait_for_url(re.compile(r"/search/\?q="))
    expect(page.get_by_role("link", name="FW-2")).to_be_visible()


def test_on_the_phone_a_tap_opens_it_and_says_when_nothing_is_there_and_when_the_network_is_not(open_page, officer):
    page = open_page(officer, phone=True)
    page.goto("/deadlines/")
    page.get_by_role("link", name="查找").tap()
    field = page.get_by_role("combobox")
    field.fill("没有的")
    expect(page.get_by_text(re.compile("没有找到"))).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.route("**/search/list/**", lambda route: route.abort())
    field.fill("槐荫")
    again = page.locator("[data-again]")
    expect(again).to_be_visible()
    page.unroute("**/search/list/**")
    again.tap()
    page.get_by_role("option").first.tap()
    page.wait_for_url(re.compile(r"/buildings/\d+/"))
    open_page.faults[:] = [fault for fault in open_page.faults if "ERR_FAILED" not in fault]
