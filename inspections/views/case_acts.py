"""The acts on a case: each takes its form, calls its action, and goes back to the case."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from geo.access import may
from geo.refusals import Refusal
from inspections.actions.cases import add_source, describe_case, discard_case, route_case
from inspections.actions.demolition import attach_plan, record_demolition
from inspections.actions.determination import determine_case
from inspections.actions.measurements import confirm_aerial, measure_typed, measure_walked
from inspections.case_page import CASE_ACTS, case_context
from inspections.views.cases import case_in_sight

View = Callable[..., HttpResponse]
ACTS = {act.name: act for act in CASE_ACTS}


def _act_view(name: str, run: Callable[..., Any], done: str | Promise) -> View:
    """A POST view for one act; `run` gets case, by and the cleaned fields of the form."""

    @require_POST
    @may(*ACTS[name].acts)
    def view(request: HttpRequest, case_number: str) -> HttpResponse:
        case = case_in_sight(request, case_number)
        form: Form = ACTS[name].form(request.POST, case=case, user=request.user, auto_id=f"{name}-%s")
        if form.is_valid():
            try:
                run(case=case, by=request.user, **form.cleaned_data)
            except Refusal as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, done)
                return redirect("case-detail", case.number)
        messages.error(request, _("没有保存，请看下方标出的原因。"))
        fresh = case_in_sight(request, case_number)
        return render(
            request, "cases/detail.html", case_context(fresh, user=request.user, bound=(name, form)), status=400
        )

    return view


def _measure(*, measured_at: Any, **fields: Any) -> Any:
    return measure_typed(at=measured_at, **fields)


def _walk(*, measured_at: Any, **fields: Any) -> Any:
    return measure_walked(at=measured_at, **fields)


def _determine(*, determined_at: Any, permit_number: str, **fields: Any) -> Any:
    return determine_case(at=determined_at, **fields)


def _demolish(*, photos: Any, **fields: Any) -> Any:
    return record_demolition(photos=list(photos), **fields)


case_route = _act_view("route", route_case, _("已移交认定部门。"))
case_confirm_aerial = _act_view("confirm-aerial", confirm_aerial, _("已确认影像量算的面积。"))
case_measure = _act_view("measure", _measure, _("已记录实地丈量。"))
case_walk = _act_view("walk", _walk, _("已记录实地走测。"))
case_determine = _act_view("determine", _determine, _("已作出认定。"))
case_plan = _act_view("plan", attach_plan, _("已附上预案。"))
case_demolish = _act_view("demolish", _demolish, _("已登记拆除。"))
case_source = _act_view("source", add_source, _("已补充来源。"))
case_describe = _act_view("describe", describe_case, _("已修改。"))
case_discard = _act_view("discard", discard_case, _("已撤销立案。"))
