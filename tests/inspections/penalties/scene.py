"""Months that lie in the past whatever the day of the test, and moments in them."""

from datetime import datetime, time

from django.utils import timezone

from inspections.rules.clock import CITY_ZONE, Month, local_day

THIS_MONTH = Month.of(local_day(timezone.now()))
LAST_MONTH = THIS_MONTH.previous()
MONTH_BEFORE = LAST_MONTH.previous()


def on(month: Month, day: int, hour: int = 12, minute: int = 0) -> datetime:
    """A moment in the city's time."""
    return datetime.combine(month.first_day.replace(day=day), time(hour, minute), tzinfo=CITY_ZONE)
