"""/drawing/versions/: the versions of a unit's census zones, finishing one, and starting the next (R-808)."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from geo.access import get_scoped, may
from geo.actions.census_versions import finish_census, start_census
from geo.drawing.sheets import versions_under
from geo.models import CensusZone, FinishedCensus, Unit
from geo.refusals import NotAllowed, Refusal
from geo.roles import Act
from geo.storable import storable


def _unit(request: HttpRequest, unit_code: str) -> Unit:
    return get_scoped(Unit.objects.for_user(request.user, Act.DRAW_ZONES), code=unit_code)


@may(Act.DRAW_ZONES)
@require_safe
def census_versions(request: HttpRequest, unit_code: str) -> HttpResponse:
    """Every version of a unit's zones with its state."""
    unit = _unit(request, unit_code)
    rows = []
    for version in versions_under(unit):
        zones = CensusZone.objects.filter(version=version, unit__path__startswith=unit.path)
        finished = FinishedCensus.objects.touching(unit, version).select_related("unit", "finished_by").first()
        rows.append({"version": version, "count": zones.count(), "finished": finished})
    return render(request, "drawing/versions.html", {"unit": unit, "rows": rows})


@may(Act.DRAW_ZONES)
@require_POST
def census_finish(request: HttpRequest, unit_code: str) -> HttpResponse:
    """Finish a version."""
    unit = _unit(request, unit_code)
    try:
        done = finish_census(unit=unit, version=_asked(request, "version"), by=request.user)
    except (Refusal, NotAllowed) as refusal:
        messages.error(request, str(refusal))
    else:
        words = {"version": done.version, "count": done.zone_count}
        messages.success(request, _("版本 %(version)s 已完成，%(count)s 个图形不再改变。") % words)
    return redirect(reverse("census-versions", args=[unit.code]))


@may(Act.DRAW_ZONES)
@require_POST
def census_start(request: HttpRequest, unit_code: str) -> HttpResponse:
    """Start the next version from a finished one."""
    unit, version = _unit(request, unit_code), _asked(request, "version")
    try:
        count = start_census(unit=unit, version=version, following=_asked(request, "following"), by=request.user)
    except (Refusal, NotAllowed) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(
            request, _("已建立版本 %(version)s，%(count)s 个图形可以修改。") % {"version": version, "count": count}
        )
    return redirect(reverse("census-versions", args=[unit.code]))


def _asked(request: HttpRequest, name: str) -> str:
    """A version as the form names it; a character that no text of the database can hold is replaced."""
    return str(storable(request.POST.get(name, "").strip()))
