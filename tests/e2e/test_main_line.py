"""The whole way in a browser: two snapshots in, a reviewed change, an inspection with a photo, a penalty out.

Every step is the real one: files through the upload page, jobs through a worker process, the phone with a set position.
"""

import datetime
import io
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from geo.models import ChangeFlag, DiffRun, Unit, User
from geo.roles import Bureau, Role
from inspections.actions.rule_sets import adopt_default_rules
from inspections.models import Case, Inspection, PenaltyLine, Photo
from tests.factories import make_user
from tests.inspections.photos.drawn import draw_scene, encode

ROOT = Path(__file__).resolve().parents[2]
JOB_MS = 240_000  # a shared machine may take its time over a job
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def drawn_town(tmp_path_factory) -> Path:
    """The small demo town as files, as a user would have them."""
    folder = tmp_path_factory.mktemp("town")
    subprocess.run(
        [sys.executable, "-m", "geo.demo", "generate", str(folder), "--scale", "small"], cwd=ROOT, check=True
    )
    return folder


@pytest.fixture
def imported(transactional_db, drawn_town) -> Path:
    call_command("import_layers", str(drawn_town), verbosity=0)
    adopt_default_rules(city=city(), effective_from=datetime.date(2020, 1, 1), by=None)
    return drawn_town


def city() -> Unit:
    return Unit.objects.get(level="city")


def load_snapshot(page: Page, file: Path, *, day: str, title: str) -> None:
    page.goto("/snapshots/new/")
    page.get_by_label("影像文件").set_input_files(file)
    page.get_by_label("名称").fill(title)
    page.get_by_label("拍摄日期").fill(day)
    page.get_by_role("button", name="上传并检查").click()
    page.wait_for_url(re.compile(r"/snapshots/\d+/"))
    expect(page.get_by_text("可用", exact=True).first).to_be_visible(timeout=JOB_MS)


def compare(page: Page) -> DiffRun:
    page.goto("/diffs/new/")
    page.get_by_label("前期影像").select_option(index=2)
    page.get_by_label("后期影像").select_option(index=1)
    page.get_by_role("button", name="开始比对").click()
    page.wait_for_url(re.compile(r"/diffs/\d+/"))
    expect(page.get_by_text("已完成", exact=True).first).to_be_visible(timeout=JOB_MS)
    run = DiffRun.objects.get()
    assert run.flag_count, "the drawn town has new buildings between its first two dates"
    return run


def confirm_first_flag(page: Page) -> Case:
    page.goto("/review/")
    page.wait_for_url(re.compile(r"/review/\d+/"))
    for side in ("before", "after"):  # both chips are really there
        picture = page.locator(f".compare__side--{side} img").first
        expect(picture).to_be_visible()
        assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 50
    number = page.locator(".review__head h2").first.inner_text()
    page.keyboard.press("y")
    expect(page.locator(".review__head h2").first).not_to_have_text(number)
    expect(page.locator("ck-toasts")).to_contain_text(number)  # the next flag is shown before the answer comes
    case = Case.objects.get()
    assert case.sources.get().flag.number == number
    return case


def act(page: Page, case: Case, title: str):
    """Open one act of the case page and return its form."""
    page.goto(f"/cases/{case.number}/")
    section = page.locator("details", has=page.locator("summary", has_text=title)).first
    section.locator("summary").click()
    return section


def inspector_of(case: Case) -> User:
    return make_user(Role.INSPECTOR, case.unit, username="xunchayuan")


def assign(page: Page, case: Case, inspector: User) -> None:
    page.goto(f"/cases/{case.number}/")
    page.get_by_role("link", name="派发巡查").first.click()
    page.get_by_label("巡查员").select_option(label=re.compile(str(inspector)).pattern)
    page.get_by_role("button", name="派发").click()
    page.wait_for_url(lambda url: "/tasks/new" not in url)


def inspect_on_phone(page: Page, *, lon: float, lat: float) -> None:
    page.goto("/field/")
    picture = {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": encode(draw_scene(5))}
    page.get_by_label(re.compile("^拍照：")).first.set_input_files(picture)
    page.wait_for_url(re.compile(r"/field/\d+/"))
    page.get_by_role("button", name=re.compile("发送")).click()
    expect(page.locator("ck-outbox")).to_contain_text("已送达")
    photo = Photo.objects.get()
    assert (photo.position.x, photo.position.y) == pytest.approx((lon, lat))
    assert Inspection.objects.get().case is not None


def checking_day_passed() -> bool:
    return timezone.localdate().day > 25


def determine(page: Page, case: Case) -> None:
    form = act(page, case, "认定")
    form.get_by_label("认定为私搭乱建").check()
    form.get_by_label("依据的量算").select_option(index=1)
    form.get_by_label("理由").fill("未取得建设工程规划许可证")
    if checking_day_passed():  # else this month's line would only come next month
        moment = timezone.localtime().replace(day=24, hour=10, minute=0)
        form.get_by_label("认定时间").fill(moment.strftime("%Y-%m-%dT%H:%M"))
        form.get_by_label("原认定文号").fill("规认〔2026〕7号")
    form.get_by_role("button", name="作出认定").click()
    expect(page.get_by_text("认定面积 (m²)")).to_be_visible()


def pdf_text(page: Page) -> str:
    address = page.get_by_role("link", name=re.compile("PDF")).first.get_attribute("href")
    answer = page.request.get(address)
    assert answer.headers["content-type"] == "application/pdf"
    return "".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(answer.body())).pages)


def test_two_snapshots_in_a_penalty_out(open_page, worker, imported):
    worker()
    centre = open_page(make_user(Role.CENTRE, city(), username="zhongxin"))
    load_snapshot(centre, imported / "ortho_20260318.tif", day="2026-03-18", title="第一期")
    load_snapshot(centre, imported / "ortho_20260620.tif", day="2026-06-20", title="第二期")
    compare(centre)

    county = ChangeFlag.objects.pending().in_review_order().first().unit.at_level("county")
    supervisor = open_page(make_user(Role.SUPERVISOR, county, username="shenhe"))
    case = confirm_first_flag(supervisor)
    inspector = inspector_of(case)
    assign(supervisor, case, inspector)

    place = {"longitude": case.location.x, "latitude": case.location.y, "accuracy": 6}
    phone = open_page(inspector, phone=True, geolocation=place, permissions=["geolocation"])
    inspect_on_phone(phone, lon=case.location.x, lat=case.location.y)

    form = act(supervisor, case, "移交认定")
    form.get_by_label("未取得建设工程规划许可").check()
    form.get_by_role("button").click()

    brigade = open_page(make_user(Role.BRIGADE, city(), username="zhidui"))
    form = act(brigade, case, "丈量")
    form.get_by_label("长（m）").fill("12.40")
    form.get_by_label("宽（m）").fill("10.35")
    form.get_by_role("button").click()
    expect(brigade.get_by_text("128.3").first).to_be_visible()  # beside what was measured from the air
    assert set(case.measurements.values_list("kind", flat=True)) == {"aerial", "typed"}

    bureau = open_page(make_user(Role.BUREAU, city(), bureau=Bureau.PLANNING, username="guihua"))
    determine(bureau, case)

    office = open_page(make_user(Role.OFFICE, city(), username="lingdaoxiaozu"))
    office.goto("/penalties/")
    office.locator("#draft").get_by_role("button", name="起草").click()
    if "/penalties/" in office.url and not re.search(r"/penalties/\d+/", office.url):
        office.get_by_role("link", name=re.compile("¥")).first.click()
    office.wait_for_url(re.compile(r"/penalties/\d+/"))
    line = PenaltyLine.objects.get()
    assert line.area_m2 == Decimal("128.34")
    assert line.amount == Decimal("128.34") * 300
    text = re.sub(r"\s", "", pdf_text(office))
    assert "关于扣缴妨害城市建设经济补偿金" in text
    assert county.name in text
    assert "38,502.00" in text
    assert line.month == timezone.localdate().replace(day=1)


def told_by_the_api(page: Page) -> set[int]:
    answer = page.request.get("/api/flags/?limit=1000").json()
    features = answer.get("results", answer)["features"]
    return {feature["id"] for feature in features}


def test_the_neighbour_county_s_supervisor_sees_none_of_it(open_page, worker, imported):
    worker()
    centre = open_page(make_user(Role.CENTRE, city(), username="zhongxin"))
    load_snapshot(centre, imported / "ortho_20260318.tif", day="2026-03-18", title="第一期")
    load_snapshot(centre, imported / "ortho_20260620.tif", day="2026-06-20", title="第二期")
    compare(centre)
    flags = ChangeFlag.objects.pending()
    county = flags.in_review_order().first().unit.at_level("county")
    supervisor = open_page(make_user(Role.SUPERVISOR, county, username="shenhe"))
    case = confirm_first_flag(supervisor)

    inside = set(flags.filter(unit__path__startswith=county.path).values_list("pk", flat=True))
    other = Unit.objects.filter(level="county").exclude(pk=county.pk).order_by("code").last()
    neighbour = open_page(make_user(Role.SUPERVISOR, other, username="linxian"))
    neighbour.goto("/cases/")
    expect(neighbour.get_by_text(case.number)).to_have_count(0)
    for address in [f"/cases/{case.number}/", *(f"/review/{pk}/" for pk in inside)]:
        answer = neighbour.request.get(address)
        assert answer.status == 404, address
    assert inside <= told_by_the_api(supervisor)
    assert not inside & told_by_the_api(neighbour)
    neighbour.goto(f"/map/?lon={case.location.x}&lat={case.location.y}&zoom=18")
    expect(neighbour.get_by_text(case.number)).to_have_count(0)
