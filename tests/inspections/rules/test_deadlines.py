import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.rules.clock import CITY_ZONE, days_left
from inspections.rules.deadlines import Stage, StageState, overdue_stages, running_stage, stage_limits, stage_state
from inspections.rules.errors import NaiveTime
from inspections.rules.values import RuleValues

MOMENTS = st.datetimes(
    min_value=datetime(2020, 1, 1),  # noqa: DTZ001
    max_value=datetime(2040, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
DETERMINED = datetime(2026, 11, 2, 9, 30, tzinfo=CITY_ZONE)


def at(day, hour=12, minute=0, month=11):
    return datetime(2026, month, day, hour, minute, tzinfo=CITY_ZONE)


def test_the_limits_are_two_then_three_then_three_days_each_to_the_end_of_the_day():
    due = {limit.stage: limit.due_at.date().day for limit in stage_limits(DETERMINED)}
    assert due == {Stage.TOWNSHIP: 4, Stage.SUPERVISED: 7, Stage.COLLECTIVE: 10}
    assert all(limit.due_at.hour == 23 and limit.due_at.minute == 59 for limit in stage_limits(DETERMINED))


def test_the_hour_of_the_determination_does_not_shorten_the_limit():
    late = DETERMINED.replace(hour=23, minute=59)
    assert [limit.due_at for limit in stage_limits(late)] == [limit.due_at for limit in stage_limits(DETERMINED)]


def test_the_day_is_the_day_in_the_city_not_on_the_server():
    # 2 November 16:30 UTC is already 3 November in Asia/Shanghai.
    assert stage_limits(datetime(2026, 11, 2, 16, 30, tzinfo=UTC))[0].due_at == at(5, 23, 59).replace(
        second=59, microsecond=999999
    )


def test_a_stage_is_pending_until_the_last_moment_and_overdue_after_it():
    township = stage_limits(DETERMINED)[0]
    assert stage_state(township, as_of=township.due_at) is StageState.PENDING
    assert stage_state(township, as_of=township.due_at + timedelta(microseconds=1)) is StageState.OVERDUE


def test_demolition_within_the_limit_makes_every_stage_done():
    limits = stage_limits(DETERMINED)
    states = [stage_state(limit, as_of=at(20), completed_at=at(4, 20)) for limit in limits]
    assert states == [StageState.DONE] * 3


def test_demolition_under_supervision_leaves_the_township_overdue_for_ever():
    limits = stage_limits(DETERMINED)
    states = [stage_state(limit, as_of=at(20), completed_at=at(6)) for limit in limits]
    assert states == [StageState.OVERDUE, StageState.DONE, StageState.DONE]
    assert [limit.stage for limit in overdue_stages(limits, as_of=at(20), completed_at=at(6))] == [Stage.TOWNSHIP]


def test_a_completion_in_the_future_does_not_count_yet():
    township = stage_limits(DETERMINED)[0]
    assert stage_state(township, as_of=at(3), completed_at=at(4)) is StageState.PENDING


@pytest.mark.parametrize(
    ("day", "stage"), [(3, Stage.TOWNSHIP), (5, Stage.SUPERVISED), (8, Stage.COLLECTIVE), (30, Stage.COLLECTIVE)]
)
def test_the_turn_passes_from_township_to_supervision_to_collective_demolition(day, stage):
    running = running_stage(stage_limits(DETERMINED), as_of=at(day))
    assert running is not None
    assert running.stage is stage


def test_nobody_has_the_turn_once_the_structure_is_gone():
    assert running_stage(stage_limits(DETERMINED), as_of=at(9), completed_at=at(6)) is None


def test_days_left_are_counted_by_calendar_days():
    due = stage_limits(DETERMINED)[0].due_at
    assert days_left(due_at=due, as_of=at(2, 23, 59)) == 2
    assert days_left(due_at=due, as_of=at(4, 0, 1)) == 0
    assert days_left(due_at=due, as_of=at(7)) == -3


def test_a_time_without_zone_is_refused():
    with pytest.raises(NaiveTime, match="2026-11-02"):
        stage_limits(datetime(2026, 11, 2, 9, 30))  # noqa: DTZ001


@given(MOMENTS, st.integers(1, 30), st.integers(1, 30), st.integers(1, 30))
def test_stages_follow_one_another_without_gap(determined_at, township, supervision, collective):
    values = RuleValues(
        township_demolition_days=township, supervision_days=supervision, collective_demolition_days=collective
    )
    limits = stage_limits(determined_at, values)
    assert limits[0].starts_at == determined_at
    assert all(before.due_at == after.starts_at for before, after in itertools.pairwise(limits))
    assert all(limit.due_at - limit.starts_at >= timedelta(days=1) for limit in limits)


@given(MOMENTS, st.integers(0, 400), st.integers(0, 400))
def test_once_overdue_a_stage_never_recovers(determined_at, earlier_hours, more_hours):
    for limit in stage_limits(determined_at):
        earlier = determined_at + timedelta(hours=earlier_hours)
        if stage_state(limit, as_of=earlier) is StageState.OVERDUE:
            assert stage_state(limit, as_of=earlier + timedelta(hours=more_hours)) is StageState.OVERDUE
