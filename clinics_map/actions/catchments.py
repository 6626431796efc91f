"""Saying which communities a clinic serves, or drawing its catchment."""

from collections.abc import Collection

import pghistory
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from shapely.geometry import MultiPolygon

from clinics_map.models import Catchment, CatchmentCommunity, Facility
from geo.actions.snapshots import as_geos
from geo.measure import area_m2
from geo.models import Unit, UnitLevel, User
from geo.refusals import NotAllowed, Refusal
from geo.roles import Act


class BeyondReach(Refusal):
    """A community of another township was to be served."""


def communities_beside(facility: Facility) -> QuerySet[Unit]:
    """The communities that may be added: those of the same township, whose name the clinic bears (R-704)."""
    unit = facility.unit
    township = unit.parent_id if unit.level == UnitLevel.COMMUNITY else unit.pk
    return Unit.objects.filter(level=UnitLevel.COMMUNITY, parent=township).exclude(pk=unit.pk).order_by("code")


@transaction.atomic
def set_catchment(*, facility: Facility, communities: Collection[Unit], by: User) -> None:
    """Let a clinic serve these communities beside its own. Raises NotAllowed, BeyondReach, Refusal (it is drawn)."""
    if Catchment.objects.filter(facility=facility).exists():
        raise Refusal(_("此机构的服务范围已在地图上绘制：请在图上修改，或先移除所绘范围"))
    if not by.can_at(Act.EDIT_MAP, unit=facility.unit, special_area_id=facility.special_area_id):
        raise NotAllowed(_("您不能划定此机构的服务范围"))
    wanted = {community.pk for community in communities}
    if wanted - set(communities_beside(facility).values_list("pk", flat=True)):
        raise BeyondReach(_("只能选择同一乡镇(街道)内的社区"))
    # Two planners at once: the second one's choice replaces the first one's as a whole.
    Facility.objects.select_for_update(no_key=True).get(pk=facility.pk)
    with pghistory.context(user=by.pk, act="set_catchment"):
        facility.catchment.exclude(community__in=wanted).delete()
        known = set(facility.catchment.values_list("community", flat=True))
        CatchmentCommunity.objects.bulk_create(
            CatchmentCommunity(facility=facility, community_id=key) for key in sorted(wanted - known)
        )


def write_catchment(*, facility: Facility, outline: MultiPolygon, row: Catchment | None) -> Catchment:
    """Store what was drawn for a clinic; the drawing's save has checked the outline and who may, and holds the lock."""
    catchment = row or Catchment(facility=facility)
    catchment.code = facility.code
    catchment.unit_id, catchment.special_area_id = facility.unit_id, facility.special_area_id
    catchment.boundary, catchment.boundary_area_m2 = as_geos(outline), area_m2(outline).area_m2
    catchment.save()
    return catchment
