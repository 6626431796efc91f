"""Opening cases, joining reports of the same structure to them, routing them, taking them back."""

from dataclasses import dataclass

import pghistory
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon, Point, Polygon
from django.db import transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from shapely import wkb

from geo.actions.locks import hold_lock
from geo.crs import LonLat
from geo.measure import area_m2, distance_m, overlap_m2
from geo.models import Building, ChangeFlag, ChangeKind, Place, Unit, UnitLevel, User
from geo.refusals import NotAllowed, Refusal
from geo.roles import Act
from inspections.actions.case_guards import (
    WrongState,
    locked,
    require,
    require_reason,
    require_state,
    unit_above,
)
from inspections.actions.lock_names import building_cases, opening_cases
from inspections.actions.measurements import measure_flag
from inspections.actions.telling import tell_of_routing
from inspections.models import Case, CaseRouting, CaseSource, CaseState, Inspection, SourceKind
from inspections.rules.routing import BUREAU_OF_GROUND, Ground, bureaux_for

# Two outlines are one structure when they share this part of the smaller one: the share at which the change engine
# counts a found object as the true one (IoU 0.3), taken of the smaller because a report may see only a part.
SAME_STRUCTURE_SHARE = 0.3
# A report that is only a point joins a case without outline this near: the usual accuracy of a phone among houses.
SAME_PLACE_M = 10.0
NEARBY_DEGREES = 0.0003  # more than SAME_PLACE_M anywhere in China; only preselects


class OutsideJurisdiction(Refusal):
    """The structure lies in no county, so that nobody would answer for it."""


class NothingReported(Refusal):
    """Neither a flag nor a report was given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A structure reported from the ground: a place, with an outline and a building when they are known."""

    kind: SourceKind
    location: Point
    footprint: MultiPolygon | None = None
    building: Building | None = None
    inspection: Inspection | None = None
    title: str = ""
    address: str = ""
    note: str = ""


@transaction.atomic
def open_or_join_case(
    *, by: User, flag: ChangeFlag | None = None, report: Report | None = None, outline: Polygon | None = None
) -> Case:
    """Open a case for a confirmed flag or a report, or join the open case of the same structure (R-101).

    `outline` is the flag's outline as its reviewer corrected it. The same flag or inspection again gives the case that
    it already belongs to. Two at once cannot open two cases:
    the search and the opening hold a lock per county. Raises NotAllowed, OutsideJurisdiction, NothingReported.
    """
    if flag is not None:
        report = _report_of(flag, outline=outline or flag.geometry)
    if report is None:
        raise NothingReported(_("没有可立案的图斑或报告。"))
    place, unit, county = _entered(report.location, flag=flag, by=by)
    with pghistory.context(user=by.pk, act="open_or_join_case"):
        if report.building is not None:
            hold_lock(building_cases(report.building.pk))
        case = _same_structure(report, county=county)
        source = _source_holding(flag=flag, inspection=report.inspection)
        if source is not None:
            if case is None or case.pk == source.case_id or not _was_discarded(source.case):
                return _reopened(source.case) if flag is not None else source.case
            # Discarded, and the structure was reported again meanwhile: it has one open case, and that is joined.
            _leave(source, reason=_("并入案件 %(number)s") % {"number": case.number}, by=by)
        if case is None:
            case = _opened(report, flag=flag, place=place, unit=unit, county=county, by=by)
        else:
            _complete(case, report)
        CaseSource.objects.create(
            case=case, kind=report.kind, flag=flag, inspection=report.inspection, note=report.note, reported_by=by
        )
        if flag is not None:
            measure_flag(case=case, flag=flag)
    return case


@transaction.atomic
def add_source(
    *, case: Case, kind: SourceKind, by: User, note: str = "", inspection: Inspection | None = None
) -> CaseSource:
    """Put a further report on record (R-101). The same inspection twice is one source."""
    case = locked(case)
    require(by, Act.REPORT_CASES, Act.INSPECT, case=case)
    if inspection is not None:
        known = CaseSource.objects.filter(inspection=inspection, case=case).first()
        if known is not None:
            return known
    elif not note.strip():
        raise NothingReported(_("请写明发现了什么。"))
    return CaseSource.objects.create(case=case, kind=kind, note=note.strip(), inspection=inspection, reported_by=by)


@transaction.atomic
def describe_case(*, case: Case, title: str, address: str, by: User, person_in_charge: str | None = None) -> Case:
    """Correct the words of a case. `person_in_charge` None leaves the name as it is."""
    case = locked(case)
    require(by, Act.REPORT_CASES, Act.ROUTE_CASES, case=case)
    if not title.strip():
        raise NothingReported(_("请填写标题。"))
    case.title, case.address = title.strip(), address.strip()
    if person_in_charge is not None:
        case.person_in_charge = person_in_charge.strip()
    with pghistory.context(user=by.pk, act="describe_case"):
        case.save()
    return case


@transaction.atomic
def route_case(*, case: Case, grounds: list[str], by: User) -> list[CaseRouting]:
    """Hand the case to the bureaux that the grounds name (R-201). Grounds already routed stay; returns the new ones."""
    case = locked(case)
    require(by, Act.ROUTE_CASES, case=case)
    require_state(case, CaseState.FOUND, CaseState.ROUTED)
    if not grounds:
        raise Refusal(_("请至少选择一项事由。"))
    bureaux_for(grounds)  # refuses unknown grounds
    routed = set(case.routings.values_list("ground", flat=True))
    new = [
        CaseRouting(case=case, ground=ground, bureau=BUREAU_OF_GROUND[ground], routed_by=by)
        for ground in Ground
        if ground in grounds and ground not in routed
    ]
    if not new and case.state == CaseState.ROUTED:
        return []
    # A case that was discarded and opened again still has its routings, and goes the same way once more.
    CaseRouting.objects.bulk_create(new)
    case.grounds = [str(ground) for ground in Ground if ground in grounds or ground in routed]
    with pghistory.context(user=by.pk, act="route_case"):
        case.route()
        case.save()
    tell_of_routing(new, case=case, by=by)
    return new


@transaction.atomic
def discard_case(*, case: Case, reason: str, by: User) -> Case:
    """Take back a case that nobody has determined yet (opened by mistake); a determined one is its bureau's matter.

    Not for the township, which would judge what it is itself judged by (R-510)."""
    case = locked(case)
    require(by, Act.ROUTE_CASES, case=case)
    require_state(case, CaseState.FOUND, CaseState.ROUTED)
    with pghistory.context(user=by.pk, act="discard_case", reason=require_reason(reason)):
        case.withdraw()
        case.save()
    return case


@transaction.atomic
def leave_case_of_flag(*, flag: ChangeFlag, reason: str, by: User) -> Case | None:
    """A confirmation was undone: a case that rests on this flag alone is discarded, and returned; one that has other
    sources goes on without this one (None).

    Raises WrongState when the case is already being acted on: what was decided on the flag's word is not taken away.
    """
    source = CaseSource.objects.standing().filter(flag=flag).select_related("case").first()
    if source is None:
        return None
    case = locked(source.case)
    if flag.kind == ChangeKind.DEMOLISHED:  # the case never rested on it
        _leave(source, reason=reason, by=by)
        return None
    if case.state not in (CaseState.FOUND, CaseState.ROUTED) or case.determinations.exists():
        raise WrongState(
            _("案件 %(number)s 已在办理（%(state)s），不能再撤销图斑的确认；请由认定部门处理该案件。")
            % {"number": case.number, "state": case.get_state_display()}
        )
    if not case.sources.standing().exclude(pk=source.pk).exists():
        return discard_case(case=case, reason=reason, by=by)
    _leave(source, reason=reason, by=by)
    return None


@transaction.atomic
def tell_of_demolition(*, flag: ChangeFlag, by: User) -> Case | None:
    """A confirmed demolition opens no case; an open case of what stood there gets to know of it. Returns that case."""
    report = _report_of(flag, outline=flag.geometry)
    _place, _unit, county = _entered(report.location, flag=flag, by=by)
    case = _same_structure(report, county=county)
    if case is not None and _source_holding(flag=flag, inspection=None) is None:
        note = _("%(flag)s：影像显示已拆除") % {"flag": report.note}
        CaseSource.objects.create(case=case, kind=report.kind, flag=flag, note=note, reported_by=by)
    return case


def _entered(location: Point, *, flag: ChangeFlag | None, by: User) -> tuple[Place, Unit, Unit]:
    """Where a report lies, once its reporter may report there and the county's cases are held."""
    place, unit, county = _place_of(location, flag=flag)
    if not by.can_at(Act.REPORT_CASES, unit=unit, special_area_id=place.special_area_id):
        raise NotAllowed(_("您没有权限在%(unit)s立案。") % {"unit": unit.name})
    hold_lock(opening_cases(county.pk))
    return place, unit, county


def _report_of(flag: ChangeFlag, *, outline: Polygon) -> Report:
    with translation.override("zh-hans"):  # what is stored is Chinese, whatever language the reviewer reads
        title = f"{flag.unit.name} {flag.get_kind_display()}"
        note = _("图斑 %(number)s，影像比对 %(run)s") % {"number": flag.number, "run": flag.run}
    return Report(
        kind=SourceKind.AERIAL,
        location=outline.point_on_surface,
        footprint=MultiPolygon(outline, srid=outline.srid),
        building=flag.building,
        title=title,
        note=note,
    )


def _place_of(location: Point, *, flag: ChangeFlag | None) -> tuple[Place, Unit, Unit]:
    """The place, its unit and its county; a flag already knows its unit."""
    place = Place(flag.unit_id, flag.special_area_id) if flag is not None else Unit.objects.place_of(location)
    unit = Unit.objects.get(pk=place.unit_id) if place is not None else None
    county = unit_above(unit, UnitLevel.COUNTY) if unit is not None else None
    if place is None or unit is None or county is None:
        raise OutsideJurisdiction(
            _("位置 %(lon).5f, %(lat).5f 不在任何县（区）内。") % {"lon": location.x, "lat": location.y}
        )
    return place, unit, county


def _source_holding(*, flag: ChangeFlag | None, inspection: Inspection | None) -> CaseSource | None:
    known = Q(pk__in=[])
    if flag is not None:
        known |= Q(flag=flag)
    if inspection is not None:
        known |= Q(inspection=inspection)
    return CaseSource.objects.standing().filter(known).select_related("case").first()


def _was_discarded(case: Case) -> bool:
    return case.state == CaseState.WITHDRAWN and not case.determinations.exists()


def _leave(source: CaseSource, *, reason: str, by: User) -> None:
    source.left_at, source.left_by, source.left_reason = timezone.now(), by, reason
    source.save(update_fields=["left_at", "left_by", "left_reason"])


def _reopened(case: Case) -> Case:
    """A case that was discarded comes back when its flag is confirmed again; any other stays as it is."""
    case = locked(case)
    if _was_discarded(case):
        case.reopen()
        case.save()
    return case


def _same_structure(report: Report, *, county: Unit) -> Case | None:
    """The open case of the same structure: the same building, else the outline that shares most of the smaller."""
    opened = Case.objects.select_for_update(of=("self",)).open()
    if report.building is not None:  # one on a border may be a case of the county beside
        case = opened.filter(building=report.building).first()
        if case is not None:
            return case
    cases = opened.filter(county=county)
    if report.footprint is not None:
        shares = [
            (_shared(report.footprint, case.footprint), case)
            for case in cases.filter(footprint__bboverlaps=report.footprint)
        ]
        best = max(shares, key=lambda pair: pair[0], default=(0.0, None))
        if best[0] >= SAME_STRUCTURE_SHARE:
            return best[1]
        points = cases.filter(footprint=None, location__intersects=report.footprint)
        return points.first()
    covering = cases.filter(footprint__intersects=report.location).first()
    if covering is not None:
        return covering
    around = report.location.buffer(NEARBY_DEGREES)
    near = [
        (distance_m(_lonlat(report.location), _lonlat(case.location)), case)
        for case in cases.filter(footprint=None, location__intersects=around)
    ]
    nearest = min(near, key=lambda pair: pair[0], default=(SAME_PLACE_M + 1.0, None))
    return nearest[1] if nearest[0] <= SAME_PLACE_M else None


def _shared(one: GEOSGeometry, other: GEOSGeometry) -> float:
    """The part (0…1) of the smaller outline that both share."""
    a, b = wkb.loads(bytes(one.wkb)), wkb.loads(bytes(other.wkb))
    return overlap_m2(a, b) / min(area_m2(a).area_m2, area_m2(b).area_m2)


def _lonlat(point: Point) -> LonLat:
    return LonLat(point.x, point.y)


def _opened(report: Report, *, flag: ChangeFlag | None, place: Place, unit: Unit, county: Unit, by: User) -> Case:
    building = report.building
    return Case.objects.create(
        number=_next_number(county),
        unit=unit,
        special_area_id=place.special_area_id,
        county=county,
        title=(report.title or f"{unit.name} {report.kind.label}")[:120],
        address=report.address or (building.address if building is not None else ""),
        location=report.location,
        footprint=report.footprint,
        building=building,
        control_area_id=flag.control_area_id if flag is not None else None,
        opened_by=by,
    )


def _complete(case: Case, report: Report) -> None:
    """What the case did not know yet and the new report does."""
    if case.footprint is None:
        case.footprint = report.footprint
    if case.building_id is None:
        case.building = report.building
    case.address = case.address or report.address
    case.save()


def _next_number(county: Unit) -> str:
    """`419901-2026-0001`: the county's code, the year in the city, a running number. Under the county's lock."""
    prefix = f"{county.code[:6]}-{timezone.localdate().year}-"
    last = Case.objects.filter(number__startswith=prefix).order_by("-pk").values_list("number", flat=True).first()
    return f"{prefix}{int(last.rpartition('-')[2]) + 1 if last else 1:04d}"
