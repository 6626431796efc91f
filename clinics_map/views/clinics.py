"""Clinics of the person's area against their standards, who is not served, and the page of one."""

from collections import Counter

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clinics_map.actions.catchments import set_catchment
from clinics_map.catchments import CLINIC_KINDS, catchments_over
from clinics_map.clinic_checks import RESULT_WORDS, CheckedClinic, checked, communities_in, coverage_in
from clinics_map.clinic_page import clinic_context, coverage_figures, coverage_map, filtered, with_result
from clinics_map.forms import CatchmentForm
from clinics_map.models import Facility, FacilityKind
from clinics_map.standards import Result
from geo.access import get_scoped, may
from geo.refusals import Refusal
from geo.roles import Act
from geo.unit_choices import unit_asked, unit_choices

CLINICS_A_PAGE = 50


@require_safe
@may(Act.SEE_CLINICS)
def clinic_list(request: HttpRequest) -> HttpResponse:
    """The clinics with their results, and the coverage of their communities."""
    asked, user = request.GET, request.user
    within = unit_asked(user, asked.get("unit", ""))
    clinics = checked(filtered(Facility.objects.for_user(user), asked, within=within), user=user)
    sizes = Counter(clinic.premises.result for clinic in clinics)
    kept = with_result(clinics, asked)
    communities = communities_in(user, within=within)
    covered = catchments_over(communities)
    coverage = coverage_in(communities, covered=covered)
    context = {
        "page": Paginator(kept, CLINICS_A_PAGE).get_page(asked.get("page")),
        "count": len(kept),
        "sizes": [(result.value, RESULT_WORDS[result], sizes[result]) for result in Result if sizes[result]],
        "names": [(result.value, RESULT_WORDS[result]) for result in (Result.MET, Result.NOT_MET)],
        "kinds": [("all", _("全部机构")), *FacilityKind.choices],
        "kind": asked.get("kind", ""),
        "units": unit_choices(user, chosen=asked.get("unit", "")),
        "unit": asked.get("unit", ""),
        "kept": [(name, asked[name]) for name in ("size", "name") if asked.get(name)],
        "words": asked.get("q", ""),
        "is_filtered": any(asked.get(name) for name in ("unit", "kind", "size", "name", "q")),
        "coverage": coverage,
        "figures": coverage_figures(coverage),
        "site_map": coverage_map(communities, clinics, covered=covered, user=user),
    }
    return render(request, "clinics/list.html", context)


@require_safe
@may(Act.SEE_CLINICS)
def clinic_detail(request: HttpRequest, facility_id: int) -> HttpResponse:
    """One facility: its catchment and, for a clinic, each check with what it rests on."""
    clinic = _clinic(request, facility_id)
    return render(request, "clinics/detail.html", clinic_context(clinic, user=request.user))


@require_POST
@may(Act.EDIT_MAP)
def clinic_catchment(request: HttpRequest, facility_id: int) -> HttpResponse:
    """Take over which communities a clinic serves beside its own."""
    facility = get_scoped(
        Facility.objects.for_user(request.user, Act.EDIT_MAP).filter(kind__in=CLINIC_KINDS), pk=facility_id
    )
    form = CatchmentForm(request.POST, facility=facility)
    if form.is_valid():
        try:
            set_catchment(facility=facility, by=request.user, **form.cleaned_data)
        except Refusal as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("服务范围已保存。"))
        return redirect("clinic-detail", facility_id=facility.pk)
    context = clinic_context(_clinic(request, facility_id), user=request.user, bound=form)
    return render(request, "clinics/detail.html", context, status=400)


def _clinic(request: HttpRequest, facility_id: int) -> CheckedClinic:
    rows = Facility.objects.for_user(request.user).select_related("parent")
    facility = get_scoped(rows, pk=facility_id)
    return checked(rows.filter(pk=facility.pk), user=request.user)[0]
