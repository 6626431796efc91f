"""Archive areas (R-107): their table, calendar and ledger, the page of one of them, and its pictures from the air."""

import datetime

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from geo.access import get_scoped, may
from geo.downloads import xlsx_answer
from geo.models import ArchiveArea, ArchiveAreaKind, Snapshot
from geo.roles import Act
from geo.tiles.area_picture import area_picture, frame_of
from geo.tiles.raster import part_within
from geo.unit_choices import unit_choices
from inspections.archive_page import archive_area_context
from inspections.archive_table import (
    DUE,
    FILTERS,
    archive_ledger,
    filtered,
    month_asked,
    sorted_as_asked,
    told,
    totals_of,
    weeks_of,
)

AREAS_A_PAGE = 50
ONE_MONTH = datetime.timedelta(days=31)


@require_safe
@may(Act.SEE_ARCHIVE_AREAS)
def archive_area_list(request: HttpRequest) -> HttpResponse:
    """The areas of the person's jurisdiction, the longest overdue first."""
    asked, user = request.GET, request.user
    areas = filtered(ArchiveArea.objects.for_user(user), asked, user=user)
    rows = sorted_as_asked(areas, asked).select_related("unit")
    page = Paginator(rows, AREAS_A_PAGE).get_page(asked.get("page"))
    context = {
        "page": page,
        "rows": told(page.object_list, user=user),
        "totals": totals_of(areas),
        "kinds": ArchiveAreaKind.choices,
        "dues": list(DUE.items()),
        "units": unit_choices(user, chosen=asked.get("unit", "")),
        "unit": asked.get("unit", ""),
        "words": asked.get("q", ""),
        "kept": [(name, asked[name]) for name in ("kind", "due", "sort") if asked.get(name)],
        "query": asked.urlencode(),
        "is_filtered": any(asked.get(name) for name in FILTERS),
        "may_draw": user.can(Act.EDIT_MAP),
    }
    return render(request, "archive_areas/list.html", context)


@require_safe
@may(Act.SEE_ARCHIVE_AREAS)
def archive_area_calendar(request: HttpRequest) -> HttpResponse:
    """What is due on which day of a month."""
    month = month_asked(request.GET)
    weeks = weeks_of(month, ArchiveArea.objects.for_user(request.user))
    context = {
        "month": month,
        "before": (month - datetime.timedelta(days=1)).replace(day=1),
        "after": (month + ONE_MONTH).replace(day=1),
        "weeks": weeks,
        "due_count": sum(len(day.areas) for week in weeks for day in week),
        "weekdays": [_("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"), _("周日")],
        "late": totals_of(ArchiveArea.objects.for_user(request.user)).late,
    }
    return render(request, "archive_areas/calendar.html", context)


@require_safe
@may(Act.SEE_ARCHIVE_AREAS)
def archive_area_export(request: HttpRequest) -> HttpResponse:
    """The same areas as a ledger 台账."""
    now = timezone.now()
    areas = filtered(ArchiveArea.objects.for_user(request.user), request.GET, user=request.user)
    content = archive_ledger(sorted_as_asked(areas, request.GET), as_of=now)
    return xlsx_answer(content, name=f"archive-areas-{timezone.localtime(now):%Y%m%d-%H%M}")


@require_safe
@may(Act.SEE_ARCHIVE_AREAS)
def archive_area_detail(request: HttpRequest, area_id: int) -> HttpResponse:
    """One area with everything that was taken of it."""
    rows = ArchiveArea.objects.for_user(request.user).select_related("unit__parent", "special_area")
    area = get_scoped(rows, pk=area_id)
    return render(request, "archive_areas/detail.html", archive_area_context(area, user=request.user))


@require_safe
@may(Act.SEE_SNAPSHOTS)
def archive_area_picture(request: HttpRequest, area_id: int, snapshot_id: int) -> HttpResponse:
    """The area from the air on one flight, cut to what the asker may see."""
    area = get_scoped(ArchiveArea.objects.for_user(request.user), pk=area_id)
    snapshot = get_scoped(Snapshot.objects.for_user(request.user).ready(), pk=snapshot_id)
    if not snapshot.web_file.is_file():
        raise Http404
    frame = frame_of(area.boundary.transform(3857, clone=True).extent)
    scope = request.user.scope(Act.SEE_SNAPSHOTS)
    within = None if scope.everything else part_within(scope, frame)
    picture = None
    if scope.everything or within is not None:
        picture = area_picture(snapshot.web_file, frame, within=within)
    if picture is None:
        raise Http404
    return HttpResponse(picture, content_type="image/webp", headers={"Cache-Control": "private, max-age=3600"})
