"""A base map of 天地图 where the office has a key, and nothing asked outside where it has none."""

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from geo.roles import Role
from tests.factories import make_town, make_user

pytestmark = pytest.mark.django_db(transaction=True)
OUTSIDE = re.compile(r"tianditu\.gov\.cn")
RED = (180, 20, 20)


@pytest.fixture
def town(transactional_db):
    return make_town()


def open_map(page: Page, town) -> list[str]:
    """Open the map; what it asks of the outside service is answered here and noted."""
    asked: list[str] = []
    picture = io.BytesIO()
    Image.new("RGB", (256, 256), RED).save(picture, "PNG")

    def answer(route):
        asked.append(route.request.url)
        route.fulfill(body=picture.getvalue(), content_type="image/png")

    page.route(OUTSIDE, answer)
    lon, lat = town.spot()
    page.goto(f"/map/#16/{lat:.6f}/{lon:.6f}/-/-")
    expect(page.locator("#map .leaflet-control-scale-line").first).to_be_visible()
    return asked


def colour(page: Page) -> tuple[int, ...]:
    picture = Image.open(io.BytesIO(page.screenshot(clip={"x": 720, "y": 600, "width": 2, "height": 2})))
    return picture.convert("RGB").getpixel((0, 0))


def test_with_a_key_the_base_map_lies_under_the_layers_names_its_source_and_is_remembered(open_page, town, settings):
    settings.TIANDITU_KEY = "schluessel"
    page = open_page(make_user(Role.PLANNER, town.city))
    asked = open_map(page, town)
    assert asked == []  # nobody outside is asked before somebody chooses it
    page.get_by_label("天地图影像").check()
    expect(page.get_by_text("底图：天地图")).to_be_visible()
    page.wait_for_function("document.querySelectorAll('.leaflet-base-pane img.leaflet-tile-loaded').length > 8")
    assert all("tk=schluessel" in url and "TILEMATRIX=16" in url for url in asked)
    assert {re.search(r"LAYER=(\w+)", url)[1] for url in asked} == {"img", "cia"}
    expect(page.locator(".leaflet-base-pane img").first).to_be_visible()
    page.wait_for_timeout(400)  # tiles fade in
    assert colour(page) == pytest.approx(RED, abs=4)
    page.reload()
    expect(page.get_by_label("天地图影像")).to_be_checked()
    page.get_by_label("无底图").check()
    expect(page.get_by_text("底图：天地图")).to_be_hidden()


def test_when_the_service_does_not_answer_the_panel_says_so_and_the_map_goes_on(open_page, town, settings):
    settings.TIANDITU_KEY = "schluessel"
    page = open_page(make_user(Role.PLANNER, town.city))
    open_map(page, town)
    page.unroute(OUTSIDE)
    page.route(OUTSIDE, lambda route: route.abort())
    page.get_by_label("天地图地图").check()
    expect(page.get_by_text("底图没有加载")).to_be_visible()
    page.close()  # tiles that are still asked for would be told of after the others were forgotten
    open_page.faults[:] = [fault for fault in open_page.faults if "ERR_FAILED" not in fault]


def test_without_a_key_there_is_no_base_map(open_page, town):
    page = open_page(make_user(Role.PLANNER, town.city))
    asked = open_map(page, town)
    expect(page.get_by_text("天地图")).to_have_count(0)
    assert asked == []
