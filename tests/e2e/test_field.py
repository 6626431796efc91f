"""The inspector's phone: four taps to a sent photo, and nothing lost when the network goes."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from playwright.sync_api import Page, expect

from geo.roles import Role
from inspections.models import Inspection, InspectionTask, Photo
from tests.factories import make_building, make_town, make_user
from tests.factories.records import make_checklist, make_task
from tests.inspections.field.conftest import ITEMS
from tests.inspections.photos.drawn import camera_exif, draw_scene, encode

ROOT = Path(__file__).resolve().parents[2]
expect.set_options(timeout=20_000)  # a shared machine may take its time over decoding a photo
pytestmark = pytest.mark.django_db(transaction=True)


class Server:
    """The product in a process of its own on one port, which can go away and come back as a network can."""

    def __init__(self, environment: dict[str, str]) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.environment = environment
        self.process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def start(self) -> None:
        command = ["-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{self.port}", "--threads", "4"]
        self.process = subprocess.Popen(
            [sys.executable, *command, "--log-level", "warning"], cwd=ROOT, env=self.environment, start_new_session=True
        )
        while True:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/healthz") as answer:
                if answer.status == 200:
                    return
            if self.process.poll() is not None:
                pytest.fail(f"the server ended with {self.process.returncode}")
            time.sleep(0.05)

    def stop(self) -> None:
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


@pytest.fixture
def server(transactional_db, settings) -> Iterator[Server]:
    database = connection.settings_dict
    address = f"host={database['HOST'] or 'localhost'}&port={database['PORT'] or '5432'}&user={database['USER']}"
    server = Server(
        {
            **os.environ,
            "DATABASE_URL": f"postgresql:///{database['NAME']}?{address}",
            "PGPASSWORD": database["PASSWORD"] or os.environ.get("PGPASSWORD", ""),
            "MEDIA_ROOT": str(settings.MEDIA_ROOT),
            "SECRET_KEY": settings.SECRET_KEY,
        }
    )
    server.start()
    yield server
    server.stop()


@pytest.fixture
def scene():
    town = make_town()
    lon, lat = town.spot()
    inspector = make_user(Role.INSPECTOR, town.communities[0][0], username="xunchayuan")
    for n in range(4):
        make_building(town.communities[0][0], lon + 0.0004 * n, lat - 0.0003)
    building = make_building(town.communities[0][0], lon - 0.0001, lat + 0.0001)
    task = make_task(
        town.communities[0][0],
        lon,
        lat,
        assigned_to=inspector,
        building=building,
        title="核查建筑：北侧新建房屋",
        checklist=make_checklist(items=ITEMS),
    )
    return inspector, task, lon, lat


def phone_of(open_page, inspector, lon: float, lat: float) -> Page:
    return open_page(
        inspector,
        phone=True,
        geolocation={"longitude": lon, "latitude": lat, "accuracy": 7},
        permissions=["geolocation"],
    )


def take_photo(page: Page, label: str, file: dict, *, exact: bool = True) -> None:
    """Choose a file as a person can: once the page lets them (Playwright itself does not wait for that)."""
    camera = page.get_by_label(label, exact=exact)
    expect(camera).to_be_enabled()
    camera.set_input_files(file)


def jpeg(seed: int = 1) -> dict:
    return {"name": f"IMG_{seed}.jpg", "mimeType": "image/jpeg", "buffer": encode(draw_scene(seed), exif=camera_exif())}


def put_report(page: Page, *, user: int, note: str) -> None:
    """Put a report that waits into the phone's store, older than anything that is captured afterwards."""
    page.evaluate(
        """async ([id, user, note]) => {
            const open = indexedDB.open("chengkan-field");
            const db = await new Promise((done) => { open.onsuccess = () => done(open.result); });
            const write = db.transaction("reports", "readwrite").objectStore("reports").add({
                clientId: id, user, key: "new", taskId: null, title: note, state: "waiting", reason: "", marks: [],
                createdAt: new Date(0).toISOString(), capturedAt: new Date().toISOString(), position: null,
                correction: null, answers: {}, note, sentAt: null,
            });
            await new Promise((done) => { write.onsuccess = done; });
        }""",
        [str(uuid.uuid4()), user, note],
    )


def test_a_photo_from_the_task_list_is_sent_with_the_phone_s_own_position(open_page, server, scene):
    inspector, task, lon, lat = scene
    page = phone_of(open_page, inspector, lon, lat)
    page.goto(f"{server.url}/field/")
    expect(page.get_by_role("link", name=task.title)).to_be_visible()
    expect(page.locator("[data-distance]").first).to_have_text("0 m")
    # Tap 1 opens the camera, which is taps 2 and 3; the photo leads on to its page.
    take_photo(page, f"拍照：{task.title}", jpeg(), exact=False)
    page.wait_for_url(f"**/field/{task.pk}/")
    expect(page.get_by_text("定位良好，±7 m")).to_be_visible()
    page.get_by_role("button", name="发送（1 张照片）").click()  # tap 4
    expect(page.locator("ck-outbox")).to_contain_text("已送达")
    inspection = Inspection.objects.get()
    photo = Photo.objects.get()
    assert (inspection.task, photo.inspection) == (task, inspection)
    assert (photo.position.x, photo.position.y, photo.accuracy_m) == (lon, lat, 7)
    assert photo.item == "found"
    assert InspectionTask.objects.get().state == "done"
    page.get_by_role("link", name="返回我的任务").click()
    expect(page.get_by_text("现在没有派给您的任务")).to_be_visible()
    expect(page.get_by_role("img", name="第一张照片")).to_be_visible()


def test_what_was_captured_without_a_network_is_kept_through_a_reload_and_sent_later(open_page, server, scene):
    inspector, task, lon, lat = scene
    page = phone_of(open_page, inspector, lon, lat)
    page.goto(f"{server.url}/field/")
    page.wait_for_function("navigator.serviceWorker.ready.then(() => caches.match('/field/new/')).then(Boolean)")
    page.goto(f"{server.url}/field/{task.pk}/")
    expect(page.get_by_text("定位良好")).to_be_visible()
    server.stop()

    take_photo(page, "拍照", jpeg(1))
    take_photo(page, "为“现场情况”拍照", jpeg(2), exact=False)
    page.get_by_label("正在建设").check()
    page.get_by_label("层数").fill("2")
    page.reload()  # the draft and the page itself are on the phone
    expect(page.locator(".field-photo img")).to_have_count(2)
    expect(page.get_by_label("正在建设")).to_be_checked()
    page.get_by_role("button", name="发送（2 张照片）").click()
    item = page.locator(".outbox__item")
    expect(item).to_contain_text("待发送")
    expect(item).to_contain_text("网络不通")
    page.goto(f"{server.url}/field/")
    expect(item).to_contain_text("待发送")
    with page.expect_download() as download:
        page.get_by_role("button", name="导出未送达").click()
    with zipfile.ZipFile(Path(download.value.path())) as exported:
        assert exported.testzip() is None
        assert sorted(name.split("/")[0] for name in exported.namelist()) == ["inspections.json", "photos", "photos"]
    assert not Inspection.objects.exists()

    server.start()
    page.get_by_role("button", name="立即发送").click()
    expect(item).to_contain_text("已送达")
    inspection = Inspection.objects.get()
    assert inspection.answers == {"found": "building", "storeys": 2}
    assert inspection.photos.count() == 2
    assert {photo.position.x for photo in inspection.photos.all()} == {lon}
    # Switching the server off is what this test is about.
    open_page.faults[:] = [
        fault for fault in open_page.faults if "ERR_CONNECTION_RE" not in fault and "ERR_FAILED" not in fault
    ]


def test_what_the_server_refuses_asks_for_attention_with_the_reason(open_page, server, scene):
    inspector, _task, lon, lat = scene
    page = phone_of(open_page, inspector, lon, lat)
    page.goto(f"{server.url}/field/new/")
    take_photo(page, "拍照", {"name": "scan.jpg", "mimeType": "image/jpeg", "buffer": b"%PDF-1.7 not a photo"})
    page.get_by_label("备注").fill("门口堆放砂石")
    page.get_by_role("button", name="发送（1 张照片）").click()
    item = page.locator(".outbox__item")
    expect(item).to_contain_text("需处理")
    expect(item).to_contain_text("这不是照片文件")
    assert Inspection.objects.get().note == "门口堆放砂石"
    page.on("dialog", lambda dialog: dialog.accept())
    item.get_by_role("button", name="移除不能发送的").click()
    expect(item).to_contain_text("已送达")
    open_page.faults[:] = [fault for fault in open_page.faults if "422" not in fault]


def test_the_pin_moved_by_hand_goes_beside_the_reading(open_page, server, scene):
    inspector, _task, lon, lat = scene
    page = phone_of(open_page, inspector, lon, lat)
    page.goto(f"{server.url}/field/new/")
    expect(page.get_by_text("定位良好")).to_be_visible()
    take_photo(page, "拍照", jpeg())
    page.get_by_role("button", name="修正位置").click()
    page.locator(".field-map").click(position={"x": 200, "y": 60})
    page.get_by_role("button", name="发送（1 张照片）").click()
    expect(page.locator("ck-outbox")).to_contain_text("已送达")
    inspection = Inspection.objects.get()
    assert (inspection.position.x, inspection.position.y) == (lon, lat)
    assert 0 < inspection.corrected_position.distance(inspection.position) < 0.001
    assert Photo.objects.get().corrected_position == inspection.corrected_position


def test_another_person_on_the_same_phone_does_not_send_it(open_page, server, scene):
    inspector, _task, lon, lat = scene
    page = phone_of(open_page, inspector, lon, lat)
    page.goto(f"{server.url}/field/new/")
    put_report(page, user=inspector.pk + 1000, note="x")
    page.reload()
    expect(page.get_by_text("本机还有另一用户的 1 项未送达")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert not Inspection.objects.exists()


def test_what_the_server_faults_on_holds_nothing_up_behind_it(open_page, server, scene):
    inspector, _task, lon, lat = scene
    page = phone_of(open_page, inspector, lon, lat)
    page.goto(f"{server.url}/field/new/")

    def answer(route) -> None:
        faulty = "服务器处理不了" in (route.request.post_data or "")
        route.fulfill(status=500) if faulty else route.continue_()

    # Before there is anything to send: the worker sends what it finds at moments of its own.
    page.route("**/api/field/inspections/", answer)
    put_report(page, user=inspector.pk, note="服务器处理不了")
    page.get_by_label("备注").fill("门口堆放砂石")
    take_photo(page, "拍照", jpeg())
    page.get_by_role("button", name="发送（1 张照片）").click()
    expect(page.locator(".outbox__item", has_text="已送达")).to_be_visible()
    expect(page.locator(".outbox__item", has_text="待发送")).to_contain_text("服务器出错")
    assert [inspection.note for inspection in Inspection.objects.all()] == ["门口堆放砂石"]
    assert Photo.objects.count() == 1
    open_page.faults[:] = [fault for fault in open_page.faults if "500" not in fault]
