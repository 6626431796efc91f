"""The dates of the imagery on a slider, and a curtain between two of them; both are part of the map's address."""

import datetime
import io
import re

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from geo.roles import Role
from tests.e2e.map_tools import tool, tray
from tests.factories import make_snapshot, make_town, make_user

pytestmark = pytest.mark.django_db(transaction=True)
DATES = [datetime.date(2025, 3, 1), datetime.date(2025, 9, 1), datetime.date(2026, 3, 1)]
COLOURS = [(200, 30, 30), (30, 160, 30), (30, 30, 200)]


@pytest.fixture
def town():
    return make_town()


@pytest.fixture
def go(town):
    """A function that opens the map; each date's tiles have a colour of their own."""
    snapshots = [make_snapshot(town, day) for day in DATES]
    tiles = {}
    for snapshot, colour in zip(snapshots, COLOURS, strict=True):
        picture = io.BytesIO()
        Image.new("RGB", (8, 8), colour).save(picture, "PNG")
        tiles[f"/r/{snapshot.pk}/"] = picture.getvalue()

    def going(page: Page, dates: str) -> None:
        lon, lat = town.spot()

        def answer(route):
            body = next(body for path, body in tiles.items() if path in route.request.url)
            route.fulfill(body=body, content_type="image/png")

        page.route(re.compile(r"\.webp"), answer)
        page.goto("about:blank")
        page.goto(f"/map/#17/{lat:.6f}/{lon:.6f}/{dates}/-")
        expect(page.locator("#map .leaflet-control-scale-line").first).to_be_visible()

    return going


def slider(page: Page):
    return tray(page).get_by_role("slider", name="影像日期")


def address(page: Page) -> str:
    return page.evaluate("location.hash").split("/")[3]


def colour_at(page: Page, x: int, y: int) -> tuple[int, ...]:
    picture = Image.open(io.BytesIO(page.screenshot(clip={"x": x, "y": y, "width": 2, "height": 2})))
    return picture.convert("RGB").getpixel((0, 0))


def expect_colour(page: Page, x: int, y: int, colour: tuple[int, ...]) -> None:
    for _ in range(30):
        seen = colour_at(page, x, y)
        if all(abs(a - b) < 12 for a, b in zip(seen, colour, strict=True)):
            return
        page.wait_for_timeout(100)
    pytest.fail(f"{seen} instead of {colour} at {x}, {y}")


def test_keys_step_through_the_dates_and_the_address_and_the_panel_follow(open_page, town, go):
    page = open_page(make_user(Role.OFFICE, town.city))
    go(page, str(DATES[2]))
    tool(page, "影像日期").click()
    expect(tray(page).locator("output")).to_have_text("2026年3月1日")
    slider(page).focus()
    page.keyboard.press("ArrowLeft")
    expect(tray(page).locator("output")).to_have_text("2025年9月1日")
    expect(slider(page)).to_have_attribute("aria-valuetext", "2025年9月1日")
    expect(page.locator(f"#map-flights input[value='{DATES[1]}']")).to_be_checked()
    assert address(page) == str(DATES[1])
    page.mouse.click(700, 300)  # the place that is told must not take the tool away
    expect(page.locator("#map-drawer[open]")).to_be_visible()  # it takes the focus as it opens
    page.wait_for_load_state("networkidle")  # and again when what lies there has been told
    page.locator("#map").focus()
    page.keyboard.press("[")
    expect(tray(page).locator("output")).to_have_text("2025年3月1日")
    expect(tray(page).get_by_role("button", name="前一期影像")).to_be_disabled()
    expect_colour(page, 700, 250, COLOURS[0])
    page.locator(f"#map-flights input[value='{DATES[2]}']").check()
    expect(slider(page)).to_have_value("2")
    page.go_back()
    expect(slider(page)).to_have_value("0")


def test_a_curtain_shows_another_date_at_its_left_and_a_link_shows_it_to_somebody_else(open_page, town, go):
    page = open_page(make_user(Role.OFFICE, town.city))
    go(page, str(DATES[2]))
    tool(page, "影像日期").click()
    tray(page).get_by_label("卷帘对比").check()
    assert address(page) == f"{DATES[2]}~{DATES[1]}~50"
    tray(page).get_by_label("卷帘左侧的影像日期").select_option(str(DATES[0]))
    expect_colour(page, 600, 250, COLOURS[0])
    expect_colour(page, 850, 250, COLOURS[2])
    # By mouse to the right, by keys back again.
    page.mouse.move(720, 474)
    page.mouse.down()
    page.mouse.move(1000, 474, steps=4)
    page.mouse.up()
    expect_colour(page, 850, 250, COLOURS[0])
    curtain = page.get_by_role("slider", name="卷帘位置：左为2025年3月1日，右为2026年3月1日")
    curtain.focus()
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    percent = int(address(page).rsplit("~", 1)[1])
    assert 60 < percent < 70
    # The cut stays where it is on the screen when the map is dragged.
    page.mouse.move(500, 650)
    page.mouse.down()
    page.mouse.move(560, 620, steps=4)
    page.mouse.up()
    expect_colour(page, 850, 250, COLOURS[0])
    expect_colour(page, 1100, 250, COLOURS[2])

    other = open_page(make_user(Role.COUNTY, town.counties[0]))
    go(other, address(page))
    expect(other.locator("#map-curtain")).to_contain_text("2025年3月1日")
    expect_colour(other, 850, 250, COLOURS[0])
    expect_colour(other, 1100, 250, COLOURS[2])
    expect(tray(other).get_by_label("卷帘对比")).to_be_checked()
    tray(other).get_by_label("卷帘对比").uncheck()
    expect(other.locator("#map-curtain")).to_be_hidden()
    expect_colour(other, 850, 250, COLOURS[2])
    assert address(other) == str(DATES[2])
    other.go_back()
    expect(other.locator("#map-curtain")).to_be_visible()


def test_a_curtain_follows_a_finger_on_a_phone(open_page, town, go):
    page = open_page(make_user(Role.TOWNSHIP, town.townships[0][0]), phone=True)
    go(page, f"{DATES[2]}~{DATES[0]}~50")
    expect_colour(page, 100, 150, COLOURS[0])
    expect_colour(page, 280, 350, COLOURS[2])
    box = page.locator("#map-curtain").bounding_box()
    y = box["y"] + box["height"] / 2
    session = page.context.new_cdp_session(page)
    for kind, x in (("touchStart", 195), ("touchMove", 150), ("touchMove", 90), ("touchMove", 50)):
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect_colour(page, 100, 150, COLOURS[2])
    assert int(address(page).rsplit("~", 1)[1]) < 15


@pytest.mark.parametrize("dates", ["2026-03-01~1999-01-01~50", "2026-03-01~2025-03-01~500", "2026-03-01~~"])
def test_a_link_with_a_curtain_that_there_is_not_opens_the_map_without_one(open_page, town, go, dates):
    page = open_page(make_user(Role.OFFICE, town.city))
    go(page, dates)
    expect_colour(page, 600, 250, COLOURS[2])
    expect(page.locator("#map-curtain")).to_be_hidden()


def test_without_imagery_the_tool_says_what_will_be_here(open_page, town):
    page = open_page(make_user(Role.OFFICE, town.city))
    page.goto("/map/")
    tool(page, "影像日期").click()
    expect(tray(page)).to_contain_text("您的辖区还没有航拍影像")
