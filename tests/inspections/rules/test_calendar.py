from datetime import date

import pytest

from inspections.rules.calendar import add_working_days, is_working_day, working_days_between
from inspections.rules.errors import UnknownCalendarYear


def test_a_make_up_sunday_is_a_working_day():
    # State calendar of 2025: 26 January (a Sunday) makes up for the Spring Festival.
    assert is_working_day(date(2025, 1, 26))


def test_a_public_holiday_on_a_weekday_is_not():
    assert not is_working_day(date(2025, 10, 1))


def test_five_working_days_jump_over_the_national_holiday():
    # 30 September 2025 is a Tuesday; 1-8 October are free; 11 October (a Saturday) is worked.
    assert add_working_days(date(2025, 9, 30), 5) == date(2025, 10, 14)
    assert working_days_between(date(2025, 9, 30), date(2025, 10, 14)) == 5


def test_no_days_stay_where_they_are():
    assert add_working_days(date(2025, 10, 1), 0) == date(2025, 10, 1)
    assert working_days_between(date(2025, 10, 14), date(2025, 9, 30)) == 0


def test_days_are_not_counted_backward():
    with pytest.raises(ValueError, match="-1"):
        add_working_days(date(2025, 10, 1), -1)


@pytest.mark.parametrize("year", [2003, 2099])
def test_a_year_without_state_calendar_fails_loudly(year):
    with pytest.raises(UnknownCalendarYear, match=str(year)):
        is_working_day(date(year, 5, 5))


def test_counting_into_an_unknown_year_fails_loudly_too():
    with pytest.raises(UnknownCalendarYear, match="2099"):
        add_working_days(date(2098, 12, 31), 1)
