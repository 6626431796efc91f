"""Determinations 认定: only the right bureau, and what follows from them (R-202, R-203, R-301)."""

import datetime
from decimal import Decimal

import pghistory
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from shapely import wkb

from geo.measure import area_m2 as measured_area
from geo.measure import overlap_m2
from geo.models import Permit, UnitLevel, User
from geo.refusals import NotAllowed, Refusal
from geo.roles import Act, Bureau
from inspections.actions.case_guards import (
    WrongTime,
    bureaux_at,
    locked,
    measured_for_brigade,
    require,
    require_past,
    require_reason,
    require_state,
    unit_above,
)
from inspections.actions.rule_sets import rules_in_force
from inspections.models import (
    Case,
    CaseState,
    DemolitionStage,
    Determination,
    DeterminationOutcome,
    Measurement,
    StageKind,
)
from inspections.rules.deadlines import Stage, stage_limits
from inspections.rules.penalty import round_area
from inspections.rules.values import RuleValues

# What may stick out of a permit and still be called covered by it: outlines from the air move by a tenth of the area
# (median error of matched houses, docs/change-detection.md).
LARGEST_PERMIT_EXCESS_SHARE = 0.10
RUNNING = (CaseState.DETERMINED, CaseState.DEMOLISHING)


class NotRouted(Refusal):
    """The case was not put before this bureau on this ground."""


class NotMeasured(Refusal):
    """The area is not one that the planning inspection brigade measured for this case."""


class PermitDoesNotHold(Refusal):
    """The permit is missing, was not in force when it was built, lies elsewhere, or covers less than what was built."""


@transaction.atomic
def determine_case(
    *,
    case: Case,
    bureau: str,
    outcome: str,
    reason: str,
    by: User,
    measurement: Measurement | None = None,
    area_m2: Decimal | None = None,
    permit: Permit | None = None,
    grounds: list[str] | None = None,
    at: datetime.datetime | None = None,
) -> Determination:
    """Record what a bureau finds; an unauthorised structure starts the stages of demolition.

    One finding of unauthorised is enough, on any ground. "Authorised" and "exempt/withdrawn" end a case only when
    every bureau it was put before has spoken. A later determination supersedes the one before; a new area does not
    restart the limits. `area_m2` defaults to the measured one and may be less (the part beyond a permit).

    Raises NotAllowed, NotRouted, NotMeasured, PermitDoesNotHold, WrongState, WrongTime, MissingReason.
    """
    case = locked(case)
    require(by, Act.DETERMINE_CASES, case=case)
    if bureau not in bureaux_at(by, case=case):
        raise NotAllowed(_("您不代表%(bureau)s，不能由其作出认定。") % {"bureau": _bureau_label(bureau)})
    require_state(case, CaseState.ROUTED, *RUNNING)
    routed = dict(case.routings.values_list("ground", "bureau"))
    own_grounds = [ground for ground, owner in routed.items() if owner == bureau]
    if not own_grounds or not set(grounds or own_grounds) <= set(own_grounds):
        raise NotRouted(
            _("案件 %(number)s 没有以此事由移交%(bureau)s。") % {"number": case.number, "bureau": _bureau_label(bureau)}
        )
    before = case.determinations.order_by("pk").last()
    moment = at or timezone.now()
    _require_after(case, before, moment)
    determination = Determination(
        case=case,
        outcome=outcome,
        grounds=grounds or own_grounds,
        bureau=bureau,
        reason=require_reason(reason),
        determined_by=by,
        determined_at=moment,
        supersedes=before,
    )
    with pghistory.context(user=by.pk, act="determine_case", reason=reason.strip()):
        if outcome == DeterminationOutcome.UNAUTHORISED:
            _unauthorised(case, determination, measurement=measurement, area_m2=area_m2)
        elif outcome == DeterminationOutcome.AUTHORISED:
            _authorised(case, determination, permit=permit)
        elif outcome == DeterminationOutcome.WITHDRAWN:
            _withdrawn(case, determination, before=before)
        else:
            raise Refusal(_("请选择认定结论。"))
    return determination


def standing_determination(case: Case) -> Determination | None:
    """The determination that no later one supersedes."""
    return case.determinations.select_related("measurement", "rule_set").order_by("pk").last()


def _unauthorised(
    case: Case, determination: Determination, *, measurement: Measurement | None, area_m2: Decimal | None
) -> None:
    if measurement is None or measurement.case_id != case.pk:
        raise NotMeasured(_("请选择本案件的一次面积量算。"))
    if not measured_for_brigade(measurement.measured_by, case=case, at=measurement.measured_at):
        raise NotMeasured(_("认定面积须由市规划监察支队量算或确认（R-203）。"))
    area = round_area(area_m2) if area_m2 is not None else measurement.area_m2
    if not 0 < area <= measurement.area_m2:
        raise NotMeasured(
            _("认定面积 %(area)s m² 须大于 0 且不超过量算的 %(measured)s m²。")
            % {"area": area, "measured": measurement.area_m2}
        )
    rule_set, values = rules_in_force(unit=case.county, at=determination.determined_at)
    determination.measurement, determination.area_m2, determination.rule_set = measurement, area, rule_set
    determination.save()
    if case.state == CaseState.ROUTED:
        case.determine_unauthorised()
        _start_stages(case, determination, values)
    case.save()
    _mark_compensation(case, barred=True)


def _authorised(case: Case, determination: Determination, *, permit: Permit | None) -> None:
    require_state(case, CaseState.ROUTED)
    if permit is None:
        raise PermitDoesNotHold(_("认定为许可合法须注明许可证。"))
    if permit.revoked:
        raise PermitDoesNotHold(_("许可证 %(number)s 已撤销。") % {"number": permit.number})
    first, last = _built_between(case)
    if permit.valid_from > last or (permit.valid_until is not None and permit.valid_until < first):
        raise PermitDoesNotHold(
            _("许可证 %(number)s 在该建筑建造期间（%(first)s 至 %(last)s）不在有效期内。")
            % {"number": permit.number, "first": first, "last": last}
        )
    if case.footprint is not None:
        footprint = wkb.loads(bytes(case.footprint.wkb))
        covered_m2 = min(overlap_m2(footprint, wkb.loads(bytes(permit.footprint.wkb))), permit.permitted_area_m2)
        whole_m2 = measured_area(footprint).area_m2
        if whole_m2 - covered_m2 > LARGEST_PERMIT_EXCESS_SHARE * whole_m2:
            raise PermitDoesNotHold(
                _("许可证 %(number)s 只覆盖 %(covered).1f m²，该建筑占地 %(whole).1f m²；超出部分不在许可之内。")
                % {"number": permit.number, "covered": covered_m2, "whole": whole_m2}
            )
    determination.permit = permit
    determination.save()
    _end_when_all_have_spoken(case)


def _built_between(case: Case) -> tuple[datetime.date, datetime.date]:
    """Days between which the structure was put up: those of the two photographs that it was found in, else the day it
    was reported."""
    source = case.sources.filter(flag__isnull=False).select_related("flag__run__before", "flag__run__after").first()
    if source is None:
        opened_on = timezone.localdate(case.opened_at)
        return opened_on, opened_on
    return source.flag.run.before.captured_on, source.flag.run.after.captured_on


def _withdrawn(case: Case, determination: Determination, *, before: Determination | None) -> None:
    if case.state in RUNNING:
        if before is not None and before.bureau != determination.bureau:
            raise NotAllowed(_("只有作出认定的%(bureau)s可以撤销。") % {"bureau": before.get_bureau_display()})
        determination.save()
        case.withdraw()
        case.save()
        _mark_compensation(case, barred=False)
        return
    determination.save()
    _end_when_all_have_spoken(case)


def _end_when_all_have_spoken(case: Case) -> None:
    """Nobody found it unauthorised and nobody is left to speak: authorised when a permit was named, else withdrawn."""
    routed = set(case.routings.values_list("bureau", flat=True))
    spoken = dict(case.determinations.order_by("pk").values_list("bureau", "outcome"))
    if routed - set(spoken):
        return
    if DeterminationOutcome.AUTHORISED in spoken.values():
        case.determine_authorised()
    else:
        case.withdraw()
    case.save()


def _start_stages(case: Case, determination: Determination, values: RuleValues) -> None:
    """R-301…R-303: the township first, then its county. Where there is no township, the county has every stage."""
    township = unit_above(case.unit, UnitLevel.TOWNSHIP) or case.county
    kinds = {
        Stage.TOWNSHIP: StageKind.TOWNSHIP,
        Stage.SUPERVISED: StageKind.SUPERVISED,
        Stage.COLLECTIVE: StageKind.COLLECTIVE,
    }
    DemolitionStage.objects.bulk_create(
        DemolitionStage(
            case=case,
            determination=determination,
            kind=kinds[limit.stage],
            owner=township if limit.stage is Stage.TOWNSHIP else case.county,
            starts_at=limit.starts_at,
            due_at=limit.due_at,
        )
        for limit in stage_limits(determination.determined_at, values)
    )


def _mark_compensation(case: Case, *, barred: bool) -> None:
    """R-307: the archive entry of the building says whether a clearing compensates it."""
    building = case.building
    if building is None or building.no_compensation == barred:
        return
    if not barred and building.cases.filter(state__in=[*RUNNING, CaseState.CLOSED]).exclude(pk=case.pk).exists():
        return
    building.no_compensation = barred
    building.save(update_fields=["no_compensation", "updated_at"])


def _require_after(case: Case, before: Determination | None, moment: datetime.datetime) -> None:
    """Facts of a case follow one another in time, or the area on the 25th would depend on the order of typing."""
    require_past(moment)
    last_demolition = case.demolitions.order_by("demolished_at").last()
    earlier = [before.determined_at] if before is not None else []
    if last_demolition is not None:
        earlier.append(last_demolition.demolished_at)
    if earlier and moment <= max(earlier):
        raise WrongTime(
            _("认定时间须晚于此前的记录（%(time)s）。")
            % {"time": timezone.localtime(max(earlier)).strftime("%Y-%m-%d %H:%M")}
        )


def _bureau_label(bureau: str) -> str:
    return str(Bureau(bureau).label) if bureau in Bureau.values else bureau
