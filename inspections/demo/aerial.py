"""Snapshots in and compared, through the actions that the pages use and the jobs that workers run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from geo.actions.diffs import progress_of, retry_diff, start_diff
from geo.actions.snapshots import DuplicateSnapshot, Flight, Incoming, refusal_sentence, take_in_snapshot
from geo.actions.snapshots import progress_of as how_far
from geo.forms.snapshots import BESIDE_SUFFIXES
from geo.ingest import Declared, sha256_of
from geo.models import DiffRun, DiffRunState, Snapshot, SnapshotState, User
from inspections.demo.jobs import work_until

INGEST_WITHIN_S = 3600.0
DIFF_WITHIN_S = 7200.0
WAITING = (SnapshotState.RECEIVED, SnapshotState.CHECKING)


class NotTakenIn(Exception):
    """A snapshot of the demo was refused, or a comparison failed."""


@dataclass(frozen=True)
class Flown:
    """A snapshot file with what is said of it."""

    title: str
    image: Path
    captured_on: date
    dsm: Path | None = None
    sensor: str = ""
    operator: str = ""
    declared: Declared | None = None


def take_in(flown: Sequence[Flown], *, by: User, workers: int, say: Callable[[str], None]) -> list[Snapshot]:
    """Take snapshots in and let the jobs check them; those that are in already are passed over.

    Raises NotTakenIn with the reason when one is refused.
    """
    ids = [_received(one, by=by).pk for one in flown]

    def checked() -> bool:
        return not Snapshot.objects.filter(pk__in=ids, state__in=WAITING).exists()

    told = [0]

    def tick() -> None:
        snapshots = Snapshot.objects.filter(pk__in=ids)
        shares = [1.0 if one.state not in WAITING else how_far(one) or 0.0 for one in snapshots]
        percent = int(100 * sum(shares) / len(ids))
        if percent // 25 > told[0]:
            told[0] = percent // 25
            say(f"snapshots checked and made ready for the map: {percent} %")

    if not checked():
        say(f"taking in {len(ids)} snapshots: each block is read, and copies for the map are made")
        work_until(checked, workers=min(workers, len(ids)), within_s=INGEST_WITHIN_S, tick=tick)
    found = Snapshot.objects.in_bulk(ids)
    for one, pk in zip(flown, ids, strict=True):
        if found[pk].state != SnapshotState.READY:
            raise NotTakenIn(f"{one.image}: refused: {refusal_sentence(found[pk])}")
    say(f"{len(ids)} snapshots ready: " + ", ".join(_line(found[pk]) for pk in ids))
    return [found[pk] for pk in ids]


def compare(before: Snapshot, after: Snapshot, *, by: User, workers: int, say: Callable[[str], None]) -> DiffRun:
    """Compare two snapshots by the jobs of a diff run; a run that is done already is taken as it is.

    Raises NotTakenIn when the run fails.
    """
    run = DiffRun.objects.filter(before=before, after=after).exclude(state=DiffRunState.CANCELLED).first()
    if run is None:
        run = start_diff(before=before, after=after, by=by)
    elif run.state == DiffRunState.FAILED:
        run = retry_diff(run=run, by=by)

    def finished() -> bool:
        run.refresh_from_db()
        return not run.is_active

    told = [-1]

    def tick() -> None:
        percent = progress_of(run).percent
        if percent is not None and percent // 25 > told[0]:
            told[0] = percent // 25
            say(f"{run}: {run.get_state_display()} {percent} %")

    if not finished():
        work_until(finished, workers=workers, within_s=DIFF_WITHIN_S, tick=tick)
    if run.state != DiffRunState.DONE:
        raise NotTakenIn(f"comparison {run}: {run.get_state_display()} {run.error}")
    return run


def _received(one: Flown, *, by: User) -> Snapshot:
    known = Snapshot.objects.filter(sha256=sha256_of(one.image)).first()
    if known is not None and known.state != SnapshotState.REFUSED:
        return known
    beside = tuple(
        path
        for path in one.image.parent.iterdir()
        if path.stem == one.image.stem and path.suffix.lower() in BESIDE_SUFFIXES
    )
    try:
        return take_in_snapshot(
            image=Incoming(one.image, one.image.name, beside),
            dsm=Incoming(one.dsm, one.dsm.name) if one.dsm is not None else None,
            flight=Flight(one.title, one.captured_on, one.sensor, one.operator),
            declared=one.declared,
            by=by,
        )
    except DuplicateSnapshot as refusal:
        return refusal.existing


def _line(snapshot: Snapshot) -> str:
    return f"{snapshot.captured_on} {snapshot.resolution_m:.2f} m {snapshot.footprint_area_m2 / 1e6:.2f} km²"
