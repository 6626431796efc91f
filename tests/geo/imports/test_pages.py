"""The way of a file: its columns, the dry run, the report, cancelling, trying again; and whose it is."""

import threading

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from geo.actions import import_jobs
from geo.actions.import_jobs import cancel_import, run_import
from geo.models import Building, ImportJob, ImportJobState, ImportMapping, ImportRun
from geo.roles import Role
from tests.factories import make_building, make_user
from tests.geo.importers.making import WEST, house, houses, write
from tests.geo.imports.conftest import Desk, write_xlsx


def test_a_dry_run_reports_every_row_and_writes_nothing(desk, tmp_path):
    job = desk.start(desk.send(write(tmp_path / "h.gpkg", houses(3))), act="check")
    assert (job.state, job.counts["created"]) == (ImportJobState.CHECKED, 3)
    assert not Building.objects.exists()
    assert not ImportRun.objects.exists()
    assert "尚未写入" in desk.page("import-detail", job)
    job = desk.start(job)
    assert (job.state, Building.objects.count()) == (ImportJobState.DONE, 3)


def test_the_report_is_shown_and_handed_out_with_the_row_the_column_and_the_reason(desk, tmp_path):
    rows = [({"编号": "H1", "层数": 2}, house()), ({"编号": "H2", "层数": 900}, house(WEST + 0.006))]
    job = desk.start(desk.send(write(tmp_path / "h.gpkg", rows)))
    assert (job.state, Building.objects.count()) == (ImportJobState.FAILED, 0)
    page = desk.page("import-detail", job)
    assert "900 大于上限 200" in page
    assert "层数" in page
    csv = b"".join(desk.client.get(reverse("import-report-csv", args=[job.pk])).streaming_content).decode("utf-8-sig")
    assert "2,H2,refused,storeys" in csv
    workbook = desk.client.get(reverse("import-report-xlsx", args=[job.pk]))
    assert workbook.content.startswith(b"PK")


def test_columns_chosen_once_are_offered_again_to_the_person_and_to_the_unit(desk, town, client, tmp_path):
    titles, rows = ["甲", "乙"], [["B-1", "王秀英"]]
    make_building(town.communities[0][0], *town.spot(), code="B-1")
    job = desk.start(desk.send(write_xlsx(tmp_path / "a.xlsx", titles, rows)), code="甲", household="乙")
    assert job.state == ImportJobState.DONE, (job.error, job.counts)
    assert ImportMapping.objects.get().mapping == {"甲": "code", "乙": "household"}
    again = desk.send(write_xlsx(tmp_path / "b.xlsx", titles, [["B-1", "李四"]]))
    assert {"code": "甲", "household": "乙"}.items() <= desk.choices(again).items()
    client.force_login(make_user(Role.PLANNER, town.counties[0]))
    colleague = Desk(client)
    assert colleague.choices(colleague.send(tmp_path / "a.xlsx"))["code"] == "甲"
    client.force_login(make_user(Role.PLANNER, town.counties[1]))
    stranger = Desk(client)
    assert stranger.choices(stranger.send(tmp_path / "a.xlsx"))["code"] == ""


def test_one_column_cannot_fill_two_of_ours(desk, tmp_path):
    job = desk.send(write(tmp_path / "h.gpkg", houses(1)))
    body = {**desk.choices(job), "name": "code", "act": "write"}
    answer = desk.client.post(reverse("import-start", args=[job.pk]), body)
    assert answer.status_code == 422
    assert "已对应到另一列" in answer.content.decode()


def test_the_same_file_again_is_told(desk, tmp_path):
    path = write(tmp_path / "h.gpkg", houses(1))
    first = desk.send(path)
    assert "同一文件已于" not in desk.page("import-detail", first)
    desk.start(first)
    assert "同一文件已于" in desk.page("import-detail", desk.send(path))


def test_nobody_imports_what_lies_or_is_stored_beside_their_area(desk, town, tmp_path):
    lon, lat = town.spot(county=1)
    theirs = make_building(town.communities[1][0], lon, lat, code="N1", household="邻")
    job = desk.start(desk.send(write(tmp_path / "h.gpkg", [({"code": "H1"}, house(lon + 0.001, lat))])))
    assert job.state == ImportJobState.FAILED
    assert "在您可以导入此图层的辖区之外" in desk.page("import-detail", job)
    path = tmp_path / "b.csv"
    path.write_text("编号,户主\nN1,王\n", encoding="utf-8")
    job = desk.start(desk.send(path))
    assert job.state == ImportJobState.FAILED
    assert "在您的辖区之外，不能更新" in desk.page("import-detail", job)
    theirs.refresh_from_db()
    assert (theirs.household, Building.objects.count()) == ("邻", 1)


def test_a_colleague_sees_neither_the_file_nor_its_report(desk, town, client, tmp_path):
    job = desk.start(desk.send(write(tmp_path / "h.gpkg", houses(1))))
    client.force_login(make_user(Role.PLANNER, town.counties[0]))
    for name in ("import-detail", "import-undo", "import-report-csv", "import-report-xlsx"):
        assert client.get(reverse(name, args=[job.pk])).status_code == 404
    for name in ("import-start", "import-cancel", "import-undo"):
        assert client.post(reverse(name, args=[job.pk])).status_code == 404
    assert job.file_name not in client.get(reverse("import-list")).content.decode()


def test_each_post_is_offered_the_layers_it_writes_and_others_are_told_who_has_them(client, town):
    def layers(role):
        client.force_login(make_user(role, town.city))
        answer = client.get(reverse("import-new"))
        return [value for value, _ in answer.context["form"].fields["layer"].choices]

    assert layers(Role.HEALTH) == ["clinics"]
    assert layers(Role.CENSUS) == ["census_zones"]
    assert "buildings" in layers(Role.PLANNER)
    client.force_login(make_user(Role.INSPECTOR, town.city))
    answer = client.get(reverse("import-new"))
    assert (answer.status_code, "规划员" in answer.content.decode()) == (403, True)


def test_a_layer_that_is_not_ones_own_is_not_taken_in(client, town, tmp_path):
    client.force_login(make_user(Role.HEALTH, town.city))
    with write(tmp_path / "h.gpkg", houses(1)).open("rb") as handle:
        answer = client.post(reverse("import-new"), {"layer": "buildings", "file": handle})
    assert (answer.status_code, ImportJob.objects.count()) == (422, 0)


def test_a_damaged_file_is_refused_with_its_name(desk, tmp_path):
    path = tmp_path / "坏.gpkg"
    path.write_bytes(b"not a database")
    with path.open("rb") as handle:
        answer = desk.client.post(reverse("import-new"), {"layer": "buildings", "file": handle})
    assert (answer.status_code, "坏.gpkg" in answer.content.decode()) == (422, True)
    assert not ImportJob.objects.exists()


def test_a_file_that_was_sent_by_mistake_can_be_left(desk, tmp_path):
    job = desk.send(write(tmp_path / "h.gpkg", houses(1)))
    page = desk.client.get(reverse("import-detail", args=[job.pk])).content.decode()
    assert reverse("import-cancel", args=[job.pk]) in page

    desk.client.post(reverse("import-cancel", args=[job.pk]))

    job.refresh_from_db()
    assert job.state == ImportJobState.CANCELLED
    page = desk.client.get(reverse("import-detail", args=[job.pk])).content.decode()
    assert reverse("import-cancel", args=[job.pk]) not in page


@pytest.mark.django_db(transaction=True)
def test_an_import_cancelled_while_it_writes_leaves_nothing_and_can_be_started_again(
    desk, planner, tmp_path, monkeypatch
):
    job = desk.send(write(tmp_path / "h.gpkg", houses(3)))
    told = import_jobs._progressed

    def cancel():
        cancel_import(job=job, by=planner)
        connection.close()

    def cancelled_half_way(job, share):
        if share > 0.9:
            elsewhere = threading.Thread(target=cancel)
            elsewhere.start()
            elsewhere.join()
        told(job, share)

    monkeypatch.setattr(import_jobs, "_progressed", cancelled_half_way)
    assert desk.start(job).state == ImportJobState.CANCELLED
    assert not Building.objects.exists()
    monkeypatch.setattr(import_jobs, "_progressed", told)
    assert desk.start(job).state == ImportJobState.DONE


def test_the_page_of_a_running_import_shows_how_far_it_is_and_its_end_reloads_it(desk, tmp_path):
    job = desk.send(write(tmp_path / "h.gpkg", houses(3)))
    desk.client.post(reverse("import-start", args=[job.pk]), {**desk.choices(job), "act": "write"})
    job.refresh_from_db()
    ImportJob.objects.filter(pk=job.pk).update(state="running", started_at=job.sent_at)
    import_jobs._progressed(job, 0.42)
    assert "42%" in desk.page("import-detail", job)
    run_import(job_id=job.pk)
    answer = desk.client.get(reverse("import-detail", args=[job.pk]), headers={"HX-Request": "true"})
    assert answer["HX-Refresh"] == "true"


def test_an_empty_list_says_how_to_begin(desk):
    assert "还没有导入过文件" in desk.client.get(reverse("import-list")).content.decode()


@pytest.mark.parametrize("address", ["import-list", "import-detail"])
def test_a_list_asks_as_often_for_many_rows_as_for_few(desk, tmp_path, address):
    def queries(count):
        job = desk.start(desk.send(write(tmp_path / f"{address}{count}.gpkg", houses(count))), act="check")
        path = reverse(address) if address == "import-list" else reverse(address, args=[job.pk])
        desk.client.get(path)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            desk.client.get(path)
        return len(captured)

    assert queries(1) == queries(12)
