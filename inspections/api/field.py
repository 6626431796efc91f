"""What phones send: inspections and photos. Both may be sent again and again under the same id."""

import json
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_POST

from geo.access import may
from geo.roles import Act
from geo.storable import storable
from inspections.actions.inspections import submit_inspection
from inspections.actions.photos import ForeignClientId, PhotoRefused, store_photo
from inspections.forms.field import PhotoForm, ReportForm
from inspections.marks import describe


@require_POST
@may(Act.INSPECT)
def send_inspection(request: HttpRequest) -> JsonResponse:
    """Take an inspection: 201 when it is new, 200 when it was here already."""
    try:
        body = storable(json.loads(request.body))
    except (ValueError, RecursionError):  # no JSON, or nested deeper than anything that a phone has to say
        return JsonResponse({"detail": "JSON"}, status=400)
    form = ReportForm(body if isinstance(body, dict) else {})
    if not form.is_valid():
        return JsonResponse(form.errors, status=400)
    try:
        submitted = submit_inspection(by=request.user, report=form.report())
    except ForeignClientId as refusal:
        return JsonResponse({"detail": str(refusal)}, status=409)
    inspection = submitted.inspection
    answer = {
        "id": inspection.pk,
        "client_id": str(inspection.client_id),
        "conflict": submitted.conflict,
        "marks": _told(inspection.marks),
    }
    return JsonResponse(answer, status=201 if submitted.created else 200)


@require_POST
@may(Act.INSPECT)
def send_photo(request: HttpRequest) -> JsonResponse:
    """Take a photo: 201 when it is new, 200 when it was here already, 422 when it is no whole photo."""
    form = PhotoForm(request.POST, request.FILES)
    if not form.is_valid():
        return JsonResponse(form.errors, status=400)
    try:
        stored = store_photo(by=request.user, **form.store_arguments())
    except PhotoRefused as refusal:
        return JsonResponse({"detail": str(refusal), "code": refusal.code}, status=422)
    except ForeignClientId as refusal:
        return JsonResponse({"detail": str(refusal)}, status=409)
    photo = stored.photo
    answer = {
        "id": photo.pk,
        "client_id": str(photo.client_id),
        "sha256": photo.sha256,
        "size_bytes": photo.size_bytes,
        "marks": _told(photo.marks),
    }
    return JsonResponse(answer, status=201 if stored.created else 200)


def _told(marks: list[dict[str, Any]]) -> list[dict[str, str]]:
    return [{"code": mark["code"], "text": describe(mark)} for mark in marks]
