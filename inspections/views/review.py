"""The review desk: one flag, before and after, one key a decision, the next one already loaded."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from geo.access import get_scoped, may
from geo.models import ChangeFlag, FlagState, Unit, User
from geo.refusals import Refusal
from geo.roles import Act
from inspections.actions.reviews import (
    decide_flag,
    last_review,
    next_flag,
    release_flag,
    take_flag,
    undo_last_review,
)
from inspections.forms.review import DecisionForm, QueueForm
from inspections.models import Case, CaseSource, ChangeReview, RejectReason

# One key each; letters that are on every keyboard and need no shift.
REASON_KEYS = dict(
    zip(RejectReason.values, ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "-", "=", ""], strict=True)
)

SHOWN_WITH = (
    "run__before",
    "run__after",
    "unit",
    "special_area",
    "control_area",
    "permit",
    "building",
    "taken_by",
)


@dataclass(frozen=True)
class Queue:
    """The part of the queue that is being worked through."""

    run_id: int | None
    skipped: list[int]

    @classmethod
    def of(cls, request: HttpRequest) -> "Queue":
        form = QueueForm(request.POST if request.method == "POST" else request.GET)
        values = form.cleaned_data if form.is_valid() else {}
        return cls(values.get("run"), values.get("skip") or [])

    @property
    def query(self) -> str:
        return f"?{urlencode({'run': self.run_id})}" if self.run_id else ""

    def next_for(self, user: User, *, without: int | None = None) -> ChangeFlag | None:
        skipped = [*self.skipped, without] if without else self.skipped
        return next_flag(by=user, run_id=self.run_id, skipped=skipped)


@may(Act.REVIEW_FLAGS)
def review_queue(request: HttpRequest) -> HttpResponse:
    """Open on the next flag; say so when there is none."""
    queue = Queue.of(request)
    flag = queue.next_for(request.user)
    if flag is not None:
        return redirect(f"{reverse('review-flag', args=[flag.pk])}{queue.query}")
    waiting = ChangeFlag.objects.for_user(request.user, Act.REVIEW_FLAGS).pending()
    if queue.run_id:
        waiting = waiting.filter(run_id=queue.run_id)
    return render(
        request,
        "review/empty.html",
        {
            "taken": waiting.select_related("taken_by")[:20],
            "last": last_review(by=request.user),
            **_progress(request, queue),
        },
    )


@may(Act.REVIEW_FLAGS)
def review_flag(request: HttpRequest, flag_id: int) -> HttpResponse:
    """One flag on the desk. With ?part=desk only the part that changes from flag to flag."""
    flag = get_scoped(
        ChangeFlag.objects.for_user(request.user, Act.REVIEW_FLAGS).select_related(
            "run__before",
            "run__after",
            "unit",
            "special_area",
            "control_area",
            "permit",
            "building",
            "earlier",
            "taken_by",
        ),
        pk=flag_id,
    )
    queue = Queue.of(request)
    context = {"queue": queue, **_facts(request, flag), **_progress(request, queue)}
    template = "review/_desk.html" if request.GET.get("part") == "desk" else "review/desk.html"
    return render(request, template, context)


@may(Act.REVIEW_FLAGS)
def review_next(request: HttpRequest, flag_id: int) -> HttpResponse:
    """Address of the flag that would come after this one, for loading it ahead; takes nothing."""
    get_scoped(ChangeFlag.objects.for_user(request.user, Act.REVIEW_FLAGS), pk=flag_id)
    return JsonResponse({"next": _address(Queue.of(request), request.user, without=flag_id)})


@may(Act.REVIEW_FLAGS)
@require_POST
def review_take(request: HttpRequest, flag_id: int) -> HttpResponseBase:
    """Put the flag on one's desk, or keep it there longer."""
    get_scoped(ChangeFlag.objects.for_user(request.user, Act.REVIEW_FLAGS), pk=flag_id)
    try:
        flag = take_flag(flag_id=flag_id, by=request.user)
    except Refusal as refusal:
        if _wants_json(request):  # an everyday answer, not a fault
            return JsonResponse({"refused": str(refusal)})
        return _refused(request, refusal, flag_id)
    if _wants_json(request):
        return JsonResponse({"until": flag.taken_until})
    return redirect("review-flag", flag_id=flag_id)


@may(Act.REVIEW_FLAGS)
@require_POST
def review_release(request: HttpRequest, flag_id: int) -> HttpResponseBase:
    """Put the flag back and go on to the next one."""
    get_scoped(ChangeFlag.objects.for_user(request.user, Act.REVIEW_FLAGS), pk=flag_id)
    release_flag(flag_id=flag_id, by=request.user)
    return _go_on(request, {}, without=flag_id)


@may(Act.REVIEW_FLAGS)
@require_POST
def review_decide(request: HttpRequest, flag_id: int) -> HttpResponseBase:
    """Record the decision and go on to the next flag."""
    get_scoped(ChangeFlag.objects.for_user(request.user, Act.REVIEW_FLAGS), pk=flag_id)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _refused(request, Refusal(_("没有收到可用的结论")), flag_id)
    try:
        decided = decide_flag(flag_id=flag_id, by=request.user, **form.cleaned_data)
    except Refusal as refusal:
        return _refused(request, refusal, flag_id)
    flag = decided.review.flag
    said = _("%(number)s：%(outcome)s") % {"number": flag.number, "outcome": decided.review.get_outcome_display()}
    if decided.case is not None:
        said += " · " + _("案件 %(number)s") % {"number": decided.case.number}
    if not _wants_json(request):
        messages.success(request, said)
    return _go_on(request, {"said": said})


@may(Act.REVIEW_FLAGS)
@require_POST
def review_undo(request: HttpRequest) -> HttpResponseBase:
    """Take one's last decision back; its flag is on the desk again."""
    try:
        flag = undo_last_review(by=request.user)
    except Refusal as refusal:
        return _refused(request, refusal, None)
    address = f"{reverse('review-flag', args=[flag.pk])}{Queue.of(request).query}"
    said = _("已撤销 %(number)s 的审核") % {"number": flag.number}
    if _wants_json(request):
        return JsonResponse({"next": address, "said": said, **_progress(request, Queue.of(request))})
    messages.success(request, said)
    return redirect(address)


def _wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")


def _address(queue: Queue, user: User, *, without: int | None = None) -> str | None:
    flag = queue.next_for(user, without=without)
    return f"{reverse('review-flag', args=[flag.pk])}{queue.query}" if flag else None


def _go_on(request: HttpRequest, answer: dict[str, Any], *, without: int | None = None) -> HttpResponse:
    queue = Queue.of(request)
    address = _address(queue, request.user, without=without)
    if _wants_json(request):
        return JsonResponse({**answer, "next": address, **_progress(request, queue)})
    return redirect(address or f"{reverse('review-queue')}{queue.query}")


def _refused(request: HttpRequest, refusal: Refusal, flag_id: int | None) -> HttpResponse:
    if _wants_json(request):
        return JsonResponse({"detail": str(refusal)}, status=409)
    messages.error(request, str(refusal))
    return redirect("review-flag", flag_id=flag_id) if flag_id else redirect("review-queue")


def _progress(request: HttpRequest, queue: Queue) -> dict[str, Any]:
    pending = ChangeFlag.objects.for_user(request.user, Act.REVIEW_FLAGS).pending()
    mine = ChangeReview.objects.standing().filter(
        reviewed_by=request.user,
        reviewed_at__gte=timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0),
    )
    if queue.run_id:
        pending, mine = pending.filter(run_id=queue.run_id), mine.filter(flag__run_id=queue.run_id)
    done, left = mine.count(), pending.count()
    return {"done_today": done, "left": left, "queue_total": done + left}


def _facts(request: HttpRequest, flag: ChangeFlag) -> dict[str, Any]:
    user = request.user
    now = timezone.now()
    taken = flag.taken_until is not None and flag.taken_until > now
    review = flag.reviews.standing().select_related("reviewed_by").first()
    last = last_review(by=user)
    source = CaseSource.objects.filter(flag=flag).values_list("case_id", flat=True).first()
    above = Unit.objects.filter(code__in=[*flag.unit.ancestor_codes, flag.unit.code]).order_by("path")
    visible = ChangeFlag.objects.for_user(user)
    width, height = flag.chip_info.get("width_px", 0), flag.chip_info.get("height_px", 0)
    return {
        "flag": flag,
        "place": " / ".join(unit.name for unit in above if unit.level != "city"),
        "pending": flag.state == FlagState.PENDING,
        "taken_by_other": flag.taken_by if taken and flag.taken_by_id != user.pk else None,
        "review": review,
        "may_undo": review is not None and last is not None and last.pk == review.pk,
        "case": Case.objects.for_user(user).filter(pk=source).first() if source else None,
        "earlier": visible.filter(pk=flag.earlier_id).first() if flag.earlier_id else None,
        "outline": _svg_path(flag.chip_info.get("outline_px", [])),
        "chip_width": width,
        "chip_height": height,
        "confidence_percent": round(flag.confidence * 100),
        "permitted_percent": round(100 * min(1.0, flag.permitted_m2 / flag.area_m2)),
        "reasons": [(value, label, REASON_KEYS[value]) for value, label in RejectReason.choices],
        "centre": flag.geometry.centroid,
    }


def _svg_path(rings: list[list[list[float]]]) -> str:
    return "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in ring) + "Z" for ring in rings)
