"""The table of cases: what stands of each, when it is due, filters from the address, and its ledger 台账."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import (
    BooleanField,
    CharField,
    Count,
    DateTimeField,
    DecimalField,
    DurationField,
    Exists,
    F,
    Field,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models import Case as Choose
from django.db.models.functions import Least, Now
from django.http import QueryDict
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from inspections.models import (
    Case,
    CaseSource,
    CaseState,
    DemolitionRecord,
    DemolitionStage,
    Determination,
    DeterminationOutcome,
    Ground,
    SourceKind,
    StageKind,
)
from inspections.papers import LedgerColumn, ledger_xlsx

STANDING = [CaseState.DETERMINED, CaseState.DEMOLISHING]
AREA = DecimalField(max_digits=14, decimal_places=2)
SOON = timedelta(days=2)

# ?sort=…: the column asked for, then the newest first. Without it what is due first stands first.
SORTS = {
    "number": ["number"],
    "-number": ["-number"],
    "area": [F("standing_m2").asc(nulls_last=True), "-pk"],
    "-area": [F("standing_m2").desc(nulls_last=True), "-pk"],
    "due": [F("due_at").asc(nulls_last=True), "-pk"],
    "-due": [F("due_at").desc(nulls_last=True), "-pk"],
    "opened": ["opened_at", "pk"],
    "-opened": ["-opened_at", "-pk"],
}
DUE_FIRST = ["-is_late", F("due_at").asc(nulls_last=True), "-opened_at", "-pk"]


@dataclass(frozen=True, slots=True)
class Totals:
    """The figures under the table, over all its pages."""

    count: int
    overdue: int
    standing_m2: Decimal


def with_figures(cases: QuerySet[Case], *, now: datetime | None = None) -> QuerySet[Case]:
    """Add to each case `determined_m2`, `determined_at`, `standing_m2` (what counts now), `due_at` and its stage.

    `due_at` and `stage_kind` are of the stage whose turn it is, the last one when all have run out (R-304); `is_late`
    says that one has run out, whoever's turn it is now. The page of the case says the same.
    """
    now = now or timezone.now()
    # As in inspections.rules.penalty.standing_area: of each bureau the last word, of those the largest area left.
    remaining = (
        DemolitionRecord.objects.filter(case=OuterRef("case"), demolished_at__gte=OuterRef("determined_at"))
        .order_by("remaining_m2")
        .values("remaining_m2")
    )
    findings = (
        Determination.objects.last_words()
        .filter(case=OuterRef("pk"), outcome=DeterminationOutcome.UNAUTHORISED)
        .annotate(left_m2=Least(F("area_m2"), Subquery(remaining[:1], output_field=AREA), output_field=AREA))
        .order_by("-left_m2", "-pk")
    )
    stages = DemolitionStage.objects.filter(case=OuterRef("pk"))
    running = stages.alias(
        passed=Choose(When(due_at__lt=now, then=Value(True)), default=Value(False), output_field=BooleanField()),
        # Of those that have not run out the first, of those that have the last.
        rank=Choose(
            When(due_at__lt=now, then=Value(now) - F("due_at")),
            default=F("due_at") - Value(now),
            output_field=DurationField(),
        ),
    ).order_by("passed", "rank")
    return cases.annotate(
        determined_m2=Subquery(findings.values("area_m2")[:1], output_field=AREA),
        determined_at=Subquery(findings.values("determined_at")[:1], output_field=DateTimeField()),
        standing_m2=Choose(
            When(state__in=STANDING, then=Subquery(findings.values("left_m2")[:1], output_field=AREA)),
            default=Value(None),
            output_field=AREA,
        ),
        due_at=_while_standing(running.values("due_at"), DateTimeField()),
        stage_kind=_while_standing(running.values("kind"), CharField()),
        is_late=lateness(now),
    )


def lateness(at: datetime | Now) -> Choose:
    """Whether a stage of a case has run out at a moment while the structure stands (R-304)."""
    run_out = DemolitionStage.objects.filter(case=OuterRef("pk"), done_at=None, due_at__lt=at)
    return Choose(
        When(Exists(run_out), state__in=STANDING, then=Value(True)), default=Value(False), output_field=BooleanField()
    )


def _while_standing(rows: QuerySet[Any], field: Field) -> Choose:
    """The first row's value for cases that run deadlines, nothing for the others."""
    return Choose(When(state__in=STANDING, then=Subquery(rows[:1])), default=Value(None), output_field=field)


def with_stage_words(cases: Iterable[Case]) -> list[Case]:
    """The cases of a page, `stage_label` telling the stage of `with_figures` in the reader's words."""
    rows = list(cases)
    for case in rows:
        case.stage_label = StageKind(case.stage_kind).label if case.stage_kind else ""
    return rows


def filtered(cases: QuerySet[Case], asked: QueryDict, *, now: datetime) -> QuerySet[Case]:
    """Keep the cases that the address asks for; what it asks for wrongly is left out of account."""
    state, due, unit, source, words = (asked.get(name, "") for name in ("state", "due", "unit", "source", "q"))
    if state == "open":
        cases = cases.filter(state__in=Case.OPEN)
    elif state in CaseState.values:
        cases = cases.filter(state=state)
    if due == "overdue":
        cases = cases.filter(is_late=True)
    elif due == "soon":
        cases = cases.filter(due_at__gte=now, due_at__lt=now + SOON)
    if unit.isdigit() and len(unit) == 12:
        cases = cases.filter(unit__path__contains=f"{unit}/")
    if source in SourceKind.values:
        cases = cases.filter(sources__kind=source, sources__left_at=None).distinct()
    for word in words.split():
        cases = cases.filter(Q(number__icontains=word) | Q(title__icontains=word) | Q(address__icontains=word))
    return cases


def sorted_as_asked(cases: QuerySet[Case], asked: QueryDict) -> QuerySet[Case]:
    """Order by `?sort=`, by what is due first when it is missing or unknown."""
    return cases.order_by(*SORTS.get(asked.get("sort", ""), DUE_FIRST))


def totals_of(cases: QuerySet[Case]) -> Totals:
    """Count, overdue and standing area of all the cases, in one query."""
    sums = cases.order_by().aggregate(
        count=Count("pk"),
        overdue=Count("pk", filter=Q(is_late=True)),
        standing=Sum("standing_m2", output_field=AREA),
    )
    return Totals(sums["count"], sums["overdue"], sums["standing"] or Decimal("0.00"))


def state_choices(cases: QuerySet[Case]) -> list[tuple[str, str, int]]:
    """(value, label, count) of the states that occur."""
    counts = dict(cases.order_by().values_list("state").annotate(n=Count("pk")))
    chips = [(state.value, str(state.label), counts[state.value]) for state in CaseState if counts.get(state.value)]
    still_open = sum(counts.get(state, 0) for state in Case.OPEN)
    return [("open", _("未结"), still_open), *chips]


LEDGER_COLUMNS = [
    LedgerColumn("案件编号", 18),
    LedgerColumn("标题", 30),
    LedgerColumn("状态", 12),
    LedgerColumn("县(区)", 14),
    LedgerColumn("单位", 24),
    LedgerColumn("地点", 30),
    LedgerColumn("事由", 30),
    LedgerColumn("来源", 20),
    LedgerColumn("立案时间", 14, "date"),
    LedgerColumn("认定时间", 14, "date"),
    LedgerColumn("认定面积(m²)", 14, "area"),
    LedgerColumn("现存面积(m²)", 14, "area"),
    LedgerColumn("拆除阶段", 14),
    LedgerColumn("拆除期限", 14, "date"),
    LedgerColumn("是否逾期", 10),
    LedgerColumn("结案时间", 14, "date"),
]


def case_ledger(cases: QuerySet[Case], *, as_of: datetime) -> bytes:
    """The ledger of the cases as XLSX. A ledger is an official paper and Chinese in every language."""
    return ledger_xlsx(title="私搭乱建案件台账", columns=LEDGER_COLUMNS, rows=_ledger_rows(cases), as_of=as_of)


def _ledger_rows(cases: QuerySet[Case]) -> Iterator[list[object]]:
    with translation.override("zh-hans"):
        # Said once for all rows.
        states, stages, kinds, grounds = (
            {value: str(label) for value, label in choices.choices}
            for choices in (CaseState, StageKind, SourceKind, Ground)
        )
        rows = cases.select_related("county", "unit").defer("footprint", "county__boundary", "unit__boundary")
        rows = rows.prefetch_related(Prefetch("sources", CaseSource.objects.standing()))
        for case in rows.iterator(chunk_size=500):
            yield [
                case.number,
                case.title,
                states[case.state],
                case.county.name,
                case.unit.name,
                case.address,
                "、".join(grounds[ground] for ground in case.grounds),
                "、".join(dict.fromkeys(kinds[source.kind] for source in case.sources.all())),
                case.opened_at,
                case.determined_at,
                case.determined_m2,
                case.standing_m2,
                stages.get(case.stage_kind, ""),
                case.due_at,
                ("是" if case.is_late else "否") if case.due_at else "",
                case.closed_at,
            ]


def ground_labels(grounds: list[str]) -> list[str]:
    """The grounds in words."""
    return [str(Ground(ground).label) for ground in grounds]
