from __future__ import annotations

import datetime

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from geo.actions import diff_steps
from geo.models import ChangeFlag, DiffRun, DiffRunState
from geo.roles import Role
from tests.factories import make_flag, make_run, make_snapshot, make_user, multi, square
from tests.geo.diffs.scene import PARAMETERS, take_in_pair


@pytest.fixture
def centre(client, town):
    client.force_login(make_user(Role.CENTRE, town.city, username="centre"))
    return client


@pytest.fixture
def dates(town):
    return make_snapshot(town, datetime.date(2026, 3, 18)), make_snapshot(town, datetime.date(2026, 6, 20))


def choose(before, after, **more):
    return {"before": before.pk, "after": after.pk, **more}


def test_choosing_two_dates_starts_a_run_and_shows_its_progress(centre, dates):
    response = centre.post(reverse("diff-new"), choose(*dates))
    run = DiffRun.objects.get()
    assert response["Location"] == reverse("diff-detail", args=[run.pk])
    page = centre.get(response["Location"]).content.decode()
    assert "取消比对" in page
    assert 'hx-trigger="every 2s"' in page


def test_progress_tells_blocks_and_trouble(centre, dates):
    run = make_run(None, before=dates[0], after=dates[1], state="detecting", block_count=4)
    for index in range(4):
        run.blocks.create(index=index, error="worker 3: disk" if index == 2 else "", attempts=1)
    page = centre.get(reverse("diff-detail", args=[run.pk]), headers={"hx-request": "true"}).content.decode()
    assert "正在比对：0 / 4 块" in page
    assert "第 2 块第 1 次没有成功" in page
    assert "<html" not in page


def test_a_run_that_nobody_works_on_says_so(centre, dates, worker):
    run = make_run(None, before=dates[0], after=dates[1], state="detecting", block_count=4)
    address = reverse("diff-detail", args=[run.pk])
    assert "后台程序没有运行" not in centre.get(address).content.decode()
    worker(silent_s=90)
    assert "后台程序没有运行" in centre.get(address).content.decode()


def test_the_page_reloads_itself_when_the_run_has_ended(centre, dates):
    run = make_run(None, before=dates[0], after=dates[1])
    response = centre.get(reverse("diff-detail", args=[run.pk]), headers={"hx-request": "true"})
    assert response["HX-Refresh"] == "true"


def test_little_common_ground_is_warned_of_once(centre, town, dates):
    corner = make_snapshot(town, datetime.date(2026, 8, 1), footprint=multi(square(113.599, 34.699, 0.0015)))
    response = centre.post(reverse("diff-new"), choose(dates[0], corner))
    assert "请确认没有选错" in response.content.decode()
    assert not DiffRun.objects.exists()
    centre.post(reverse("diff-new"), choose(dates[0], corner, little_overlap_meant="on"))
    assert DiffRun.objects.count() == 1


def test_the_wrong_order_and_the_same_date_are_refused_at_the_field(centre, dates):
    assert "须晚于前期" in centre.post(reverse("diff-new"), choose(dates[1], dates[0])).content.decode()
    assert "请选择另一期" in centre.post(reverse("diff-new"), choose(dates[0], dates[0])).content.decode()


def test_starting_a_pair_that_is_running_leads_to_it(centre, dates):
    first = centre.post(reverse("diff-new"), choose(*dates))
    assert centre.post(reverse("diff-new"), choose(*dates))["Location"] == first["Location"]


def test_cancelling_and_taking_up_again_are_buttons(centre, dates):
    centre.post(reverse("diff-new"), choose(*dates))
    run = DiffRun.objects.get()
    assert centre.get(reverse("diff-cancel", args=[run.pk])).status_code == 405
    centre.post(reverse("diff-cancel", args=[run.pk]))
    run.refresh_from_db()
    assert run.state == DiffRunState.CANCELLED
    assert "没有留下图斑" in centre.get(reverse("diff-detail", args=[run.pk])).content.decode()
    centre.post(reverse("diff-retry", args=[run.pk]))
    run.refresh_from_db()
    assert run.state == DiffRunState.QUEUED


def test_a_failed_run_shows_the_reason_and_how_to_go_on(centre, dates):
    run = make_run(
        None, before=dates[0], after=dates[1], state="failed", error="两期影像无法配准 (RegistrationError: 80 m)"
    )
    page = centre.get(reverse("diff-detail", args=[run.pk])).content.decode()
    assert "两期影像无法配准" in page
    assert reverse("diff-retry", args=[run.pk]) in page


def test_a_supervisor_sees_the_flags_of_the_own_county_alone(client, town, dates):
    run = make_run(None, before=dates[0], after=dates[1], flag_count=2)
    own = make_flag(run, town.communities[0][0], *town.spot(0, 0))
    foreign = make_flag(run, town.communities[1][0], *town.spot(1, 0))
    client.force_login(make_user(Role.SUPERVISOR, town.counties[0]))
    page = client.get(reverse("diff-detail", args=[run.pk])).content.decode()
    assert own.number in page
    assert foreign.number not in page
    (row,) = client.get(reverse("diff-list")).context["page"]
    assert (row.own_count, row.pending_count) == (1, 1)
    assert client.get(reverse("diff-new")).status_code == 403
    assert client.post(reverse("diff-cancel", args=[run.pk])).status_code == 403


def test_a_run_over_another_county_does_not_exist(client, town):
    pair = [make_snapshot(town, datetime.date(2026, month, 1)) for month in (3, 6)]
    for snapshot in pair:
        snapshot.units.set([town.city, town.counties[1]])
    run = make_run(None, before=pair[0], after=pair[1])
    client.force_login(make_user(Role.SUPERVISOR, town.counties[0]))
    assert client.get(reverse("diff-detail", args=[run.pk])).status_code == 404
    assert f"/diffs/{run.pk}/" not in client.get(reverse("diff-list")).content.decode()


def test_the_command_does_the_whole_diff_inline_and_tells_what_it_wrote(centre, town, tmp_path, capsys, monkeypatch):
    before, after = take_in_pair(town, tmp_path)
    call_command(
        "run_diff", before.pk, after.pk, by="centre", detector="cva", block_px=PARAMETERS["block_px"], inline=True
    )
    assert "3 flags of 3 findings" in capsys.readouterr().out
    assert ChangeFlag.objects.count() == 3


def test_the_command_names_what_is_wrong(centre, dates, monkeypatch):
    with pytest.raises(CommandError, match="no user 'nobody'"):
        call_command("run_diff", dates[0].pk, dates[1].pk, by="nobody")
    with pytest.raises(CommandError, match="no snapshot 987654"):
        call_command("run_diff", dates[0].pk, 987654, by="centre")
    with pytest.raises(CommandError, match="须早于"):
        call_command("run_diff", dates[1].pk, dates[0].pk, by="centre")
    monkeypatch.setattr(diff_steps, "plan_diff", lambda *args, **kwargs: (_ for _ in ()).throw(ValueError("no")))
    with pytest.raises(ValueError, match="no"):
        call_command("run_diff", dates[0].pk, dates[1].pk, by="centre", inline=True)
    assert DiffRun.objects.get().state == DiffRunState.FAILED


def test_a_block_that_did_not_succeed_is_offered_to_be_tried_again(centre, dates):
    run = make_run(None, before=dates[0], after=dates[1], state="detecting", block_count=2)
    run.blocks.create(index=0)
    run.blocks.create(index=1, error="worker 3: disk", attempts=2)
    page = centre.get(reverse("diff-detail", args=[run.pk])).content.decode()
    assert "立即重试第 1 块" in page
    assert "立即重试第 0 块" not in page
    address = reverse("diff-retry-block", args=[run.pk])
    assert centre.get(address).status_code == 405
    assert "只有没有成功的块可以重试" in centre.post(address, {"block": "x"}, follow=True).content.decode()
    assert "已重试此块" in centre.post(address, {"block": "1"}, follow=True).content.decode()
    assert not run.blocks.exclude(error="").exists()


def test_the_neighbour_can_not_retry_a_block(client, town, dates):
    run = make_run(None, before=dates[0], after=dates[1], state="detecting", block_count=1)
    run.blocks.create(index=0, error="disk", attempts=2)
    for snapshot in dates:
        snapshot.units.set([town.city, town.counties[0]])
    client.force_login(make_user(Role.CENTRE, town.counties[1]))
    client.post(reverse("diff-retry-block", args=[run.pk]), {"block": "0"})
    assert run.blocks.exclude(error="").exists()


def test_a_finished_run_tells_what_it_cost_and_what_it_saw_again(centre, dates):
    cost = {"km2": 1.5, "wall_seconds_per_km2": 40.0, "cpu_seconds_per_km2": 71.4, "megapixels_per_second": 0.1}
    looked = {"looked_again": 5, "confirmed": 2, "cleared": 1, "below_limit": 3, "repeated": []}
    run = make_run(None, before=dates[0], after=dates[1], cost=cost, registration=looked)
    page = centre.get(reverse("diff-detail", args=[run.pk])).content.decode()
    assert "1.50 km² · 每 km² 用时 40 秒、处理器 71 秒 · 每秒 0.10 百万像素" in page
    assert "5 个 · 新确认仍在 2 · 新移到末尾 1" in page
    assert "3 个，保留备查" in page


def residual(place, east_m, north_m, kind):
    return {"lon": place[0], "lat": place[1], "east_m": east_m, "north_m": north_m, "lead": 4.0, "kind": kind}


def test_the_residual_map_shows_arrows_and_warns_of_a_part_that_lies_otherwise(centre, town, dates):
    west, south, east, north = dates[0].footprint.extent
    places = [(west + (east - west) * part, (south + north) / 2) for part in (0.2, 0.5, 0.8)]
    registration = {
        "shift_m": 1.2,
        "residual_m": 0.31,
        "residuals": [
            residual(places[0], 0.3, 0.1, "fits"),
            residual(places[1], -2.4, 0.0, "otherwise"),
            residual(places[2], None, None, "unclear"),
        ],
    }
    run = make_run(None, before=dates[0], after=dates[1], registration=registration)
    response = centre.get(reverse("diff-detail", args=[run.pk]))
    page = response.content.decode()
    assert "有 1 处与整体错位，最大 2.4 m" in page
    assert "无法判断 1 处" in page
    assert "相符 1 处（最大 0.32 m）" in page
    # Every number leads to the place, with the run's own pair behind a curtain.
    assert f"/map/#18/{places[1][1]:.6f}/{places[1][0]:.6f}/2026-06-20~2026-03-18~50" in page
    marks = response.context["residuals"].marks
    assert [mark.kind for mark in marks] == ["fits", "otherwise", "unclear"]
    assert marks[0].x < marks[1].x < marks[2].x
    # It lies off to the west, so its arrow points left; what says nothing has none.
    tip = float(marks[1].arrow.split("L")[1].split()[0].split("M")[0])
    assert tip < 0
    assert marks[2].arrow == ""


@pytest.mark.parametrize("registration", [{}, {"shift_m": 0.0, "residual_m": None, "residuals": []}])
def test_a_run_without_residuals_shows_no_map_of_them(centre, dates, registration):
    run = make_run(None, before=dates[0], after=dates[1], registration=registration)
    assert "配准残差图" not in centre.get(reverse("diff-detail", args=[run.pk])).content.decode()
