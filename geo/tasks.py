"""Jobs of the spatial base: checking snapshots, running diffs, and taking up what a killed worker left behind."""

from procrastinate.contrib.django import app

from geo.actions.snapshots import QUEUE as SNAPSHOTS
from geo.actions.snapshots import check_snapshot as check
from geo.models import Snapshot


@app.task(queue=SNAPSHOTS, name="geo.tasks.check_snapshot")
def check_snapshot(snapshot_id: int) -> None:
    """Prove a received snapshot and make its copies for looking."""
    check(snapshot=Snapshot.objects.get(pk=snapshot_id))
