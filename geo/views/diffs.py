"""Pages of the comparisons, and the before/after pictures of what they found."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from geo.access import get_scoped, may, private_file
from geo.actions.detectors import detector_in_use
from geo.actions.diffs import AlreadyRunning, cancel_diff, progress_of, retry_block, retry_diff, start_diff
from geo.actions.jobs import is_worker_alive
from geo.detector_words import detector_title
from geo.forms.diffs import DiffForm
from geo.map_link import curtain_link
from geo.models import ChangeFlag, ChangeKind, DiffBlockState, DiffRun, DiffRunState, FlagState
from geo.refusals import Refusal
from geo.roles import Act
from geo.views.residuals import residual_map

PAGE_ROWS = 30
MAP_ZOOM = 15  # a flight of a square kilometre fills the screen
FLAG_ZOOM = 18
CHIP_TYPES = {".webp": "image/webp", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}


@may(Act.SEE_FLAGS)
def diff_list(request: HttpRequest) -> HttpResponse:
    """Every comparison over the person's area, newest first."""
    mine = DiffRun.objects.for_user(request.user)
    counts = dict(mine.order_by().values_list("state").annotate(Count("pk")))
    state = request.GET.get("state", "")
    rows = mine.filter(state=state) if state in DiffRunState.values else mine
    page = Paginator(rows.select_related("before", "after", "requested_by"), PAGE_ROWS).get_page(
        request.GET.get("page")
    )
    flags = ChangeFlag.objects.for_user(request.user).filter(run__in=[run.pk for run in page]).order_by()
    found, pending = (dict(rows.values_list("run").annotate(Count("pk"))) for rows in (flags, flags.pending()))
    titles = {name: detector_title(name) for name in {run.parameters.get("detector", "") for run in page}}
    for run in page:
        run.detector = titles[run.parameters.get("detector", "")]
        # A run may cross units: everybody counts their own.
        run.own_count = None if run.flag_count is None else found.get(run.pk, 0)
        run.pending_count = pending.get(run.pk, 0)
    return render(
        request,
        "diffs/list.html",
        {
            "page": page,
            "choices": [(value, label, counts[value]) for value, label in DiffRunState.choices if counts.get(value)],
            "busy": any(run.is_active for run in page),
            "may_run": request.user.can(Act.RUN_DIFFS),
        },
    )


@may(Act.SEE_FLAGS)
def diff_detail(request: HttpRequest, run_id: int) -> HttpResponse:
    """Progress while it runs (asked for again every two seconds), then what it found."""
    run = get_scoped(
        DiffRun.objects.for_user(request.user).select_related("before", "after", "requested_by"), pk=run_id
    )
    context: dict[str, Any] = {"run": run, "may_run": request.user.can(Act.RUN_DIFFS)}
    context["detector"] = detector_title(run.parameters.get("detector", ""))
    if run.is_active or run.state == DiffRunState.FAILED:
        context["troubled"] = run.blocks.exclude(error="").exclude(state=DiffBlockState.DONE)[:5]
    if run.is_active:
        context["progress"] = progress_of(run)
        context["unattended"] = not is_worker_alive()
    elif request.htmx:
        return HttpResponse(headers={"HX-Refresh": "true"})
    if request.htmx:
        return render(request, "diffs/_progress.html", context)
    if run.state == DiffRunState.DONE:
        context |= _found(run, ChangeFlag.objects.for_user(request.user).filter(run=run))
        context["may_review"] = request.user.can(Act.REVIEW_FLAGS)
    context["residuals"] = residual_map(run, request.user)
    return render(request, "diffs/detail.html", context)


@may(Act.RUN_DIFFS)
def diff_new(request: HttpRequest) -> HttpResponse:
    """Choose two dates and start."""
    form = DiffForm(request.POST or None, user=request.user, initial={"after": request.GET.get("after")})
    if request.method == "POST" and form.is_valid():
        try:
            run = start_diff(before=form.cleaned_data["before"], after=form.cleaned_data["after"], by=request.user)
        except AlreadyRunning as refusal:
            messages.info(request, str(refusal))
            return redirect("diff-detail", run_id=refusal.run.pk)
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("diff-detail", run_id=run.pk)
    count = form.fields["before"].queryset.count()
    context = {"form": form, "count": count, "detector": detector_title(detector_in_use())}
    return render(request, "diffs/new.html", context, status=422 if form.is_bound else 200)


@may(Act.RUN_DIFFS)
@require_POST
def diff_cancel(request: HttpRequest, run_id: int) -> HttpResponse:
    """Stop a comparison; it leaves no flags."""
    return _change(request, run_id, cancel_diff, _("已取消，没有留下图斑"))


@may(Act.RUN_DIFFS)
@require_POST
def diff_retry(request: HttpRequest, run_id: int) -> HttpResponse:
    """Take a comparison up again where it stopped."""
    return _change(request, run_id, retry_diff, _("已继续比对"))


@may(Act.RUN_DIFFS)
@require_POST
def diff_retry_block(request: HttpRequest, run_id: int) -> HttpResponse:
    """Try one block that did not succeed again at once."""
    number = request.POST.get("block", "")
    index = int(number) if number.isascii() and number.isdigit() and len(number) < 9 else -1
    return _change(request, run_id, partial(retry_block, index=index), _("已重试此块"))


@may(Act.SEE_FLAGS)
def chip_file(request: HttpRequest, flag_id: int, side: str) -> HttpResponseBase:
    """The picture of a flag before or after the change."""
    flag = get_scoped(ChangeFlag.objects.for_user(request.user), pk=flag_id)
    path = {"before": flag.chip_before_path, "after": flag.chip_after_path}.get(side, "")
    kind = next((kind for suffix, kind in CHIP_TYPES.items() if path.endswith(suffix)), None)
    if kind is None:
        raise Http404
    return private_file(request, path, content_type=kind)


def _change(request: HttpRequest, run_id: int, action: Any, done: str) -> HttpResponse:
    run = get_scoped(DiffRun.objects.for_user(request.user, Act.RUN_DIFFS), pk=run_id)
    try:
        action(run=run, by=request.user)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)
    return redirect("diff-detail", run_id=run.pk)


def _found(run: DiffRun, flags: QuerySet[ChangeFlag]) -> dict[str, Any]:
    """Counts and areas of a run's flags by kind and by decision, and the largest ones."""
    kinds = flags.order_by().values_list("kind").annotate(Count("pk"), Sum("area_m2"), Sum("permitted_m2"))
    labels, states = dict(ChangeKind.choices), dict(FlagState.choices)
    by_kind = [(labels[kind], count, area, permitted) for kind, count, area, permitted in kinds]
    largest = list(flags.standing().select_related("unit", "control_area").order_by("-area_m2")[:12])
    for flag in largest:
        flag.on_map = curtain_link(
            flag.geometry.centroid, run.before.captured_on, run.after.captured_on, zoom=FLAG_ZOOM
        )  # fmt: skip
    by_state = [
        (state, states[state], count) for state, count in flags.order_by().values_list("state").annotate(Count("pk"))
    ]
    return {
        "by_kind": sorted(by_kind, key=lambda row: -row[1]),
        "by_state": by_state,
        "flag_count": sum(row[1] for row in by_kind),
        # Floats added in another order round otherwise in their last place: everybody reads one figure.
        "total_area_m2": round(sum(row[2] or 0 for row in by_kind), 2),
        "total_permitted_m2": round(sum(row[3] or 0 for row in by_kind), 2),
        "pending_count": next((count for state, _label, count in by_state if state == FlagState.PENDING), 0),
        "largest": largest,
        "map_url": _map_url(run),
    }


def _map_url(run: DiffRun) -> str:
    """The map over the later snapshot, with a curtain between the two dates."""
    if run.after.footprint is None:
        return reverse("map")
    return curtain_link(run.after.footprint.centroid, run.before.captured_on, run.after.captured_on, zoom=MAP_ZOOM)
