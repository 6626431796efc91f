"""/tasks/assign/: many cases or tasks given to one inspector: asked once with the numbers, told row by row."""

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from geo.access import may
from geo.refusals import Refusal
from geo.roles import Act
from inspections.actions.bulk import (
    MOST,
    Outcome,
    assign_cases,
    hand_back_tasks,
    hand_over_tasks,
    take_back_tasks,
)
from inspections.forms.field import AssignForm, HandOverForm
from inspections.models import Case, InspectionTask, TaskState


@dataclass(frozen=True)
class Chosen:
    """What the address names, as far as this person may give it out: cases, or tasks."""

    cases: list[Case]
    tasks: list[InspectionTask]

    @property
    def rows(self) -> list[Any]:
        return self.cases or self.tasks

    @property
    def back(self) -> str:
        return reverse("case-list" if self.cases else "task-list")


@require_http_methods(["GET", "HEAD", "POST"])
@may(Act.ASSIGN_INSPECTIONS)
def bulk_assign(request: HttpRequest) -> HttpResponse:
    """?case=…&case=… gives out tasks, ?task=…&task=… hands them over. What is not in sight is left out."""
    chosen = chosen_by(request)
    form = (AssignForm if chosen.cases else HandOverForm)(request.POST or None, subjects=chosen.rows)
    if request.method == "POST" and form.is_valid():
        try:
            return _told(request, _give_out(request, chosen, form), chosen)
        except Refusal as refusal:
            form.add_error(None, str(refusal))
    waiting = InspectionTask.objects.for_user(request.user).filter(case__in=chosen.cases, state=TaskState.ASSIGNED)
    context = {
        "form": form,
        "rows": chosen.rows,
        "is_cases": bool(chosen.cases),
        "back": chosen.back,
        "too_many": len(chosen.rows) > MOST,
        "most": MOST,
        "waiting": waiting.values("case").distinct().count() if chosen.cases else 0,
    }
    return render(request, "tasks/assign.html", context, status=400 if form.errors else 200)


@require_POST
@may(Act.ASSIGN_INSPECTIONS)
def bulk_undo(request: HttpRequest) -> HttpResponse:
    """Take back what was just given out."""
    tasks = _tasks(request, request.POST.getlist("task"))
    if not tasks:
        raise Http404
    handed = request.POST.get("act") == "hand-back"
    context = {"undone": True, "handed": handed, "back": reverse("task-list")}
    try:
        outcomes = (hand_back_tasks if handed else take_back_tasks)(tasks=tasks, by=request.user)
    except Refusal as refusal:
        return render(request, "tasks/assigned.html", {**context, "refusal": str(refusal)}, status=400)
    return render(request, "tasks/assigned.html", {**context, **_figures(outcomes)})


def chosen_by(request: HttpRequest) -> Chosen:
    """The cases or tasks that the address names; 404 when none of them may be given out by this person."""
    numbers = request.GET.getlist("case")
    cases = Case.objects.for_user(request.user, Act.ASSIGN_INSPECTIONS).filter(number__in=numbers)
    chosen = Chosen(list(cases.select_related("unit").order_by("number")), [])
    if not numbers:
        chosen = Chosen([], _tasks(request, request.GET.getlist("task")))
    if not chosen.rows:
        raise Http404
    return chosen


def _tasks(request: HttpRequest, asked: list[str]) -> list[InspectionTask]:
    keys = [int(key) for key in asked if key.isdecimal() and len(key) < 18]
    rows = InspectionTask.objects.for_user(request.user, Act.ASSIGN_INSPECTIONS).filter(pk__in=keys)
    return list(rows.select_related("unit", "assigned_to", "assigned_by").order_by("pk"))


def _give_out(request: HttpRequest, chosen: Chosen, form: AssignForm) -> list[Outcome]:
    to, due_at = form.cleaned_data["to"], form.due_at()
    if chosen.tasks:
        return hand_over_tasks(tasks=chosen.tasks, to=to, by=request.user, due_at=due_at)
    words = form.cleaned_data["instructions"]
    return assign_cases(cases=chosen.cases, to=to, by=request.user, due_at=due_at, instructions=words)


def _told(request: HttpRequest, outcomes: list[Outcome], chosen: Chosen) -> HttpResponse:
    figures = _figures(outcomes)
    context = {**figures, "back": chosen.back, "may_undo": figures["done"] > 0, "undone": False}
    context["handed"] = bool(chosen.tasks)
    return render(request, "tasks/assigned.html", context)


def _figures(outcomes: list[Outcome]) -> dict[str, Any]:
    done = sum(outcome.task is not None for outcome in outcomes)
    return {"outcomes": outcomes, "done": done, "refused": len(outcomes) - done}
