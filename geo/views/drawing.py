"""/drawing/: the planner's sheets, what is proposed for one of them, and its earlier versions."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from geo.access import get_scoped, may
from geo.actions.drawing import DrawingRefused, DrawnMeanwhile, save_drawing
from geo.drawing import telling
from geo.drawing.listing import sheets_of, tops_of
from geo.drawing.proposal import check_proposal
from geo.drawing.sheets import Sheet, versions_of, versions_under
from geo.drawing.themes import THEMES, themes_for
from geo.drawing.versions import state_at, versions
from geo.forms.drawing import read_body, read_changes, read_line, read_zones
from geo.models import Unit
from geo.refusals import NotAllowed, Refusal
from geo.roles import Act
from geo.views.drawing_config import config_of
from geo.zoning import CutError, JoinError, merge, share_out, split

DRAWS = (Act.DRAW_ZONES, Act.EDIT_MAP)
PAGE_ROWS = 30


def sheet_of(request: HttpRequest, theme: str, unit_code: str) -> Sheet:
    """The sheet of an address; 404 when this person may not draw there."""
    kind = THEMES.get(theme)
    if kind is None or not request.user.can(kind.act):
        raise Http404
    rows = Unit.objects.for_user(request.user, kind.act).filter(level__in=kind.unit_levels)
    unit = get_scoped(rows, code=unit_code)
    known = versions_of(request.user)
    asked = request.GET.get("version", "")
    newest = next(iter(versions_under(unit)), known[0])  # another unit may be further
    return Sheet(kind, unit, asked if asked in known else newest, request.user)


def refused(refusal: Refusal, status: int = 422, **more: Any) -> JsonResponse:
    """A refusal in words, with what the page needs to show its place."""
    return JsonResponse({"detail": str(refusal), **more}, status=status)


@may(*DRAWS)
@require_safe
def drawing_list(request: HttpRequest) -> HttpResponse:
    """The layers that this person draws, and the units of the chosen one."""
    themes = themes_for(request.user)
    theme = next((one for one in themes if one.name == request.GET.get("theme")), themes[0])
    known, asked = versions_of(request.user), request.GET.get("version", "")
    version = asked if asked in known else known[0]
    page = Paginator(sheets_of(request.user, theme, version), PAGE_ROWS).get_page(request.GET.get("page"))
    context = {"themes": themes, "theme": theme, "version": version, "page": page}
    context |= {"versions": [(one, one) for one in known], "tops": tops_of(request.user, theme)}
    return render(request, "drawing/list.html", context)


@may(*DRAWS)
@require_safe
def drawing_page(request: HttpRequest, theme: str, unit_code: str) -> HttpResponse:
    """The page on which one sheet is drawn."""
    sheet = sheet_of(request, theme, unit_code)
    return render(
        request, "drawing/draw.html", {"sheet": sheet, "config": config_of(sheet), "finished": sheet.finished}
    )


@may(*DRAWS)
@require_safe
def drawing_data(request: HttpRequest, theme: str, unit_code: str) -> JsonResponse:
    """The sheet as it is now."""
    return JsonResponse(telling.told_sheet(sheet_of(request, theme, unit_code)))


@may(*DRAWS)
@require_POST
def drawing_check(request: HttpRequest, theme: str, unit_code: str) -> JsonResponse:
    """What a proposal would become, and what speaks against it. Nothing is written."""
    sheet = sheet_of(request, theme, unit_code)
    try:
        return JsonResponse(telling.told_checked(check_proposal(sheet, read_changes(request.body))))
    except Refusal as refusal:
        return refused(refusal)


@may(*DRAWS)
@require_POST
def drawing_split(request: HttpRequest, theme: str, unit_code: str) -> JsonResponse:
    """The pieces of a drawn zone on the sides of a line, its households shared out by the buildings inside."""
    sheet = sheet_of(request, theme, unit_code)
    try:
        body = read_body(request.body)
        pieces = split(read_zones([body.get("geometry")])[0], read_line(body.get("line")))
    except CutError:
        return refused(Refusal(_("这条线没有从一边到另一边切开图形，或切下的部分太窄")))
    except Refusal as refusal:
        return refused(refusal)
    counts = sheet.inside(pieces)
    total = body.get("households")
    shares: list[int | None] = [None] * len(pieces)
    if isinstance(total, int) and total >= 0:
        shares = list(share_out(total, [count.households or count.buildings for count in counts]))
    parts = [{"geometry": telling.geojson(p), "households": n} for p, n in zip(pieces, shares, strict=True)]
    return JsonResponse({"pieces": parts})


@may(*DRAWS)
@require_POST
def drawing_merge(request: HttpRequest, theme: str, unit_code: str) -> JsonResponse:
    """The union of drawn zones that share sides."""
    sheet_of(request, theme, unit_code)
    try:
        united = merge(read_zones(read_body(request.body).get("geometries")))
    except JoinError:
        return refused(Refusal(_("这两个图形没有公共边，不能合并")))
    except Refusal as refusal:
        return refused(refusal)
    return JsonResponse({"geometry": telling.geojson(united)})


@may(*DRAWS)
@require_POST
def drawing_save(request: HttpRequest, theme: str, unit_code: str) -> JsonResponse:
    """Write a proposal as one version; 409 when somebody else was first, 422 with the places of its faults."""
    sheet = sheet_of(request, theme, unit_code)
    try:
        save_drawing(sheet=sheet, changes=read_changes(request.body), by=request.user)
    except DrawnMeanwhile as refusal:
        told = [telling.told_conflict(sheet.theme, found.key, found.row, found.event) for found in refusal.conflicts]
        return refused(refusal, 409, conflicts=told)
    except DrawingRefused as refusal:
        return refused(refusal, **telling.told_checked(refusal.checked))
    except NotAllowed as refusal:
        return refused(refusal, 403)
    except Refusal as refusal:
        return refused(refusal)
    return JsonResponse(telling.told_sheet(sheet))


@may(*DRAWS)
@require_safe
def drawing_versions(request: HttpRequest, theme: str, unit_code: str) -> JsonResponse:
    """Every save of a sheet, newest first."""
    sheet = sheet_of(request, theme, unit_code)
    return JsonResponse({"versions": [telling.told_version(version) for version in versions(sheet)]})


@may(*DRAWS)
@require_safe
def drawing_version(request: HttpRequest, theme: str, unit_code: str, number: int) -> JsonResponse:
    """The sheet as it was after one save."""
    sheet = sheet_of(request, theme, unit_code)
    events = state_at(sheet, number)
    if events is None:
        raise Http404
    return JsonResponse({"zones": [telling.told_event(sheet.theme, event) for event in events]})
