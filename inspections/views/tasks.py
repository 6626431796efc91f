"""Inspection tasks as a table, a board and a ledger, all with the filters of the address."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from geo.access import may
from geo.downloads import xlsx_answer
from geo.models import FilterPage
from geo.roles import Act
from geo.saved_filters import default_of, shelf_of
from geo.unit_choices import unit_choices
from inspections.board import board_of
from inspections.models import InspectionTask, TaskState
from inspections.narrowing import Filter, due_filter, narrowing
from inspections.task_table import (
    BOARD_ORDER,
    case_numbers,
    filtered,
    person_choices,
    sorted_as_asked,
    state_choices,
    task_ledger,
    totals_of,
    with_lateness,
)

TASKS_A_PAGE = 50


@require_safe
@may(Act.SEE_INSPECTIONS)
def task_list(request: HttpRequest) -> HttpResponse:
    """All tasks in the person's area, what is due first."""
    shelf = shelf_of(request, FilterPage.TASKS)
    default = default_of(request, shelf)
    if default is not None:
        return default
    tasks = _asked_for(request)
    rows = sorted_as_asked(tasks, request.GET).select_related("unit", "assigned_to")
    page = Paginator(rows, TASKS_A_PAGE).get_page(request.GET.get("page"))
    numbers = case_numbers(InspectionTask.objects.filter(pk__in=[task.pk for task in page]), user=request.user)
    for task in page:
        task.case_number = numbers.get(task.case_id, "")
    return render(request, "tasks/list.html", {**_frame(request, tasks), "page": page, "shelf": shelf})


@require_safe
@may(Act.SEE_INSPECTIONS)
def task_board(request: HttpRequest) -> HttpResponse:
    """The same tasks, a column a state."""
    tasks = _asked_for(request)
    rows = tasks.select_related("unit", "assigned_to")
    columns = board_of(rows, states=TaskState.choices, always=TaskState.values, order=BOARD_ORDER)
    return render(request, "tasks/board.html", {**_frame(request, tasks), "columns": columns})


@require_safe
@may(Act.SEE_INSPECTIONS)
def task_export(request: HttpRequest) -> HttpResponse:
    """The same tasks as a ledger."""
    now = timezone.now()
    content = task_ledger(sorted_as_asked(_asked_for(request), request.GET), user=request.user, as_of=now)
    return xlsx_answer(content, name=f"tasks-{timezone.localtime(now):%Y%m%d-%H%M}")


def _asked_for(request: HttpRequest) -> QuerySet[InspectionTask]:
    now = timezone.now()
    return filtered(with_lateness(InspectionTask.objects.for_user(request.user), now=now), request.GET, now=now)


def _frame(request: HttpRequest, tasks: QuerySet[InspectionTask]) -> dict[str, Any]:
    """What the table and the board share: figures, filters, ways on."""
    in_sight = InspectionTask.objects.for_user(request.user)
    filters = [
        Filter("state", _("状态"), state_choices(in_sight)),
        due_filter(),
        Filter("unit", _("单位"), unit_choices(request.user, chosen=request.GET.get("unit", ""))),
        Filter("person", _("巡查员"), person_choices(in_sight)),
    ]
    return {
        **narrowing(request, filters, words_label=_("任务或案件编号")),
        "totals": totals_of(tasks),
        "table_url": reverse("task-list"),
        "board_url": reverse("task-board"),
        "may_assign": request.user.can(Act.ASSIGN_INSPECTIONS),
    }
