"""The review desk by real keys, mouse and touch: one key a decision, the next flag there before it is asked for."""

import datetime
import io
import re

import pytest
from django.conf import settings
from django.utils import timezone
from PIL import Image, ImageDraw
from playwright.sync_api import Page, Route, expect

from geo.models import ChangeFlag, FlagState
from geo.roles import Role
from inspections.actions.reviews import take_flag
from inspections.models import ChangeReview
from tests.factories import make_flag, make_run, make_town, make_user

pytestmark = pytest.mark.django_db(transaction=True)
CHIP_PX = 320
RING = [[100, 100], [220, 100], [220, 220], [100, 220], [100, 100]]


def picture(*, built: bool) -> bytes:
    image = Image.new("RGB", (CHIP_PX, CHIP_PX), (120, 140, 90))
    draw = ImageDraw.Draw(image)
    draw.line([(0, 60), (CHIP_PX, 70)], fill=(200, 200, 190), width=8)
    if built:
        draw.rectangle([100, 100, 220, 220], fill=(200, 80, 60))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG")
    return buffer.getvalue()


def with_chips(flag: ChangeFlag) -> ChangeFlag:
    for side in ("before", "after"):
        path = f"diffs/{flag.run_id}/{flag.pk}-{side}.jpg"
        (settings.PRIVATE_ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (settings.PRIVATE_ROOT / path).write_bytes(picture(built=side == "after"))
        setattr(flag, f"chip_{side}_path", path)
    west, south, east, north = flag.geometry.extent
    wide, high = (east - west) * 100 / 120, (north - south) * 100 / 120
    flag.chip_info = {
        "width_px": CHIP_PX,
        "height_px": CHIP_PX,
        "resolution_m": 0.1,
        "bounds": [west - wide, south - high, east + wide, north + high],
        "outline_px": [RING],
    }
    flag.save()
    return flag


@pytest.fixture
def town(transactional_db):
    return make_town()


@pytest.fixture
def flags(town):
    run = make_run(town)
    unit = town.communities[0][0]
    return [
        with_chips(make_flag(run, unit, *town.spot(0, 0, dx=0.001 * n), confidence=1 - n / 20)) for n in range(1, 6)
    ]


@pytest.fixture
def supervisor(town):
    return make_user(Role.SUPERVISOR, town.counties[0], username="shenhe", display_name="李审核")


@pytest.fixture
def colleague(town):
    return make_user(Role.SUPERVISOR, town.counties[0], username="zhao", display_name="赵审核")


def open_desk(page: Page, flag: ChangeFlag) -> None:
    page.goto("/review/")
    page.wait_for_url(re.compile(r"/review/\d+/"))
    expect(page.locator(".review__head h2")).to_have_text(flag.number)
    expect(page.locator("[data-hold]")).to_be_visible()


def hold_decisions(page: Page) -> list[Route]:
    """Keep every decision from the server until it is let go."""
    held: list[Route] = []
    page.route("**/decide/", lambda route: held.append(route))
    return held


def first_of(held: list[Route], page: Page) -> Route:
    """The page shows the next flag at once: its decision may be held a moment later."""
    while not held:
        page.wait_for_timeout(20)
    return held[0]


def test_the_next_flag_and_its_pictures_were_asked_for_before_the_decision(open_page, supervisor, flags):
    page = open_page(supervisor)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    open_desk(page, flags[0])
    with page.expect_response(lambda answer: f"/files/chip/{flags[1].pk}/after/" in answer.url):
        pass
    before = len(asked)
    page.keyboard.press("y")
    expect(page.locator(".review__head h2")).to_have_text(flags[1].number)
    expect(page.locator("ck-toasts")).to_contain_text(flags[0].number)
    ahead = [line for line in asked[:before] if f"/review/{flags[1].pk}/" in line]
    assert any("part=desk" in line for line in ahead)
    later = [line for line in asked[before:] if f"/review/{flags[1].pk}/" in line and "part=desk" in line]
    assert later == [], "the page of the next flag was loaded once, before the decision"


def test_the_next_flag_is_shown_while_the_decision_is_still_on_its_way(open_page, supervisor, flags):
    page = open_page(supervisor)
    with page.expect_response(lambda answer: f"/files/chip/{flags[1].pk}/after/" in answer.url):
        open_desk(page, flags[0])
    held = hold_decisions(page)
    page.keyboard.press("y")
    expect(page.locator(".review__head h2")).to_have_text(flags[1].number)
    assert ChangeReview.objects.count() == 0
    first_of(held, page).continue_()
    expect(page.locator("ck-toasts")).to_contain_text(flags[0].number)
    assert ChangeReview.objects.get().flag == flags[0]


def test_a_refused_decision_brings_its_flag_back(open_page, supervisor, flags):
    page = open_page(supervisor)
    with page.expect_response(lambda answer: f"/files/chip/{flags[1].pk}/after/" in answer.url):
        open_desk(page, flags[0])
    page.keyboard.press("p")  # no permit is known and none is named
    expect(page.locator("ck-toasts")).to_contain_text("许可证号")
    expect(page.locator(".review__head h2")).to_have_text(flags[0].number)
    assert not ChangeReview.objects.exists()
    open_page.faults[:] = [fault for fault in open_page.faults if "409" not in fault]


def test_taking_back_is_not_lost_while_the_decision_is_still_on_its_way(open_page, supervisor, flags):
    page = open_page(supervisor)
    with page.expect_response(lambda answer: f"/files/chip/{flags[1].pk}/after/" in answer.url):
        open_desk(page, flags[0])
    held = hold_decisions(page)
    page.keyboard.press("y")
    expect(page.locator(".review__head h2")).to_have_text(flags[1].number)
    page.keyboard.press("u")
    with page.expect_response("**/review/undo/"):
        first_of(held, page).continue_()
    expect(page.locator(".review__head h2")).to_have_text(flags[0].number)
    assert not ChangeReview.objects.standing().exists()


def test_five_flags_take_five_keys(open_page, supervisor, flags):
    page = open_page(supervisor)
    open_desk(page, flags[0])
    presses = 0
    for flag, key in zip(flags, ["y", "1", "b", "2", "y"], strict=True):
        expect(page.locator(".review__head h2")).to_have_text(flag.number)
        expect(page.locator("[data-decision] button").first).to_be_enabled()
        page.keyboard.press(key)
        presses += 1
    page.wait_for_url(lambda url: url.endswith("/review/"))
    assert ChangeReview.objects.standing().count() == presses == 5


def test_the_hold_counts_down_is_renewed_by_work_and_runs_out_without(open_page, supervisor, colleague, flags):
    page = open_page(supervisor)
    page.clock.install()
    open_desk(page, flags[0])
    page.clock.run_for(90_000)
    expect(page.locator("[data-hold]")).to_contain_text("8:")
    with page.expect_request("**/take/"):
        page.mouse.move(300, 300)
    expect(page.locator("[data-hold]")).to_contain_text(re.compile("10:00|9:5"))
    page.clock.run_for(601_000)
    expect(page.locator("[data-taken]")).to_contain_text("保留时间已到")
    expect(page.locator("[data-decision] button").first).to_be_disabled()
    ChangeFlag.objects.filter(pk=flags[0].pk).update(taken_until=timezone.now() - datetime.timedelta(seconds=1))
    take_flag(flag_id=flags[0].pk, by=colleague)
    page.get_by_role("button", name="继续审核").click()
    expect(page.locator("[data-taken]")).to_contain_text("赵审核 正在审核")
    assert ChangeFlag.objects.get(pk=flags[0].pk).taken_by == colleague


def test_the_sheet_lists_every_key_that_the_desk_shows(open_page, supervisor, flags):
    page = open_page(supervisor)
    open_desk(page, flags[0])
    shown = {text.strip() for text in page.locator(".review__desk kbd").all_inner_texts()}
    page.keyboard.press("?")
    listed = {text.strip() for text in page.locator("dialog[open] kbd").all_inner_texts()}
    assert shown <= listed
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_a_thumb_decides_on_the_phone(open_page, supervisor, flags):
    page = open_page(supervisor, phone=True)
    page.goto("/review/")
    page.get_by_role("button", name="确认变化").tap()
    expect(page.locator("ck-toasts")).to_contain_text(flags[0].number)
    assert ChangeFlag.objects.get(pk=flags[0].pk).state == FlagState.CONFIRMED


def corner(page: Page, name: str):
    return page.get_by_role("button", name=name, exact=True)


def area_told(page: Page) -> float:
    text = page.locator("[data-edit-area]").inner_text()
    assert re.fullmatch(r"[\d.,]+ ± [\d.,]+ m²", text), text
    return float(text.split(" ±")[0].replace(",", ""))


def drag(page: Page, name: str, dx: int, dy: int) -> None:
    box = corner(page, name).locator(".compare__dot").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx / 2, y + dy / 2)
    page.mouse.move(x + dx, y + dy)
    page.mouse.up()


def test_a_corner_dragged_by_mouse_tells_the_area_and_goes_with_the_confirmation(open_page, supervisor, flags):
    page = open_page(supervisor)
    open_desk(page, flags[0])
    page.keyboard.press("e")
    expect(page.locator("[data-edit-area]")).to_contain_text("m²")
    machine = area_told(page)
    drag(page, "拐点 3", 60, 60)
    expect(page.locator("[data-edit-area]")).not_to_contain_text(f"{machine:,.1f} ±")
    larger = area_told(page)
    assert larger > machine * 1.1
    page.keyboard.press("y")
    expect(page.locator("ck-toasts")).to_contain_text(flags[0].number)
    review = ChangeReview.objects.get()
    assert review.outline_area_m2 == pytest.approx(larger, abs=0.06)
    flag = ChangeFlag.objects.get(pk=flags[0].pk)
    assert flag.geometry.equals(flags[0].geometry), "the machine's outline stays"


def test_corners_move_by_keys_and_each_step_can_be_taken_back(open_page, supervisor, flags):
    page = open_page(supervisor)
    open_desk(page, flags[0])
    page.keyboard.press("e")
    expect(page.locator("[data-edit-area]")).to_contain_text("m²")
    machine = page.locator("[data-edit-area]").inner_text()
    corner(page, "拐点 1").focus()
    page.keyboard.press("Shift+ArrowLeft")
    expect(page.locator("[data-edit-area]")).not_to_have_text(machine)
    corner(page, "拐点 2 之后加拐点").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".compare__corner:not(.compare__corner--middle)")).to_have_count(5)
    page.keyboard.press("Delete")
    expect(page.locator(".compare__corner:not(.compare__corner--middle)")).to_have_count(4)
    for _step in range(3):
        page.keyboard.press("z")
    expect(page.locator("[data-edit-area]")).to_have_text(machine)
    page.keyboard.press("y")
    expect(page.locator("ck-toasts")).to_contain_text(flags[0].number)
    assert ChangeReview.objects.get().outline is None


def test_a_finger_drags_a_corner_on_the_phone(open_page, supervisor, flags):
    page = open_page(supervisor, phone=True)
    page.goto("/review/")
    page.get_by_role("button", name="调整轮廓").tap()
    expect(page.locator("[data-edit-area]")).to_contain_text("m²")
    machine = area_told(page)
    box = corner(page, "拐点 3").locator(".compare__dot").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch = page.context.new_cdp_session(page)
    for kind, dx in (("touchStart", 0), ("touchMove", 20), ("touchMove", 40), ("touchEnd", None)):
        points = [] if dx is None else [{"x": x + dx, "y": y + dx}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    expect(page.locator("[data-edit-area]")).not_to_contain_text(f"{machine:,.1f} ±")
    assert area_told(page) > machine * 1.1


def test_overlays_come_on_demand_and_say_when_they_are_not_kept(open_page, supervisor, flags):
    page = open_page(supervisor)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    open_desk(page, flags[0])
    assert not [url for url in asked if "/overlay/" in url]
    with page.expect_response("**/overlay/alignment/") as answer:
        page.keyboard.press("l")
    assert answer.value.status == 200
    overlay = page.locator("[data-overlay-image=alignment]")
    expect(overlay).to_be_visible()
    place, chip = overlay.bounding_box(), page.locator(".compare__side--after img").first.bounding_box()
    assert place == pytest.approx(chip)
    page.keyboard.press("l")
    expect(overlay).to_be_hidden()
    page.keyboard.press("h")  # this run has no probability file
    expect(page.locator("ck-toasts")).to_contain_text("概率图已不再保存")
