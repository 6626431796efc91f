"""The planner's page with real mouse and touch: cut in three acts, drag a shared side, be refused, meet another."""

import re
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Page, expect
from shapely import union_all

from geo.actions.snapshots import as_shapely
from geo.models import CensusZone
from geo.roles import Role
from tests.factories import make_user
from tests.geo.drawing.scene import Scene, make_scene

MOST_ACTS_OF_A_CUT = 3
LAST_BIT_DEG2 = 1e-14  # a tenth of a thousandth of a square metre


@pytest.fixture
def scene(town) -> Scene:
    return make_scene(town)


@pytest.fixture
def planner(scene, town):
    return make_user(Role.PLANNER, town.counties[0], username="guihuayuan")


@dataclass
class Sheet:
    """The open page; the scene's two blocks are rectangles side by side, found by their outlines on the screen."""

    page: Page
    phone: bool = False
    acts: list[str] = field(default_factory=list)

    def frames(self) -> list[dict]:
        outlines = self.page.locator("#map path.leaflet-interactive")
        expect(outlines).not_to_have_count(0)
        boxes = [outline.bounding_box() for outline in outlines.all()]
        # The line that is being drawn is an outline too, still without an extent.
        return sorted((box for box in boxes if box and box["width"] > 20), key=lambda box: (box["x"], -box["y"]))

    def spot(self, zone: int, x: float, y: float) -> tuple[float, float]:
        """A place on the screen by shares of a zone's frame, from its south-western corner."""
        box = self.frames()[zone]
        return box["x"] + x * box["width"], box["y"] + (1 - y) * box["height"]

    def press(self, place: tuple[float, float]) -> None:
        if self.phone:
            self.page.touchscreen.tap(*place)
        else:
            self.page.mouse.move(*place)
            self.page.mouse.click(*place)

    def tool(self, name: str) -> None:
        self.acts.append(name)
        button = self.page.get_by_role("toolbar").get_by_role("button", name=name)
        button.tap() if self.phone else button.click()

    def draw(self, *places: tuple[float, float]) -> None:
        self.acts.append("drawn")
        for place in places:
            self.press(place)

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self.page.mouse.move(*start)
        self.page.mouse.down()
        for share in (0.3, 0.7, 1.0):
            self.page.mouse.move(*(a + (b - a) * share for a, b in zip(start, end, strict=True)))
        self.page.mouse.up()

    def saved(self) -> None:
        self.tool("保存")
        expect(self.page.get_by_text(re.compile("已保存"))).to_be_visible()


def opened(page: Page, scene: Scene, *, phone: bool = False) -> Sheet:
    page.goto(scene.address)
    expect(page.get_by_role("button", name="西区")).to_be_visible()
    return Sheet(page, phone)


@pytest.mark.parametrize("phone", [False, True], ids=["mouse", "touch"])
def test_a_zone_is_cut_in_at_most_three_acts(open_page, scene, planner, phone):
    sheet = opened(open_page(planner, phone=phone), scene, phone=phone)
    whole = scene.west.boundary_area_m2

    sheet.tool("切分")
    sheet.draw(sheet.spot(0, -0.15, 0.5), sheet.spot(0, 1.15, 0.5))
    expect(sheet.page.get_by_text("未保存")).to_have_count(2)
    sheet.saved()

    assert len(sheet.acts) <= MOST_ACTS_OF_A_CUT, sheet.acts
    pieces = CensusZone.objects.exclude(pk=scene.east.pk)
    assert pieces.count() == 2
    assert sum(piece.boundary_area_m2 for piece in pieces) == pytest.approx(whole, rel=1e-5)
    assert sum(piece.households for piece in pieces) == 80
    east = CensusZone.objects.get(pk=scene.east.pk)
    assert east.boundary.num_coords == scene.east.boundary.num_coords + 1  # the neighbour took the end of the cut


def test_a_shared_corner_is_dragged_in_both_zones_and_undone_by_key(open_page, scene, planner):
    sheet = opened(open_page(planner), scene)
    sheet.press(sheet.spot(0, 0.5, 0.5))
    expect(sheet.page.get_by_label("名称")).to_have_value("西区")
    sheet.tool("改边线")
    corner = sheet.spot(0, 1, 1)
    sheet.drag(corner, (corner[0] - 60, corner[1] + 30))
    expect(sheet.page.get_by_text("未保存")).to_have_count(2)
    expect(sheet.page.get_by_label("需要处理的问题")).to_be_empty()

    sheet.page.keyboard.press("Control+z")
    expect(sheet.page.get_by_text("未保存")).to_have_count(0)
    sheet.page.keyboard.press("Control+y")
    expect(sheet.page.get_by_text("未保存")).to_have_count(2)
    sheet.saved()

    west, east = (CensusZone.objects.get(pk=zone.pk).boundary for zone in (scene.west, scene.east))
    shared = {point for part in west for point in part[0].coords} & {point for part in east for point in part[0].coords}
    assert len(shared) == 2
    assert not west.overlaps(east)


def test_area_and_buildings_are_told_while_drawing_and_an_overlap_is_refused_in_place(open_page, scene, planner):
    sheet = opened(open_page(planner), scene)
    sheet.tool("新画")
    sheet.draw(sheet.spot(0, 0.1, 0.1), sheet.spot(0, 0.6, 0.1), sheet.spot(0, 0.6, 1.2))
    expect(sheet.page.get_by_role("heading", name="正在绘制")).to_be_visible()
    expect(sheet.page.get_by_label("所选图形")).to_contain_text(re.compile(r"[\d,]+\.\d m²"))
    sheet.draw(sheet.spot(0, 0.1, 1.2))
    sheet.tool("完成")

    faults = sheet.page.get_by_label("需要处理的问题")
    expect(faults).to_contain_text(re.compile(r"与 西区 重叠 · [\d,.]+ m²"))
    sheet.tool("保存")
    expect(sheet.page.get_by_text("没有保存：请先处理图上标出的问题")).to_be_visible()
    assert CensusZone.objects.count() == 2

    sheet.tool("撤销")
    expect(faults).to_be_empty()
    assert all("422" in fault for fault in open_page.faults), open_page.faults
    open_page.faults.clear()  # the browser's own line about the refusal


def test_two_zones_become_one(open_page, scene, planner):
    sheet = opened(open_page(planner), scene)
    sheet.tool("合并")
    sheet.press(sheet.spot(0, 0.5, 0.5))
    sheet.press(sheet.spot(1, 0.5, 0.5))
    expect(sheet.page.get_by_label("户数")).to_have_value("170")
    sheet.saved()

    [zone] = CensusZone.objects.all()
    assert zone.boundary.num_geom == 1


def test_a_gap_is_told_with_its_area_and_closed_exactly_by_a_rough_outline(open_page, scene, planner):
    sheet = opened(open_page(planner), scene)
    gaps = sheet.page.get_by_label("未覆盖的部分", exact=True)
    expect(gaps).to_contain_text("未覆盖 1 处")
    sheet.tool("新画")
    north = 0.01 / 0.0066
    # Roughly drawn: the map snaps to what is there.
    sheet.draw(
        sheet.spot(0, 0.01, 1.01), sheet.spot(1, 0.99, 1.01), sheet.spot(1, 0.99, north), sheet.spot(0, 0.01, north)
    )
    sheet.tool("完成")
    expect(gaps).to_contain_text("没有空隙")
    sheet.saved()
    zones = [as_shapely(zone.boundary) for zone in CensusZone.objects.all()]
    parent = as_shapely(scene.unit.boundary)
    assert len(zones) == 3
    # Nothing is left, nothing sticks out, nothing is covered twice, but for the last bit of the scene's own corners.
    assert parent.symmetric_difference(union_all(zones)).area < LAST_BIT_DEG2
    assert sum(zone.area for zone in zones) - union_all(zones).area < LAST_BIT_DEG2
    drawn = CensusZone.objects.latest("pk").boundary[0][0].coords
    west, _south, east, top = scene.west.boundary.extent
    assert {(west, top), (east, top)} <= set(drawn)  # the neighbours' very corners


def rename(sheet: Sheet, name: str) -> None:
    sheet.page.locator("#drawing-zones").get_by_role("button").first.click()
    sheet.page.get_by_label("名称").fill(name)
    sheet.page.get_by_label("名称").press("Tab")


@pytest.fixture
def met(open_page, scene, planner, town):
    """The sheet of who came second: the census officer saved another name meanwhile."""
    mine = opened(open_page(planner), scene)
    officer = make_user(Role.CENSUS, town.counties[0], username="pucha", display_name="普查员老王")
    theirs = opened(open_page(officer), scene)
    rename(theirs, "老王改的")
    theirs.saved()
    rename(mine, "我改的")
    mine.tool("保存")
    expect(mine.page.get_by_text(re.compile("普查员老王 于 .* 先保存了"))).to_be_visible()
    assert all("409" in fault for fault in open_page.faults), open_page.faults
    open_page.faults.clear()
    return mine


def test_who_comes_second_may_overwrite_knowingly(met, scene):
    met.page.get_by_role("button", name="看对方的").click()
    met.page.get_by_role("button", name="以我的为准").click()
    met.saved()
    assert CensusZone.objects.get(pk=scene.west.pk).name == "我改的"


def test_who_comes_second_may_take_theirs_and_keep_a_copy_even_over_a_reload(met, scene):
    met.page.get_by_role("button", name="用对方的，我的留作副本").click()
    expect(met.page.get_by_label("名称")).to_have_value("老王改的")
    met.page.reload()
    expect(met.page.get_by_text("我的副本：我改的")).to_be_visible()
    met.page.get_by_role("button", name="用此副本").click()
    met.saved()
    assert CensusZone.objects.get(pk=scene.west.pk).name == "我改的"


def test_what_was_not_saved_is_there_again_after_a_reload(open_page, scene, planner):
    sheet = opened(open_page(planner), scene)
    rename(sheet, "没保存的")
    expect(sheet.page.get_by_text("未保存")).to_have_count(1)
    sheet.page.reload()
    sheet.page.get_by_role("button", name="继续上次").click()
    sheet.saved()
    assert CensusZone.objects.get(pk=scene.west.pk).name == "没保存的"


def test_a_version_is_laid_over_the_present_one_and_restored(open_page, scene, planner):
    sheet = opened(open_page(planner), scene)
    rename(sheet, "改错了")
    sheet.saved()
    sheet.page.get_by_text("版本", exact=True).click()
    rows = sheet.page.locator("#drawing-versions li")
    expect(rows.first).to_contain_text("guihuayuan")
    before = sheet.page.locator("#map path:not(.leaflet-interactive)").count()
    rows.nth(1).get_by_role("button", name="对照").click()
    expect(sheet.page.locator("#map path:not(.leaflet-interactive)")).to_have_count(before + 2)  # both zones
    rows.nth(1).get_by_role("button", name="恢复").click()
    expect(sheet.page.get_by_text("已取回此版本")).to_be_visible()
    sheet.saved()
    expect(rows).to_have_count(4)  # the first save's message may still be there
    assert CensusZone.objects.get(pk=scene.west.pk).name == "西区"


def test_a_line_is_cut_by_keys_alone(open_page, scene, planner):
    """Enter puts a vertex at the middle of the map, the arrows move the map."""
    sheet = opened(open_page(planner), scene)
    sheet.page.locator("#map").focus()
    sheet.page.keyboard.press("s")
    for _ in range(9):
        sheet.page.keyboard.press("ArrowLeft")
        sheet.page.wait_for_timeout(300)
    sheet.page.keyboard.press("Enter")
    for _ in range(9):
        sheet.page.keyboard.press("ArrowRight")
        sheet.page.wait_for_timeout(300)
    sheet.page.keyboard.press("Enter")
    expect(sheet.page.get_by_text("未保存")).to_have_count(2)


def test_the_map_s_drawer_leads_to_the_sheet_with_the_zone_chosen(open_page, scene, planner):
    page = open_page(planner)
    page.goto(f"/map/#16/{scene.lat}/{scene.lon}/-/census_zones/{scene.lat + 0.003},{scene.lon + 0.002}")
    page.get_by_role("link", name=re.compile("绘制边界")).first.click()
    page.wait_for_url(re.compile(r"/drawing/census_block/"))
    expect(page.get_by_label("名称")).to_have_value("西区")
