"""/api/measure/: the length or the area of what was clicked on the map. Nothing is written."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from geo.errors import AntimeridianError, GeoError, InvalidGeometryError, TooSmallError
from geo.forms.measuring import Clicked, read_clicked
from geo.measure import area_m2, length_m, path_length_m
from geo.pace import at_most
from geo.refusals import Refusal
from geo.roles import Act
from geo.tiles.guards import may_read

# Somebody who measures in a hurry finishes a figure every two seconds.
MOST_A_MINUTE = 60


@require_POST
@may_read(Act.SEE_MAP)
@at_most(MOST_A_MINUTE, per_s=60)
def measure(request: HttpRequest) -> HttpResponseBase:
    """Answer the geodesic figure with its uncertainty; 422 with a sentence when it has none."""
    try:
        return JsonResponse(measured(read_clicked(request.body)))
    except Refusal as refusal:
        return JsonResponse({"detail": str(refusal)}, status=422)
    except GeoError as error:
        return JsonResponse({"detail": in_words(error)}, status=422)


def measured(clicked: Clicked) -> dict[str, Any]:
    """Return the figures of what was clicked."""
    if clicked.kind == "length":
        length = path_length_m(clicked.line, position_sigma_m=clicked.sigma_m)
        return {"kind": "length", "length_m": length.length_m, "uncertainty_m": length.uncertainty_m}
    area = area_m2(clicked.polygon, position_sigma_m=clicked.sigma_m)
    perimeter_m = length_m(clicked.polygon)
    return {"kind": "area", "area_m2": area.area_m2, "uncertainty_m2": area.uncertainty_m2, "perimeter_m": perimeter_m}


def in_words(error: GeoError) -> str:
    """Say why a figure cannot be measured, and what to do."""
    if isinstance(error, InvalidGeometryError):
        return _("边线相互交叉，面积没有唯一的值。请撤销交叉处的点再继续。")
    if isinstance(error, TooSmallError):
        return _("图形太小，量不出结果。请放大地图后再点。")
    if isinstance(error, AntimeridianError):
        return _("图形超过半个地球，无法量测。")
    return _("这些点无法量测，请重新点选。")
