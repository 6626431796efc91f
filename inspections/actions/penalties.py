"""The monthly economic compensation: drafts and issuing (R-401…R-406)."""

import os
from dataclasses import dataclass, replace
from datetime import datetime, time
from decimal import Decimal
from pathlib import Path

import pghistory
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from geo.actions.locks import hold_lock
from geo.models import Unit, UnitLevel, User
from geo.refusals import NotAllowed, Refusal
from geo.roles import Act
from geo.templatetags.formatting import moment_text
from inspections.actions.case_guards import WrongState
from inspections.actions.lock_names import numbers_of_year, penalties_of
from inspections.actions.penalty_facts import facts_of_counties, line_due, standing_findings
from inspections.actions.rule_sets import NoRuleSet, rules_in_force
from inspections.actions.telling import tell_of_draft, tell_of_issue
from inspections.models import (
    Case,
    Determination,
    DeterminationOutcome,
    PenaltyDecision,
    PenaltyLine,
    PenaltyLineKind,
    PenaltyState,
    RuleSet,
)
from inspections.papers import DecisionPaper, PaperLine, decision_pdf, sha256_of
from inspections.rules.clock import CITY_ZONE, Month, local_day
from inspections.rules.document_number import DocumentNumber
from inspections.rules.penalty import Line, cut_off, deduction_due
from inspections.rules.values import RuleValues

# The office's word in the numbers of its decisions: 制止 私搭乱建 扣缴 决定.
DOCUMENT_WORD = "制私扣决"


class MonthNotCome(Refusal):
    """The month, or its checking day, lies in the future."""


class DraftIsStale(Refusal):
    """Facts have changed since the draft was made; whoever issues it must see the new figures first."""


def draft_county(*, county: Unit, month: Month, by: User | None = None) -> PenaltyDecision | None:
    """Draw up or redraw the draft of one county and month, all in one transaction; `by` is None for the monthly job.

    An issued decision is returned as it is. None when nothing stands and nothing is to be corrected. Before the
    checking day has ended the draft is a forecast from what is known so far.

    Raises MonthNotCome, NotAllowed, NoRuleSet, FactsContradict.
    """
    if month > Month.of(local_day(timezone.now())):
        raise MonthNotCome(_("%(month)s 尚未到来，不能起草。") % {"month": month})
    if by is not None and not by.can_at(Act.DRAFT_PENALTIES, unit=county):
        raise NotAllowed(_("您没有权限起草%(unit)s的扣缴决定书。") % {"unit": county.name})
    who = {"user": by.pk} if by is not None else {}
    with transaction.atomic(), pghistory.context(act="draft_penalties", **who):
        hold_lock(penalties_of(county.pk))
        decision = redraw(county=county, month=month, by=by)
        if decision is not None and decision.state == PenaltyState.DRAFT:
            tell_of_draft(decision, by=by)
        return decision


@dataclass(frozen=True, slots=True)
class MonthDrafted:
    """What became of a month: the decisions, and why some counties have none."""

    decisions: list[PenaltyDecision]
    refusals: list[str]


def draft_month(*, month: Month, counties: list[Unit] | None = None, by: User | None = None) -> MonthDrafted:
    """Draft every county (or those given), each in a transaction of its own; one that is refused keeps no other."""
    drafted = MonthDrafted([], [])
    for county in counties if counties is not None else Unit.objects.filter(level=UnitLevel.COUNTY):
        try:
            decision = draft_county(county=county, month=month, by=by)
        except Refusal as refusal:
            drafted.refusals.append(f"{county.name}：{refusal}")
            continue
        if decision is not None:
            drafted.decisions.append(decision)
    return drafted


@transaction.atomic
def issue_decision(*, decision: PenaltyDecision, by: User) -> PenaltyDecision:
    """Issue a draft: number it, print it, keep the print by its SHA-256; from then on it never changes (R-403, R-406).

    Raises NotAllowed, WrongState, MonthNotCome before the checking day has ended, DraftIsStale.
    """
    hold_lock(penalties_of(decision.county_id))
    decision = PenaltyDecision.objects.select_for_update(of=("self",)).select_related("county").get(pk=decision.pk)
    if not by.can_at(Act.ISSUE_PENALTIES, unit=decision.county):
        raise NotAllowed(_("只有市制止私搭乱建领导小组办公室可以下达决定书。"))
    if decision.state != PenaltyState.DRAFT:
        raise WrongState(_("决定书 %(number)s 已经下达。") % {"number": decision.number})
    now = timezone.now()
    if now <= decision.as_of:
        raise MonthNotCome(_("核查时点 %(time)s 未到，不能下达。") % {"time": moment_text(decision.as_of)})
    if is_stale(decision):
        raise DraftIsStale(_("起草之后情况有变化，请重新起草并复核后再下达。"))
    year = local_day(now).year
    hold_lock(numbers_of_year(year))
    decision.number = str(DocumentNumber(DOCUMENT_WORD, year, _next_serial(year)))
    decision.state, decision.issued_by, decision.issued_at = PenaltyState.ISSUED, by, now
    pdf = decision_pdf(paper_of(decision))
    decision.pdf_sha256 = sha256_of(pdf)
    decision.pdf_path = _kept(pdf, decision.pdf_sha256)
    with pghistory.context(user=by.pk, act="issue_decision"):
        decision.save()
    tell_of_issue(decision, by=by)
    return decision


def is_stale(decision: PenaltyDecision) -> bool:
    """Whether the facts, as known now, would draft other lines. Raises NoRuleSet, FactsContradict."""
    month = Month.of(decision.month)
    rule_set, values = rules_of_month(county=decision.county, month=month)
    drafted = {line.case_id: _figures(line) for line in decision.lines.filter(kind=PenaltyLineKind.REGULAR)}
    due = {case_id: _figures(line) for case_id, line in _due_lines(decision.county, month, values).items()}
    return drafted != due or (rule_set.pk, cut_off(month, values)) != (decision.rule_set_id, decision.as_of)


def rules_of_month(*, county: Unit, month: Month) -> tuple[RuleSet, RuleValues]:
    """The rules of a county's month: the checking day by those of its first day, all else by those of that day.

    A day that changes within the month takes effect with the next one. Raises NoRuleSet.
    """
    begins = datetime.combine(month.first_day, time.min, tzinfo=CITY_ZONE)
    try:
        _first, at_first = rules_in_force(unit=county, at=begins)
    except NoRuleSet:  # the county's first rules begin within the month
        _first, at_first = rules_in_force(unit=county, at=cut_off(month))
    rule_set, values = rules_in_force(unit=county, at=cut_off(month, at_first))
    return rule_set, replace(values, penalty_check_day=at_first.penalty_check_day)


def deduct_by(decision: PenaltyDecision) -> datetime:
    """R-404: the end of the month that is charged; of the month in which it was issued when that came later."""
    months = [Month.of(decision.month)]
    if decision.issued_at is not None:
        months.append(Month.of(local_day(decision.issued_at)))
    return deduction_due(max(months))


def paper_of(decision: PenaltyDecision) -> DecisionPaper:
    """What the decision prints, from its stored lines."""
    month = Month.of(decision.month)
    lines = decision.lines.select_related("case__unit", "determination").order_by("kind", "case__number", "pk")
    first = {
        row["case"]: row["determined_at"]
        for row in Determination.objects.filter(
            case__in=[line.case_id for line in lines], outcome=DeterminationOutcome.UNAUTHORISED
        )
        .order_by("-determined_at")
        .values("case", "determined_at")
    }
    city = decision.county.parent
    values = RuleValues.from_dict(decision.rule_set.values)
    return DecisionPaper(
        organ=f"{city.name if city is not None else ''}制止私搭乱建领导小组办公室",
        county=decision.county.name,
        month=month,
        checked_on=local_day(decision.as_of),
        deduct_by=local_day(deduct_by(decision)),
        rate_yuan_per_m2=values.penalty_rate_yuan_per_m2,
        lines=[
            PaperLine(
                case_number=line.case.number,
                place=line.case.address or line.case.unit.name,
                determined_on=local_day(first[line.case_id]) if line.case_id in first else None,
                area_m2=line.area_m2,
                rate_yuan_per_m2=line.rate,
                amount_yuan=line.amount,
                note=f"更正{line.corrects_month:%Y-%m}：{line.reason}" if line.corrects_month else "",
            )
            for line in sorted(
                lines, key=lambda line: (line.kind != PenaltyLineKind.REGULAR, line.case.number, line.pk)
            )
        ],
        area_m2=decision.area_m2,
        amount_yuan=decision.amount,
        document_number=decision.number,
        issued_on=local_day(decision.issued_at) if decision.issued_at else None,
    )


def redraw(*, county: Unit, month: Month, by: User | None) -> PenaltyDecision | None:
    """Bring the draft's regular lines and totals up to the facts; the caller holds the county's lock.

    An issued decision is returned as it is. None when nothing is left to charge. Raises NoRuleSet, FactsContradict.
    """
    existing = PenaltyDecision.objects.select_for_update().filter(county=county, month=month.first_day).first()
    if existing is not None and existing.state != PenaltyState.DRAFT:
        return existing
    rule_set, values = rules_of_month(county=county, month=month)
    due = _due_lines(county, month, values)
    if existing is None and not due:
        return None
    decision = existing or open_draft(county=county, month=month, by=by)
    decision.lines.filter(kind=PenaltyLineKind.REGULAR).exclude(case__in=due).delete()
    decision.rule_set, decision.as_of = rule_set, cut_off(month, values)
    determinations = _determinations_at(county, decision.as_of)
    for case_id, line in due.items():
        PenaltyLine.objects.update_or_create(
            case_id=case_id,
            month=month.first_day,
            kind=PenaltyLineKind.REGULAR,
            defaults={
                "decision": decision,
                "determination": determinations.get(case_id),
                "area_m2": line.area_m2,
                "rate": line.rate_yuan_per_m2,
                "amount": line.amount_yuan,
            },
        )
    lines = list(decision.lines.all())
    if not lines:
        decision.delete()
        return None
    decision.area_m2 = sum((line.area_m2 for line in lines if line.kind == PenaltyLineKind.REGULAR), Decimal(0))
    decision.amount = sum((line.amount for line in lines), Decimal(0))
    decision.drafted_by, decision.drafted_at = by, timezone.now()
    decision.save()
    return decision


def open_draft(*, county: Unit, month: Month, by: User | None) -> PenaltyDecision:
    """The county's decision of the month, an empty draft when there is none yet."""
    rule_set, values = rules_of_month(county=county, month=month)
    decision, _created = PenaltyDecision.objects.get_or_create(
        county=county,
        month=month.first_day,
        defaults={
            "as_of": cut_off(month, values),
            "rule_set": rule_set,
            "area_m2": Decimal(0),
            "amount": Decimal(0),
            "drafted_by": by,
            "drafted_at": timezone.now(),
        },
    )
    return decision


def _due_lines(county: Unit, month: Month, values: RuleValues) -> dict[int, Line]:
    """The regular line of every case that stands on the checking day, by case id, in the order of case numbers."""
    facts = facts_of_counties([county])
    numbers = dict(Case.objects.filter(pk__in=facts).order_by("number").values_list("pk", "number"))
    lines = {}
    for pk, number in numbers.items():
        line = line_due(number, facts[pk], month=month, values=values)
        if line is not None:
            lines[pk] = line
    return lines


def _determinations_at(county: Unit, as_of: datetime) -> dict[int, Determination]:
    """The determination in force at a moment, by case id."""
    return standing_findings(Determination.objects.filter(case__county=county, determined_at__lte=as_of))


def _figures(line: PenaltyLine | Line) -> tuple[Decimal, Decimal, Decimal]:
    if isinstance(line, Line):
        return line.area_m2, line.rate_yuan_per_m2, line.amount_yuan
    return line.area_m2, line.rate, line.amount


def _next_serial(year: int) -> int:
    """One more than the highest number of the year. Under the lock of the year's numbers."""
    numbers = PenaltyDecision.objects.filter(number__startswith=f"{DOCUMENT_WORD}〔{year}〕").values_list(
        "number", flat=True
    )
    return max((DocumentNumber.parse(number).serial for number in numbers), default=0) + 1


def _kept(content: bytes, sha256: str) -> str:
    """Keep a paper below PRIVATE_ROOT by its SHA-256; the file appears whole or not at all. Returns its path there."""
    relative = Path("papers") / sha256[:2] / f"{sha256}.pdf"
    target = Path(settings.PRIVATE_ROOT) / relative
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(".part")
    with unfinished.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())  # the row that names it is frozen: the file must outlive a loss of power as well
    unfinished.replace(target)
    return str(relative)
