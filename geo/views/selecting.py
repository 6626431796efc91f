"""/map/selection/: what lies in an outline drawn on the map, as a list and as a sheet."""

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from geo.downloads import xlsx_answer
from geo.forms.selecting import Outline, outline_text, read_outline, read_outline_field
from geo.pace import at_most
from geo.refusals import Refusal
from geo.roles import Act
from geo.tiles.guards import may_read
from geo.tiles.selection import MOST_EXPORTED, MOST_LISTED, Chosen, choose, selectable_layers, selection_sheet

MOST_A_MINUTE = 30


@require_POST
@may_read(Act.SEE_MAP)
@at_most(MOST_A_MINUTE, per_s=60)
def selection(request: HttpRequest) -> HttpResponseBase:
    """Answer the drawer's list; 422 with a sentence for an outline that is none."""
    try:
        outline = read_outline(request.body)
        chosen = _chosen(request, outline, most=MOST_LISTED)
    except Refusal as refusal:
        return JsonResponse({"detail": str(refusal)}, status=422)
    found = [part for part in chosen if part.count]
    context = {"chosen": found, "total": sum(part.count for part in found), "outline": outline_text(outline)}
    return render(request, "map/_selection.html", context)


@require_POST
@may_read(Act.SEE_MAP)
@at_most(MOST_A_MINUTE, per_s=60)
def selection_export(request: HttpRequest) -> HttpResponseBase:
    """Answer the same rows as XLSX."""
    try:
        chosen = _chosen(request, read_outline_field(request.POST.get("outline", "")), most=MOST_EXPORTED)
    except Refusal as refusal:
        return JsonResponse({"detail": str(refusal)}, status=422)
    name = f"selection-{timezone.localtime():%Y%m%d-%H%M}"
    content = selection_sheet([part for part in chosen if part.count])
    return xlsx_answer(content, name=name)


def _chosen(request: HttpRequest, outline: Outline, *, most: int) -> list[Chosen]:
    layers = selectable_layers(request.user, outline.layers)
    if not layers:
        raise Refusal(_("请先打开变化图斑、案件或建筑图层，再选择。"))
    return [choose(layer, request.user, outline.polygon, most=most) for layer in layers]
