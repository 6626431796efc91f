"""What is drawn on and over a flag's pictures: a corrected outline is measured, overlays are painted on demand."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from geo.access import get_scoped, may
from geo.actions.diff_jobs import has_heights, sources_of
from geo.imagery.errors import ImageryError
from geo.imagery.overlays import edge_overlay, height_overlay, probability_overlay
from geo.imagery.plan import Plan
from geo.models import ChangeFlag
from geo.refusals import Refusal
from geo.roles import Act
from geo.templatetags.formatting import area_text
from inspections.outlines import measured, outline_on_ground, picture_corners, rings_from_json


@may(Act.REVIEW_FLAGS)
@require_POST
def measure_outline(request: HttpRequest, flag_id: int) -> HttpResponse:
    """The area of an outline that is being drawn; writes nothing."""
    flag = get_scoped(ChangeFlag.objects.for_user(request.user, Act.REVIEW_FLAGS), pk=flag_id)
    try:
        outline = outline_on_ground(flag, rings_from_json(request.POST.get("outline", "")))
        area = measured(flag, outline)
    except Refusal as refusal:  # an everyday answer while corners are dragged, not a fault
        return JsonResponse({"refused": str(refusal)})
    return JsonResponse({"told": area_text(area.area_m2, area.uncertainty_m2), "area_m2": area.area_m2})


@may(Act.REVIEW_FLAGS)
def overlay_file(request: HttpRequest, flag_id: int, overlay: str) -> HttpResponse:
    """Probability or height of the change in colours, or the earlier picture's edges, at the extent of the chips."""
    flags = ChangeFlag.objects.for_user(request.user, Act.REVIEW_FLAGS).select_related("run__before", "run__after")
    flag = get_scoped(flags, pk=flag_id)
    try:
        if overlay == "probability" and flag.run.probability_path and flag.chip_info:
            size = flag.chip_info["width_px"], flag.chip_info["height_px"]
            path = settings.PRIVATE_ROOT / flag.run.probability_path
            png = probability_overlay(path, picture_corners(flag), *size)
        elif overlay == "alignment" and flag.chip_before_path:
            png = edge_overlay(settings.PRIVATE_ROOT / flag.chip_before_path)
        elif overlay == "height" and has_heights(flag.run) and flag.chip_info:
            size = flag.chip_info["width_px"], flag.chip_info["height_px"]
            png = height_overlay(
                Plan.from_json(flag.run.plan, of_any_version=True), sources_of(flag.run), picture_corners(flag), *size
            )
        else:
            raise Http404
    except (ImageryError, Refusal) as error:
        raise Http404 from error
    answer = HttpResponse(png, content_type="image/png")
    answer["Cache-Control"] = "private, max-age=3600"
    return answer
