"""The review desk: one flag, before and after, one key a decision, the next one already loaded."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from geo.access import get_scoped, may
from geo.models import ChangeFlag, User
from geo.refusals import Refusal
from geo.roles import Act
from inspections.actions.reviews import (
    LOCK_TIME,
    decide_flag,
    last_review,
    next_flag,
    release_flag,
    take_flag,
    undo_last_review,
)
from inspections.forms.review import DecisionForm, QueueForm
from inspections.outlines import rings_from_json
from inspections.review_page import facts_of, progress_of


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
            **progress_of(request.user, run_id=queue.run_id),
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
    context = {"queue": queue, **facts_of(flag, user=request.user), **progress_of(request.user, run_id=queue.run_id)}
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
        return JsonResponse({"until": flag.taken_until, "seconds": int(LOCK_TIME.total_seconds())})
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
        outline = form.cleaned_data.pop("outline")
        rings = rings_from_json(outline) if outline else None
        decided = decide_flag(flag_id=flag_id, by=request.user, rings=rings, **form.cleaned_data)
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
        return JsonResponse(
            {"next": address, "said": said, **progress_of(request.user, run_id=Queue.of(request).run_id)}
        )
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
        return JsonResponse({**answer, "next": address, **progress_of(request.user, run_id=queue.run_id)})
    return redirect(address or f"{reverse('review-queue')}{queue.query}")


def _refused(request: HttpRequest, refusal: Refusal, flag_id: int | None) -> HttpResponse:
    if _wants_json(request):
        return JsonResponse({"detail": str(refusal)}, status=409)
    messages.error(request, str(refusal))
    return redirect("review-flag", flag_id=flag_id) if flag_id else redirect("review-queue")
