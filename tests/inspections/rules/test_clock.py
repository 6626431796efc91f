from datetime import date

import pytest

from inspections.rules.clock import Month
from inspections.rules.errors import InvalidMonth


def test_a_month_reads_and_writes_itself():
    assert str(Month.parse("2026-11")) == "2026-11"
    assert Month.of(date(2026, 11, 30)) == Month(2026, 11)


@pytest.mark.parametrize("text", ["2026-13", "2026-00", "2026-1", "202611", "2026/11", "", "２０２６-11", "2026-1x"])
def test_what_is_not_a_month_is_refused(text):
    with pytest.raises(InvalidMonth):
        Month.parse(text)


def test_months_follow_each_other_over_new_year():
    assert Month(2026, 12).next() == Month(2027, 1)
    assert Month(2027, 1).previous() == Month(2026, 12)
    assert Month(2026, 12) < Month(2027, 1)


def test_a_leap_february_ends_on_the_29th():
    assert Month(2028, 2).last_day == date(2028, 2, 29)
    assert Month(2026, 2).last_day == date(2026, 2, 28)
