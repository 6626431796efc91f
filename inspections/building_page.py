"""What the archive page of one building shows (R-108)."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from geo.drawing.links import record_link
from geo.measure import MeasureError, overlap_m2, uncovered_m2
from geo.models import Building, BuildingStatus, Permit, User
from geo.models.building import SAME_WALL_DEG
from geo.roles import Act
from geo.site_map import Shape, site_map
from inspections.actions.places import as_shapely
from inspections.building_evidence import PHOTO_REACH_M, cases_at, flags_at, photo_days
from inspections.building_history import history_of
from inspections.building_table import knows_household, map_url
from inspections.case_table import with_figures
from inspections.models import Case


def building_context(building: Building, *, user: User) -> dict[str, Any]:
    """The context of buildings/detail.html."""
    with_names = knows_household(user, building)
    permits = _permits(building, user=user, with_names=with_names)
    cases = list(with_figures(cases_at(building, user=user)).order_by("-opened_at", "-pk"))
    days, older = photo_days(building, user=user)
    return {
        "building": building,
        "map_url": map_url(building),
        "drawing_url": record_link(building, user) if building.status != BuildingStatus.DEMOLISHED else "",
        "facts": _facts(building, with_names=with_names),
        "area_method": _("按档案轮廓在椭球面上量算"),
        "floor_m2": building.footprint_area_m2 * building.storeys if building.storeys else None,
        "permits": permits,
        "beyond_m2": _beyond(building, permits),
        "cases": cases,
        "sees_cases": user.can(Act.SEE_CASES),
        "photo_days": days,
        "older_photos": older,
        "photo_reach_m": PHOTO_REACH_M,
        "sees_photos": user.can(Act.SEE_INSPECTIONS),
        "flags": flags_at(building, user=user),
        "may_assign": user.can_at(Act.ASSIGN_INSPECTIONS, unit=building.unit, special_area_id=building.special_area_id),
        "history": history_of(building, with_names=with_names),
        "site_map": site_map(_shapes(building, permits, cases, days), user=user, frame=building.footprint),
    }


def _facts(building: Building, *, with_names: bool) -> list[tuple[str, Any]]:
    above = building.unit.parent.name if building.unit.parent else ""
    place = building.footprint.point_on_surface
    facts = [
        (_("建筑编号"), building.code),
        (_("名称"), building.name),
        (_("用途"), building.get_use_display()),
        (_("结构"), building.get_structure_display()),
        (_("层数"), building.storeys),
        (_("建成年份"), building.built_year),
        (_("地址"), building.address),
        (_("所属单位"), " · ".join(filter(None, [above, building.unit.name]))),
        (_("坐标（CGCS2000）"), f"{place.y:.6f}°N, {place.x:.6f}°E"),
        (_("来源"), building.source),
    ]
    if with_names:
        facts.insert(2, (_("户主/产权人"), building.household))
    if building.special_area is not None:
        facts.append((_("特殊区域"), building.special_area.name))
    return facts


def _permits(building: Building, *, user: User, with_names: bool) -> list[dict[str, Any]]:
    """The permits that share ground with the building, each with how much of it they cover."""
    over = Permit.objects.for_user(user).filter(footprint__intersects=building.footprint.buffer(-SAME_WALL_DEG))
    today = timezone.localdate()
    return [
        {
            "permit": permit,
            "holder": permit.holder if with_names else "",
            "covered_m2": _covered(building, permit),
            **_state(permit, today=today),
        }
        for permit in over.order_by("-valid_from", "number")
    ]


def _state(permit: Permit, *, today: Any) -> dict[str, str]:
    if permit.revoked:
        return {"state": "refused", "state_label": _("已撤销")}
    if permit.valid_from > today:
        return {"state": "waiting", "state_label": _("尚未生效")}
    if permit.valid_until is not None and permit.valid_until < today:
        return {"state": "superseded", "state_label": _("已到期")}
    return {"state": "done", "state_label": _("有效")}


def _covered(building: Building, permit: Permit) -> float | None:
    try:
        return overlap_m2(as_shapely(permit.footprint), as_shapely(building.footprint))
    except MeasureError:
        return None  # a drawn outline that crosses itself has no area


def _beyond(building: Building, permits: list[dict[str, Any]]) -> float | None:
    """What no permit covers, when one covers anything; a sliver along the outline is the drawing, not a wall."""
    standing = [as_shapely(item["permit"].footprint) for item in permits if not item["permit"].revoked]
    if not standing:
        return None
    try:
        return uncovered_m2(as_shapely(building.footprint), standing)
    except MeasureError:
        return None


def _shapes(
    building: Building, permits: list[dict[str, Any]], cases: list[Case], days: list[tuple[Any, list[dict[str, Any]]]]
) -> list[Shape]:
    photos = [photo for _day, shown in days for photo in shown if photo["position"] is not None]
    return [
        *(Shape(item["permit"].footprint, "permit", item["permit"].number) for item in permits),
        Shape(building.footprint, "building", building.code),
        *(Shape(case.footprint or case.location, "case", case.number) for case in cases),
        *(Shape(photo["position"], "photo", photo["alt"]) for photo in photos),
    ]
