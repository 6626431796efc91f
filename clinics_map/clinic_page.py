"""What the pages of clinics show: the small maps, the table of checks of one clinic, the filters of the list."""

from dataclasses import dataclass
from typing import Any

from django.contrib.gis.db.models import Extent, MultiPolygonField
from django.contrib.gis.geos import GEOSGeometry, Polygon
from django.db.models import F, Func, QuerySet, Value
from django.http import QueryDict
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from clinics_map.catchments import CLINIC_KINDS, catchments_over
from clinics_map.clinic_checks import CheckedClinic, Told, communities_in, coverage_in
from clinics_map.coverage import Coverage, is_covered
from clinics_map.forms import CatchmentForm
from clinics_map.models import Catchment, Facility, FacilityKind
from clinics_map.standards import Result
from geo.crs import STORAGE_SRID
from geo.map_link import map_link
from geo.models import Unit, UnitLevel, User
from geo.roles import Act
from geo.site_map import Shape, site_map
from geo.templatetags.formatting import area_text, date_text, joined, listed

MAP_ZOOM = 18
# About 5 m: a pixel where a township fills the small map. Drawn in full, the boundaries of a county are megabytes.
OUTLINE_TOLERANCE_DEG = 5e-5
# Beyond this many outlines the browser draws for seconds: then the uncovered communities are drawn alone.
MOST_OUTLINES = 400


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the table of checks."""

    rule: str
    item: str
    required: str
    found: str
    told: Told
    basis: str = ""


def filtered(facilities: QuerySet[Facility], asked: QueryDict, *, within: Unit | None) -> QuerySet[Facility]:
    """Keep the facilities that the address asks for; without `?kind=` the clinics and stations."""
    kind = asked.get("kind", "")
    if kind in FacilityKind.values:
        facilities = facilities.filter(kind=kind)
    elif kind != "all":
        facilities = facilities.filter(kind__in=CLINIC_KINDS)
    if within is not None:
        facilities = facilities.filter(unit__path__startswith=within.path)
    for word in asked.get("q", "").replace("\x00", "").split():
        facilities = facilities.filter(name__icontains=word) | facilities.filter(code__icontains=word)
    return facilities.order_by("unit__code", "code")


def with_result(clinics: list[CheckedClinic], asked: QueryDict) -> list[CheckedClinic]:
    """Keep the clinics with the asked result in size or name."""
    wanted = asked.get("size", "")
    if wanted in list(Result):
        clinics = [clinic for clinic in clinics if clinic.premises.result == wanted]
    if asked.get("name") in (Result.MET, Result.NOT_MET):
        clinics = [clinic for clinic in clinics if clinic.name_result == asked["name"]]
    return clinics


def map_url(facility: Facility) -> str:
    """The map at a facility; its layer is not on when the map opens for the first time."""
    return map_link(facility.location, zoom=MAP_ZOOM)


def coverage_map(
    communities: QuerySet[Unit], clinics: list[CheckedClinic], *, covered: dict[int, float], user: User
) -> Any:
    """Covered and uncovered communities, drawn catchments, and the clinics over them; None without a community."""
    frame = communities.aggregate(frame=Extent("boundary"))["frame"]
    if frame is None:
        return None
    outlined = communities if communities.count() <= MOST_OUTLINES else communities.exclude(pk__in=_whole(covered))
    shapes = _communities(outlined[:MOST_OUTLINES], covered=covered)
    drawn = [clinic.drawn for clinic in clinics if clinic.drawn is not None][:MOST_OUTLINES]
    shapes += [Shape(one.boundary, "catchment", one.facility.name) for one in drawn]
    points = [Shape(clinic.facility.location, "clinic", clinic.facility.name) for clinic in clinics]
    return site_map([*shapes, *points], user=user, frame=_box(frame), imagery=False)


def _whole(covered: dict[int, float]) -> list[int]:
    return [key for key, share in covered.items() if is_covered(share)]


def _communities(units: QuerySet[Unit], *, covered: dict[int, float]) -> list[Shape]:
    simple = Func(
        F("boundary"),
        Value(OUTLINE_TOLERANCE_DEG),
        function="ST_SimplifyPreserveTopology",
        output_field=MultiPolygonField(srid=STORAGE_SRID),
    )
    rows = units.annotate(simple=simple).values_list("pk", "name", "population", "simple")
    return [
        Shape(outline, "covered" if is_covered(share) else "uncovered", _label(name, people, share))
        for key, name, people, outline in rows
        for share in [covered.get(key, 0.0)]
    ]


def _label(name: str, people: int | None, share: float) -> str:
    counted = _("人口未登记") if people is None else _("%(people)s 人") % {"people": f"{people:,}"}
    partly = _("已覆盖 %(share)s") % {"share": f"{share:.0%}"} if share else _("未覆盖")
    return f"{name} · {counted} · {_('已覆盖') if is_covered(share) else partly}"


def _box(extent: tuple[float, float, float, float]) -> GEOSGeometry:
    box = Polygon.from_bbox(extent)
    box.srid = STORAGE_SRID
    return box


def clinic_context(clinic: CheckedClinic, *, user: User, bound: CatchmentForm | None = None) -> dict[str, Any]:
    """The context of clinics/detail.html. `bound` is a form that came back with faults."""
    facility = clinic.facility
    unit = facility.unit
    around = communities_in(user, within=unit.parent or unit)
    covered = catchments_over(around)
    may_draw = clinic.is_clinic and user.can_at(Act.EDIT_MAP, unit=unit, special_area_id=facility.special_area_id)
    return {
        "clinic": clinic,
        "facility": facility,
        "facts": _facts(clinic),
        "checks": checks_of(clinic) if clinic.is_clinic else [],
        "standards_words": standards_words(clinic),
        "building_url": _building_url(clinic),
        "map_url": map_url(facility),
        "around": unit.parent or unit,
        "uncovered": coverage_in(around, covered=covered).uncovered,
        "catchment": listed(clinic_unit.name for clinic_unit in _in_sight(clinic, user=user)),
        "form": (bound or CatchmentForm(facility=facility)) if may_draw and clinic.drawn is None else None,
        "sheet_url": sheet_url(facility, user, drawn=clinic.drawn) if may_draw else "",
        "site_map": _map_of(clinic, around, covered=covered, user=user),
    }


def sheet_url(facility: Facility, user: User, *, drawn: Catchment | None) -> str:
    """The sheet on which a clinic's catchment is drawn, for those who may draw in its township; else nothing."""
    unit = facility.unit
    township = unit.parent if unit.level == UnitLevel.COMMUNITY else unit
    if township is None or township.level != UnitLevel.TOWNSHIP or not user.can_at(Act.EDIT_MAP, unit=township):
        return ""
    address = reverse("drawing-page", args=["catchment", township.code])
    return f"{address}?zone={drawn.pk}" if drawn is not None else address


def _map_of(clinic: CheckedClinic, around: QuerySet[Unit], *, covered: dict[int, float], user: User) -> dict[str, Any]:
    facility, unit = clinic.facility, clinic.facility.unit
    shapes = _communities(around.exclude(pk__in=_whole(covered))[:MOST_OUTLINES], covered=covered)
    catchment = _in_sight(clinic, user=user)
    if clinic.drawn is not None:
        shapes.append(Shape(clinic.drawn.boundary, "catchment", facility.name))
    else:
        shapes += [Shape(community.boundary, "catchment", community.name) for community in catchment]
    if clinic.building is not None:
        shapes.append(Shape(clinic.building.footprint, "building", clinic.building.code))
    shapes.append(Shape(facility.location, "chosen", facility.name))
    framed = [clinic.drawn] if clinic.drawn is not None else catchment or [unit]
    west, south, east, north = zip(*(area.boundary.extent for area in framed), strict=True)
    return site_map(shapes, user=user, frame=_box((min(west), min(south), max(east), max(north))))


def _in_sight(clinic: CheckedClinic, *, user: User) -> list[Unit]:
    """The communities of a catchment that the reader may know of; their people count for everybody."""
    own = clinic.facility.unit_id  # told with the facility, also to a post in a special area
    return [unit for unit in clinic.catchment if unit.pk == own or user.can_at(Act.SEE_CLINICS, unit=unit)]


def _building_url(clinic: CheckedClinic) -> str:
    if clinic.building is None:
        return ""
    try:
        return reverse("building-detail", args=[clinic.building.pk])
    except NoReverseMatch:  # the app of the archive is switched off
        return ""


def _facts(clinic: CheckedClinic) -> list[tuple[str, Any]]:
    facility = clinic.facility
    above = facility.unit.parent.name if facility.unit.parent else ""
    registered = "" if facility.building_area_m2 is None else area_text(facility.building_area_m2)
    return [
        (_("机构编号"), facility.code),
        (_("类别"), facility.get_kind_display()),
        (_("上级机构"), facility.parent.name if facility.parent else ""),
        (_("所属单位"), " · ".join(filter(None, [above, facility.unit.name]))),
        (_("服务人口"), people_words(clinic)),
        (_("登记建筑面积"), registered),
        (_("坐标（CGCS2000）"), f"{facility.location.y:.6f}°N, {facility.location.x:.6f}°E"),
    ]


def people_words(clinic: CheckedClinic) -> str:
    """The people served and where the number comes from."""
    if clinic.people is None:
        return ""
    number = f"{clinic.people:,}"
    if clinic.people_are_registered:
        return number
    words = _("%(people)s（所绘范围内，按住宅面积推算）") if clinic.drawn else _("%(people)s（服务范围内社区人口）")
    return words % {"people": number}


def checks_of(clinic: CheckedClinic) -> list[Check]:
    """R-701, R-704 and R-705 in words. The rooms and connections (R-702, R-703) are looked at on site."""
    premises = clinic.premises
    needed = "" if premises.required_m2 is None else _("不小于 %(area)s") % {"area": area_text(premises.required_m2)}
    checks = [
        Check(
            "R-701",
            _("业务用房面积"),
            needed or _("服务人口未登记"),
            "—" if premises.found_m2 is None else area_text(premises.found_m2),
            clinic.size,
            _premises_basis(clinic),
        )
    ]
    if clinic.facility.kind == FacilityKind.CLINIC:
        checks.append(
            Check(
                "R-704",
                _("机构名称"),
                clinic.name_expected or _("机构未落到社区"),
                clinic.facility.name,
                clinic.naming,
            )
        )
    staff = "—" if clinic.staff is None else _("至少 %(count)s 人") % {"count": clinic.staff}
    there = clinic.facility.staff
    found = _("在岗人数未登记") if there is None else _("在岗 %(count)s 人") % {"count": there}
    checks.append(Check("R-705", _("人员配备"), staff, found, clinic.staffing, _staff_basis(clinic)))
    return checks


def _staff_basis(clinic: CheckedClinic) -> str:
    """By which people the staff was counted."""
    if clinic.registered is None:
        return ""
    people, others = f"{clinic.registered:,}", clinic.facility.other_residents
    own, by_catchment = _("户籍人口 %(people)s"), _("服务范围内社区人口 %(people)s")
    words = [(own if clinic.registered_is_own else by_catchment) % {"people": people}]
    if others is None:
        words.append(_("常住非户籍人口未登记，按 0 计"))
    else:
        words.append(_("常住非户籍人口 %(people)s") % {"people": f"{others:,}"})
    return joined(words)


def standards_words(clinic: CheckedClinic) -> str:
    """Whose figures the checks rest on."""
    found = clinic.standards_from
    if found is None:
        return _("标准值按通用规定。")
    words = {"unit": found.unit.name, "date": date_text(found.effective_from), "note": found.note or "—"}
    return _("标准值按 %(unit)s 自 %(date)s 起的规定（依据：%(note)s）。") % words


def _premises_basis(clinic: CheckedClinic) -> str:
    words = [clinic.basis_words]
    if clinic.building is not None:
        code = clinic.building.code
        words.append(code if clinic.building_is_linked else _("%(code)s，按机构位置对应") % {"code": code})
    registered = clinic.facility.building_area_m2
    if clinic.premises.result is Result.CHECK and registered is not None and clinic.building is not None:
        words.append(_("登记面积 %(area)s") % {"area": area_text(registered)})
    return joined(words)


def coverage_figures(coverage: Coverage) -> dict[str, Any]:
    """The figures above the list, R-706 by people."""
    return {
        "share": None if coverage.share is None else f"{coverage.share:.1%}",
        "uncovered_people": f"{coverage.uncovered_people:,}",
        "uncovered_count": len(coverage.uncovered),
        "communities": coverage.communities,
        "uncounted": coverage.uncounted,
    }
