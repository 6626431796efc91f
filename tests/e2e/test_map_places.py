"""Coordinates on the map: read in several systems, copied, typed, gone to."""

import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from geo.crs import LonLat, transform_coordinates, wgs84_to_gcj02
from geo.roles import Role
from tests.e2e.map_tools import open_map, tool, tray
from tests.factories import make_town, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def town():
    return make_town()


def numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"\d+\.\d+", text)]


def rows(page: Page) -> dict[str, list[float]]:
    return {
        row.locator("dt").inner_text(): numbers(row.locator("dd").inner_text())
        for row in tray(page).locator(".map-places > div").all()
    }


def centre(page: Page) -> tuple[float, float]:
    parts = page.evaluate("location.hash").split("/")
    return float(parts[2]), float(parts[1])


def test_a_place_under_the_right_button_is_told_in_every_system_and_copied(open_page, town):
    page = open_page(make_user(Role.OFFICE, town.city), permissions=["clipboard-read", "clipboard-write"])
    open_map(page, town)
    page.mouse.click(720, 474, button="right")  # the map's middle
    told = rows(page)
    lon, lat = told["CGCS2000 经纬度"]
    assert (lon, lat) == pytest.approx(centre(page), abs=6e-6)
    easting, northing = transform_coordinates(np.array([[lon, lat]]), 4490, 4526)[0]
    assert told["CGCS2000 三度带第 38 带"] == pytest.approx([northing, easting], abs=0.1)
    shifted = wgs84_to_gcj02(LonLat(lon, lat))
    assert told["GCJ-02（约差 1 m）"] == pytest.approx([shifted.lon, shifted.lat], abs=2e-6)
    assert told["WGS84"] == told["CGCS2000 经纬度"]
    tray(page).get_by_role("button", name="复制CGCS2000 三度带第 38 带坐标").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    page.get_by_role("searchbox").or_(tray(page).locator("input[name=q]")).first.fill(copied)
    page.keyboard.press("Enter")
    expect(tray(page)).to_contain_text("按 CGCS2000 三度带第 38 带读取。")
    assert rows(page)["CGCS2000 经纬度"] == pytest.approx([lon, lat], abs=2e-6)


def test_the_pointer_is_told_in_the_chosen_system_and_the_choice_is_kept(open_page, town):
    page = open_page(make_user(Role.OFFICE, town.city))
    open_map(page, town)
    page.mouse.move(700, 400)
    expect(page.locator("#map-readout-place")).to_contain_text("°E")
    page.get_by_label("坐标系").select_option("metres")
    expect(page.locator("#map-readout-place")).to_contain_text(re.compile(r"X 384\d{4}\.\d\d {2}Y 38\d{6}\.\d\d"))
    before = page.locator("#map-readout-place").inner_text()
    page.mouse.move(760, 420)
    expect(page.locator("#map-readout-place")).not_to_have_text(before)
    page.reload()
    expect(page.locator("#map-readout-place")).to_contain_text("X 384")


@pytest.mark.parametrize("phone", [False, True])
def test_one_goes_to_what_was_typed_or_is_told_what_was_not_understood(open_page, town, phone):
    page = open_page(make_user(Role.OFFICE, town.city), phone=phone)
    open_map(page, town)
    tool(page, "坐标").tap() if phone else tool(page, "坐标").click()
    field = tray(page).locator("input[name=q]")
    field.fill("113.61 哪里 34.7")
    field.press("Enter")
    expect(tray(page)).to_contain_text("没有看懂“哪里”")
    expect(field).to_have_attribute("aria-invalid", "true")
    open_page.faults[:] = [fault for fault in open_page.faults if "422" not in fault]
    field.fill("113°36'36\"E 34°42'36\"N")
    field.press("Enter")
    expect(tray(page)).to_contain_text("按经纬度读取")
    assert rows(page)["CGCS2000 经纬度"] == pytest.approx([113.61, 34.71], abs=2e-6)
    assert centre(page) == pytest.approx((113.61, 34.71), abs=2e-3)  # moved so that the tray does not cover it
    tray(page).get_by_label("坐标系").select_option("gcj02")
    field.fill("113.61, 34.71")
    field.press("Enter")
    expect(tray(page)).to_contain_text("由 GCJ-02 换算")
    assert rows(page)["GCJ-02（约差 1 m）"] == pytest.approx([113.61, 34.71], abs=2e-6)
    field.press("Escape")
    expect(tray(page)).to_be_hidden()
    expect(tool(page, "坐标")).to_be_focused()


def test_a_finger_that_rests_on_the_map_tells_the_place(open_page, town):
    page = open_page(make_user(Role.TOWNSHIP, town.townships[0][0]), phone=True)
    open_map(page, town)
    # What Chrome on a phone sends for a long press; a browser without a screen holds it back.
    press = "new MouseEvent('contextmenu', {clientX: 150, clientY: 200, bubbles: true})"
    page.evaluate(f"document.querySelector('#map').dispatchEvent({press})")
    expect(tray(page).locator(".map-places > div")).to_have_count(5)
    expect(page.locator("#map-drawer[open]")).to_have_count(0)
