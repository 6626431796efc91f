"""Measuring on the map: by mouse, keys and finger. The figure is the server's, before it stands an estimate."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from geo.roles import Role
from tests.e2e.map_tools import open_map, tool, tray
from tests.factories import make_town, make_user

pytestmark = pytest.mark.django_db(transaction=True)
CORNERS = [(600, 350), (760, 350), (760, 470), (600, 470)]
PHONE_CORNERS = [(120, 280), (260, 280), (260, 420), (120, 420)]


@pytest.fixture
def town():
    return make_town()


def figure(page: Page):
    return page.locator("#map-tray .map-tray__figure")


def number_in(text: str) -> float:
    return float(re.search(r"[\d,.]+", text)[0].replace(",", ""))


def close_drawer(page: Page) -> None:
    expect(page.locator("#map-drawer[open]")).to_have_count(0)


def test_an_area_is_clicked_estimated_and_then_measured_by_the_server(open_page, town):
    page = open_page(make_user(Role.OFFICE, town.city), permissions=["clipboard-read", "clipboard-write"])
    open_map(page, town)
    tool(page, "量面积").click()
    for corner in CORNERS[:3]:
        page.mouse.click(*corner)
    half = figure(page).inner_text()
    x, y = CORNERS[3]
    page.mouse.move(x - 1, y)
    page.mouse.move(x, y)
    # Moves are handled with the next picture: the figure is read when it is of the place that was moved to.
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    expect(figure(page)).not_to_have_text(half)
    expect(figure(page)).to_contain_text("估算")
    estimate = number_in(figure(page).inner_text())
    with page.expect_response("**/api/measure/") as answered:
        page.mouse.dblclick(*CORNERS[3])  # its first click sets a place, its second one does not
    sent = json.loads(answered.value.request.post_data)
    assert len(sent["points"]) == 4
    expect(figure(page)).to_contain_text("±")
    exact = answered.value.json()["area_m2"]
    assert number_in(figure(page).inner_text()) == pytest.approx(exact, abs=0.06)
    assert estimate == pytest.approx(exact, rel=0.006)
    expect(tray(page)).to_contain_text("亩")
    tray(page).get_by_role("button", name="复制结果").click()
    assert page.evaluate("navigator.clipboard.readText()").startswith(f"面积 {figure(page).inner_text()}")
    close_drawer(page)


def test_a_length_is_measured_by_keys_alone(open_page, town):
    page = open_page(make_user(Role.OFFICE, town.city))
    open_map(page, town)
    tool(page, "量长度").focus()
    page.keyboard.press("Enter")
    page.locator("#map").focus()
    page.keyboard.press("Enter")
    expect(tray(page)).to_contain_text("至少需要 2 个点")
    page.keyboard.press("Space")
    for _ in range(2):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(400)
        page.keyboard.press("Space")
    expect(tray(page)).to_contain_text("已点 3 个点")
    page.keyboard.press("Backspace")
    expect(tray(page)).to_contain_text("已点 2 个点")
    page.keyboard.press("Enter")
    # An arrow moves the map by 80 px of 0.491 m.
    expect(figure(page)).to_contain_text("±")
    assert number_in(figure(page).inner_text()) == pytest.approx(39.3, abs=0.5)
    page.keyboard.press("Escape")
    expect(figure(page)).to_have_text("—")
    page.keyboard.press("Escape")
    expect(tray(page)).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.locator("#map-drawer[open]")).to_be_visible()


def test_crossing_sides_are_told_and_mended_by_undoing(open_page, town):
    page = open_page(make_user(Role.OFFICE, town.city))
    open_map(page, town)
    tool(page, "量面积").click()
    for corner in (CORNERS[0], CORNERS[2], CORNERS[1], CORNERS[3]):
        page.mouse.click(*corner)
    open_page.faults.clear()
    tray(page).get_by_role("button", name="完成").click()
    expect(tray(page)).to_contain_text("边线相互交叉")
    # The browser reports the 422 in its console: this one was provoked.
    open_page.faults[:] = [fault for fault in open_page.faults if "422" not in fault]
    tray(page).get_by_role("button", name="撤销一点").click()
    tray(page).get_by_role("button", name="完成").click()
    expect(figure(page)).to_contain_text("±")


def test_a_server_that_does_not_answer_leaves_the_points_and_the_estimate(open_page, town):
    page = open_page(make_user(Role.OFFICE, town.city))
    open_map(page, town)
    tool(page, "量长度").click()
    for corner in CORNERS[:2]:
        page.mouse.click(*corner)
    page.route("**/api/measure/", lambda route: route.abort())
    page.locator("#map").press("Enter")
    expect(tray(page)).to_contain_text("没有算出结果：网络不通")
    expect(figure(page)).to_contain_text("估算")
    open_page.faults[:] = [fault for fault in open_page.faults if "ERR_FAILED" not in fault]
    page.unroute("**/api/measure/")
    tray(page).get_by_role("button", name="完成").click()
    expect(figure(page)).to_contain_text("±")


def test_an_area_is_measured_by_finger_on_a_phone(open_page, town):
    page = open_page(make_user(Role.TOWNSHIP, town.townships[0][0]), phone=True)
    open_map(page, town)
    tool(page, "量面积").tap()
    for corner in PHONE_CORNERS:
        page.touchscreen.tap(*corner)
    expect(tray(page)).to_contain_text("已点 4 个点")
    with page.expect_response("**/api/measure/") as answered:
        tray(page).get_by_role("button", name="完成").tap()
    assert json.loads(answered.value.request.post_data)["pointer"] == "touch"
    expect(figure(page)).to_contain_text("±")
    # 140 × 140 px of 0.491 m
    assert number_in(figure(page).inner_text()) == pytest.approx(4725, rel=0.02)
    tray(page).get_by_role("button", name="重新量").tap()
    expect(figure(page)).to_have_text("—")
    tray(page).get_by_role("button", name="关闭工具").tap()
    page.touchscreen.tap(*PHONE_CORNERS[0])
    expect(page.locator("#map-drawer[open]")).to_be_visible()
