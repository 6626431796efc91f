from __future__ import annotations

import pytest
from django.conf import settings
from django.urls import reverse

from geo.models import ChangeFlag, FlagState
from geo.roles import Role
from inspections.actions.reviews import take_flag
from tests.factories import make_flag, make_run, make_user
from tests.factories.records import jpeg_bytes

JSON = {"headers": {"accept": "application/json"}}


@pytest.fixture
def run(town):
    return make_run(town)


@pytest.fixture
def flags(town, run):
    made = [
        make_flag(run, town.communities[0][0], *town.spot(0, 0, dx=0.001 * n), confidence=1 - n / 10) for n in (1, 2, 3)
    ]
    for flag in made:
        for side in ("before", "after"):
            path = f"diffs/{run.pk}/{flag.pk}-{side}.jpg"
            (settings.PRIVATE_ROOT / path).parent.mkdir(parents=True, exist_ok=True)
            (settings.PRIVATE_ROOT / path).write_bytes(jpeg_bytes())
            setattr(flag, f"chip_{side}_path", path)
        flag.chip_info = {"width_px": 320, "height_px": 240, "outline_px": [[[10, 10], [50, 10], [50, 40], [10, 10]]]}
        flag.save()
    return made


@pytest.fixture
def desk(client, town):
    client.force_login(make_user(Role.SUPERVISOR, town.counties[0], display_name="李审核"))
    return client


def test_the_queue_opens_on_the_next_flag(desk, flags):
    response = desk.get(reverse("review-queue"))
    assert response["Location"] == reverse("review-flag", args=[flags[0].pk])
    page = desk.get(response["Location"]).content.decode()
    assert flags[0].number in page
    assert reverse("chip-file", args=[flags[0].pk, "after"]) in page
    assert "M10.0 10.0L50.0 10.0" in page


def test_looking_takes_nothing(desk, flags):
    desk.get(reverse("review-queue"))
    desk.get(reverse("review-flag", args=[flags[0].pk]))
    desk.get(reverse("review-next", args=[flags[0].pk]))
    assert not ChangeFlag.objects.exclude(taken_by=None).exists()
    assert desk.get(reverse("review-take", args=[flags[0].pk])).status_code == 405


def test_a_decision_answers_with_the_next_flag_and_the_count(desk, flags):
    answer = desk.post(
        reverse("review-decide", args=[flags[0].pk]), {"outcome": "rejected", "reason": "shadow"}, **JSON
    )
    assert answer.json()["next"] == reverse("review-flag", args=[flags[1].pk])
    assert (answer.json()["done_today"], answer.json()["left"]) == (1, 2)
    assert flags[0].number in answer.json()["said"]


def test_the_button_of_a_reason_alone_rejects_without_script(desk, flags):
    response = desk.post(reverse("review-decide", args=[flags[0].pk]), {"reason": "vehicle"})
    assert response["Location"] == reverse("review-flag", args=[flags[1].pk])
    assert ChangeFlag.objects.get(pk=flags[0].pk).state == FlagState.REJECTED


def test_a_refused_decision_says_why_and_changes_nothing(desk, flags):
    answer = desk.post(reverse("review-decide", args=[flags[0].pk]), {"outcome": "authorised"}, **JSON)
    assert answer.status_code == 409
    assert "许可证号" in answer.json()["detail"]
    assert desk.post(reverse("review-decide", args=[flags[0].pk]), {}, **JSON).status_code == 409
    assert ChangeFlag.objects.get(pk=flags[0].pk).state == FlagState.PENDING


def test_skipping_puts_the_flag_back_and_goes_on(desk, flags):
    desk.post(reverse("review-take", args=[flags[0].pk]), **JSON)
    answer = desk.post(reverse("review-release", args=[flags[0].pk]), {"skip": str(flags[0].pk)}, **JSON)
    assert answer.json()["next"] == reverse("review-flag", args=[flags[1].pk])
    assert ChangeFlag.objects.get(pk=flags[0].pk).taken_by is None


def test_undo_brings_the_flag_back(desk, flags):
    desk.post(reverse("review-decide", args=[flags[0].pk]), {"outcome": "bad_image"}, **JSON)
    answer = desk.post(reverse("review-undo"), **JSON)
    assert answer.json()["next"] == reverse("review-flag", args=[flags[0].pk])
    assert desk.post(reverse("review-undo"), **JSON).status_code == 409


def test_a_flag_that_somebody_has_shows_who(desk, flags, town):
    other = make_user(Role.SUPERVISOR, town.counties[0], display_name="赵审核")
    take_flag(flag_id=flags[0].pk, by=other)
    assert "赵审核 正在审核" in desk.get(reverse("review-flag", args=[flags[0].pk])).content.decode()
    answer = desk.post(reverse("review-take", args=[flags[0].pk]), **JSON)
    assert "赵审核 正在审核" in answer.json()["refused"]


def test_a_run_can_be_worked_through_alone(desk, flags, town):
    elsewhere = make_flag(make_run(town), town.communities[0][1], *town.spot(0, 1), confidence=1.0)
    query = f"?run={flags[0].run_id}"
    assert desk.get(reverse("review-queue"))["Location"] == reverse("review-flag", args=[elsewhere.pk])
    assert desk.get(f"{reverse('review-queue')}{query}")["Location"].endswith(f"/{flags[0].pk}/{query}")


def test_an_empty_queue_says_so(desk):
    page = desk.get(reverse("review-queue"))
    assert "没有待审核的图斑" in page.content.decode()


def test_a_neighbour_gets_404_for_the_flag_and_its_pictures_and_an_empty_queue(client, flags, town):
    client.force_login(make_user(Role.SUPERVISOR, town.counties[1]))
    assert "没有待审核的图斑" in client.get(reverse("review-queue")).content.decode()
    for name in ("review-flag", "review-next"):
        assert client.get(reverse(name, args=[flags[0].pk])).status_code == 404
    for name in ("review-take", "review-release", "review-decide"):
        assert client.post(reverse(name, args=[flags[0].pk]), {"outcome": "confirmed"}).status_code == 404
    for side in ("before", "after"):
        assert client.get(reverse("chip-file", args=[flags[0].pk, side])).status_code == 404


def test_the_pictures_go_to_those_who_see_the_flag(desk, flags):
    response = desk.get(reverse("chip-file", args=[flags[0].pk, "before"]))
    assert (response.status_code, response["Content-Type"]) == (200, "image/jpeg")
    assert response["Cache-Control"].startswith("private")
    assert b"".join(response.streaming_content) == jpeg_bytes()
    assert desk.get(reverse("chip-file", args=[flags[0].pk, "sideways"])).status_code == 404


def test_without_the_act_the_desk_is_closed(client, flags, town):
    client.force_login(make_user(Role.COUNTY, town.counties[0]))
    assert client.get(reverse("review-queue")).status_code == 403
    assert client.post(reverse("review-decide", args=[flags[0].pk]), {"outcome": "confirmed"}).status_code == 403


def test_a_desk_costs_the_same_number_of_queries_however_long_the_queue(
    desk, flags, town, run, django_assert_max_num_queries
):
    for n in range(20):
        make_flag(run, town.communities[0][1], *town.spot(0, 1, dx=0.0003 * n))
    with django_assert_max_num_queries(20):
        desk.get(reverse("review-flag", args=[flags[0].pk]))
