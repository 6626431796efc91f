from __future__ import annotations

import datetime
import threading

import pytest
from django.db import connection
from django.utils import timezone

from geo.models import ChangeFlag, FlagState
from geo.refusals import NotAllowed
from geo.roles import Role
from inspections.actions.reviews import (
    FlagSettled,
    FlagTaken,
    NothingToUndo,
    ReasonMissing,
    decide_flag,
    last_review,
    next_flag,
    release_flag,
    take_flag,
    undo_last_review,
)
from inspections.models import Case, CaseState, ChangeReview
from tests.factories import make_control_area, make_flag, make_permit, make_run, make_town, make_user


@pytest.fixture
def run(town):
    return make_run(town)


@pytest.fixture
def flag(town, run):
    return make_flag(run, town.communities[0][0], *town.spot(), confidence=0.9)


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def test_the_queue_begins_inside_control_areas_and_then_with_the_surest(town, run, flag, supervisor):
    spot = town.spot(0, 1)
    sure = make_flag(run, town.communities[0][1], *spot, confidence=0.95)
    controlled = make_flag(
        run, town.communities[0][2], *town.spot(0, 2), confidence=0.6, control_area=make_control_area(town)
    )
    order = []
    for _turn in range(3):
        found = next_flag(by=supervisor, skipped=[row.pk for row in order])
        order.append(found)
    assert order == [controlled, sure, flag]


def test_a_sibling_county_has_an_empty_queue_and_cannot_touch_the_flag(flag, neighbour):
    assert next_flag(by=neighbour) is None
    for act in (take_flag, release_flag):
        with pytest.raises(NotAllowed):
            act(flag_id=flag.pk, by=neighbour)
    with pytest.raises(NotAllowed):
        decide_flag(flag_id=flag.pk, outcome="confirmed", by=neighbour)
    assert not ChangeReview.objects.exists()


def test_seeing_flags_is_not_reviewing_them(flag, town):
    officer = make_user(Role.COUNTY, town.counties[0])
    assert next_flag(by=officer) is None
    with pytest.raises(NotAllowed):
        decide_flag(flag_id=flag.pk, outcome="confirmed", by=officer)


def test_a_taken_flag_is_kept_for_its_taker_and_named_to_others(flag, supervisor, colleague):
    take_flag(flag_id=flag.pk, by=supervisor)
    assert next_flag(by=supervisor) == flag
    assert next_flag(by=colleague) is None
    with pytest.raises(FlagTaken, match="李审核 正在审核"):
        take_flag(flag_id=flag.pk, by=colleague)
    with pytest.raises(FlagTaken):
        decide_flag(flag_id=flag.pk, outcome="rejected", reason="shadow", by=colleague)


def test_a_lock_runs_out_and_the_flag_goes_to_the_next_one(flag, supervisor, colleague):
    take_flag(flag_id=flag.pk, by=supervisor)
    ChangeFlag.objects.filter(pk=flag.pk).update(taken_until=timezone.now() - datetime.timedelta(seconds=1))
    assert next_flag(by=colleague) == flag
    assert take_flag(flag_id=flag.pk, by=colleague).taken_by == colleague
    with pytest.raises(FlagTaken):
        decide_flag(flag_id=flag.pk, outcome="confirmed", by=supervisor)


def test_a_released_flag_is_free_and_only_its_taker_releases_it(flag, supervisor, colleague):
    take_flag(flag_id=flag.pk, by=supervisor)
    release_flag(flag_id=flag.pk, by=colleague)
    assert fresh(flag).taken_by == supervisor
    release_flag(flag_id=flag.pk, by=supervisor)
    assert fresh(flag).taken_by is None


def test_a_confirmation_opens_a_case_with_the_flag_as_its_source(flag, supervisor):
    decided = decide_flag(flag_id=flag.pk, outcome="confirmed", by=supervisor)
    assert fresh(flag).state == FlagState.CONFIRMED
    assert decided.case.sources.get().flag == flag
    assert decided.case.state == CaseState.FOUND
    assert decided.review.reviewed_by == supervisor


def test_a_second_flag_of_the_same_structure_joins_the_case(town, flag, run, supervisor):
    first = decide_flag(flag_id=flag.pk, outcome="confirmed", by=supervisor).case
    again = make_flag(make_run(town), flag.unit, *town.spot())
    assert decide_flag(flag_id=again.pk, outcome="confirmed", by=supervisor).case == first
    assert Case.objects.count() == 1


def test_a_rejection_needs_a_reason_and_other_needs_words(flag, supervisor):
    for reason, note in (("", ""), ("weather", ""), ("other", " ")):
        with pytest.raises(ReasonMissing):
            decide_flag(flag_id=flag.pk, outcome="rejected", reason=reason, note=note, by=supervisor)
    assert fresh(flag).state == FlagState.PENDING
    review = decide_flag(flag_id=flag.pk, outcome="rejected", reason="other", note="戏台", by=supervisor).review
    assert (review.reason, review.note) == ("other", "戏台")
    assert not Case.objects.exists()


def test_authorised_without_a_known_permit_must_name_one(town, flag, run, supervisor):
    with pytest.raises(ReasonMissing, match="许可证号"):
        decide_flag(flag_id=flag.pk, outcome="authorised", by=supervisor)
    permit = make_permit(flag.unit, *town.spot())
    covered = make_flag(run, flag.unit, *town.spot(), permit=permit)
    ChangeFlag.objects.filter(pk=covered.pk).update(permitted_m2=covered.area_m2 - 0.9 * covered.area_uncertainty_m2)
    decide_flag(flag_id=covered.pk, outcome="authorised", by=supervisor)
    assert fresh(covered).state == FlagState.AUTHORISED


def test_what_lies_beyond_a_permit_is_not_authorised_without_a_word(town, flag, supervisor):
    permit = make_permit(flag.unit, *town.spot())
    ChangeFlag.objects.filter(pk=flag.pk).update(permit=permit, permitted_m2=5.0)
    with pytest.raises(ReasonMissing, match="超出许可"):
        decide_flag(flag_id=flag.pk, outcome="authorised", by=supervisor)
    assert fresh(flag).state == FlagState.PENDING
    decide_flag(flag_id=flag.pk, outcome="authorised", note="许可变更已批准，待登记", by=supervisor)
    assert fresh(flag).state == FlagState.AUTHORISED


def test_a_decided_or_superseded_flag_is_not_decided_again(flag, run, town, supervisor, colleague):
    decide_flag(flag_id=flag.pk, outcome="bad_image", by=supervisor)
    with pytest.raises(FlagSettled, match="影像问题"):
        decide_flag(flag_id=flag.pk, outcome="confirmed", by=colleague)
    old = make_flag(run, flag.unit, *town.spot(), state="superseded")
    with pytest.raises(FlagSettled):
        take_flag(flag_id=old.pk, by=supervisor)


def test_an_undone_confirmation_is_back_on_the_desk_its_case_withdrawn_and_both_on_record(flag, supervisor):
    case = decide_flag(flag_id=flag.pk, outcome="confirmed", by=supervisor).case
    assert undo_last_review(by=supervisor) == flag
    flag = fresh(flag)
    assert (flag.state, flag.taken_by) == (FlagState.PENDING, supervisor)
    assert fresh(case).state == CaseState.WITHDRAWN
    review = ChangeReview.objects.get()
    assert review.undone_by == supervisor
    assert review.undone_at is not None
    decide_flag(flag_id=flag.pk, outcome="rejected", reason="shadow", by=supervisor)
    assert ChangeReview.objects.count() == 2


def test_an_undone_confirmation_confirmed_again_goes_on_with_the_same_case(flag, supervisor):
    case = decide_flag(flag_id=flag.pk, outcome="confirmed", by=supervisor).case
    undo_last_review(by=supervisor)
    assert decide_flag(flag_id=flag.pk, outcome="confirmed", by=supervisor).case == case
    assert fresh(case).state == CaseState.FOUND


def test_undo_takes_back_the_last_decision_of_this_person_alone(town, run, flag, supervisor, colleague):
    other = make_flag(run, flag.unit, *town.spot(0, 0, dx=0.002))
    decide_flag(flag_id=flag.pk, outcome="bad_image", by=supervisor)
    decide_flag(flag_id=other.pk, outcome="bad_image", by=colleague)
    assert undo_last_review(by=supervisor) == flag
    assert fresh(other).state == FlagState.BAD_IMAGE
    with pytest.raises(NothingToUndo):
        undo_last_review(by=supervisor)


def test_old_decisions_and_those_of_superseded_flags_stay(flag, supervisor):
    decide_flag(flag_id=flag.pk, outcome="bad_image", by=supervisor)
    ChangeReview.objects.update(reviewed_at=timezone.now() - datetime.timedelta(days=1))
    assert last_review(by=supervisor) is None
    with pytest.raises(NothingToUndo):
        undo_last_review(by=supervisor)


@pytest.mark.django_db(transaction=True)
def test_of_two_reviewers_at_once_exactly_one_gets_the_flag_and_decides_once():
    town = make_town()
    people = [make_user(Role.SUPERVISOR, town.counties[0]) for _ in range(2)]
    run = make_run(town)
    flags = [make_flag(run, town.communities[0][0], *town.spot(0, 0, dx=0.001 * n)) for n in range(1, 5)]
    start = threading.Barrier(2)
    taken: list[tuple[int, int]] = []
    refused: list[int] = []

    def work(person):
        try:
            for flag in flags:
                start.wait(timeout=30)
                try:
                    take_flag(flag_id=flag.pk, by=person)
                    decide_flag(flag_id=flag.pk, outcome="rejected", reason="shadow", by=person)
                    taken.append((flag.pk, person.pk))
                except (FlagTaken, FlagSettled):
                    refused.append(flag.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(pk for pk, _person in taken) == sorted(flag.pk for flag in flags)
    assert sorted(refused) == sorted(flag.pk for flag in flags)
    assert ChangeReview.objects.count() == len(flags)
