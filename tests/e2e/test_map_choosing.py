"""Many things chosen on the map in a box or an outline: by mouse, keys and finger."""

import pytest
from playwright.sync_api import Page, expect

from geo.roles import Role
from tests.e2e.map_tools import open_map, tool, tray
from tests.factories import make_building, make_flag, make_run, make_town, make_user
from tests.factories.records import make_case

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def town():
    town = make_town()
    run, (lon, lat) = make_run(town), town.spot()
    make_flag(run, town.communities[0][0], lon, lat)
    make_building(town.communities[0][0], lon, lat, name="东关楼", code="B-1")
    make_case(town.communities[0][0], lon, lat, title="东关案", number="SY-1")
    return town


def go(page: Page, town, layers: str = "flags,cases,buildings") -> None:
    open_map(page, town, zoom=17, layers=layers)


def drawer(page: Page):
    return page.locator("#map-drawer[open]")


def test_a_box_of_two_clicks_lists_what_lies_in_it_and_leads_on(open_page, town):
    page = open_page(make_user(Role.SUPERVISOR, town.city))
    go(page, town)
    tool(page, "选择多个").click()
    page.mouse.click(620, 380)
    page.mouse.move(700, 400)
    page.mouse.click(840, 560)
    expect(drawer(page)).to_contain_text("东关案")
    expect(drawer(page)).to_contain_text("东关楼")
    expect(drawer(page).locator(".selection__count")).to_have_text(["1", "1", "1"])
    drawer(page).get_by_role("button", name="在图上看东关楼").click()
    expect(page.locator("#map")).to_be_visible()
    with page.expect_download() as downloaded:
        drawer(page).get_by_role("button", name="导出表格").click()
    assert downloaded.value.suggested_filename.endswith(".xlsx")
    drawer(page).get_by_role("link", name="批量排除待审核的图斑").click()
    expect(page.locator("input[name=flag_ids]")).to_have_count(1)


def test_an_outline_is_set_by_keys_and_a_layer_that_is_off_is_not_listed(open_page, town):
    page = open_page(make_user(Role.OFFICE, town.city))
    go(page, town, "buildings")
    tool(page, "选择多个").click()
    tray(page).get_by_label("多边形").check()
    page.locator("#map").focus()
    for moves in (["ArrowLeft", "ArrowUp"], ["ArrowRight", "ArrowRight"], ["ArrowDown", "ArrowDown"]):
        for move in moves:
            page.keyboard.press(move)
            page.wait_for_timeout(350)
        page.keyboard.press("Space")
    page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(350)
    page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(350)
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(drawer(page)).to_contain_text("东关楼")
    expect(drawer(page)).not_to_contain_text("东关案")
    page.keyboard.press("Escape")
    expect(drawer(page)).to_have_count(0)


def test_a_finger_chooses_a_box_and_an_empty_one_says_so(open_page, town):
    page = open_page(make_user(Role.TOWNSHIP, town.townships[0][0]), phone=True)
    go(page, town)
    tool(page, "选择多个").tap()
    page.touchscreen.tap(120, 330)
    page.touchscreen.tap(280, 520)
    expect(drawer(page)).to_contain_text("东关案")
    drawer(page).get_by_role("button", name="关闭").tap()
    page.touchscreen.tap(30, 160)
    page.touchscreen.tap(60, 190)
    expect(drawer(page)).to_contain_text("范围内没有内容")


def test_the_neighbour_finds_nothing_in_the_same_box(open_page, town):
    page = open_page(make_user(Role.COUNTY, town.counties[1]))
    go(page, town)
    tool(page, "选择多个").click()
    page.mouse.click(620, 380)
    page.mouse.click(840, 560)
    expect(drawer(page)).to_contain_text("范围内没有内容")
    expect(drawer(page)).not_to_contain_text("东关")


def test_without_a_layer_to_choose_from_one_is_told_which_to_open(open_page, town):
    page = open_page(make_user(Role.OFFICE, town.city))
    go(page, town, "units")
    tool(page, "选择多个").click()
    page.mouse.click(620, 380)
    page.mouse.click(840, 560)
    expect(tray(page)).to_contain_text("请先打开变化图斑、案件或建筑图层")
    open_page.faults[:] = [fault for fault in open_page.faults if "422" not in fault]
