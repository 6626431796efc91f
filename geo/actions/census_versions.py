"""Finishing a version of the census zones, and starting the next one from it (R-808)."""

import re

import pghistory
from django.db import connection, transaction
from django.utils.translation import gettext as _

from geo.models import CensusZone, FinishedCensus, Unit, User
from geo.refusals import NotAllowed, Refusal
from geo.roles import Act

VERSION = re.compile(r"[0-9A-Za-z\u4e00-\u9fff][0-9A-Za-z\u4e00-\u9fff._-]{0,19}")


@transaction.atomic
def finish_census(*, unit: Unit, version: str, by: User) -> FinishedCensus:
    """Close a version under a unit: from now on the database keeps its zones as they are."""
    _require_drawing(by, unit)
    _hold(unit)
    finished = FinishedCensus.objects.filter(
        version=version, unit__code__in=[*unit.ancestor_codes, unit.code]
    ).select_related("unit", "finished_by")
    if there := finished.first():
        words = {"version": version, "unit": there.unit.name, "by": there.finished_by}
        raise Refusal(_("%(unit)s 的版本 %(version)s 已由%(by)s完成。") % words)
    count = CensusZone.objects.filter(version=version, unit__path__startswith=unit.path).count()
    if not count:
        raise Refusal(_("%(unit)s 的版本 %(version)s 还没有图形。") % {"unit": unit.name, "version": version})
    return FinishedCensus.objects.create(unit=unit, version=version, zone_count=count, finished_by=by)


@transaction.atomic
def start_census(*, unit: Unit, version: str, following: str, by: User) -> int:
    """Copy the zones of a finished version as the start of a new one. Returns how many they are."""
    _require_drawing(by, unit)
    _hold(unit)
    if not VERSION.fullmatch(version):
        raise Refusal(_("版本名称只能用汉字、字母、数字、点、横线，最多 20 个字，例如 2027。"))
    if version <= following:
        raise Refusal(_("新版本须排在 %(version)s 之后，例如 %(version)s-2。") % {"version": following})
    if not FinishedCensus.objects.touching(unit, following).exists():
        raise Refusal(_("版本 %(version)s 尚未完成，请直接在其中绘制。") % {"version": following})
    under = CensusZone.objects.filter(unit__path__startswith=unit.path)
    if under.filter(version=version).exists():
        raise Refusal(_("%(unit)s 已有版本 %(version)s。") % {"unit": unit.name, "version": version})
    if FinishedCensus.objects.touching(unit, version).exists():
        raise Refusal(_("版本 %(version)s 在此已完成。") % {"version": version})
    zones = list(under.filter(version=following))
    for zone in zones:
        zone.pk, zone.version = None, version
        zone._state.adding = True
    with pghistory.context(user=by.pk, act="start_census", following=following):
        CensusZone.objects.bulk_create(zones, batch_size=500)
    return len(zones)


def _require_drawing(by: User, unit: Unit) -> None:
    if not by.can_at(Act.DRAW_ZONES, unit=unit):
        raise NotAllowed(_("您不能在 %(unit)s 绘制此图层") % {"unit": unit.name})


def _hold(unit: Unit) -> None:
    """Wait for saves that are under way (each holds the unit of its sheet, geo.actions.drawing) and for imports."""
    list(Unit.objects.under(unit).select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE geo_censuszone IN SHARE ROW EXCLUSIVE MODE")
