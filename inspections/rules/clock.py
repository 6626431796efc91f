"""Days as the city counts them: calendar days in Asia/Shanghai, whatever zone the server runs in.

The end-of-day rule, used for every limit: the day of the event is not counted, and a limit of n days ends with
the last moment (24:00) of the n-th day after it.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from inspections.rules.errors import InvalidMonth, NaiveTime

CITY_ZONE = ZoneInfo("Asia/Shanghai")


def local(moment: datetime) -> datetime:
    """The moment in the city's zone; raises NaiveTime when it carries no zone."""
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise NaiveTime(f"{moment.isoformat()} has no time zone; give an aware time")
    return moment.astimezone(CITY_ZONE)


def local_day(moment: datetime) -> date:
    """The calendar day of the moment in the city's zone."""
    return local(moment).date()


def end_of_day(day: date) -> datetime:
    """The last representable moment of the day (23:59:59.999999), aware, in the city's zone."""
    return datetime.combine(day, time.max, tzinfo=CITY_ZONE)


def due_after(moment: datetime, *, days: int) -> datetime:
    """The end of the `days`-th calendar day after the day of the moment."""
    return end_of_day(local_day(moment) + timedelta(days=days))


def days_left(*, due_at: datetime, as_of: datetime) -> int:
    """Whole calendar days from `as_of` to the due day: 0 on the due day, negative when overdue."""
    return (local_day(due_at) - local_day(as_of)).days


@dataclass(frozen=True, order=True, slots=True)
class Month:
    """A calendar month, ordered in time."""

    year: int
    month: int

    def __post_init__(self) -> None:
        if not (1 <= self.month <= 12 and 1 <= self.year <= 9999):
            raise InvalidMonth(f"{self.year}-{self.month} is not a month")

    @classmethod
    def parse(cls, text: str) -> "Month":
        """Reads `2026-11`; raises InvalidMonth for anything else."""
        year, dash, month = text.partition("-")
        if not (dash and len(year) == 4 and len(month) == 2 and text.isascii() and (year + month).isdigit()):
            raise InvalidMonth(f"{text!r} is not a month; write it as 2026-11")
        return cls(int(year), int(month))

    @classmethod
    def of(cls, day: date) -> "Month":
        """The month that a calendar day lies in."""
        return cls(day.year, day.month)

    @property
    def first_day(self) -> date:
        """The first calendar day."""
        return date(self.year, self.month, 1)

    @property
    def last_day(self) -> date:
        """The last calendar day."""
        return self.next().first_day - timedelta(days=1)

    def next(self) -> "Month":
        """The month after."""
        return Month(self.year + 1, 1) if self.month == 12 else Month(self.year, self.month + 1)

    def previous(self) -> "Month":
        """The month before."""
        return Month(self.year - 1, 12) if self.month == 1 else Month(self.year, self.month - 1)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"
