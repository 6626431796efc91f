"""The address of the map is a link to what one sees: place, date, layers, opacities and what is selected."""

import base64
import datetime
import re

import pytest
from playwright.sync_api import Page, expect

from geo.roles import Role
from tests.factories import make_building, make_snapshot, make_town, make_user

pytestmark = pytest.mark.django_db(transaction=True)
OLD, NEW = datetime.date(2025, 3, 1), datetime.date(2026, 3, 1)
ONE_PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture
def town():
    town = make_town()
    for day in (OLD, NEW):
        make_snapshot(town, day)
    return town


@pytest.fixture
def here(town) -> str:
    """The address of the middle of a building in the first county."""
    lon, lat = town.spot()
    make_building(town.communities[0][0], lon, lat, code="B-LINK")
    return f"/map/#18/{lat + 0.0001:.6f}/{lon + 0.0001:.6f}/{NEW}/buildings,units"


def go(page: Page, address: str) -> None:
    # The snapshots of these tests have no files: the browser gets a pixel for each of their tiles.
    page.route(re.compile(r"\.webp"), lambda route: route.fulfill(body=ONE_PIXEL, content_type="image/png"))
    page.goto("about:blank")
    page.goto(address)
    expect(page.locator("#map .leaflet-control-scale-line").first).to_be_visible()


def drawer(page: Page):
    return page.locator("#map-drawer[open]")


def path_of(page: Page) -> str:
    return page.evaluate("location.pathname + location.search + location.hash")


def test_a_link_shows_another_person_what_the_first_one_saw(open_page, town, here):
    page = open_page(make_user(Role.OFFICE, town.city, username="yi"))
    go(page, here)
    page.mouse.click(720, 478)  # the map's middle lies half a header below that of the window
    expect(drawer(page)).to_contain_text("B-LINK")
    units = page.locator("#map-layers input[value=units]")
    units.focus()
    page.keyboard.press("Space")
    expect(units).not_to_be_checked()
    more = page.locator("#map-layers li", has=page.locator("input[value=buildings]"))
    more.locator("summary").focus()
    page.keyboard.press("Enter")
    more.locator("input[type=range]").focus()
    page.keyboard.press("Home")
    page.locator(f"#map-flights input[value='{OLD}']").check()
    link = path_of(page)
    assert f"/{OLD}/buildings*10/" in link

    other = open_page(make_user(Role.COUNTY, town.counties[0], username="er"))
    go(other, link)
    expect(drawer(other)).to_contain_text("B-LINK")
    expect(other.locator("#map-layers input[value=units]")).not_to_be_checked()
    expect(other.locator(f"#map-flights input[value='{OLD}']")).to_be_checked()
    expect(
        other.locator("#map-layers li", has=other.locator("input[value=buildings]")).locator("input[type=range]")
    ).to_have_value("10")
    assert path_of(other) == link


def test_a_link_shows_the_neighbour_county_nothing_of_what_was_selected(open_page, town, here):
    page = open_page(make_user(Role.COUNTY, town.counties[1]))
    lat, lon = here.split("/")[3:5]
    go(page, f"{here}/{lat},{lon}")
    expect(drawer(page)).to_contain_text("此处没有内容")
    expect(drawer(page)).not_to_contain_text("B-LINK")


@pytest.mark.parametrize("phone", [False, True])
def test_back_and_forward_walk_through_what_was_chosen(open_page, town, here, phone):
    page = open_page(make_user(Role.OFFICE, town.city), phone=phone)
    go(page, here)
    if phone:
        page.get_by_role("button", name="图层与影像").tap()
        page.locator("#map-flights label", has=page.locator(f"input[value='{OLD}']")).tap()
        page.get_by_role("button", name="图层与影像").tap()
    else:
        page.locator(f"#map-flights input[value='{OLD}']").check()
    old, new = (page.locator(f"#map-flights input[value='{day}']") for day in (OLD, NEW))
    page.locator("#map").focus()
    page.keyboard.press("Enter")
    expect(drawer(page)).to_contain_text("B-LINK")
    page.go_back()
    expect(drawer(page)).to_have_count(0)
    expect(old).to_be_checked()
    page.go_back()
    expect(new).to_be_checked()
    page.go_forward()
    expect(old).to_be_checked()
    page.go_forward()
    expect(drawer(page)).to_contain_text("B-LINK")


def test_a_link_with_a_date_and_a_layer_that_one_does_not_have_opens_what_there_is(open_page, town, here):
    page = open_page(make_user(Role.OFFICE, town.city))
    go(page, here.replace(str(NEW), "1999-01-01*0").replace("units", "nothing*7"))
    expect(page.locator(f"#map-flights input[value='{NEW}']")).to_be_checked()
    expect(page.locator("#map-layers input[value=buildings]")).to_be_checked()
