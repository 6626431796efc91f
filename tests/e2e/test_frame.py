"""The frame of every page: the way in, and what does not fit into the bar of places is in its menu."""

import pytest
from playwright.sync_api import expect

from geo.roles import Role
from geo.templatetags.navigation import PLACES
from tests.factories import PASSWORD, make_user


@pytest.mark.parametrize("phone", [False, True], ids=["1440x900", "390x844"])
def test_signing_in_by_the_form_leads_to_the_work_of_one_s_post(open_page, town, phone):
    make_user(Role.OFFICE, town.city, username="bangongshi")
    page = open_page(phone=phone)
    page.goto("/")
    page.locator("input[name=login]").fill("bangongshi")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main form button[type=submit]").first.click()
    expect(page.get_by_role("heading", name="本月", level=1)).to_be_visible()


@pytest.mark.parametrize("width", [800, 1100, 1440])
def test_every_place_is_in_sight_or_in_the_menu_beside_it(open_page, town, width):
    office = make_user(Role.OFFICE, town.city)
    page = open_page(office)
    page.set_viewport_size({"width": width, "height": 800})
    page.goto("/")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.goto("/cases/")
    bar, more = page.locator(".site-nav > ck-nav > ul"), page.locator(".site-nav [data-more]")
    expect(bar.get_by_role("link", name="Cases")).to_be_visible()  # where one is stays in sight
    edge = bar.bounding_box()
    for link in bar.get_by_role("link").all():
        if link.is_visible():
            box = link.bounding_box()
            assert box["x"] + box["width"] <= edge["x"] + edge["width"] + 1
    if more.is_visible():
        more.locator("summary").click()
    seen = bar.get_by_role("link").filter(visible=True).count() + more.get_by_role("link").filter(visible=True).count()
    acts = [place.act if isinstance(place.act, tuple) else (place.act,) for place in PLACES]
    assert seen == sum(any(map(office.can, some)) for some in acts)
