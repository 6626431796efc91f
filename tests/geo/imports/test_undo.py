"""Undoing an import as a whole, and what stands against it."""

from datetime import timedelta

import pghistory
import pytest
from django.urls import reverse
from django.utils import timezone

from clinics_map.models import Facility
from geo.actions.import_jobs import forget_old_files
from geo.actions.import_undo import run_undo
from geo.models import Building, ControlArea, ImportJob, ImportJobState, ImportRun, Notice, Unit
from geo.notice_words import sentence
from geo.roles import Role
from tests.factories import make_building, make_user, multi, records, square
from tests.geo.importers.making import SOUTH, WEST, house, houses, write
from tests.geo.imports.conftest import Desk, write_xlsx


@pytest.fixture
def imported(desk, town, tmp_path):
    """One house changed and two made by one file."""
    make_building(town.communities[0][0], WEST + 0.0013, SOUTH + 0.004, code="H0001", storeys=5, household="旧主")
    rows = [
        ({"code": f"H000{n}", "storeys": 2, "household": "新主"}, geometry)
        for n, (_, geometry) in enumerate(houses(3), 1)
    ]
    job = desk.start(desk.send(write(tmp_path / "h.gpkg", rows)))
    assert (job.counts["created"], job.counts["updated"]) == (2, 1)
    return job


def test_what_was_made_goes_and_what_was_changed_is_put_back(desk, imported):
    page = desk.page("import-undo", imported)
    assert "新增的 2 条" in page
    assert "更新的 1 条" in page
    answer = desk.client.post(reverse("import-undo", args=[imported.pk]), follow=True)
    assert "删除 2 条，恢复 1 条" in answer.content.decode()
    house_before = Building.objects.get()
    assert (house_before.code, house_before.storeys, house_before.household) == ("H0001", 5, "旧主")
    imported.refresh_from_db()
    assert imported.state == ImportJobState.UNDONE
    assert ImportRun.objects.get().undone_by is not None


def test_the_same_file_can_be_imported_again_after_its_undoing(desk, imported):
    desk.client.post(reverse("import-undo", args=[imported.pk]))
    job = desk.start(imported)
    assert (job.state, Building.objects.count()) == (ImportJobState.DONE, 3)


def test_a_row_changed_since_is_named_and_nothing_is_undone(desk, imported):
    with pghistory.context():  # a later transaction, as the history sees it
        Building.objects.filter(code="H0002").update(storeys=7)
    page = desk.page("import-undo", imported)
    assert "H0002：导入之后又有修改" in page
    desk.client.post(reverse("import-undo", args=[imported.pk]))
    assert Building.objects.count() == 3
    assert Building.objects.get(code="H0001").household == "新主"


def test_a_row_on_which_a_case_was_hung_is_named_and_nothing_is_undone(desk, imported, town):
    new = Building.objects.get(code="H0003")
    records.make_case(town.communities[0][0], WEST + 0.002, SOUTH + 0.004, building=new)
    assert "H0003：已挂有" in desk.page("import-undo", imported)
    desk.client.post(reverse("import-undo", args=[imported.pk]))
    assert Building.objects.count() == 3


def test_a_tree_of_clinics_made_by_one_file_goes_from_its_leaves(client, town, tmp_path):
    client.force_login(make_user(Role.HEALTH, town.city))
    health = Desk(client)
    lon, lat = town.spot()
    rows = [["W3", "丙", "W2", lon, lat], ["W1", "甲", "", lon, lat], ["W2", "乙", "W1", lon, lat]]
    path = write_xlsx(tmp_path / "c.xlsx", ["机构编号", "名称", "上级机构", "经度", "纬度"], rows)
    job = health.start(health.send(path, "clinics"), map_shift="none")
    assert Facility.objects.count() == 3, (job.error, job.counts)
    client.post(reverse("import-undo", args=[job.pk]))
    assert not Facility.objects.exists()


def test_a_control_area_is_linked_again_to_the_units_it_touched_before(client, town, tmp_path):
    client.force_login(make_user(Role.PLANNER, town.city))
    desk = Desk(client)
    unit = town.communities[0][0]
    area = ControlArea.objects.create(code="K1", name="旧", boundary=multi(square(WEST + 0.002, SOUTH + 0.002, 0.004)))
    area.units.set(Unit.objects.filter(code__in=[*unit.ancestor_codes, unit.code]))
    moved = house(WEST + 0.012, SOUTH + 0.012, 0.004, 0.004)
    job = desk.start(desk.send(write(tmp_path / "k.gpkg", [({"code": "K1", "name": "新"}, moved)]), "control_areas"))
    assert job.state == ImportJobState.DONE, (job.error, job.counts)
    assert unit not in area.units.all()
    client.post(reverse("import-undo", args=[job.pk]))
    assert unit in area.units.all()
    area.refresh_from_db()
    assert area.name == "旧"


def test_a_post_that_moved_away_cannot_undo(desk, planner, town, imported):
    planner.postings.update(unit=town.counties[1])
    desk.client.post(reverse("import-undo", args=[imported.pk]))
    assert Building.objects.count() == 3


def test_many_rows_are_undone_by_a_job_and_their_sender_is_told(desk, planner, imported, monkeypatch):
    monkeypatch.setattr("geo.views.imports.ROWS_FOR_A_JOB", 2)
    desk.client.post(reverse("import-undo", args=[imported.pk]))
    imported.refresh_from_db()
    assert (imported.state, Building.objects.count()) == (ImportJobState.UNDOING, 3)
    assert "撤销中" in desk.page("import-detail", imported)
    run_undo(job_id=imported.pk, by_id=planner.pk)
    run_undo(job_id=imported.pk, by_id=planner.pk)  # a worker that was killed after its work
    imported.refresh_from_db()
    assert (imported.state, Building.objects.count()) == (ImportJobState.UNDONE, 1)
    told = [sentence(notice) for notice in Notice.objects.for_user(planner).order_by("pk")]
    assert told == ["文件“h.gpkg”已导入，共 3 行", "文件“h.gpkg”已撤销，共 3 行"]


def test_an_undo_by_a_job_that_cannot_be_done_says_why_and_leaves_everything(desk, planner, imported, monkeypatch):
    monkeypatch.setattr("geo.views.imports.ROWS_FOR_A_JOB", 2)
    desk.client.post(reverse("import-undo", args=[imported.pk]))
    with pghistory.context():
        Building.objects.filter(code="H0002").update(storeys=7)
    run_undo(job_id=imported.pk, by_id=planner.pk)
    imported.refresh_from_db()
    assert (imported.state, Building.objects.count()) == (ImportJobState.DONE, 3)
    assert "不能撤销：有 1 处在导入之后有变动" in desk.page("import-detail", imported)


def test_a_fault_in_an_undo_leaves_the_import_standing_and_says_so(desk, planner, imported, monkeypatch):
    monkeypatch.setattr("geo.views.imports.ROWS_FOR_A_JOB", 2)
    desk.client.post(reverse("import-undo", args=[imported.pk]))
    monkeypatch.setattr("geo.actions.import_undo._put_back", lambda *_args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run_undo(job_id=imported.pk, by_id=planner.pk)
    imported.refresh_from_db()
    assert (imported.state, Building.objects.count()) == (ImportJobState.DONE, 3)
    assert Notice.objects.for_user(planner).count() == 2


def test_a_colleague_is_told_nothing_of_another_s_file(desk, town, imported):
    colleague = make_user(Role.PLANNER, town.counties[0])
    assert not Notice.objects.for_user(colleague).exists()


def test_old_files_go_their_reports_stay_and_they_must_be_sent_again(desk, imported, settings):
    assert forget_old_files() == 0
    long_ago = timezone.now() - timedelta(days=settings.IMPORT_FILES_KEPT_DAYS + 1)
    ImportJob.objects.update(sent_at=long_ago)
    assert (forget_old_files(), forget_old_files()) == (1, 0)
    assert "H0002" in desk.page("import-detail", imported)
    desk.client.post(reverse("import-undo", args=[imported.pk]))
    answer = desk.client.post(
        reverse("import-start", args=[imported.pk]), {**desk.choices(imported), "act": "write"}, follow=True
    )
    assert "文件已过保存期" in answer.content.decode()
