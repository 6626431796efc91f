"""Pages of the aerial snapshots."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from geo.access import get_scoped, may, private_file
from geo.actions.jobs import is_worker_alive
from geo.actions.snapshots import (
    DuplicateSnapshot,
    Flight,
    Incoming,
    progress_of,
    refusal_sentence,
    remove_refused,
    take_in_snapshot,
)
from geo.forms.snapshots import SnapshotForm
from geo.models import DiffRun, Snapshot, SnapshotState, Unit, UnitLevel, User
from geo.refusals import Refusal
from geo.roles import Act
from geo.uploads import on_disk
from geo.views.outline import area_plan

PAGE_ROWS = 30
# Larger ones are taken in on the server by `manage.py ingest_snapshot`.
MAX_UPLOAD_BYTES = 8 * 1024**3


@may(Act.SEE_SNAPSHOTS)
def snapshot_list(request: HttpRequest) -> HttpResponse:
    """Every snapshot over the person's area, newest flight first."""
    mine = reachable(request.user)
    counts = dict(mine.order_by().values_list("state").annotate(Count("pk")))
    state = request.GET.get("state", "")
    rows = mine.filter(state=state) if state in SnapshotState.values else mine
    choices = [(value, label, counts.get(value, 0)) for value, label in SnapshotState.choices if counts.get(value)]
    page = Paginator(rows.select_related("loaded_by"), PAGE_ROWS).get_page(request.GET.get("page"))
    for row in page:
        row.covers_km2 = None if row.footprint_area_m2 is None else f"{row.footprint_area_m2 / 1e6:.2f}"
    pictured = set(wholly_visible(request.user).filter(pk__in=[row.pk for row in page]).values_list("pk", flat=True))
    busy = any(snapshot.state in (SnapshotState.RECEIVED, SnapshotState.CHECKING) for snapshot in page)
    return render(
        request,
        "snapshots/list.html",
        {
            "page": page,
            "choices": choices,
            "busy": busy,
            "pictured": pictured,
            "may_load": request.user.can(Act.LOAD_SNAPSHOTS),
        },
    )


@may(Act.SEE_SNAPSHOTS)
def snapshot_detail(request: HttpRequest, snapshot_id: int) -> HttpResponse:
    """One snapshot: state, facts, footprint. While it is being checked the page asks for news of its state."""
    snapshot = get_scoped(reachable(request.user), pk=snapshot_id)
    template = "snapshots/_state.html" if request.htmx else "snapshots/detail.html"
    waiting = snapshot.state in (SnapshotState.RECEIVED, SnapshotState.CHECKING)
    share = progress_of(snapshot) if waiting else None
    context: dict[str, Any] = {
        "snapshot": snapshot,
        "waiting": waiting,
        "unattended": waiting and not is_worker_alive(),
        "may_remove": snapshot.state == SnapshotState.REFUSED and request.user.can(Act.LOAD_SNAPSHOTS),
        "percent": None if share is None else round(share * 100),
        "refusal": refusal_sentence(snapshot) if snapshot.state == SnapshotState.REFUSED else "",
        "may_run": request.user.can(Act.RUN_DIFFS),
    }
    if not request.htmx:
        units = snapshot.units.filter(pk__in=Unit.objects.for_user(request.user)).order_by("path")
        context |= {
            "plan": area_plan(snapshot.footprint, request.user),
            "units": units,
            "pictured": wholly_visible(request.user).filter(pk=snapshot.pk).exists(),
            "may_download": request.user.can(Act.LOAD_SNAPSHOTS),
            "runs": DiffRun.objects.for_user(request.user)
            .filter(Q(before=snapshot) | Q(after=snapshot))
            .select_related("before", "after")[:10],
        }
    elif not waiting:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, template, context)


@may(Act.LOAD_SNAPSHOTS)
def snapshot_new(request: HttpRequest) -> HttpResponse:
    """Upload an image; the check runs as a job and the detail page shows how far it is."""
    form = SnapshotForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        flight = Flight(values["title"], values["captured_on"], values["sensor"], values["operator"])
        try:
            with _files(form) as (image, dsm):
                snapshot = take_in_snapshot(
                    image=image, dsm=dsm, flight=flight, declared=form.declared(), by=request.user
                )
        except DuplicateSnapshot as refusal:
            visible = Snapshot.objects.for_user(request.user).filter(pk=refusal.existing.pk).exists()
            form.add_error("image", str(refusal) if visible else _("该影像此前已入库，无需重复上传"))
            return _form_page(request, form, existing=refusal.existing if visible else None)
        except Refusal as refusal:
            form.add_error("image", str(refusal))
        else:
            messages.success(request, _("已收到影像，正在检查。可以离开此页，结果会保留。"))
            return redirect("snapshot-detail", snapshot_id=snapshot.pk)
    return _form_page(request, form)


@require_POST
@may(Act.LOAD_SNAPSHOTS)
def snapshot_remove(request: HttpRequest, snapshot_id: int) -> HttpResponse:
    """Take a refused file off the list."""
    snapshot = get_scoped(reachable(request.user), pk=snapshot_id)
    try:
        remove_refused(snapshot=snapshot, by=request.user)
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("snapshot-detail", snapshot_id=snapshot_id)
    messages.success(request, _("已移除未通过检查的影像：%(title)s") % {"title": snapshot.title})
    return redirect("snapshot-list")


@may(Act.SEE_SNAPSHOTS)
def snapshot_file(request: HttpRequest, snapshot_id: int, variant: str) -> HttpResponseBase:
    """The thumbnail, or the original for those who load snapshots; only to those whose area holds all of it.

    Everybody else looks at the raster tiles, which are cut to their own area.
    """
    if variant == "thumbnail":
        snapshot = get_scoped(wholly_visible(request.user), pk=snapshot_id)
        return private_file(request, snapshot.thumbnail_path, content_type="image/webp")
    if variant == "original" and request.user.can(Act.LOAD_SNAPSHOTS):
        snapshot = get_scoped(wholly_visible(request.user), pk=snapshot_id)
        return private_file(
            request, snapshot.original_path, content_type="application/octet-stream", download_name=snapshot.file_name
        )
    raise Http404


def reachable(user: User) -> QuerySet[Snapshot]:
    """Snapshots over the person's area; for those who load them also those that are not placed yet."""
    rows = Snapshot.objects.for_user(user)
    if not user.can(Act.LOAD_SNAPSHOTS):
        return rows
    unplaced = Q(units=None) & Q(loaded_by=user)
    scope = user.scope(Act.LOAD_SNAPSHOTS)
    if scope.everything or Unit.objects.filter(level=UnitLevel.CITY, path__in=scope.unit_paths).exists():
        unplaced = Q(units=None)
    return Snapshot.objects.filter(
        Q(pk__in=rows.values("pk")) | Q(pk__in=Snapshot.objects.filter(unplaced).values("pk"))
    )


def wholly_visible(user: User) -> QuerySet[Snapshot]:
    """Ready snapshots that show nothing outside of the person's own units."""
    rows = Snapshot.objects.for_user(user).ready()
    scope = user.scope(Act.SEE_SNAPSHOTS)
    if scope.everything:
        return rows
    own = Q(pk__in=[])
    above: set[str] = set()
    for path in scope.unit_paths:
        own |= Q(path__startswith=path)
        above.update(path.rstrip("/").split("/"))
    return rows.exclude(units__in=Unit.objects.exclude(own | Q(code__in=above)))


@contextmanager
def _files(form: SnapshotForm) -> Iterator[tuple[Incoming, Incoming | None]]:
    """The uploads of a form as files on disk for as long as they are taken in."""
    with tempfile.TemporaryDirectory() as folder:
        values = form.cleaned_data
        world = values.get("world_file")
        beside = (on_disk(world, Path(folder) / f"beside{Path(world.name).suffix.lower()}"),) if world else ()
        image, dsm = values["image"], values.get("dsm")
        yield (
            Incoming(on_disk(image, Path(folder) / "image"), image.name, beside),
            Incoming(on_disk(dsm, Path(folder) / "dsm"), dsm.name) if dsm else None,
        )


def _form_page(request: HttpRequest, form: SnapshotForm, existing: Snapshot | None = None) -> HttpResponse:
    status = 422 if form.is_bound else 200
    context = {"form": form, "existing": existing, "max_size": filesizeformat(MAX_UPLOAD_BYTES)}
    return render(request, "snapshots/new.html", context, status=status)
