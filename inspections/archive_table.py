"""The table of the archive areas (R-107): filters from the address, overdue first, its calendar and its ledger."""

import calendar
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Count, F, Q, QuerySet, Sum
from django.http import QueryDict
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from geo.map_link import map_link
from geo.models import ArchiveArea, ArchiveAreaKind, User
from geo.roles import Act
from geo.templatetags.formatting import due_text
from geo.unit_choices import unit_asked
from inspections.archive_evidence import Intervals
from inspections.papers import LedgerColumn, ledger_xlsx

MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])", re.ASCII)
FILTERS = ("unit", "kind", "due", "q")
DUE = {"late": _("逾期"), "week": _("7 天内"), "month": _("30 天内")}
DAYS_AHEAD = {"week": 7, "month": 30}
SORTS = {
    "due": ["next_due", "code"],
    "-due": ["-next_due", "-code"],
    "code": ["code"],
    "-code": ["-code"],
    "area": ["boundary_area_m2", "pk"],
    "-area": ["-boundary_area_m2", "-pk"],
    "aerial": [F("last_aerial_on").asc(nulls_first=True), "pk"],
    "-aerial": [F("last_aerial_on").desc(nulls_last=True), "-pk"],
    "ground": [F("last_ground_on").asc(nulls_first=True), "pk"],
    "-ground": [F("last_ground_on").desc(nulls_last=True), "-pk"],
}


@dataclass(frozen=True, slots=True)
class Totals:
    """The figures over all pages of the table."""

    count: int
    late: int
    area_m2: float


@dataclass(frozen=True, slots=True)
class Row:
    """One line: the area, how often it is wanted, and where it leads."""

    archive_area: ArchiveArea
    interval_days: int
    may_assign: bool
    map_url: str


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the calendar with the areas that are due on it."""

    day: date
    in_month: bool
    is_today: bool
    is_past: bool
    areas: list[ArchiveArea]


def filtered(areas: QuerySet[ArchiveArea], asked: QueryDict, *, user: User) -> QuerySet[ArchiveArea]:
    """Keep the areas that the address asks for; what it asks for wrongly is left out of account."""
    if asked.get("kind", "") in ArchiveAreaKind.values:
        areas = areas.filter(kind=asked["kind"])
    unit = unit_asked(user, asked.get("unit", ""))
    if unit is not None:
        areas = areas.filter(pk__in=ArchiveArea.objects.filter(units__path__startswith=unit.path).values("pk"))
    today, due = timezone.localdate(), asked.get("due", "")
    if due == "late":
        areas = areas.filter(next_due__lt=today)
    elif due in DAYS_AHEAD:
        areas = areas.filter(next_due__range=(today, today + timedelta(days=DAYS_AHEAD[due])))
    for word in asked.get("q", "").replace("\x00", "").split():
        areas = areas.filter(Q(code__icontains=word) | Q(name__icontains=word))
    return areas


def sorted_as_asked(areas: QuerySet[ArchiveArea], asked: QueryDict) -> QuerySet[ArchiveArea]:
    """Order by `?sort=`; the longest overdue first when it is missing or unknown."""
    return areas.order_by(*SORTS.get(asked.get("sort", ""), SORTS["due"]))


def totals_of(areas: QuerySet[ArchiveArea]) -> Totals:
    """Count, overdue ones and ground of all the areas, in one query."""
    late = Count("pk", filter=Q(next_due__lt=timezone.localdate()))
    sums = areas.order_by().aggregate(count=Count("pk"), late=late, area_m2=Sum("boundary_area_m2"))
    return Totals(sums["count"], sums["late"], sums["area_m2"] or 0.0)


def told(areas: Iterable[ArchiveArea], *, user: User) -> list[Row]:
    """The lines of one page: one query for any number of areas."""
    intervals = Intervals()
    return [
        Row(
            archive_area=area,
            interval_days=intervals.days(area),
            may_assign=may_assign(user, area),
            map_url=map_url(area),
        )
        for area in areas
    ]


def may_assign(user: User, area: ArchiveArea) -> bool:
    """Whether this person may send somebody to take the ground photos."""
    return user.can_at(Act.ASSIGN_INSPECTIONS, unit=area.unit, special_area_id=area.special_area_id)


def map_url(area: ArchiveArea) -> str:
    """The map at an area."""
    return map_link(area.boundary.point_on_surface, zoom=16)


def month_asked(asked: QueryDict) -> date:
    """The first day of `?month=2026-11`; this month when it is missing or none."""
    found = MONTH.fullmatch(asked.get("month", ""))
    return date(int(found[1]), int(found[2]), 1) if found else timezone.localdate().replace(day=1)


def weeks_of(month: date, areas: QuerySet[ArchiveArea]) -> list[list[Day]]:
    """The weeks of a month, Monday first, with the areas due on each day; one query."""
    weeks = calendar.Calendar().monthdatescalendar(month.year, month.month)
    by_day: dict[date, list[ArchiveArea]] = {}
    for area in areas.filter(next_due__range=(weeks[0][0], weeks[-1][-1])).order_by("next_due", "code"):
        by_day.setdefault(area.next_due, []).append(area)
    today = timezone.localdate()
    return [
        [Day(day, day.month == month.month, day == today, day < today, by_day.get(day, [])) for day in week]
        for week in weeks
    ]


LEDGER_COLUMNS = [
    LedgerColumn("编号", 14),
    LedgerColumn("名称", 26),
    LedgerColumn("类型", 12),
    LedgerColumn("所属单位", 24),
    LedgerColumn("面积(m²)", 14, "area"),
    LedgerColumn("拍摄周期(天)", 12, "whole"),
    LedgerColumn("最近航拍", 12, "date"),
    LedgerColumn("最近实地拍摄", 12, "date"),
    LedgerColumn("下次到期", 12, "date"),
    LedgerColumn("期限", 14),
]


def archive_ledger(areas: QuerySet[ArchiveArea], *, as_of: datetime) -> bytes:
    """The areas as XLSX. A ledger is an official paper and Chinese in every language."""
    return ledger_xlsx(
        title="城中村、棚户区、农村居民点建档台账", columns=LEDGER_COLUMNS, rows=_rows(areas), as_of=as_of
    )


def _rows(areas: QuerySet[ArchiveArea]) -> Iterator[list[object]]:
    intervals = Intervals()
    with translation.override("zh-hans"):
        for area in areas.select_related("unit").defer("boundary"):
            yield [
                area.code,
                area.name,
                str(area.get_kind_display()),
                area.unit.name,
                Decimal(str(round(area.boundary_area_m2, 2))),
                intervals.days(area),
                area.last_aerial_on,
                area.last_ground_on,
                area.next_due,
                due_text(area.next_due).text,
            ]
