"""What an everyday act costs, counted in the browser: every press of a finger, of the mouse or of a key, every form.

The budgets are those of the interface's brief; an act may get cheaper, never dearer.
"""

import datetime
import re
from dataclasses import dataclass, field

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Request, expect

from geo.models import ChangeFlag, FlagState
from geo.roles import Role
from inspections.actions.penalties import draft_month
from inspections.models import CaseState, PenaltyDecision, PenaltyState, Photo
from inspections.rules.clock import Month
from tests.factories import make_flag, make_run, make_town, make_user
from tests.factories.records import make_checklist, make_task
from tests.inspections.cases.scene import determined_case, found_case, fresh, make_people
from tests.inspections.field.conftest import ITEMS
from tests.inspections.photos.drawn import draw_scene, encode

pytestmark = pytest.mark.django_db(transaction=True)
TAPS_TO_A_SENT_PHOTO = 4
TAPS_IN_THE_PHONE_S_CAMERA = 2  # the shutter and "use this photo": no page sees them
KEYS_TO_DECIDE = 1
CLICKS_TO_A_CASE, FORMS_OF_AN_ACT = 2, 1
CLICKS_FROM_DRAFT_TO_ISSUED = 5

# One press is one `pointerdown`: a click on a label makes two `click` events, and a tap none until the finger is up.
LISTEN = """
for (const kind of ["pointerdown", "keydown"]) {
    addEventListener(kind, (event) => { if (event.isTrusted && !event.repeat) window.ckPressed(kind); }, true);
}
"""


@dataclass
class Spent:
    """What a person has done on a page since it was counted from."""

    presses: int = 0
    keys: int = 0
    forms: list[str] = field(default_factory=list)

    def press(self, kind: str) -> None:
        if kind == "pointerdown":
            self.presses += 1
        else:
            self.keys += 1

    def sent(self, request: Request) -> None:
        if request.method == "POST" and request.is_navigation_request():
            self.forms.append(request.url)


def count_on(page: Page) -> Spent:
    """Count from the next page that is opened."""
    spent = Spent()
    page.expose_function("ckPressed", spent.press)
    page.add_init_script(LISTEN)
    page.on("request", spent.sent)
    return spent


@pytest.fixture
def town(transactional_db):
    return make_town()


@pytest.fixture
def people(town):
    return make_people(town)


def states_of(flags: list[ChangeFlag]) -> dict[str, str]:
    rows = ChangeFlag.objects.filter(pk__in=[flag.pk for flag in flags])
    return {flag.number: flag.state for flag in rows}


def test_an_inspector_sends_a_photo_with_four_taps(open_page, town):
    lon, lat = town.spot()
    inspector = make_user(Role.INSPECTOR, town.communities[0][0])
    make_task(town.communities[0][0], lon, lat, assigned_to=inspector, checklist=make_checklist(items=ITEMS))
    place = {"longitude": lon, "latitude": lat, "accuracy": 6}
    page = open_page(inspector, phone=True, geolocation=place, permissions=["geolocation"])
    spent = count_on(page)
    page.goto("/")
    camera = page.get_by_label(re.compile("^拍照：")).first
    expect(camera).to_be_enabled()
    with page.expect_file_chooser() as chooser:
        page.locator("label", has=camera).or_(page.locator(f"label[for='{camera.get_attribute('id')}']")).first.tap()
    chooser.value.set_files({"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": encode(draw_scene(5))})
    page.wait_for_url(re.compile(r"/field/\d+/"))
    page.get_by_role("button", name=re.compile("发送")).tap()
    expect(page.locator("ck-outbox")).to_contain_text("已送达")
    assert Photo.objects.count() == 1
    assert 0 < spent.presses <= TAPS_TO_A_SENT_PHOTO - TAPS_IN_THE_PHONE_S_CAMERA
    assert spent.keys == 0


def test_a_supervisor_decides_with_one_key_and_takes_it_back_with_one(open_page, town):
    run = make_run(town)
    flags = [make_flag(run, town.communities[0][0], *town.spot(0, 0, dx=0.001 * n)) for n in range(1, 4)]
    page = open_page(make_user(Role.SUPERVISOR, town.counties[0]))
    spent = count_on(page)
    page.goto("/")
    page.wait_for_url(re.compile(r"/review/\d+/"))
    expect(page.locator("[data-hold]")).to_be_visible()
    first, shown = page.locator(".review__head h2").inner_text(), page.locator(".review__head h2")
    page.keyboard.press("y")
    expect(shown).not_to_have_text(first)
    expect(page.locator("ck-toasts")).to_contain_text(first)
    second = shown.inner_text()
    page.keyboard.press("1")
    expect(page.locator("ck-toasts")).to_contain_text(second)
    expect(shown).not_to_have_text(second)
    assert states_of(flags)[first] == FlagState.CONFIRMED
    assert states_of(flags)[second] == FlagState.REJECTED
    assert (spent.keys, spent.presses) == (2 * KEYS_TO_DECIDE, 0)
    page.keyboard.press("u")
    expect(shown).to_have_text(second)
    assert states_of(flags)[second] == FlagState.PENDING
    assert spent.keys == 2 * KEYS_TO_DECIDE + 1


@pytest.mark.parametrize("phone", [False, True], ids=["1440x900", "390x844"])
def test_an_officer_comes_to_the_case_in_two_clicks_and_acts_with_one_form(open_page, town, people, phone):
    case = found_case(town, people, run=make_run(town))
    page = open_page(people.county, phone=phone)
    spent = count_on(page)
    page.goto("/")
    page.get_by_role("link", name=re.compile(case.number)).first.click()
    page.wait_for_url(f"**/cases/{case.number}/")
    assert 0 < spent.presses <= CLICKS_TO_A_CASE
    act = page.locator("details", has=page.locator("summary", has_text="移交认定")).first
    act.locator("summary").click()
    act.get_by_label("未取得建设工程规划许可").check()
    act.get_by_role("button").click()
    expect(page.get_by_text("认定中", exact=True).first).to_be_visible()
    assert fresh(case).state == CaseState.ROUTED
    assert len(spent.forms) == FORMS_OF_AN_ACT


def test_the_office_issues_a_draft_with_at_most_five_clicks(open_page, town, people):
    last_month = Month.of(timezone.localdate()).previous()
    before = timezone.now() - datetime.timedelta(days=75)
    determined_case(town, people, at=before)
    draft_month(month=last_month, counties=town.counties, by=people.office)
    page = open_page(people.office)
    spent = count_on(page)
    page.goto("/")
    page.get_by_role("link", name=re.compile(re.escape(town.counties[0].name))).first.click()
    page.wait_for_url(re.compile(r"/penalties/\d+/"))
    page.get_by_role("button", name="下达", exact=True).click()
    expect(page.get_by_text(re.compile(r"已下达 \S+号"))).to_be_visible()
    assert PenaltyDecision.objects.get().state == PenaltyState.ISSUED
    assert 0 < spent.presses <= CLICKS_FROM_DRAFT_TO_ISSUED
    assert len(spent.forms) == 1
