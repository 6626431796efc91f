"""Chinese working days with make-up days (调休); years without a published state calendar fail loudly."""

from collections.abc import Iterator
from datetime import date, timedelta

import chinese_calendar

from inspections.rules.errors import UnknownCalendarYear


def is_working_day(day: date) -> bool:
    """Whether offices work on that day. Raises UnknownCalendarYear outside the published calendars."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError as error:
        raise UnknownCalendarYear(
            f"the state calendar of {day.year} is not known; update chinesecalendar once it is published"
        ) from error


def add_working_days(day: date, count: int) -> date:
    """The `count`-th working day after `day`, which itself is not counted; `count` of 0 gives the day itself."""
    if count < 0:
        raise ValueError(f"count = {count}: working days are counted forward")
    while count:
        day += timedelta(days=1)
        count -= is_working_day(day)
    return day


def working_days_between(after: date, until: date) -> int:
    """Working days in (after, until]; 0 when `until` is not later."""
    return sum(is_working_day(day) for day in _days(after, until))


def _days(after: date, until: date) -> Iterator[date]:
    day = after + timedelta(days=1)
    while day <= until:
        yield day
        day += timedelta(days=1)
