"""The table of cases and the page of one."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from geo.access import get_scoped, may
from geo.downloads import xlsx_answer
from geo.models import FilterPage
from geo.roles import Act
from geo.saved_filters import default_of, shelf_of
from geo.unit_choices import unit_choices
from inspections.case_page import case_context
from inspections.case_table import (
    case_ledger,
    filtered,
    sorted_as_asked,
    state_choices,
    totals_of,
    with_figures,
    with_stage_words,
)
from inspections.models import Case, SourceKind
from inspections.narrowing import Filter, due_filter, narrowing

CASES_A_PAGE = 50


@require_safe
@may(Act.SEE_CASES)
def case_list(request: HttpRequest) -> HttpResponse:
    """All cases in the person's area, what is due first."""
    shelf = shelf_of(request, FilterPage.CASES)
    default = default_of(request, shelf)
    if default is not None:
        return default
    now = timezone.now()
    in_sight = Case.objects.for_user(request.user)
    cases = filtered(with_figures(in_sight, now=now), request.GET, now=now)
    page = Paginator(sorted_as_asked(cases, request.GET).select_related("unit", "county"), CASES_A_PAGE).get_page(
        request.GET.get("page")
    )
    page.object_list = with_stage_words(page.object_list)
    context = {
        **filter_context(request, in_sight),
        "page": page,
        "now": now,
        "totals": totals_of(cases),
        "shelf": shelf,
        "may_assign": request.user.can(Act.ASSIGN_INSPECTIONS),
    }
    return render(request, "cases/list.html", context)


def filter_context(request: HttpRequest, in_sight: QuerySet[Case]) -> dict[str, Any]:
    """The filters that the table and the board offer, what the address asks for, and the ways between them."""
    filters = [
        Filter("state", _("状态"), state_choices(in_sight)),
        due_filter(),
        Filter("unit", _("单位"), unit_choices(request.user, chosen=request.GET.get("unit", ""))),
        Filter("source", _("来源"), SourceKind.choices),
    ]
    return {
        **narrowing(request, filters, words_label=_("编号、标题或地点")),
        "table_url": reverse("case-list"),
        "board_url": reverse("case-board"),
        "map_url": f"{reverse('map')}?layer=cases" if request.user.can(Act.SEE_MAP) else "",
    }


@require_safe
@may(Act.SEE_CASES)
def case_export(request: HttpRequest) -> HttpResponse:
    """The same cases as a ledger 台账."""
    now = timezone.now()
    cases = filtered(with_figures(Case.objects.for_user(request.user), now=now), request.GET, now=now)
    content = case_ledger(sorted_as_asked(cases, request.GET), as_of=now)
    name = f"cases-{timezone.localtime(now):%Y%m%d-%H%M}"
    return xlsx_answer(content, name=name)


@require_safe
@may(Act.SEE_CASES)
def case_detail(request: HttpRequest, case_number: str) -> HttpResponse:
    """One case, with the acts that this person may do on it."""
    return render(request, "cases/detail.html", case_context(case_in_sight(request, case_number), user=request.user))


def case_in_sight(request: HttpRequest, case_number: str) -> Case:
    """The case, or 404 for whoever may not see it."""
    rows = Case.objects.for_user(request.user).select_related(
        "unit", "county", "special_area", "control_area", "building__unit", "opened_by"
    )
    return get_scoped(rows, number=case_number)
