"""Determinations 认定: only the right bureau, and what follows from them (R-202, R-203, R-301)."""

import datetime
from decimal import Decimal

import pghistory
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from geo.actions.locks import hold_lock
from geo.actions.permit_area import left_of_permit, may_be_built_by
from geo.actions.snapshots import as_shapely as shape_of
from geo.measure import area_m2 as measured_area
from geo.measure import overlap_m2
from geo.models import Building, ChangeKind, Permit, UnitLevel, User
from geo.refusals import NotAllowed, Refusal
from geo.roles import Act, Bureau
from geo.templatetags.formatting import moment_text
from inspections.actions.case_guards import (
    WrongTime,
    brigade_measurements,
    bureaux_at,
    locked,
    require,
    require_past,
    require_reason,
    require_state,
    unit_above,
)
from inspections.actions.lock_names import permit_area
from inspections.actions.penalty_facts import standing_findings
from inspections.actions.rule_sets import rules_in_force
from inspections.actions.telling import tell_of_determination
from inspections.models import (
    Case,
    CaseState,
    DemolitionStage,
    Determination,
    DeterminationOutcome,
    Measurement,
    StageKind,
)
from inspections.rules.clock import local_day
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
    document: str = "",
) -> Determination:
    """Record what a bureau finds; an unauthorised structure starts the stages of demolition.

    One finding of unauthorised is enough, on any ground. "Authorised" and "exempt/withdrawn" end a case only when
    every bureau it was put before has spoken. A later determination supersedes the one before; a new area does not
    restart the limits. `area_m2` defaults to the measured one and may be less (the part beyond a permit). `at` may lie
    before the case was put before the bureau only for what was found on paper then: `document` is that paper's number.

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
    _require_order(case, bureau, before, moment, document=document.strip())
    determination = Determination(
        case=case,
        outcome=outcome,
        grounds=grounds or own_grounds,
        bureau=bureau,
        reason=require_reason(reason),
        determined_by=by,
        determined_at=moment,
        document=document.strip(),
        supersedes=before,
    )
    with pghistory.context(user=by.pk, act="determine_case", reason=reason.strip()):
        if outcome == DeterminationOutcome.UNAUTHORISED:
            _unauthorised(case, determination, measurement=measurement, area_m2=area_m2)
        elif outcome == DeterminationOutcome.AUTHORISED:
            _authorised(case, determination, permit=permit)
        elif outcome == DeterminationOutcome.WITHDRAWN:
            _withdrawn(case, determination)
        else:
            raise Refusal(_("请选择认定结论。"))
    if outcome == DeterminationOutcome.UNAUTHORISED:
        tell_of_determination(determination, case=case, by=by)
    return determination


def standing_determination(case: Case) -> Determination | None:
    """The determination that the case stands on: the unauthorised finding that counts, else the last word."""
    rows = list(case.determinations.select_related("measurement", "rule_set").order_by("pk"))
    return standing_findings(rows).get(case.pk) or (rows[-1] if rows else None)


def _unauthorised(
    case: Case, determination: Determination, *, measurement: Measurement | None, area_m2: Decimal | None
) -> None:
    if measurement is None or measurement.case_id != case.pk:
        raise NotMeasured(_("请选择本案件的一次面积量算。"))
    if measurement.pk not in brigade_measurements(case, [measurement]):
        raise NotMeasured(_("认定面积须由市规划监察支队量算或确认（R-203）。"))
    demolished = _last_demolition(case)
    if demolished is not None and measurement.measured_at <= demolished:
        raise NotMeasured(_("该量算早于最近一次拆除（%(time)s），请重新量算。") % {"time": _minute(demolished)})
    if demolished is not None and measurement.flag is not None:
        flown_on = measurement.flag.run.after.captured_on
        if flown_on <= local_day(demolished):
            raise NotMeasured(_("影像摄于 %(day)s，早于最近一次拆除，请重新量算。") % {"day": flown_on.isoformat()})
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
    hold_lock(permit_area(permit.pk))
    span = _built_between(case)
    if permit.valid_from > span[1] or (permit.valid_until is not None and permit.valid_until < span[0]):
        raise PermitDoesNotHold(
            _("许可证 %(number)s 在该建筑建造期间（%(first)s 至 %(last)s）不在有效期内。")
            % {"number": permit.number, "first": _day_text(span[0]), "last": span[1]}
        )
    if case.footprint is not None:
        footprint = shape_of(case.footprint)
        left_m2 = left_of_permit(permit, standing=_others_on(permit, case), changed=[footprint])
        covered_m2 = min(overlap_m2(footprint, shape_of(permit.footprint)), left_m2)
        whole_m2 = measured_area(footprint).area_m2
        if whole_m2 - covered_m2 > LARGEST_PERMIT_EXCESS_SHARE * whole_m2:
            raise PermitDoesNotHold(
                _("许可证 %(number)s 只覆盖 %(covered).1f m²，该建筑占地 %(whole).1f m²；超出部分不在许可之内。")
                % {"number": permit.number, "covered": covered_m2, "whole": whole_m2}
            )
    determination.permit = permit
    determination.save()
    _end_when_all_have_spoken(case)


def _others_on(permit: Permit, case: Case) -> list[BaseGeometry]:
    """What else stands on the permit's ground: buildings of the archive, and structures found lawful by this permit."""
    buildings = Building.objects.standing().filter(footprint__intersects=permit.footprint)
    outlines = [
        shape_of(row.footprint) for row in buildings.exclude(pk=case.building_id) if may_be_built_by(permit, row)
    ]
    lawful = Determination.objects.last_words().filter(permit=permit, case__footprint__isnull=False)
    gone = [CaseState.WITHDRAWN, CaseState.CLOSED]
    others = lawful.exclude(case=case).exclude(case__state__in=gone).select_related("case")
    return outlines + [shape_of(found.case.footprint) for found in others]


def _built_between(case: Case) -> tuple[datetime.date, datetime.date]:
    """The span in which the structure was put up, as narrow as known: two flights, a year, or before it was seen."""
    seen = _seen_between(case)
    if seen is not None:
        return seen
    if case.building is not None and case.building.built_year is not None:
        return datetime.date(case.building.built_year, 1, 1), datetime.date(case.building.built_year, 12, 31)
    return datetime.date.min, timezone.localdate(case.opened_at)


def _day_text(day: datetime.date) -> str:
    return "…" if day == datetime.date.min else day.isoformat()


def _seen_between(case: Case) -> tuple[datetime.date, datetime.date] | None:
    """Days of the two photographs between which the structure was put up; None when it was never found in any."""
    sources = case.sources.standing().filter(flag__isnull=False).exclude(flag__kind=ChangeKind.DEMOLISHED)
    source = sources.select_related("flag__run__before", "flag__run__after").first()
    if source is None:
        return None
    return source.flag.run.before.captured_on, source.flag.run.after.captured_on


def _withdrawn(case: Case, determination: Determination) -> None:
    """Take a bureau's own finding back. What another found stands; who was asked and has not spoken still will."""
    running = case.state in RUNNING
    own = case.determinations.filter(bureau=determination.bureau).order_by("pk").last()
    if running and (own is None or own.outcome != DeterminationOutcome.UNAUTHORISED):
        raise NotAllowed(_("只能撤销本部门作出的认定。"))
    determination.save()
    if not running:
        _end_when_all_have_spoken(case)
    elif case.pk not in standing_findings(case.determinations.all()):
        if _unheard(case):
            case.stages.all().delete()  # their history stays; new limits run from a new determination
            case.await_bureaux()
        else:
            case.withdraw()
        case.save()
        _mark_compensation(case, barred=False)


def _unheard(case: Case) -> set[str]:
    """Bureaux that the case was put before and that have not spoken."""
    routed = set(case.routings.values_list("bureau", flat=True))
    return routed - set(case.determinations.values_list("bureau", flat=True))


def _end_when_all_have_spoken(case: Case) -> None:
    """Nobody found it unauthorised and nobody is left to speak: authorised when a permit was named, else withdrawn."""
    if _unheard(case):
        return
    spoken = dict(case.determinations.order_by("pk").values_list("bureau", "outcome"))
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


def _require_order(
    case: Case, bureau: str, before: Determination | None, moment: datetime.datetime, *, document: str
) -> None:
    """Facts of a case follow one another in time, or the area on the 25th would depend on the order of typing.

    A bureau finds after it was asked; an earlier day needs the paper of that day, and is never before what stands there
    can have been built.
    """
    require_past(moment)
    asked_at = case.routings.filter(bureau=bureau).order_by("routed_at").values_list("routed_at", flat=True).first()
    if asked_at is not None and moment < asked_at and not document:
        raise WrongTime(
            _("案件于 %(time)s 移交，认定时间早于移交须填写原认定文号（补录）。") % {"time": _minute(asked_at)}
        )
    seen = _seen_between(case)
    if seen is not None and local_day(moment) < seen[0]:
        raise WrongTime(_("认定时间不能早于 %(day)s：当时的影像中还没有该建筑。") % {"day": seen[0].isoformat()})
    earlier = [before.determined_at] if before is not None else []
    demolished = _last_demolition(case)
    if demolished is not None:
        earlier.append(demolished)
    if earlier and moment <= max(earlier):
        raise WrongTime(_("认定时间须晚于此前的记录（%(time)s）。") % {"time": _minute(max(earlier))})


def _last_demolition(case: Case) -> datetime.datetime | None:
    record = case.demolitions.order_by("demolished_at").last()
    return record.demolished_at if record is not None else None


def _minute(moment: datetime.datetime) -> str:
    return moment_text(moment)


def _bureau_label(bureau: str) -> str:
    return str(Bureau(bureau).label) if bureau in Bureau.values else bureau
