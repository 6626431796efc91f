from __future__ import annotations

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from geo.models import ChangeFlag, FlagState
from geo.refusals import NotAllowed
from geo.roles import Role
from inspections.actions.batches import MOST, NothingChosen, reject_batch
from inspections.actions.opinions import CannotAsk, ask_opinion, colleagues_for, withdraw_opinion
from inspections.actions.reviews import FlagTaken, decide_flag, next_flag, take_flag, undo_last_review
from inspections.actions.spot_checks import CheckSettled, answer_spot_check
from inspections.models import ChangeReview, SecondOpinion, SpotCheck
from inspections.rules.spot_check import is_spot_checked
from inspections.rules.values import RuleValues
from tests.factories import make_flag, make_run, make_user
from tests.factories.records import make_rule_set


@pytest.fixture
def flags(town):
    run = make_run(town)
    return [
        make_flag(run, town.communities[0][0], *town.spot(0, 0, dx=0.0008 * n), confidence=1 - n / 10) for n in range(4)
    ]


@pytest.fixture
def always_checked(town):
    return make_rule_set(town.city, values={"spot_check_percent": 100})


def fresh(flag):
    return ChangeFlag.objects.get(pk=flag.pk)


# --- a colleague who cannot answer any more ----------------------------------------------------------------------
def leave(person, _town):
    person.is_active = False
    person.save()


def end_posting(person, _town):
    person.postings.update(
        starts_on=datetime.date(2020, 1, 1), ends_on=timezone.localdate() - datetime.timedelta(days=1)
    )


def move_next_door(person, town):
    person.postings.update(unit=town.counties[1])


@pytest.mark.parametrize("gone", [leave, end_posting, move_next_door])
def test_a_flag_asked_of_somebody_who_has_left_is_in_the_common_queue_again(
    client, town, flags, supervisor, colleague, gone
):
    third = make_user(Role.SUPERVISOR, town.counties[0])
    for flag in flags:
        ask_opinion(flag_id=flag.pk, colleague_id=colleague.pk, note="看一下", by=supervisor)
    assert next_flag(by=third) is None
    gone(colleague, town)
    assert next_flag(by=third) == flags[0]
    client.force_login(third)
    assert flags[0].number in client.get(reverse("review-batch")).content.decode()


# --- batches --------------------------------------------------------------------------------------------------
def test_a_batch_is_rejected_for_one_reason_and_undone_as_a_whole(flags, supervisor):
    reject_batch(flag_ids=[flag.pk for flag in flags[:3]], reason="shadow", by=supervisor)
    assert [fresh(flag).state for flag in flags] == ["rejected"] * 3 + ["pending"]
    assert ChangeReview.objects.standing().filter(reason="shadow").count() == 3
    undo_last_review(by=supervisor)
    assert {fresh(flag).state for flag in flags} == {FlagState.PENDING}
    assert ChangeReview.objects.filter(undone_by=supervisor).count() == 3


def test_undoing_a_batch_leaves_the_decision_before_it(flags, supervisor):
    decide_flag(flag_id=flags[3].pk, outcome="bad_image", by=supervisor)
    reject_batch(flag_ids=[flag.pk for flag in flags[:2]], reason="shadow", by=supervisor)
    undo_last_review(by=supervisor)
    assert fresh(flags[3]).state == FlagState.BAD_IMAGE


def test_one_flag_that_somebody_has_refuses_the_whole_batch(flags, supervisor, colleague):
    take_flag(flag_id=flags[1].pk, by=colleague)
    with pytest.raises(FlagTaken, match="赵审核"):
        reject_batch(flag_ids=[flag.pk for flag in flags], reason="shadow", by=supervisor)
    assert not ChangeReview.objects.exists()


def test_a_batch_with_a_neighbour_s_flag_rejects_nothing(town, flags, supervisor):
    foreign = make_flag(make_run(town), town.communities[1][0], *town.spot(1, 0))
    with pytest.raises(NotAllowed):
        reject_batch(flag_ids=[flags[0].pk, foreign.pk], reason="shadow", by=supervisor)
    assert not ChangeReview.objects.exists()


def test_no_flags_or_more_than_a_page_of_them_are_no_batch(supervisor):
    for chosen in ([], list(range(1, MOST + 2))):
        with pytest.raises(NothingChosen):
            reject_batch(flag_ids=chosen, reason="shadow", by=supervisor)


def test_the_grid_shows_the_own_queue_in_a_fixed_number_of_queries(
    client, town, flags, supervisor, neighbour, django_assert_max_num_queries
):
    client.force_login(supervisor)
    with django_assert_max_num_queries(14):
        page = client.get(reverse("review-batch")).content.decode()
    assert all(flag.number in page for flag in flags)
    client.force_login(neighbour)
    page = client.get(reverse("review-batch")).content.decode()
    assert not any(flag.number in page for flag in flags)
    assert "没有待审核的图斑" in page


def test_the_grid_says_what_was_rejected_and_what_is_missing(client, flags, supervisor):
    client.force_login(supervisor)
    answer = client.post(reverse("review-batch"), {"flag_ids": [flags[0].pk], "reason": "vehicle"}, follow=True)
    assert "已排除 1 个图斑：车辆" in answer.content.decode()
    answer = client.post(reverse("review-batch"), {"reason": "vehicle"}, follow=True)
    assert "请先选择图斑" in answer.content.decode()


# --- second opinions ------------------------------------------------------------------------------------------
def test_a_flag_sent_to_a_colleague_comes_first_to_them_and_not_to_the_sender(flags, supervisor, colleague):
    ask_opinion(flag_id=flags[3].pk, colleague_id=colleague.pk, note="像大棚吗？", by=supervisor)
    assert next_flag(by=colleague) == flags[3]
    assert next_flag(by=supervisor, skipped=[flag.pk for flag in flags[:3]]) is None
    decide_flag(flag_id=flags[3].pk, outcome="rejected", reason="greenhouse", by=colleague)
    assert SecondOpinion.objects.get().closed_at is not None


def test_the_colleague_sees_the_note_and_the_sender_takes_it_back(client, flags, supervisor, colleague):
    client.force_login(supervisor)
    client.post(reverse("review-ask", args=[flags[3].pk]), {"colleague_id": colleague.pk, "note": "像大棚吗？"})
    client.force_login(colleague)
    page = client.get(reverse("review-queue"), follow=True).content.decode()
    assert flags[3].number in page
    assert "像大棚吗？" in page
    withdraw_opinion(flag_id=flags[3].pk, by=colleague)
    assert SecondOpinion.objects.open().exists(), "only the sender takes it back"
    withdraw_opinion(flag_id=flags[3].pk, by=supervisor)
    assert next_flag(by=colleague) == flags[0]


def test_only_those_who_may_review_the_place_can_be_asked(town, flags, supervisor, colleague, neighbour):
    officer = make_user(Role.COUNTY, town.counties[0])
    assert list(colleagues_for(flags[0], by=supervisor)) == [colleague]
    for person in (officer, neighbour, supervisor):
        with pytest.raises(CannotAsk):
            ask_opinion(flag_id=flags[0].pk, colleague_id=person.pk, note="?", by=supervisor)
    with pytest.raises(NotAllowed):
        ask_opinion(flag_id=flags[0].pk, colleague_id=colleague.pk, note="?", by=neighbour)
    with pytest.raises(CannotAsk):
        ask_opinion(flag_id=flags[0].pk, colleague_id=colleague.pk, note=" ", by=supervisor)


# --- spot checks ----------------------------------------------------------------------------------------------
def test_the_lot_of_a_flag_is_always_the_same_and_falls_on_the_set_share():
    chosen = {number for number in range(10_000) if is_spot_checked(number, percent=10)}
    assert chosen == {number for number in range(10_000) if is_spot_checked(number, percent=10)}
    assert 900 < len(chosen) < 1100
    assert not any(is_spot_checked(number, percent=0) for number in range(500))
    assert all(is_spot_checked(number, percent=100) for number in range(500))
    assert RuleValues().spot_check_percent == 10


def test_a_rejection_comes_back_to_another_reviewer_and_not_to_the_same_or_the_neighbour(
    flags, supervisor, colleague, neighbour, always_checked
):
    decide_flag(flag_id=flags[0].pk, outcome="rejected", reason="shadow", by=supervisor)
    decide_flag(flag_id=flags[1].pk, outcome="bad_image", by=supervisor)
    assert SpotCheck.objects.due_for(colleague).get().review.flag == flags[0]
    assert not SpotCheck.objects.due_for(supervisor).exists()
    assert not SpotCheck.objects.due_for(neighbour).exists()
    for person in (supervisor, neighbour):
        with pytest.raises(NotAllowed):
            answer_spot_check(flag_id=flags[0].pk, agrees=True, by=person)


def test_agreement_leaves_the_flag_rejected_and_is_shown(client, flags, supervisor, colleague, always_checked):
    decide_flag(flag_id=flags[0].pk, outcome="rejected", reason="shadow", by=supervisor)
    client.force_login(colleague)
    assert "李审核" in client.get(reverse("review-checks")).content.decode()
    page = client.post(reverse("review-check", args=[flags[0].pk]), {"agrees": "1"}, follow=True).content.decode()
    assert fresh(flags[0]).state == FlagState.REJECTED
    assert "<td>1</td><td>1</td><td>100</td>" in page
    with pytest.raises(CheckSettled):
        answer_spot_check(flag_id=flags[0].pk, agrees=False, by=colleague)


def test_disagreement_opens_the_flag_again_and_keeps_the_rejection_on_record(
    client, flags, supervisor, colleague, always_checked
):
    review = decide_flag(flag_id=flags[0].pk, outcome="rejected", reason="shadow", by=supervisor).review
    client.force_login(colleague)
    answer = client.post(reverse("review-check", args=[flags[0].pk]), {"agrees": "0"})
    assert answer["Location"] == reverse("review-flag", args=[flags[0].pk])
    assert fresh(flags[0]).state == FlagState.PENDING
    review.refresh_from_db()
    assert review.undone_by == colleague
    assert SpotCheck.objects.get().agrees is False
    decide_flag(flag_id=flags[0].pk, outcome="confirmed", by=colleague)


def test_an_undone_rejection_is_not_checked(flags, supervisor, colleague, always_checked):
    decide_flag(flag_id=flags[0].pk, outcome="rejected", reason="shadow", by=supervisor)
    undo_last_review(by=supervisor)
    assert not SpotCheck.objects.due_for(colleague).exists()


def test_with_a_share_of_nothing_no_rejection_comes_back(town, flags, supervisor, colleague):
    make_rule_set(town.city, values={"spot_check_percent": 0}, effective_from=datetime.date(2021, 1, 1))
    for flag in flags:
        decide_flag(flag_id=flag.pk, outcome="rejected", reason="shadow", by=supervisor)
    assert not SpotCheck.objects.exists()
