from __future__ import annotations

import datetime

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from geo.actions.snapshots import report_progress
from geo.models import Snapshot, SnapshotState, Unit
from geo.roles import Role
from tests.factories import make_snapshot, make_user, multi, square
from tests.geo.ingest.drawing import town as draw
from tests.geo.ingest.drawing import write_geotiff, write_plain, write_world_file


@pytest.fixture
def loader(client, town):
    client.force_login(make_user(Role.CENTRE, town.city))
    return client


def upload(path, **more):
    fields = {"title": "春季航片", "captured_on": "2026-03-18", "sensor": "A6100", "operator": "测绘院"}
    return {"image": SimpleUploadedFile(path.name, path.read_bytes()), **fields, **more}


def test_an_upload_is_received_and_its_page_shows_that_it_is_being_checked(loader, tmp_path):
    path = write_geotiff(tmp_path / "航片.tif", draw())
    response = loader.post(reverse("snapshot-new"), upload(path))
    snapshot = Snapshot.objects.get()
    assert response["Location"] == reverse("snapshot-detail", args=[snapshot.pk])
    assert (snapshot.state, snapshot.file_name) == (SnapshotState.RECEIVED, "航片.tif")
    report_progress(snapshot, share=0.42)
    page = loader.get(response["Location"]).content.decode()
    assert "正在检查影像" in page
    assert 'value="42"' in page


def test_a_check_that_nobody_works_on_says_so(loader, town, worker):
    snapshot = make_snapshot(town, datetime.date(2026, 3, 18), state="received")
    address = reverse("snapshot-detail", args=[snapshot.pk])
    assert "后台程序没有运行" not in loader.get(address).content.decode()
    worker(silent_s=90)
    assert "后台程序没有运行" in loader.get(address).content.decode()


def test_a_refused_file_can_be_taken_off_the_list_with_its_files(loader, tmp_path, django_capture_on_commit_callbacks):
    path = write_geotiff(tmp_path / "a.tif", draw())
    loader.post(reverse("snapshot-new"), upload(path))
    snapshot = Snapshot.objects.get()
    folder = (settings.PRIVATE_ROOT / snapshot.original_path).parent
    address = reverse("snapshot-remove", args=[snapshot.pk])
    assert "只能移除未通过检查的影像" in loader.post(address, follow=True).content.decode()
    Snapshot.objects.update(state="refused", reason="x")
    with django_capture_on_commit_callbacks(execute=True):
        assert "已移除" in loader.post(address, follow=True).content.decode()
    assert not Snapshot.objects.exists()
    assert not folder.exists()
    loader.post(reverse("snapshot-new"), upload(path))
    assert Snapshot.objects.get().state == "received"


def test_a_duplicate_links_to_the_snapshot_it_is(loader, tmp_path):
    path = write_geotiff(tmp_path / "a.tif", draw())
    loader.post(reverse("snapshot-new"), upload(path))
    first = Snapshot.objects.get()
    Snapshot.objects.filter(pk=first.pk).update(state="checking")

    Snapshot.objects.filter(pk=first.pk).update(title="早先的航片")
    first.units.set(Unit.objects.all())
    response = loader.post(reverse("snapshot-new"), upload(path))
    page = response.content.decode()
    assert response.status_code == 422
    assert "无需重复上传" in page
    assert reverse("snapshot-detail", args=[first.pk]) in page


def test_a_plain_image_comes_with_its_world_file(loader, tmp_path):
    path = write_plain(tmp_path / "town.jpg", draw())
    world = write_world_file(tmp_path / "town.jgw")
    loader.post(
        reverse("snapshot-new"),
        upload(path, world_file=SimpleUploadedFile("town.jgw", world.read_bytes()), crs="EPSG:4547"),
    )
    snapshot = Snapshot.objects.get()
    folder = (settings.PRIVATE_ROOT / snapshot.original_path).parent
    assert (folder / "original.jgw").read_bytes() == world.read_bytes()
    assert snapshot.declared["crs"] == "EPSG:4547"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"captured_on": "2999-01-01"}, "拍摄日期晚于今天"),
        ({"crs": "EPSG:99999"}, "坐标系无法识别"),
        ({"lon": "113.6"}, "须一并填写"),
        ({"image": SimpleUploadedFile("notes.txt", b"hello")}, "不是可用的文件类型"),
        ({"dsm": SimpleUploadedFile("heights.jpg", b"hello")}, "不是可用的文件类型"),
    ],
)
def test_a_form_with_a_fault_comes_back_with_what_is_wrong(loader, tmp_path, change, said):
    path = write_geotiff(tmp_path / "a.tif", draw())
    response = loader.post(reverse("snapshot-new"), upload(path, **change))
    assert response.status_code == 422
    assert said in response.content.decode()
    assert not Snapshot.objects.exists()


def test_a_refused_snapshot_says_why_on_its_page(loader, town):
    refusal = {"code": "corrupt_block", "finding": "a.tif: block 1,2 of band 2 cannot be decoded"}
    snapshot = make_snapshot(town, datetime.date(2026, 3, 18), state="refused", reason="x", facts={"refusal": refusal})
    snapshot.units.clear()
    page = loader.get(reverse("snapshot-detail", args=[snapshot.pk])).content.decode()
    assert "文件损坏或上传不完整" in page
    assert "block 1,2 of band 2" in page


def test_the_list_shows_what_covers_ones_area_and_nothing_else(client, town):
    own = make_snapshot(town, datetime.date(2026, 3, 18), title="本县航片")
    own.units.set([town.city, town.counties[0], town.townships[0][0], town.communities[0][0]])
    make_snapshot(town, datetime.date(2026, 3, 19), title="邻县航片").units.set([town.city, town.counties[1]])
    client.force_login(make_user(Role.SUPERVISOR, town.counties[0]))
    page = client.get(reverse("snapshot-list")).content.decode()
    assert "本县航片" in page
    assert "邻县航片" not in page
    assert reverse("snapshot-new") not in page


def test_a_foreign_snapshot_does_not_exist_and_loading_needs_the_act(client, town):
    foreign = make_snapshot(town, datetime.date(2026, 3, 18))
    foreign.units.set([town.city, town.counties[1]])
    client.force_login(make_user(Role.SUPERVISOR, town.counties[0]))
    assert client.get(reverse("snapshot-detail", args=[foreign.pk])).status_code == 404
    assert client.get(reverse("snapshot-new")).status_code == 403
    assert client.post(reverse("snapshot-new"), {}).status_code == 403


def test_the_picture_of_a_whole_flight_goes_only_to_those_who_may_see_all_of_it(client, town):
    snapshot = make_snapshot(town, datetime.date(2026, 3, 18), thumbnail_path="snapshots/t.webp")
    (settings.PRIVATE_ROOT / "snapshots").mkdir(exist_ok=True)
    (settings.PRIVATE_ROOT / "snapshots/t.webp").write_bytes(b"picture")
    address = reverse("snapshot-file", args=[snapshot.pk, "thumbnail"])
    client.force_login(make_user(Role.SUPERVISOR, town.counties[0]))
    assert client.get(reverse("snapshot-detail", args=[snapshot.pk])).status_code == 200
    assert client.get(address).status_code == 404
    snapshot.units.set([town.city, town.counties[0], town.communities[0][0]])
    response = client.get(address)
    assert b"".join(response.streaming_content) == b"picture"
    assert client.get(reverse("snapshot-file", args=[snapshot.pk, "original"])).status_code == 404


def test_the_original_goes_to_those_who_load_snapshots(loader, town):
    snapshot = make_snapshot(town, datetime.date(2026, 3, 18), original_path="snapshots/o.tif", file_name="航片.tif")
    (settings.PRIVATE_ROOT / "snapshots").mkdir(exist_ok=True)
    (settings.PRIVATE_ROOT / "snapshots/o.tif").write_bytes(b"original")
    response = loader.get(reverse("snapshot-file", args=[snapshot.pk, "original"]))
    assert b"".join(response.streaming_content) == b"original"
    assert "attachment" in response["Content-Disposition"]


def test_the_footprint_is_drawn_over_ones_own_units(client, town):
    snapshot = make_snapshot(town, datetime.date(2026, 3, 18), footprint=multi(square(113.605, 34.705, 0.01)))
    client.force_login(make_user(Role.SUPERVISOR, town.counties[0]))
    page = client.get(reverse("snapshot-detail", args=[snapshot.pk])).content.decode()
    assert "plan__footprint" in page
    assert "东城区南关街道" in page
    assert "河阴县南关街道" not in page


def test_an_empty_list_says_how_to_begin(loader):
    assert "还没有航拍影像" in loader.get(reverse("snapshot-list")).content.decode()
