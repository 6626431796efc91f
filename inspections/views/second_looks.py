"""Many flags at once, a colleague's opinion, and spot checks of what colleagues rejected."""

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from geo.access import get_scoped, may
from geo.actions.later_looks import put_back
from geo.models import ChangeFlag
from geo.refusals import Refusal
from geo.roles import Act
from inspections.actions.batches import MOST, reject_batch
from inspections.actions.opinions import ask_opinion, withdraw_opinion
from inspections.actions.reviews import last_review
from inspections.actions.spot_checks import answer_spot_check
from inspections.forms.review import BatchForm, OpinionForm, QueueForm
from inspections.models import SecondOpinion, SpotCheck
from inspections.review_page import REASONS, svg_path


@may(Act.REVIEW_FLAGS)
def review_batch(request: HttpRequest) -> HttpResponse:
    """The queue as a grid of pictures: choose many, reject them for one reason."""
    form = QueueForm(request.GET)
    run_id = form.cleaned_data["run"] if form.is_valid() else None
    if request.method == "POST":
        return _reject(request)
    waiting = ChangeFlag.objects.for_user(request.user, Act.REVIEW_FLAGS).pending().free_for(request.user)
    waiting = waiting.exclude(pk__in=SecondOpinion.objects.awaited().values("flag"))
    if run_id:
        waiting = waiting.filter(run_id=run_id)
    if form.is_valid() and form.cleaned_data["flags"]:
        waiting = waiting.filter(pk__in=form.cleaned_data["flags"])
    flags = list(waiting.select_related("unit").in_review_order()[:MOST])
    last = last_review(by=request.user)
    context = {"flags": flags, "reasons": REASONS, "run_id": run_id, "may_undo": last is not None and bool(last.batch)}
    return render(request, "review/batch.html", context)


def _reject(request: HttpRequest) -> HttpResponse:
    form = BatchForm(request.POST)
    try:
        if not form.is_valid():
            raise Refusal(_("请先选择图斑，再选择一个原因"))
        done = reject_batch(by=request.user, **form.cleaned_data)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        reason = done[0].review.get_reason_display()
        messages.success(
            request, _("已排除 %(count)d 个图斑：%(reason)s。可整批撤销。") % {"count": len(done), "reason": reason}
        )
    return redirect(request.get_full_path())


@may(Act.REVIEW_FLAGS)
@require_POST
def opinion_ask(request: HttpRequest, flag_id: int) -> HttpResponse:
    """Hand the flag to a colleague and go on."""
    get_scoped(ChangeFlag.objects.for_user(request.user, Act.REVIEW_FLAGS), pk=flag_id)
    form = OpinionForm(request.POST)
    try:
        if not form.is_valid():
            raise Refusal(_("请选择同事并写明要看什么"))
        opinion = ask_opinion(flag_id=flag_id, by=request.user, **form.cleaned_data)
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("review-flag", flag_id=flag_id)
    messages.success(
        request, _("%(number)s 已请 %(name)s 会商") % {"number": opinion.flag.number, "name": opinion.asked_of}
    )
    return redirect("review-queue")


@may(Act.REVIEW_FLAGS)
@require_POST
def opinion_withdraw(request: HttpRequest, flag_id: int) -> HttpResponse:
    """Take the request back."""
    get_scoped(ChangeFlag.objects.for_user(request.user, Act.REVIEW_FLAGS), pk=flag_id)
    flag = withdraw_opinion(flag_id=flag_id, by=request.user)
    messages.success(request, _("已收回 %(number)s 的会商请求") % {"number": flag.number})
    return redirect("review-flag", flag_id=flag_id)


@may(Act.REVIEW_FLAGS)
def spot_checks(request: HttpRequest) -> HttpResponse:
    """The next rejection to be checked, and how often checks agreed so far."""
    due = SpotCheck.objects.due_for(request.user)
    check = due.select_related(
        "review__reviewed_by", "review__flag__unit", "review__flag__run__before", "review__flag__run__after"
    ).first()
    agreement = (
        SpotCheck.objects.for_user(request.user)
        .exclude(checked_at=None)
        .order_by()
        .values("review__reviewed_by__display_name", "review__reviewed_by__username")
        .annotate(checked=Count("pk"), agreed=Count("pk", filter=Q(agrees=True)))
        .order_by("review__reviewed_by__username")
    )
    info = check.review.flag.chip_info if check else {}
    context = {
        "check": check,
        "flag": check.review.flag if check else None,
        "outline": svg_path(info.get("outline_px", [])),
        "chip_width": info.get("width_px", 0),
        "chip_height": info.get("height_px", 0),
        "due_count": due.count(),
        "agreement": [{**row, "percent": round(100 * row["agreed"] / row["checked"])} for row in agreement],
    }
    return render(request, "review/checks.html", context)


@may(Act.REVIEW_FLAGS)
@require_POST
def spot_check_answer(request: HttpRequest, flag_id: int) -> HttpResponse:
    """Agree, or open the flag again and look at it on the desk."""
    flag = get_scoped(ChangeFlag.objects.for_user(request.user, Act.REVIEW_FLAGS), pk=flag_id)
    try:
        check = answer_spot_check(flag_id=flag_id, agrees=request.POST.get("agrees") == "1", by=request.user)
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("review-checks")
    if check.agrees:
        messages.success(request, _("%(number)s：与原审核一致") % {"number": flag.number})
        return redirect("review-checks")
    messages.success(request, _("%(number)s：与原审核不一致，图斑已重新打开") % {"number": flag.number})
    return redirect(reverse("review-flag", args=[flag_id]))


@may(Act.REVIEW_FLAGS)
@require_POST
def review_put_back(request: HttpRequest, flag_id: int) -> HttpResponse:
    """Put a flag that later pictures cleared back to its place in the queue."""
    get_scoped(ChangeFlag.objects.for_user(request.user, Act.REVIEW_FLAGS), pk=flag_id)
    try:
        flag = put_back(flag_id=flag_id, by=request.user)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("%(number)s 已放回原来的位置") % {"number": flag.number})
    return redirect("review-flag", flag_id=flag_id)
