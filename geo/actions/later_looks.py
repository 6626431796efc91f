"""What a comparison says of the open flags of earlier ones: seen again, or gone. Decided flags are left alone."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pghistory
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from geo.actions.snapshots import as_shapely
from geo.imagery.blockstore import BlockStore
from geo.imagery.later import Footprint, Look, footprint_in, in_block_order, judge, look_of
from geo.imagery.pipeline import Plan
from geo.models import ChangeFlag, ChangeKind, DiffRun, FlagState, LaterLook, User
from geo.refusals import NotAllowed, Refusal
from geo.roles import Act


@dataclass(frozen=True)
class Seen:
    """What a run's layers say of one flag of another run."""

    flag_id: int
    footprint: Footprint


def look_again(run: DiffRun, plan: Plan, blocks: Path) -> list[Seen]:
    """Read the run's layers over the open flags that were found on earlier pictures. Writes nothing."""
    flags = list(_open_flags(run).select_related("run").order_by("pk"))
    shapes = [as_shapely(flag.geometry) for flag in flags]
    if not flags:
        return []
    store = BlockStore(plan, blocks)
    found = []
    for number in in_block_order(shapes, plan.grid, plan.params.block_px):
        flag = flags[number]
        footprint = footprint_in(store, shapes[number], needs_height=flag.kind == ChangeKind.STOREY_ADDED)
        if footprint is not None:
            found.append(Seen(flag.pk, footprint))
    return found


@transaction.atomic
def keep_looks(*, run: DiffRun, seen: list[Seen]) -> dict[str, int]:
    """Write the looks of a run on the flags that nobody has decided, and mark those that enough pictures agree on.

    The state of a flag is a person's matter and stays. The caller holds the lock of the run's row.
    """
    footprints = {item.flag_id: item.footprint for item in seen}
    waiting = _open_flags(run).filter(pk__in=footprints).select_related("run__before", "run__after")
    flags = list(waiting.select_for_update(of=("self",)).order_by("pk"))
    counts = {"looked_again": 0, LaterLook.CONFIRMED.value: 0, LaterLook.CLEARED.value: 0}
    for flag in flags:
        looks = _with_look(flag, run, footprints[flag.pk])
        marked = LaterLook(judge([Look(row["look"]) for row in looks]).value)
        counts["looked_again"] += 1
        if marked != flag.later_look and marked:
            counts[marked.value] += 1
        flag.later_look, flag.evidence = marked, {**flag.evidence, "later": looks}
    with pghistory.context(act="look_again", run=run.pk):
        ChangeFlag.objects.bulk_update(flags, ["later_look", "evidence"], batch_size=200)
    return counts


@transaction.atomic
def put_back(*, flag_id: int, by: User) -> ChangeFlag:
    """Put a flag that later pictures cleared back to its place in the queue; they do not move it again.

    Raises NotAllowed; Refusal when nothing was cleared or somebody has decided.
    """
    flag = ChangeFlag.objects.for_user(by, Act.REVIEW_FLAGS).select_for_update(of=("self",)).filter(pk=flag_id).first()
    if flag is None:
        raise NotAllowed(_("此图斑不在您的审核范围内"))
    if flag.state != FlagState.PENDING or flag.later_look != LaterLook.CLEARED:
        raise Refusal(_("此图斑没有被后续影像移到队列末尾"))
    flag.later_look = LaterLook.KEPT
    flag.evidence = {**flag.evidence, "kept": {"by": by.pk, "at": timezone.now().isoformat()}}
    with pghistory.context(user=by.pk, act="put_back"):
        flag.save(update_fields=["later_look", "evidence"])
    return flag


def _open_flags(run: DiffRun) -> Any:
    """Undecided flags over the run's ground that were found on pictures older than its later one."""
    flags = ChangeFlag.objects.filter(
        state=FlagState.PENDING, run__after__captured_on__lt=run.after.captured_on
    ).exclude(later_look=LaterLook.KEPT)
    footprint = run.after.footprint
    return flags.none() if footprint is None else flags.filter(geometry__bboverlaps=footprint)


def _with_look(flag: ChangeFlag, run: DiffRun, footprint: Footprint) -> list[dict[str, Any]]:
    """The flag's looks by date, this run's among them; a clear one is not replaced by one that is not."""
    looks = {row["snapshot"]: row for row in flag.evidence.get("later", [])}
    look = look_of(footprint.change, shown=_shown_before(flag, run, looks), appeared=flag.kind != ChangeKind.DEMOLISHED)
    known = looks.get(run.after_id)
    if known is None or known["look"] == Look.UNCLEAR or look != Look.UNCLEAR:
        looks[run.after_id] = {
            **asdict(footprint),
            "share": round(footprint.share, 3),
            "snapshot": run.after_id,
            "run": run.pk,
            "on": run.after.captured_on.isoformat(),
            "look": look.value,
        }
    return sorted(looks.values(), key=lambda row: (row["on"], row["snapshot"]))


def _shown_before(flag: ChangeFlag, run: DiffRun, looks: dict[int, dict[str, Any]]) -> bool | None:
    """Whether the run's earlier picture shows the change that the flag stands for; None where that is not known."""
    if run.before.captured_on <= flag.run.before.captured_on:
        return False
    if run.before_id == flag.run.after_id:
        return True
    return {Look.SEEN: True, Look.GONE: False}.get(looks.get(run.before_id, {}).get("look", ""))
