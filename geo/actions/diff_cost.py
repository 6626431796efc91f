"""What a run costs, measured by itself: processor and wall seconds per square kilometre, megapixels per second."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from django.db.models import Max, Min, Sum

from geo.imagery.pipeline import Plan
from geo.models import DiffBlockState, DiffRun


@dataclass(frozen=True)
class Meter:
    """Wall and processor time of this process since it was started. A worker does one step at a time."""

    wall: float
    cpu: float

    @classmethod
    def started(cls) -> Meter:
        return cls(time.monotonic(), time.process_time())

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.wall

    @property
    def cpu_seconds(self) -> float:
        return time.process_time() - self.cpu

    def as_json(self) -> dict[str, float]:
        return {"seconds": round(self.seconds, 2), "cpu_seconds": round(self.cpu_seconds, 2)}


def cost_of(run: DiffRun, plan: Plan, *, finish: Meter) -> dict[str, Any]:
    """The cost of a run that is being finished: by step, and per km² of the ground that both pictures cover.

    Wall seconds of the blocks run from the start of the first to the end of the last one: workers side by side count
    once. A block that was done again counts as it was done last; waiting for a worker counts too.
    """
    done = run.blocks.filter(state=DiffBlockState.DONE)
    sums = done.aggregate(cpu=Sum("cpu_seconds"), work=Sum("seconds"), first=Min("done_at"), last=Max("done_at"))
    longest = done.order_by("done_at").values_list("seconds", flat=True).first() or 0.0
    span = (sums["last"] - sums["first"]).total_seconds() + longest if sums["last"] else 0.0
    prepare = run.cost.get("prepare", {"seconds": 0.0, "cpu_seconds": 0.0})
    steps = {
        "prepare": prepare,
        "blocks": {"seconds": round(span, 2), "cpu_seconds": round(sums["cpu"] or 0.0, 2)},
        "finish": finish.as_json(),
    }
    km2 = plan.grid.width * plan.grid.height * plan.grid.resolution_m**2 / 1e6
    wall, cpu = (sum(step[name] for step in steps.values()) for name in ("seconds", "cpu_seconds"))
    return {
        **steps,
        "km2": round(km2, 4),
        "megapixels": round(plan.grid.megapixels, 3),
        "cpu_seconds_per_km2": round(cpu / km2, 1),
        "wall_seconds_per_km2": round(wall / km2, 1),
        "megapixels_per_second": round(plan.grid.megapixels / wall, 3) if wall else None,
    }
