"""A file imported in a browser, from the empty list to its undoing, by a real worker, on a desktop and on a phone."""

import pytest
from playwright.sync_api import Page, expect

from geo.models import Building
from geo.roles import Role
from tests.factories import make_building, make_town, make_user
from tests.geo.importers.making import SOUTH, WEST, houses, write

pytestmark = pytest.mark.django_db(transaction=True)
SIZES = pytest.mark.parametrize("phone", [False, True], ids=["1440x900", "390x844"])
WORKER_S = 60_000


def fits(page: Page) -> bool:
    """Whether nothing sticks out sideways."""
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@SIZES
def test_a_file_is_sent_looked_at_tried_written_and_undone(open_page, worker, tmp_path, phone):
    town = make_town()
    make_building(town.communities[0][0], WEST + 0.0013, SOUTH + 0.004, code="H0001", storeys=5)
    rows = [({"房号": f"H000{n}", "storeys": 2}, geometry) for n, (_, geometry) in enumerate(houses(3), 1)]
    path = write(tmp_path / "南关房屋.gpkg", rows)
    page = open_page(make_user(Role.PLANNER, town.counties[0]), phone=phone)
    worker()

    page.goto("/imports/")
    expect(page.get_by_text("还没有导入过文件")).to_be_visible()
    page.get_by_role("link", name="导入文件").first.click()
    page.get_by_label("图层", exact=True).select_option("buildings")
    page.get_by_label("文件", exact=True).set_input_files(path)
    assert fits(page)
    page.get_by_role("button", name="上传并核对列").click()

    expect(page.get_by_role("heading", name="南关房屋.gpkg", level=1)).to_be_visible()
    page.get_by_role("button", name="试运行").click()
    # Nothing of this file is called as our code is: the person says it.
    expect(page.locator(".error-summary")).to_contain_text("请选择文件中哪一列是建筑编号")
    assert all("422" in fault for fault in open_page.faults), open_page.faults
    open_page.faults.clear()
    page.get_by_label("建筑编号").select_option("房号")
    page.get_by_role("button", name="试运行").click()
    expect(page.get_by_text("试运行没有发现问题")).to_be_visible(timeout=WORKER_S)
    assert Building.objects.count() == 1
    assert fits(page)

    page.get_by_role("button", name="正式导入").click()
    expect(page.get_by_text("已导入").first).to_be_visible(timeout=WORKER_S)
    assert Building.objects.count() == 3
    with page.expect_download() as download:
        page.get_by_role("link", name="下载 XLSX").click()
    assert download.value.suggested_filename.endswith(".xlsx")
    assert fits(page)

    page.get_by_role("link", name="撤销此次导入").click()
    expect(page.get_by_text("新增的 2 条")).to_be_visible()
    assert fits(page)
    page.get_by_role("button", name="确认撤销").click()
    expect(page.get_by_text("删除 2 条，恢复 1 条")).to_be_visible()
    assert Building.objects.get().storeys == 5
