"""The view on a sheet of paper: a picture and a PDF on which a ruler fits the stated scale."""

import io
import math
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from geo.crs import LonLat
from geo.measure import distance_m
from geo.roles import Role
from tests.e2e.map_tools import open_map, tool, tray
from tests.factories import make_flag, make_run, make_town, make_user

pytestmark = pytest.mark.django_db(transaction=True)
NEW = np.array([210, 58, 31])  # --map-new of the light tokens
DOTS_PER_MM = 200 / 25.4
EAST, NORTH = 0.0021, 0.0007  # degrees between two flags: some 192 m and 78 m


@pytest.fixture
def town():
    """Two flags, one north-east of the other."""
    town = make_town()
    run, (lon, lat) = make_run(town), town.spot()
    for n in (-0.5, 0.5):
        make_flag(run, town.communities[0][0], lon + n * EAST, lat + n * NORTH, kind="new", confidence=0.1)
    return town


def go(page: Page, town, layers: str = "flags") -> None:
    open_map(page, town, layers=layers)


def open_tool(page: Page, *, phone: bool = False) -> None:
    button = tool(page, "出图")
    button.tap() if phone else button.click()
    tray(page).get_by_label("比例尺").select_option("1000")


def download(page: Page, label: str) -> tuple[str, bytes]:
    with page.expect_download(timeout=60_000) as downloaded:
        tray(page).get_by_role("button", name=label).click()
    return downloaded.value.suggested_filename, downloaded.value.path().read_bytes()


def starts(seen: np.ndarray) -> list[int]:
    """Where the coloured stretches along an axis begin, those of the legend left out."""
    places = np.flatnonzero(seen)
    return [int(place) for n, place in enumerate(places) if n == 0 or place - places[n - 1] > 100]


@pytest.mark.parametrize("zoom", [13, 15, 18])
def test_the_frame_of_the_sheet_lies_on_the_screen_at_first(open_page, town, zoom):
    page = open_page(make_user(Role.OFFICE, town.city, username="制图人"))
    open_map(page, town, zoom=zoom)
    tool(page, "出图").click()
    scale = int(tray(page).get_by_label("比例尺").input_value())
    screen = page.locator("#map").bounding_box()
    pixel_m = 156_543.034 * math.cos(math.radians(town.spot()[1])) / 2**zoom
    # An A4 without margins, head and foot: 277 x 142 mm.
    wide, high = (paper_mm / 1000 * scale / pixel_m for paper_mm in (277, 142))
    assert 0.2 * screen["width"] < wide <= screen["width"] * 1.01
    assert high <= screen["height"] * 1.01


def test_a_ruler_on_the_picture_fits_the_scale_to_the_east_and_to_the_north(open_page, town):
    page = open_page(make_user(Role.OFFICE, town.city, username="制图人"))
    go(page, town)
    open_tool(page)
    tray(page).get_by_label("图名").fill("东关核查图")
    name, content = download(page, "下载图片")
    assert name == "东关核查图.png"
    picture = np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)
    assert picture.shape[:2] == (1654, 2339)  # an A4 at 200 dpi
    frame = picture[190:1300, 80:2260]  # without the head and the legend
    red = (np.abs(frame - NEW) < 12).all(axis=2)
    across, down = starts(red.any(axis=0)), starts(red.any(axis=1))
    assert len(across) == len(down) == 2
    lon, lat = town.spot()
    east_mm = distance_m(LonLat(lon - EAST / 2, lat), LonLat(lon + EAST / 2, lat))  # a metre is a millimetre at 1:1,000
    north_mm = distance_m(LonLat(lon, lat - NORTH / 2), LonLat(lon, lat + NORTH / 2))
    assert (across[1] - across[0]) / DOTS_PER_MM == pytest.approx(east_mm, abs=0.3)
    assert (down[1] - down[0]) / DOTS_PER_MM == pytest.approx(north_mm, abs=0.3)


@pytest.mark.parametrize(("paper", "size_mm"), [("A3", (420, 297)), ("A4-upright", (210, 297))])
def test_a_pdf_has_the_size_of_its_paper(open_page, town, paper, size_mm):
    page = open_page(make_user(Role.OFFICE, town.city))
    go(page, town, "flags,units")
    open_tool(page)
    tray(page).get_by_label("纸张").select_option(paper)
    name, content = download(page, "下载 PDF")
    assert name == "违法建设巡查图.pdf"
    assert content.startswith(b"%PDF")
    [sheet] = PdfReader(io.BytesIO(content)).pages
    width, height = float(sheet.mediabox.width), float(sheet.mediabox.height)
    assert (width / 72 * 25.4, height / 72 * 25.4) == pytest.approx(size_mm, abs=0.1)
    told = sheet.extract_text()
    for words in ("违法建设巡查图", "比例尺 1:1,000", "坐标系：CGCS2000", "制图：", "市界"):
        assert words in told
    expect(tray(page)).to_contain_text("已出图")


def test_a_layer_that_does_not_come_makes_no_sheet_with_a_hole(open_page, town):
    page = open_page(make_user(Role.OFFICE, town.city))
    go(page, town)
    open_tool(page)
    page.route(re.compile(r"\.mvt"), lambda route: route.abort())
    tray(page).get_by_role("button", name="下载图片").click()
    expect(tray(page)).to_contain_text("没有出成图：网络不通")
    expect(tray(page).get_by_role("button", name="下载图片")).to_be_enabled()
    open_page.faults[:] = [fault for fault in open_page.faults if "ERR_FAILED" not in fault]


def test_a_sheet_is_made_on_a_phone(open_page, town):
    page = open_page(make_user(Role.TOWNSHIP, town.townships[0][0]), phone=True)
    go(page, town)
    open_tool(page, phone=True)
    _name, content = download(page, "下载图片")
    assert Image.open(io.BytesIO(content)).size == (2339, 1654)
