"""Putting issued months of the economic compensation right (R-406): never by editing, by a line in a later month."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import pghistory
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from geo.actions.locks import hold_lock
from geo.models import Unit, User
from geo.refusals import NotAllowed, Refusal
from geo.roles import Act
from inspections.actions.case_guards import WrongState, require_reason
from inspections.actions.lock_names import penalties_of
from inspections.actions.penalties import MonthNotCome, open_draft, redraw
from inspections.actions.penalty_facts import FactsContradict, facts_of_counties, line_due
from inspections.actions.rule_sets import rules_in_force
from inspections.models import Case, PenaltyDecision, PenaltyLine, PenaltyLineKind, PenaltyState
from inspections.rules.clock import Month, local_day
from inspections.rules.penalty import Line, correction_line
from inspections.rules.values import RuleValues


class NothingToCorrect(Refusal):
    """The month was charged for exactly this area."""


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """An issued month whose facts, as known today, give another area than was charged."""

    case: Case
    month: Month
    charged_m2: Decimal
    right_m2: Decimal


@dataclass(frozen=True, slots=True)
class Checked:
    """What a look over all issued months found: areas charged otherwise, and cases that cannot be computed at all."""

    discrepancies: list[Discrepancy]
    contradictions: list[FactsContradict]

    def __bool__(self) -> bool:
        return bool(self.discrepancies or self.contradictions)


@transaction.atomic
def correct_line(
    *, case: Case, corrects: Month, right_area_m2: Decimal, month: Month, reason: str, by: User
) -> PenaltyLine:
    """Put an issued month right by a new line in a later month's draft (R-406).

    `right_area_m2` is what should have been charged for `corrects`; 0 when nothing should. A structure that was missed
    has no line yet and is charged in full. Raises NotAllowed, WrongState, MissingReason, NothingToCorrect.
    """
    county = case.county
    if not by.can_at(Act.DRAFT_PENALTIES, unit=county):
        raise NotAllowed(_("您没有权限更正%(unit)s的扣缴决定书。") % {"unit": county.name})
    reason = require_reason(reason)
    if right_area_m2 < 0 or month <= corrects:
        raise NothingToCorrect(_("更正须在以后的月份进行，面积不能为负。"))
    if month > Month.of(local_day(timezone.now())):
        raise MonthNotCome(_("%(month)s 尚未到来，不能起草。") % {"month": month})
    hold_lock(penalties_of(county.pk))
    issued = PenaltyDecision.objects.filter(county=county, month=corrects.first_day).exclude(state=PenaltyState.DRAFT)
    wrong = issued.first()
    if wrong is None:
        raise WrongState(_("%(month)s 的决定书尚未下达，请直接重新起草。") % {"month": corrects})
    charged = _charged(case, corrects)
    _rule_set, values = rules_in_force(unit=county, at=wrong.as_of)
    original = next((line for line in charged if line.kind == PenaltyLineKind.REGULAR), None)
    line = correction_line(
        [_rule_line(found) for found in charged],
        right_area_m2=right_area_m2,
        rate_yuan_per_m2=original.rate if original is not None else values.penalty_rate_yuan_per_m2,
        corrects=corrects,
        month=month,
        case=case.number,
    )
    if line is None:
        raise NothingToCorrect(
            _("%(month)s 已按 %(area)s m² 扣缴，无需更正。") % {"month": corrects, "area": right_area_m2}
        )
    with pghistory.context(user=by.pk, act="correct_line", reason=reason):
        decision = open_draft(county=county, month=month, by=by)
        if decision.state != PenaltyState.DRAFT:
            raise WrongState(_("决定书 %(number)s 已经下达，请更正到以后的月份。") % {"number": decision.number})
        if decision.lines.filter(case=case, corrects_month=corrects.first_day).exists():
            raise WrongState(_("该草稿中已有对 %(month)s 的更正，请先删除。") % {"month": corrects})
        correction = PenaltyLine.objects.create(
            decision=decision,
            case=case,
            month=month.first_day,
            kind=PenaltyLineKind.CORRECTION,
            area_m2=line.area_m2,
            rate=line.rate_yuan_per_m2,
            amount=line.amount_yuan,
            corrects=original,
            corrects_month=corrects.first_day,
            reason=reason,
        )
        redraw(county=county, month=month, by=by)
    return PenaltyLine.objects.select_related("decision__county").get(pk=correction.pk)


@transaction.atomic
def drop_correction(*, line: PenaltyLine, by: User) -> None:
    """Take a correction out of a draft again; an issued one stays for ever."""
    hold_lock(penalties_of(line.decision.county_id))
    decision = PenaltyDecision.objects.select_related("county").get(pk=line.decision_id)
    if not by.can_at(Act.DRAFT_PENALTIES, unit=decision.county):
        raise NotAllowed(_("您没有权限更正%(unit)s的扣缴决定书。") % {"unit": decision.county.name})
    if decision.state != PenaltyState.DRAFT or line.kind != PenaltyLineKind.CORRECTION:
        raise WrongState(_("只能删除草稿中的更正。"))
    later = PenaltyLine.objects.filter(
        case_id=line.case_id, corrects_month=line.corrects_month, month__gt=line.month
    ).order_by("-month")
    if later.exists():
        raise WrongState(_("%(month)s 的更正以此更正为基础，请先删除后者。") % {"month": Month.of(later[0].month)})
    with pghistory.context(user=by.pk, act="drop_correction"):
        line.delete()
        redraw(county=decision.county, month=Month.of(decision.month), by=by)


def check_issued(counties: list[Unit], *, since: Month | None = None) -> Checked:
    """Compare issued months (from `since` on) with today's facts: what the office may want to correct. Four queries."""
    facts = facts_of_counties(counties)
    cases_of: dict[int, list[Case]] = defaultdict(list)
    for case in Case.objects.filter(pk__in=facts).only("number", "title", "county_id", "state").order_by("pk"):
        cases_of[case.county_id].append(case)
    decisions = PenaltyDecision.objects.filter(county__in=counties).exclude(state=PenaltyState.DRAFT)
    lines = PenaltyLine.objects.filter(decision__county__in=counties)
    if since is not None:  # a correction lies in a later month than what it corrects
        decisions, lines = decisions.filter(month__gte=since.first_day), lines.filter(month__gte=since.first_day)
    charged: dict[tuple[int, date], Decimal] = defaultdict(Decimal)
    for case_id, month, corrects, area_m2 in lines.values_list("case", "month", "corrects_month", "area_m2"):
        charged[case_id, corrects or month] += area_m2
    found: list[Discrepancy] = []
    contradictory: dict[int, FactsContradict] = {}
    for decision in decisions.select_related("rule_set"):
        month = Month.of(decision.month)
        values = replace(
            RuleValues.from_dict(decision.rule_set.values), penalty_check_day=local_day(decision.as_of).day
        )
        for case in cases_of[decision.county_id]:
            try:
                line = line_due(case.number, facts[case.pk], month=month, values=values)
            except FactsContradict as contradiction:
                contradictory[case.pk] = contradiction
                continue
            right_m2 = line.area_m2 if line else Decimal(0)
            was_m2 = charged.get((case.pk, month.first_day), Decimal(0))
            if right_m2 != was_m2:
                found.append(Discrepancy(case, month, was_m2, right_m2))
    return Checked(
        sorted(found, key=lambda item: (item.month, item.case.number)),
        [contradictory[pk] for pk in sorted(contradictory)],
    )


def _charged(case: Case, month: Month) -> list[PenaltyLine]:
    """The lines that charge or correct a case for a month, drafts of later corrections included."""
    lines = PenaltyLine.objects.filter(case=case)
    return [line for line in lines if Month.of(line.corrects_month or line.month) == month]


def _rule_line(line: PenaltyLine) -> Line:
    corrects = Month.of(line.corrects_month) if line.corrects_month else None
    return Line(line.case.number, Month.of(line.month), line.area_m2, line.rate, line.amount, corrects)
