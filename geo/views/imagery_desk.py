"""/imagery/: where the digital centre begins: what is being checked and compared, and what came of the last ones."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from geo.access import may
from geo.actions.diffs import progress_of
from geo.models import ChangeFlag, DiffRun, DiffRunState, SnapshotState
from geo.roles import Act
from geo.views.snapshots import reachable

SHOWN = 8


@require_safe
@may(Act.LOAD_SNAPSHOTS, Act.RUN_DIFFS)
def imagery_desk(request: HttpRequest) -> HttpResponse:
    """Newest snapshots and runs, and how many of them wait, work or failed."""
    snapshots, runs = reachable(request.user), DiffRun.objects.for_user(request.user)
    shown = list(runs.select_related("before", "after").order_by("-pk")[:SHOWN])
    for run in shown:
        run.progress = progress_of(run) if run.state == DiffRunState.DETECTING else None
    figures = {
        "checking": snapshots.filter(state__in=[SnapshotState.RECEIVED, SnapshotState.CHECKING]).count(),
        "running": runs.active().count(),
        "failed": runs.filter(state=DiffRunState.FAILED, superseded_by=None).count(),
        "pending": ChangeFlag.objects.for_user(request.user).pending().count(),
    }
    context = {"snapshots": list(snapshots.order_by("-loaded_at", "-pk")[:SHOWN]), "runs": shown, "figures": figures}
    return render(request, "imagery_desk.html", context)
