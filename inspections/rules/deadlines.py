"""R-301…R-304: the three stages of a demolition, their limits and their states.

The clock starts at the determination and the stages follow one another: each limit counts from the end of the one
before. All limits end with a day of the city's calendar (see `clock`); weekends and holidays count.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from inspections.rules.clock import due_after, local
from inspections.rules.values import DEFAULT_VALUES, RuleValues


class Stage(StrEnum):
    """Who has to get the structure demolished, in the order of escalation."""

    TOWNSHIP = "township"  # R-301 乡镇办拆除
    SUPERVISED = "supervised"  # R-302 县(区)督查
    COLLECTIVE = "collective"  # R-303 县(区)集中拆除


class StageState(StrEnum):
    """R-304."""

    PENDING = "pending"
    DONE = "done"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class StageLimit:
    """One stage: it starts when the one before has run out, and is due at the end of a day (both aware)."""

    stage: Stage
    starts_at: datetime
    due_at: datetime


def stage_limits(determined_at: datetime, values: RuleValues = DEFAULT_VALUES) -> tuple[StageLimit, ...]:
    """The limits of all stages, first to last, from the time of the determination."""
    limits: list[StageLimit] = []
    starts_at, total_days = local(determined_at), 0
    for stage, days in (
        (Stage.TOWNSHIP, values.township_demolition_days),
        (Stage.SUPERVISED, values.supervision_days),
        (Stage.COLLECTIVE, values.collective_demolition_days),
    ):
        total_days += days
        due_at = due_after(determined_at, days=total_days)
        limits.append(StageLimit(stage, starts_at, due_at))
        starts_at = due_at
    return tuple(limits)


def stage_state(limit: StageLimit, *, as_of: datetime, completed_at: datetime | None = None) -> StageState:
    """The state of one stage at a time.

    Done when the structure was gone by the limit; overdue for ever once the limit has passed without that, even when
    a later stage finishes the work (R-511 counts it); pending before.
    """
    if completed_at is not None and completed_at <= as_of and completed_at <= limit.due_at:
        return StageState.DONE
    return StageState.OVERDUE if as_of > limit.due_at else StageState.PENDING


def running_stage(
    limits: tuple[StageLimit, ...], *, as_of: datetime, completed_at: datetime | None = None
) -> StageLimit | None:
    """The stage whose turn it is: the first that is not overdue, the last one when all are; None once completed."""
    if completed_at is not None and completed_at <= as_of:
        return None
    for limit in limits:
        if stage_state(limit, as_of=as_of) is not StageState.OVERDUE:
            return limit
    return limits[-1]


def overdue_stages(
    limits: tuple[StageLimit, ...], *, as_of: datetime, completed_at: datetime | None = None
) -> tuple[StageLimit, ...]:
    """The stages that have run out by `as_of`, in the order in which they escalated."""
    return tuple(
        limit for limit in limits if stage_state(limit, as_of=as_of, completed_at=completed_at) is StageState.OVERDUE
    )
