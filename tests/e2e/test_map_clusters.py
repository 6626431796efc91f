"""Far out the map shows counts; a click on one goes in. Names keep clear of counts and of each other."""

import math

import pytest
from playwright.sync_api import Page, expect

from geo.roles import Role
from tests.factories import make_flag, make_run, make_town, make_user, records

pytestmark = pytest.mark.django_db(transaction=True)
ZOOM = 12
CELL_PX = 64  # of the grid in which flags are gathered
WORLD_PX = 256 * 2**ZOOM


@pytest.fixture
def town():
    return make_town()


def middle_of_cell(lon: float, lat: float) -> tuple[float, float]:
    """The middle of the cell around a place: flags there make a count that is not moved."""
    x = (lon + 180) / 360 * WORLD_PX
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * WORLD_PX
    x, y = ((math.floor(value / CELL_PX) + 0.5) * CELL_PX for value in (x, y))
    return x / WORLD_PX * 360 - 180, math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y / WORLD_PX))))


def open_map(page: Page, lon: float, lat: float, layers: str) -> None:
    page.goto("about:blank")
    page.goto(f"/map/#{ZOOM}/{lat:.6f}/{lon:.6f}/-/{layers}")
    expect(page.locator("#map .leaflet-control-scale-line").first).to_be_visible()
    page.wait_for_load_state("networkidle")


@pytest.fixture
def flags(town) -> tuple[float, float]:
    """Seven flags around the middle of a cell; the middle."""
    run, (lon, lat) = make_run(town), middle_of_cell(*town.spot())
    for n in range(7):
        make_flag(run, town.communities[0][0], lon + (n - 3) * 1e-4, lat)
    return lon, lat


@pytest.mark.parametrize("way", ["mouse", "key", "finger"])
def test_a_count_is_entered_by_mouse_key_and_finger(open_page, town, flags, way):
    page = open_page(make_user(Role.OFFICE, town.city), phone=way == "finger")
    open_map(page, *flags, "flags")
    box = page.locator("#map").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    if way == "key":
        page.locator("#map").press("Enter")
    elif way == "mouse":
        page.mouse.click(x, y)
    else:
        page.touchscreen.tap(x, y)
    page.wait_for_url(lambda url: f"#{ZOOM + 2}/" in url)
    expect(page.locator("#map-drawer[open]")).to_have_count(0)


def test_somebody_who_may_not_see_the_flags_meets_no_count(open_page, town, flags):
    page = open_page(make_user(Role.COUNTY, town.counties[1]))
    open_map(page, *flags, "flags")
    page.locator("#map").press("Enter")
    expect(page.locator("#map-drawer[open]")).to_contain_text("此处没有内容")


def test_the_names_of_drawn_zones_do_not_lie_on_each_other_far_out(open_page, town):
    unit = town.communities[0][0]
    west, south, *_ = unit.boundary.extent
    for n in range(4):
        records.make_zone(unit, west + n * 0.0021, south + 0.003, name=f"一个名字很长的普查小区第{n + 1}号")
    page = open_page(make_user(Role.CENSUS, town.city))
    page.goto(f"/drawing/census_block/{unit.code}/")
    labels = page.locator(".drawing__label")
    expect(labels).to_have_count(4)
    page.wait_for_timeout(500)

    def shown() -> list[dict]:
        return [label.bounding_box() for label in labels.all() if label.is_visible()]

    close = len(shown())
    page.get_by_role("button", name="缩小").click()
    page.wait_for_timeout(800)
    boxes = shown()
    assert 1 <= len(boxes) < 4
    assert len(boxes) <= close
    for n, one in enumerate(boxes):
        for other in boxes[n + 1 :]:
            apart = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
            assert apart or abs(one["y"] - other["y"]) >= one["height"] - 1
