"""A clinic's catchment by real mouse and touch: taken from its communities, cut, told by people, saved, on the map."""

import re

import pytest
from playwright.sync_api import expect

from clinics_map.models import Catchment
from geo.roles import Role
from tests.e2e.test_drawing import Sheet
from tests.factories import STEP, make_building, make_town, make_user
from tests.factories.records import make_facility

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def town(transactional_db):
    return make_town()


@pytest.fixture
def clinic(town):
    community = town.communities[0][0]
    lon, lat = town.spot(0, 0, 0, 0)
    make_building(community, lon + 0.005, lat + 0.25 * STEP, storeys=2, use="residential")
    make_building(community, lon + 0.005, lat + 0.75 * STEP, storeys=1, use="residential")
    return make_facility(community, *town.spot(0, 0, dx=0.004), code="WS-1", name="南关第一卫生室")


@pytest.mark.parametrize("phone", [False, True], ids=["mouse", "touch"])
def test_a_catchment_is_taken_from_its_community_cut_and_saved(open_page, town, clinic, phone):
    planner = make_user(Role.PLANNER, town.counties[0])
    page = open_page(planner, phone=phone)
    page.goto(f"/clinics/{clinic.pk}/")
    page.get_by_role("link", name="在图上绘制服务范围").click()
    page.wait_for_url(re.compile(r"/drawing/catchment/"))
    gaps = page.get_by_label("未覆盖的部分", exact=True)
    expect(gaps).to_contain_text("1,500 人")  # the second community has no clinic
    page.get_by_role("button", name=re.compile("南关第一卫生室.*按社区取边线")).click()
    facts = page.get_by_label("所选图形")
    expect(facts).to_contain_text("1,500 人")

    sheet = Sheet(page, phone)
    sheet.tool("切分")
    sheet.draw(sheet.spot(0, -0.4, 0.5), sheet.spot(0, 1.4, 0.5))
    expect(page.get_by_text("未保存")).to_have_count(2)
    page.locator("#drawing-zones button").nth(1).click()
    people = facts.get_by_text(re.compile(r"^(1,000|500) 人$"))
    expect(people).to_be_visible()
    page.get_by_role("button", name="移除此图形").click()
    expect(page.get_by_text("未保存")).to_have_count(1)
    expect(gaps).to_contain_text(re.compile(r"(1,000|500) 人"))
    sheet.saved()
    assert Catchment.objects.get().facility == clinic

    page.goto(f"/clinics/{clinic.pk}/")
    expect(page.get_by_text(re.compile(r"(1,000|500)（所绘范围内，按住宅面积推算）"))).to_be_visible()
    expect(page.get_by_role("link", name="在图上修改服务范围")).to_be_visible()
