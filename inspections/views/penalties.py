"""Months by counties, one decision with its lines, its paper, and the acts of the office and of finance."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from geo.access import get_scoped, may, private_file
from geo.models import Unit, UnitLevel
from geo.refusals import Refusal
from geo.roles import Act
from inspections.actions.account import deduct_penalty
from inspections.actions.corrections import check_issued, correct_line, drop_correction
from inspections.actions.penalties import deduct_by, draft_county, draft_month, is_stale, issue_decision, paper_of
from inspections.forms.penalties import CorrectionForm, DraftForm
from inspections.models import PenaltyDecision, PenaltyLineKind, PenaltyState
from inspections.papers import decision_pdf
from inspections.rules.clock import Month, local_day
from inspections.rules.money_words import amount_in_words

PDF = "application/pdf"
# The list looks for corrections this far back; a county's own draft looks at all its months.
CHECKED_MONTHS = 12


@dataclass
class MonthRow:
    """One month of the table: a decision or None for every county, and the sums."""

    month: date
    cells: list[tuple[Unit, PenaltyDecision | None]]
    area_m2: Decimal = field(default=Decimal(0))
    amount: Decimal = field(default=Decimal(0))


@require_safe
@may(Act.SEE_PENALTIES)
def penalty_list(request: HttpRequest) -> HttpResponse:
    """All decisions in the person's area, months down, counties across."""
    return _list_page(request)


@require_POST
@may(Act.DRAFT_PENALTIES)
def penalty_draft(request: HttpRequest) -> HttpResponse:
    """Draft a month, for one county or for all in the person's area."""
    form = DraftForm(request.POST, user=request.user)
    if not form.is_valid():
        return _list_page(request, form=form, status=400)
    month, county = form.cleaned_data["month"], form.cleaned_data["county"]
    counties = [county] if county else list(form.fields["county"].queryset)
    done = draft_month(month=month, counties=counties, by=request.user)
    drafted = done.decisions
    if done.refusals and not drafted:
        for refusal in done.refusals:
            form.add_error(None, refusal)
        return _list_page(request, form=form, status=400)
    for refusal in done.refusals:
        messages.error(request, refusal)
    drafts = sum(1 for decision in drafted if decision.state == PenaltyState.DRAFT)
    said = ngettext("%(month)s 起草了 %(count)d 份决定书。", "%(month)s 起草了 %(count)d 份决定书。", drafts)
    messages.success(request, said % {"month": month, "count": drafts})
    return redirect("penalty-detail", drafted[0].pk) if len(drafted) == 1 else redirect("penalty-list")


@require_safe
@may(Act.SEE_PENALTIES)
def penalty_detail(request: HttpRequest, decision_id: int) -> HttpResponse:
    """One decision with its lines and the acts that this person may do on it."""
    return _detail_page(request, _decision(request, decision_id))


@require_safe
@may(Act.SEE_PENALTIES)
def penalty_pdf(request: HttpRequest, decision_id: int) -> HttpResponseBase:
    """The decision on paper: the kept print once issued, a watermarked draft before."""
    decision = _decision(request, decision_id)
    name = f"{decision.county.name}-{decision.month:%Y-%m}.pdf"
    if decision.state != PenaltyState.DRAFT:
        return private_file(request, decision.pdf_path, content_type=PDF, download_name=name)
    return HttpResponse(
        decision_pdf(paper_of(decision)),
        content_type=PDF,
        headers={"Content-Disposition": "inline", "Cache-Control": "private, no-store"},
    )


@require_POST
@may(Act.DRAFT_PENALTIES)
def penalty_redraft(request: HttpRequest, decision_id: int) -> HttpResponse:
    """Bring a draft up to the facts."""
    decision = _decision(request, decision_id)
    try:
        redrawn = draft_county(county=decision.county, month=Month.of(decision.month), by=request.user)
    except Refusal as refusal:
        return _refused(request, decision, refusal)
    if redrawn is None:
        messages.info(request, _("%(unit)s当月没有应扣缴的面积，草稿已删除。") % {"unit": decision.county.name})
        return redirect("penalty-list")
    messages.success(request, _("已按目前的情况重新起草。"))
    return redirect("penalty-detail", redrawn.pk)


@require_POST
@may(Act.ISSUE_PENALTIES)
def penalty_issue(request: HttpRequest, decision_id: int) -> HttpResponse:
    """Issue a draft."""
    decision = _decision(request, decision_id)
    try:
        issued = issue_decision(decision=decision, by=request.user)
    except Refusal as refusal:
        return _refused(request, decision, refusal)
    messages.success(request, _("已下达 %(number)s。") % {"number": issued.number})
    return redirect("penalty-detail", issued.pk)


@require_POST
@may(Act.DEDUCT_PENALTIES)
def penalty_deduct(request: HttpRequest, decision_id: int) -> HttpResponse:
    """Finance executes an issued decision."""
    decision = _decision(request, decision_id)
    try:
        deducted = deduct_penalty(decision=decision, by=request.user)
    except Refusal as refusal:
        return _refused(request, decision, refusal)
    messages.success(request, _("已扣缴 %(number)s 并记入专户。") % {"number": deducted.number})
    return redirect("penalty-detail", deducted.pk)


@require_POST
@may(Act.DRAFT_PENALTIES)
def penalty_correct(request: HttpRequest, decision_id: int) -> HttpResponse:
    """Add a correction of an issued month to this draft."""
    decision = _decision(request, decision_id)
    form = CorrectionForm(request.POST, county=decision.county)
    if form.is_valid():
        fields = {name: form.cleaned_data[name] for name in ("case", "corrects", "right_area_m2", "reason")}
        try:
            correct_line(month=Month.of(decision.month), by=request.user, **fields)
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("已加入更正。"))
            return redirect("penalty-detail", decision.pk)
    return _detail_page(request, decision, form=form, status=400)


@require_POST
@may(Act.DRAFT_PENALTIES)
def penalty_drop(request: HttpRequest, decision_id: int) -> HttpResponse:
    """Take a correction out of this draft; `line` names it."""
    decision = _decision(request, decision_id)
    number = request.POST.get("line", "")
    line = get_scoped(decision.lines.all(), pk=int(number) if number.isdecimal() else 0)
    try:
        drop_correction(line=line, by=request.user)
    except Refusal as refusal:
        return _refused(request, decision, refusal)
    messages.success(request, _("已删除更正。"))
    still = PenaltyDecision.objects.filter(pk=decision.pk).exists()
    return redirect("penalty-detail", decision.pk) if still else redirect("penalty-list")


def _decision(request: HttpRequest, decision_id: int) -> PenaltyDecision:
    rows = PenaltyDecision.objects.for_user(request.user).select_related(
        "county__parent", "rule_set", "drafted_by", "issued_by", "deducted_by"
    )
    return get_scoped(rows, pk=decision_id)


def _refused(request: HttpRequest, decision: PenaltyDecision, refusal: Refusal) -> HttpResponse:
    messages.error(request, str(refusal))
    return _detail_page(request, decision, status=400)


def _checked_since() -> Month:
    month = Month.of(local_day(timezone.now()))
    for _n in range(CHECKED_MONTHS):
        month = month.previous()
    return month


def _list_page(request: HttpRequest, *, form: Form | None = None, status: int = 200) -> HttpResponse:
    decisions = list(PenaltyDecision.objects.for_user(request.user).order_by("-month"))
    counties = list(
        Unit.objects.for_user(request.user, Act.SEE_PENALTIES).filter(level=UnitLevel.COUNTY).order_by("code")
    )
    by_month: dict[date, dict[int, PenaltyDecision]] = {}
    for decision in decisions:
        by_month.setdefault(decision.month, {})[decision.county_id] = decision
    rows = [
        MonthRow(
            month,
            [(county, found.get(county.pk)) for county in counties],
            sum((decision.area_m2 for decision in found.values()), Decimal(0)),
            sum((decision.amount for decision in found.values()), Decimal(0)),
        )
        for month, found in by_month.items()
    ]
    may_draft = request.user.can(Act.DRAFT_PENALTIES)
    context = {
        "rows": rows,
        "counties": counties,
        "form": form or (DraftForm(user=request.user) if may_draft else None),
        "to_approve": [decision for decision in decisions if decision.state == PenaltyState.DRAFT],
        "to_deduct": [decision for decision in decisions if decision.state == PenaltyState.ISSUED],
        "checked": check_issued(counties, since=_checked_since()) if may_draft else None,
        "may_see_account": request.user.can(Act.SEE_ACCOUNT),
    }
    return render(request, "penalties/list.html", context, status=status)


def _stale_words(decision: PenaltyDecision) -> str:
    """What somebody who looks at a draft must know before issuing it."""
    try:
        return _("起草之后情况有变化，请重新起草。") if is_stale(decision) else ""
    except Refusal as refusal:
        return str(refusal)


def _detail_page(
    request: HttpRequest, decision: PenaltyDecision, *, form: Form | None = None, status: int = 200
) -> HttpResponse:
    user, county = request.user, decision.county
    lines = list(decision.lines.select_related("case__unit").order_by("-kind", "case__number", "pk"))
    is_draft = decision.state == PenaltyState.DRAFT
    drafts = is_draft and user.can_at(Act.DRAFT_PENALTIES, unit=county)
    context: dict[str, Any] = {
        "decision": decision,
        "lines": lines,
        "regular": [line for line in lines if line.kind == PenaltyLineKind.REGULAR],
        "in_words": amount_in_words(abs(decision.amount)),
        "is_refund": decision.amount < 0,
        "is_forecast": is_draft and timezone.now() <= decision.as_of,
        "deduct_by": deduct_by(decision),
        "may_draft": drafts,
        "stale": _stale_words(decision) if drafts else "",
        "may_issue": is_draft and user.can_at(Act.ISSUE_PENALTIES, unit=county),
        "may_deduct": decision.state == PenaltyState.ISSUED and user.can_at(Act.DEDUCT_PENALTIES, unit=county),
        "correction_form": form or (CorrectionForm(county=county) if drafts else None),
        "correction_is_open": form is not None,
        "checked": check_issued([county]) if drafts else None,
        "may_see_cases": user.can(Act.SEE_CASES),
    }
    return render(request, "penalties/detail.html", context, status=status)
