"""A confirmed demolition is good news: it opens no case, and an open case gets to know of it."""

from geo.models import FlagState
from inspections.actions.reviews import decide_flag, take_flag, undo_last_review
from inspections.models import Case, ReviewOutcome
from tests.inspections.cases.scene import found_case, fresh, make_flag_at, make_people


def confirm(flag, people):
    take_flag(flag_id=flag.pk, by=people.supervisor)
    return decide_flag(flag_id=flag.pk, outcome=ReviewOutcome.CONFIRMED, by=people.supervisor)


def test_a_confirmed_demolition_opens_no_case(town):
    people = make_people(town)
    flag = make_flag_at(town, kind="demolished")
    assert confirm(flag, people).case is None
    assert not Case.objects.exists()
    assert undo_last_review(by=people.supervisor).state == FlagState.PENDING


def test_an_open_case_of_what_stood_there_gets_to_know_of_it_and_is_not_measured_anew(town):
    people = make_people(town)
    case = found_case(town, people)
    measured = case.measurements.count()
    flag = make_flag_at(town, kind="demolished")
    assert confirm(flag, people).case == case
    assert "已拆除" in case.sources.get(flag=flag).note
    assert case.measurements.count() == measured
    undo_last_review(by=people.supervisor)
    assert fresh(case).state == "found"
    assert case.sources.get(flag=flag).left_at is not None
