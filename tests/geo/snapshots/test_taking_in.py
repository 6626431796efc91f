from __future__ import annotations

import datetime

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from procrastinate.contrib.django.models import ProcrastinateJob

from geo.actions import snapshots as action
from geo.actions.snapshots import DuplicateSnapshot, Flight, Incoming, check_snapshot, take_in_snapshot
from geo.crs import LonLat
from geo.ingest import Declared, sha256_of
from geo.models import Snapshot, SnapshotState
from geo.roles import Role
from tests.factories import make_user
from tests.geo.ingest.drawing import town as draw
from tests.geo.ingest.drawing import write_geotiff, write_plain, write_world_file

FLIGHT = Flight("春季航片", datetime.date(2026, 3, 18), "A6100", "测绘院")
# 463 400, 3 841 600 of EPSG:4547 is 113.6003°E 34.7006°N, in the south-western community of the test town.


@pytest.fixture
def loader(town):
    return make_user(Role.CENTRE, town.city)


@pytest.fixture
def ortho(tmp_path):
    return write_geotiff(tmp_path / "航片.tif", draw(rows=600, columns=700))


def taken_in(path, by=None, **more):
    return take_in_snapshot(image=Incoming(path, path.name), flight=FLIGHT, by=by, **more)


def test_a_snapshot_is_received_with_its_checksum_and_a_job_to_check_it(loader, ortho):
    snapshot = taken_in(ortho, loader)
    assert snapshot.state == SnapshotState.RECEIVED
    assert snapshot.sha256 == sha256_of(ortho)
    assert snapshot.loaded_by == loader
    job = ProcrastinateJob.objects.get()
    assert (job.task_name, job.args) == ("geo.tasks.check_snapshot", {"snapshot_id": snapshot.pk})


def test_the_original_is_kept_byte_by_byte_and_read_only(loader, ortho, settings):
    snapshot = check_snapshot(snapshot=taken_in(ortho, loader))
    original = settings.PRIVATE_ROOT / snapshot.original_path
    assert sha256_of(original) == sha256_of(ortho) == snapshot.sha256
    assert original.stat().st_mode & 0o222 == 0
    assert snapshot.sha256 in str(original)


def test_a_checked_snapshot_is_ready_with_facts_copies_and_the_units_it_covers(loader, ortho, town):
    snapshot = check_snapshot(snapshot=taken_in(ortho, loader))
    assert snapshot.state == SnapshotState.READY
    assert (snapshot.width_px, snapshot.height_px, snapshot.source_crs) == (700, 600, "EPSG:4547")
    assert snapshot.resolution_m == pytest.approx(0.5, rel=1e-3)
    assert snapshot.footprint_area_m2 == pytest.approx(350 * 300, rel=1e-3)
    assert snapshot.web_file.is_file()
    assert snapshot.reading_file.is_file()
    community = town.communities[0][0]
    assert list(snapshot.units.order_by("path")) == [town.city, town.counties[0], town.townships[0][0], community]


def test_the_units_it_covers_decide_who_sees_it(loader, ortho, town):
    snapshot = check_snapshot(snapshot=taken_in(ortho, loader))
    own = make_user(Role.SUPERVISOR, town.counties[0])
    neighbour = make_user(Role.SUPERVISOR, town.counties[1])
    assert snapshot in Snapshot.objects.for_user(own)
    assert snapshot not in Snapshot.objects.for_user(neighbour)


def test_the_same_bytes_again_are_refused_with_the_snapshot_they_became(loader, ortho, tmp_path):
    first = taken_in(ortho, loader)
    copy = tmp_path / "another name.tif"
    copy.write_bytes(ortho.read_bytes())
    with pytest.raises(DuplicateSnapshot, match="春季航片") as caught:
        taken_in(copy, loader)
    assert caught.value.existing == first
    assert Snapshot.objects.count() == 1


def test_a_refused_file_may_come_again_with_what_was_missing(loader, tmp_path):
    path = write_plain(tmp_path / "town.png", draw())
    refused = check_snapshot(snapshot=taken_in(path, loader))
    assert refused.state == SnapshotState.REFUSED
    declared = Declared(center=LonLat(113.605, 34.705), resolution_m=0.5)
    again = check_snapshot(snapshot=taken_in(path, loader, declared=declared))
    assert again.pk == refused.pk
    assert again.state == SnapshotState.READY
    assert again.source_crs == "EPSG:4547"


def test_a_bad_world_file_of_a_refused_try_is_gone_when_the_file_comes_again(loader, tmp_path, settings):
    path = write_plain(tmp_path / "town.jpg", draw(rows=300, columns=400))
    bad = tmp_path / "town.jgw"
    bad.write_text("0.5\n0\n0\n-0.5\n1\n1\n", encoding="ascii")  # no place of the city
    refused = check_snapshot(
        snapshot=take_in_snapshot(
            image=Incoming(path, path.name, (bad,)), flight=FLIGHT, by=loader, declared=Declared(crs="EPSG:4547")
        )
    )
    assert refused.state == SnapshotState.REFUSED
    declared = Declared(crs="EPSG:4547", center=LonLat(113.6003, 34.7006), resolution_m=0.5)

    again = check_snapshot(snapshot=taken_in(path, loader, declared=declared))

    assert (again.pk, again.state) == (refused.pk, SnapshotState.READY)
    assert again.facts["georeference"] != "world_file"


def test_a_refusal_says_why_in_chinese_and_exactly(loader, tmp_path, settings):
    path = write_geotiff(tmp_path / "远方.tif", draw(), crs="EPSG:4549")
    snapshot = check_snapshot(snapshot=taken_in(path, loader))
    assert snapshot.state == SnapshotState.REFUSED
    assert "不在本辖区" in snapshot.reason
    assert "远方.tif" in snapshot.reason
    assert "km from the jurisdiction" in snapshot.reason
    assert snapshot.units.count() == 0
    left = {file.name for file in (settings.PRIVATE_ROOT / snapshot.original_path).parent.iterdir()}
    assert left <= {"original.tif", "progress.json"}


def test_a_damaged_file_is_refused_by_block_and_leaves_no_copies(loader, ortho, tmp_path, settings):
    content = ortho.read_bytes()
    broken = tmp_path / "broken.tif"
    broken.write_bytes(content[: len(content) // 2])
    snapshot = check_snapshot(snapshot=taken_in(broken, loader))
    assert snapshot.state == SnapshotState.REFUSED
    assert "文件损坏" in snapshot.reason
    assert not list((settings.PRIVATE_ROOT / snapshot.original_path).parent.glob("web*"))


def test_without_units_a_snapshot_cannot_be_placed(db, ortho):
    assert "行政区划" in check_snapshot(snapshot=taken_in(ortho)).reason


def test_a_fault_of_our_own_shows_on_the_snapshot_and_fails_the_job(loader, ortho, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("disk on fire")

    monkeypatch.setattr(action, "make_web_cog", broken)
    snapshot = taken_in(ortho, loader)
    with pytest.raises(RuntimeError, match="disk on fire"):
        check_snapshot(snapshot=snapshot)
    snapshot.refresh_from_db()
    assert snapshot.state == SnapshotState.REFUSED
    assert "意外错误" in snapshot.reason


def test_a_check_that_was_killed_midway_runs_again_to_the_same_end(loader, ortho):
    snapshot = taken_in(ortho, loader)
    Snapshot.objects.filter(pk=snapshot.pk).update(state=SnapshotState.CHECKING)
    snapshot.refresh_from_db()
    assert check_snapshot(snapshot=snapshot).state == SnapshotState.READY


def test_a_ready_snapshot_is_not_checked_again(loader, ortho):
    snapshot = check_snapshot(snapshot=taken_in(ortho, loader))
    web_time = snapshot.web_file.stat().st_mtime_ns
    check_snapshot(snapshot=snapshot)
    assert snapshot.web_file.stat().st_mtime_ns == web_time


def test_a_dsm_comes_along_and_its_heights_are_kept(loader, ortho, tmp_path):
    surface = np.full((1, 300, 350), 101.0, np.float32)
    surface[0, 10:40, 10:40] = 110.0
    dsm = write_geotiff(tmp_path / "dsm.tif", surface, resolution=1.0)
    snapshot = check_snapshot(snapshot=taken_in(ortho, loader, dsm=Incoming(dsm, dsm.name)))
    assert snapshot.state == SnapshotState.READY
    assert snapshot.dsm_file.is_file()
    assert snapshot.facts["dsm"]["max_m"] == 110.0


def test_a_bad_dsm_refuses_the_whole_and_names_the_dsm(loader, ortho, tmp_path):
    dsm = write_geotiff(tmp_path / "dsm.tif", np.full((1, 300, 350), -9999.0, np.float32), resolution=1.0)
    snapshot = check_snapshot(snapshot=taken_in(ortho, loader, dsm=Incoming(dsm, "高程.tif")))
    assert "高程值不合理" in snapshot.reason


def test_the_command_takes_a_plain_image_with_its_world_file(town, tmp_path, capsys):
    path = write_plain(tmp_path / "town.jpg", draw())
    write_world_file(tmp_path / "town.jgw")
    call_command("ingest_snapshot", str(path), "--date", "2026-03-18", "--crs", "EPSG:4547", "--sensor", "A6100")
    snapshot = Snapshot.objects.get()
    assert (snapshot.state, snapshot.title, snapshot.sensor) == (SnapshotState.READY, "town", "A6100")
    assert snapshot.facts["georeference"] == "world_file"
    assert f"snapshot {snapshot.pk}: 2026-03-18 400 x 300 px" in capsys.readouterr().out


def test_the_command_names_the_duplicate_and_the_refusal(town, ortho, tmp_path):
    call_command("ingest_snapshot", str(ortho), "--date", "2026-03-18")
    with pytest.raises(CommandError, match=r"航片\.tif is already in as snapshot \d+"):
        call_command("ingest_snapshot", str(ortho), "--date", "2026-03-18")
    plain = write_plain(tmp_path / "plain.png", draw())
    with pytest.raises(CommandError, match=r"refused: plain\.png: nothing says where it lies"):
        call_command("ingest_snapshot", str(plain), "--date", "2026-03-18")
    with pytest.raises(CommandError, match="no such file"):
        call_command("ingest_snapshot", str(tmp_path / "none.tif"), "--date", "2026-03-18")


def test_the_command_may_leave_the_check_to_the_worker(town, ortho):
    call_command("ingest_snapshot", str(ortho), "--date", "2026-03-18", "--queue", "--center", "113.6,34.7")
    assert Snapshot.objects.get().state == SnapshotState.RECEIVED
    assert ProcrastinateJob.objects.count() == 1


def test_a_late_second_checker_leaves_a_ready_snapshot_and_its_copies_alone(loader, ortho, monkeypatch):
    snapshot = taken_in(ortho, loader)
    late = Snapshot.objects.get(pk=snapshot.pk)
    prove = action._prove

    def overtaken(*args):
        """The other worker finishes while this one stands still; then this one fails."""
        monkeypatch.setattr(action, "_prove", prove)
        check_snapshot(snapshot=Snapshot.objects.get(pk=snapshot.pk))
        raise RuntimeError("the disk went away")

    monkeypatch.setattr(action, "_prove", overtaken)
    with pytest.raises(RuntimeError):
        check_snapshot(snapshot=late)

    snapshot.refresh_from_db()
    assert (snapshot.state, snapshot.reason) == (SnapshotState.READY, "")
    assert snapshot.web_file.is_file()
    assert snapshot.reading_file.is_file()


def test_a_checker_that_read_the_row_before_it_was_ready_proves_nothing_again(loader, ortho, monkeypatch):
    late = taken_in(ortho, loader)
    check_snapshot(snapshot=Snapshot.objects.get(pk=late.pk))
    monkeypatch.setattr(action, "_prove", lambda *_args: pytest.fail("it was proven already"))

    assert check_snapshot(snapshot=late).state == SnapshotState.READY
