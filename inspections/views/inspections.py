"""What came back from the field, for those who work on it."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from geo.access import get_scoped, may
from geo.refusals import Refusal
from geo.roles import Act
from inspections.actions.inspections import report_case
from inspections.checklist_words import items_in_words
from inspections.checklists import ItemType
from inspections.marks import describe
from inspections.models import Case, Inspection, Photo
from inspections.photo_card import photo_card

INSPECTIONS_A_PAGE = 50


@require_safe
@may(Act.SEE_INSPECTIONS)
def inspection_list(request: HttpRequest) -> HttpResponse:
    """Inspections of the person's area, the newest first."""
    rows = Inspection.objects.for_user(request.user)
    asked = request.GET.get("show", "")
    if asked == "marked":
        rows = rows.exclude(marks=[])
    elif asked == "no_case":
        rows = rows.filter(case=None)
    rows = rows.select_related("task", "case", "unit", "inspected_by").annotate(photo_count=Count("photos"))
    page = Paginator(rows.order_by("-received_at", "-pk"), INSPECTIONS_A_PAGE).get_page(request.GET.get("page"))
    choices = [("marked", _("有标注")), ("no_case", _("未立案"))]
    return render(request, "inspections/list.html", {"page": page, "choices": choices, "asked": asked})


@require_safe
@may(Act.SEE_INSPECTIONS)
def inspection_detail(request: HttpRequest, inspection_id: int) -> HttpResponse:
    """One inspection: who, when, where; photos, answers, marks."""
    inspection = _in_sight(request, inspection_id)
    photos = list(Photo.objects.for_user(request.user).filter(inspection=inspection).select_related("taken_by"))
    case = Case.objects.for_user(request.user).filter(pk=inspection.case_id).first()
    originals = Photo.objects.for_user(request.user, Act.SEE_ORIGINAL_PHOTOS).filter(inspection=inspection)
    context = {
        "inspection": inspection,
        "title": inspection.task.title if inspection.task else _("随手拍"),
        "case": case,
        "marks": [describe(mark) for mark in inspection.marks],
        "answers": _answers(inspection),
        "photos": [photo_card(photo) for photo in photos],
        "originals": originals,
        "may_open_case": inspection.case_id is None
        and request.user.can_at(Act.REPORT_CASES, unit=inspection.unit, special_area_id=inspection.special_area_id),
        "page_data": {"places": _places(inspection, photos)},
    }
    return render(request, "inspections/detail.html", context)


@require_POST
@may(Act.REPORT_CASES)
def inspection_case(request: HttpRequest, inspection_id: int) -> HttpResponse:
    """Open a case for what was found, or join the open one of the same structure."""
    inspection = get_scoped(Inspection.objects.for_user(request.user, Act.REPORT_CASES), pk=inspection_id)
    try:
        case = report_case(by=request.user, inspection=inspection)
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("inspection-detail", inspection_id=inspection.pk)
    messages.success(request, _("已归入案件 %(number)s。") % {"number": case.number})
    return redirect("case-detail", case_number=case.number)


def _in_sight(request: HttpRequest, inspection_id: int) -> Inspection:
    rows = Inspection.objects.for_user(request.user).select_related(
        "task__flag", "task__case", "task__building", "unit", "inspected_by", "checklist"
    )
    return get_scoped(rows, pk=inspection_id)


def _answers(inspection: Inspection) -> list[tuple[str, str]]:
    """Label and answer in words, in the order of the checklist; answers to unknown items come last."""
    items = items_in_words(inspection.checklist) if inspection.checklist else []
    left = dict(inspection.answers)
    told = []
    for item in items:
        value = left.pop(item.code, None)
        if value is None or value == "":
            continue
        words = str(value)
        if item.type is ItemType.YES_NO and isinstance(value, bool):
            words = _("是") if value else _("否")
        elif item.type is ItemType.CHOICE:
            words = next((choice.label for choice in item.choices if choice.value == value), words)
        elif item.unit:
            words = f"{value} {item.unit}"
        told.append((item.label, words))
    return [*told, *((code, str(value)) for code, value in left.items())]


def _places(inspection: Inspection, photos: list[Photo]) -> dict[str, Any]:
    """Where the phone was, where the pin was put, where the cameras say they were, and what was to be seen."""

    def spot(point: Any, label: str, accuracy_m: float | None = None) -> list[dict[str, Any]]:
        return [] if point is None else [{"lon": point.x, "lat": point.y, "label": label, "accuracyM": accuracy_m}]

    task = inspection.task
    subject = None
    if task is not None:
        shape = (
            (task.flag and task.flag.geometry)
            or (task.case and task.case.footprint)
            or (task.building and task.building.footprint)
            or (task.archive_area and task.archive_area.boundary)
            or task.location
        )
        subject = {"type": shape.geom_type, "coordinates": shape.coords}
    numbered = list(enumerate(photos, start=1))
    return {
        "subject": subject,
        "phone": spot(inspection.position, _("手机定位"), inspection.accuracy_m),
        "pin": spot(inspection.corrected_position, _("手动修正")),
        "photos": [
            place
            for number, photo in numbered
            for place in spot(photo.position, _("照片 %(number)s 的手机定位") % {"number": number}, photo.accuracy_m)
        ],
        "exif": [
            place
            for number, photo in numbered
            for place in spot(photo.exif_position, _("照片 %(number)s 内记录的位置") % {"number": number})
        ],
    }
