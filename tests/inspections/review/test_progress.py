from __future__ import annotations

import datetime

import pytest
from django.utils import timezone

from geo.roles import Role
from inspections.models import ChangeReview
from inspections.review_page import progress_of
from tests.factories import make_flag, make_run, make_user
from tests.factories.records import make_review


@pytest.fixture
def supervisor(town):
    return make_user(Role.SUPERVISOR, town.counties[0])


def decide(town, by, *, minutes_ago):
    run = make_run(town)
    for n, minutes in enumerate(minutes_ago):
        flag = make_flag(run, town.communities[0][0], *town.spot(0, 0, dx=0.0004 * n), state="bad_image")
        review = make_review(flag, by=by, outcome="bad_image")
        moment = timezone.now() - datetime.timedelta(minutes=minutes)
        ChangeReview.objects.filter(pk=review.pk).update(reviewed_at=moment)


def test_the_pace_is_that_of_the_last_hour_and_says_how_long_the_rest_takes(town, supervisor):
    decide(town, supervisor, minutes_ago=[1, 10, 20, 30])
    for n in range(16):
        make_flag(make_run(town), town.communities[0][1], *town.spot(0, 1, dx=0.0003 * n))
    told = progress_of(supervisor, run_id=None)
    assert (told["per_hour"], told["left"], told["minutes_left"]) == (8, 16, 120)
    assert "每小时 8 个" in told["pace_text"]


def test_two_decisions_or_a_colleague_s_make_no_pace(town, supervisor):
    decide(town, supervisor, minutes_ago=[1, 10])
    decide(town, make_user(Role.SUPERVISOR, town.counties[0]), minutes_ago=[1, 2, 3])
    told = progress_of(supervisor, run_id=None)
    assert (told["per_hour"], told["pace_text"]) == (None, "")
