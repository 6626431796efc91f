"""How areas, dates, deadlines and money are written on pages and papers; `src/lib/format.ts` writes them alike."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

CENT = Decimal("0.01")
TENTH = Decimal("0.1")
SECONDS_A_DAY = 86_400
SECONDS_AN_HOUR = 3_600
ENGLISH_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class DeadlineText:
    """What to say about a due time; `tone` is `overdue`, `soon` (less than two days) or `ahead`."""

    text: str
    tone: str


def is_chinese() -> bool:
    """Tell whether the page is being written in Chinese."""
    return (translation.get_language() or "zh-hans").startswith("zh")


def area_text(area_m2: float | Decimal, uncertainty_m2: float | Decimal | None = None) -> str:
    """Return `128.4 ± 6.1 m²`, or `128.4 m²` without an uncertainty."""
    area = Decimal(str(area_m2)).quantize(TENTH, ROUND_HALF_UP)
    if uncertainty_m2 is None:
        return f"{area:,} m²"
    return f"{area:,} ± {Decimal(str(uncertainty_m2)).quantize(TENTH, ROUND_HALF_UP):,} m²"


def money_text(amount_yuan: Decimal | int) -> str:
    """Return `¥38,520.00`; `-¥38,520.00` for a counter entry."""
    amount = Decimal(amount_yuan).quantize(CENT, ROUND_HALF_UP)
    return f"{'-' if amount < 0 else ''}¥{abs(amount):,}"


def date_text(value: datetime.date | datetime.datetime) -> str:
    """Return `2026年11月22日`, in English `22 Nov 2026`; a moment is told in office time."""
    day = timezone.localtime(value) if isinstance(value, datetime.datetime) and timezone.is_aware(value) else value
    if is_chinese():
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {ENGLISH_MONTHS[day.month - 1]} {day.year}"


def month_text(month: datetime.date) -> str:
    """Return `2026年11月`, in English `Nov 2026`."""
    if is_chinese():
        return f"{month.year}年{month.month}月"
    return f"{ENGLISH_MONTHS[month.month - 1]} {month.year}"


def moment_text(value: datetime.datetime) -> str:
    """Return `2026年11月22日 14:05` in office time."""
    local = timezone.localtime(value) if timezone.is_aware(value) else value
    return f"{date_text(local)} {local:%H:%M}"


def due_text(day: datetime.date) -> DeadlineText:
    """Return `还剩 2 天`, `今天到期`, `逾期 3 天` for a day that counts as a whole."""
    left = (day - timezone.localdate()).days
    if left < 0:
        return DeadlineText(_("逾期 %(days)s 天") % {"days": -left}, "overdue")
    if left == 0:
        return DeadlineText(_("今天到期"), "soon")
    return DeadlineText(_("还剩 %(days)s 天") % {"days": left}, "soon" if left < 2 else "ahead")


def deadline_text(due_at: datetime.datetime, now: datetime.datetime | None = None) -> DeadlineText:
    """Return `还剩 2 天`, on the last day `还剩 5 小时`, then `逾期 3 天`; parts of a day or hour are dropped."""
    left_seconds = (due_at - (now or timezone.now())).total_seconds()
    late = left_seconds < 0
    days = int(abs(left_seconds) // SECONDS_A_DAY)
    hours = max(1, int(abs(left_seconds) // SECONDS_AN_HOUR))
    if late:
        text = _("逾期 %(days)s 天") % {"days": days} if days else _("逾期 %(hours)s 小时") % {"hours": hours}
        return DeadlineText(text, "overdue")
    if days:
        return DeadlineText(_("还剩 %(days)s 天") % {"days": days}, "soon" if days < 2 else "ahead")
    return DeadlineText(_("还剩 %(hours)s 小时") % {"hours": hours}, "soon")


def listed(words: Iterable[object]) -> str:
    """Words of a list behind one another: `规划部门、国土部门`, in English `Planning bureau, Land bureau`."""
    return pgettext("between words of a list", "、").join(str(word) for word in words)


def joined(parts: Iterable[object]) -> str:
    """Sentences and phrases behind one another, parted as the reader's language parts them; empty ones left out."""
    return _("；").join(str(part) for part in parts if part)
