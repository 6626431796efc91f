"""The phone pages: my tasks, capture, what was sent; and giving out tasks."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.gis.geos import MultiPolygon, Point, Polygon
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from geo.access import get_scoped, may, public
from geo.crs import STORAGE_SRID
from geo.models import ArchiveArea, Building, ChangeFlag
from geo.refusals import Refusal
from geo.roles import Act
from inspections.actions.checklists import standard_checklist
from inspections.actions.inspections import assign_task
from inspections.actions.places import Subject
from inspections.checklist_words import items_in_words
from inspections.checklists import ChecklistItem, read_items
from inspections.forms.field import AssignForm
from inspections.marks import describe
from inspections.models import Case, Inspection, InspectionTask

SENT_SHOWN = 10
# About 150 m each way at this latitude, and what a phone still draws at once.
GROUND_DEG = 0.0015
GROUND_BUILDINGS = 400


@require_safe
@may(Act.INSPECT)
def field_home(request: HttpRequest) -> HttpResponse:
    """My tasks, due first; the page sorts by distance when it knows where it is."""
    tasks = list(InspectionTask.objects.mine(request.user).due_first().select_related("unit", "checklist"))
    for task in tasks:
        task.photo_item = _photo_item(read_items(task.checklist.items))
    sent = (
        Inspection.objects.for_user(request.user)
        .filter(inspected_by=request.user)
        .select_related("task", "unit")
        .prefetch_related("photos")[:SENT_SHOWN]
    )
    context = {
        "tasks": tasks,
        "sent": [
            {
                "inspection": inspection,
                "photos": inspection.photos.all(),
                "marks": [describe(mark) for mark in inspection.marks],
            }
            for inspection in sent
        ],
        "page_data": {
            **_page_data(request),
            "ground": _ground(request, [task.location for task in tasks]),
            "tasks": [
                {
                    "id": task.pk,
                    "title": task.title,
                    "lon": task.location.x,
                    "lat": task.location.y,
                    "due": task.due_at.isoformat() if task.due_at else None,
                }
                for task in tasks
            ],
        },
    }
    return render(request, "field/home.html", context)


@require_safe
@may(Act.INSPECT)
def field_new(request: HttpRequest) -> HttpResponse:
    """A free report: something seen on the way, without a task."""
    items = items_in_words(standard_checklist())
    context = {"items": items, "page_data": {**_page_data(request), "key": "new", "title": _("随手拍"), "task": None}}
    return render(request, "field/capture.html", context)


@require_safe
@may(Act.INSPECT)
def field_task(request: HttpRequest, task_id: int) -> HttpResponse:
    """The capture page of a task."""
    tasks = InspectionTask.objects.for_user(request.user, Act.INSPECT).select_related(
        "unit", "checklist", "flag", "case", "building", "archive_area", "assigned_to"
    )
    task = get_scoped(tasks, pk=task_id)
    subject = _outline(task)
    context = {
        "task": task,
        "is_mine": task.assigned_to_id == request.user.pk,
        "items": items_in_words(task.checklist),
        "page_data": {
            **_page_data(request),
            "ground": _ground(request, [task.location]),
            "key": f"task-{task.pk}",
            "title": task.title,
            "task": {
                "id": task.pk,
                "lon": task.location.x,
                "lat": task.location.y,
                "outline": subject,
            },
        },
    }
    return render(request, "field/capture.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@may(Act.ASSIGN_INSPECTIONS)
def task_new(request: HttpRequest) -> HttpResponse:
    """Give out a task for ?flag=, ?case=, ?building= or ?archive_area=."""
    subject, back = _subject(request)
    form = AssignForm(request.POST or None, subjects=[subject])
    if request.method == "POST" and form.is_valid():
        try:
            task = assign_task(
                by=request.user,
                to=form.cleaned_data["to"],
                subject=subject,
                instructions=form.cleaned_data["instructions"],
                due_at=form.due_at(),
            )
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(
                request, _("已派给%(person)s：%(task)s") % {"person": task.assigned_to, "task": task.title}
            )
            return redirect(back)
    return render(request, "field/assign.html", {"form": form, "subject": subject, "back": back})


@never_cache
@require_safe
@public
def service_worker(request: HttpRequest) -> HttpResponse:
    """The worker that opens the field pages without a network; its address decides what it may serve."""
    path = settings.FRONTEND_DIST / "sw.js"
    if not path.is_file():
        raise Http404
    return HttpResponse(path.read_bytes(), content_type="text/javascript; charset=utf-8")


def _page_data(request: HttpRequest) -> dict[str, Any]:
    return {
        "user": request.user.pk,
        "urls": {
            "home": reverse("field-home"),
            "inspection": reverse("api-field-inspection"),
            "photo": reverse("api-field-photo"),
            "worker": reverse("field-service-worker"),
            "signIn": reverse("account_login"),
        },
    }


def _photo_item(items: list[ChecklistItem]) -> str:
    """The item that a first photo serves."""
    return next((item.code for item in items if item.photo_required), "")


def _ground(request: HttpRequest, places: list[Point]) -> list[dict[str, Any]]:
    """Outlines of the buildings around some places, so that one finds the way without imagery or network."""
    if not places:
        return []
    around = MultiPolygon([Polygon.from_bbox(_around(place)) for place in places], srid=STORAGE_SRID)
    buildings = Building.objects.for_user(request.user).filter(footprint__intersects=around.unary_union)
    rows = buildings.values_list("footprint", flat=True)[:GROUND_BUILDINGS]
    return [{"type": shape.geom_type, "coordinates": shape.coords} for shape in rows]


def _around(place: Point) -> tuple[float, float, float, float]:
    return place.x - GROUND_DEG, place.y - GROUND_DEG, place.x + GROUND_DEG, place.y + GROUND_DEG


def _outline(task: InspectionTask) -> dict[str, Any] | None:
    """GeoJSON of what is to be looked at."""
    geometry = None
    if task.flag is not None:
        geometry = task.flag.geometry
    elif task.case is not None:
        geometry = task.case.footprint
    elif task.building is not None:
        geometry = task.building.footprint
    elif task.archive_area is not None:
        geometry = task.archive_area.boundary
    return None if geometry is None else {"type": geometry.geom_type, "coordinates": geometry.coords}


def _subject(request: HttpRequest) -> tuple[Subject, str]:
    """The thing to be looked at, in the person's own area, and the page to go back to."""
    asked = {name: request.GET[name] for name in ("flag", "case", "building", "archive_area") if request.GET.get(name)}
    if len(asked) != 1:
        raise Http404
    ((name, value),) = asked.items()
    if name == "case":
        case = get_scoped(Case.objects.for_user(request.user, Act.ASSIGN_INSPECTIONS), number=value)
        return case, reverse("case-detail", kwargs={"case_number": case.number})
    if not value.isdecimal():
        raise Http404
    if name == "flag":
        flag = get_scoped(ChangeFlag.objects.for_user(request.user, Act.ASSIGN_INSPECTIONS), pk=int(value))
        return flag, reverse("review-flag", kwargs={"flag_id": flag.pk})
    if name == "archive_area":
        areas = ArchiveArea.objects.select_related("unit", "special_area")
        area = get_scoped(areas.for_user(request.user, Act.ASSIGN_INSPECTIONS), pk=int(value))
        return area, reverse("archive-area-detail", kwargs={"area_id": area.pk})
    building = get_scoped(Building.objects.for_user(request.user, Act.ASSIGN_INSPECTIONS), pk=int(value))
    return building, reverse("map")
