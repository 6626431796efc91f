"""Many flags at once, a colleague's opinion and spot checks, by real keys, mouse and touch."""

# ruff: noqa: F811 – the fixtures of the desk are used by their names
import re

import pytest
from playwright.sync_api import expect

from geo.models import ChangeFlag, FlagState
from inspections.actions.reviews import decide_flag
from inspections.models import ChangeReview
from tests.e2e.test_review_desk import colleague, flags, open_desk, supervisor, town  # noqa: F401
from tests.factories.records import make_rule_set

pytestmark = pytest.mark.django_db(transaction=True)


def states(rows) -> list[str]:
    return [ChangeFlag.objects.get(pk=row.pk).state for row in rows]


def test_a_batch_is_chosen_and_rejected_by_keys_alone_and_taken_back_as_a_whole(open_page, supervisor, flags):
    page = open_page(supervisor)
    page.goto("/review/batch/")
    expect(page.get_by_role("button", name=re.compile("^阴影"))).to_be_disabled()
    for key in ("ArrowRight", "Space", "ArrowRight", "Space"):
        page.keyboard.press(key)
    expect(page.locator("[data-chosen]")).to_have_text("已选 2 个")
    page.keyboard.press("1")
    expect(page.get_by_text("已排除 2 个图斑：阴影")).to_be_visible()
    assert sorted(states(flags)) == ["pending"] * 3 + ["rejected"] * 2
    page.get_by_role("button", name="撤销上一批").click()
    page.wait_for_url(re.compile(r"/review/\d+/"))
    assert set(states(flags)) == {FlagState.PENDING}


def test_everything_is_chosen_by_one_key_and_a_stretch_by_shift_and_mouse(open_page, supervisor, flags):
    page = open_page(supervisor)
    page.goto("/review/batch/")
    page.locator("ck-review-batch:defined").wait_for()
    page.keyboard.press("a")
    expect(page.locator("[data-chosen]")).to_have_text("已选 5 个")
    page.keyboard.press("a")
    expect(page.locator("[data-chosen]")).to_have_text("已选 0 个")
    boxes = page.get_by_role("checkbox")
    boxes.nth(0).click()
    boxes.nth(3).click(modifiers=["Shift"])
    expect(page.locator("[data-chosen]")).to_have_text("已选 4 个")


def test_a_thumb_chooses_cards_on_the_phone(open_page, supervisor, flags):
    page = open_page(supervisor, phone=True)
    page.goto("/review/batch/")
    page.locator(".review-batch__card").nth(0).tap()
    page.locator(".review-batch__card").nth(2).tap()
    page.get_by_role("button", name="车辆").tap()
    expect(page.get_by_text("已排除 2 个图斑：车辆")).to_be_visible()
    assert ChangeReview.objects.values("batch").distinct().count() == 1


def test_a_flag_goes_to_a_colleague_with_a_note_and_opens_first_there(open_page, supervisor, colleague, flags):
    page = open_page(supervisor)
    open_desk(page, flags[0])
    page.get_by_text("请同事会商").click()
    page.get_by_label("同事", exact=True).select_option(label="赵审核")
    page.get_by_label("要看什么").fill("像不像大棚？")
    page.get_by_role("button", name="转给同事先看").click()
    expect(page.locator(".review__head h2")).to_have_text(flags[1].number)
    other = open_page(colleague)
    other.goto("/review/")
    expect(other.locator(".review__head h2")).to_have_text(flags[0].number)
    expect(other.get_by_text("像不像大棚？")).to_be_visible()


@pytest.mark.parametrize("phone", [False, True])
def test_a_rejection_is_checked_by_another_with_one_key_or_tap(open_page, town, supervisor, colleague, flags, phone):
    make_rule_set(town.city, values={"spot_check_percent": 100})
    for flag in flags[:2]:
        decide_flag(flag_id=flag.pk, outcome="rejected", reason="shadow", by=supervisor)
    page = open_page(colleague, phone=phone)
    page.goto("/review/checks/")
    expect(page.get_by_role("heading", name=flags[0].number)).to_be_visible()
    if phone:
        page.get_by_role("button", name="同意排除").tap()
    else:
        page.locator("ck-review-keys:defined").wait_for()
        page.keyboard.press("y")
    expect(page.get_by_role("heading", name=flags[1].number)).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("李审核"))).to_contain_text("100")
    if phone:
        page.get_by_role("button", name="不同意").tap()
    else:
        page.locator("ck-review-keys:defined").wait_for()
        page.keyboard.press("x")
    page.wait_for_url(re.compile(rf"/review/{flags[1].pk}/"))
    assert states(flags[:2]) == ["rejected", "pending"]
