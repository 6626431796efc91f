"""What the comparisons of the demo found, held against the truth, in words for a terminal."""

from collections.abc import Sequence

import shapely
from shapely import wkb
from shapely.geometry.base import BaseGeometry

from geo.demo.score import Score, TrueChange, between, score
from geo.models import ChangeFlag, DiffRun


def flags_of(run: DiffRun) -> list[ChangeFlag]:
    """The standing flags that a run wrote, in their order."""
    return list(ChangeFlag.objects.standing().filter(run=run).order_by("index"))


def outline_of(flag: ChangeFlag) -> BaseGeometry:
    """A flag's outline for computing, in degrees of EPSG:4490."""
    return wkb.loads(bytes(flag.geometry.wkb))


def score_run(run: DiffRun, truth: Sequence[TrueChange]) -> tuple[Score, dict[int, TrueChange | None]]:
    """Score a run's flags; and what is really there by flag id: a change, a thing that is no building, or None."""
    changes = between(truth, run.before.captured_on, run.after.captured_on)
    flags = flags_of(run)
    outlines = [outline_of(flag) for flag in flags]
    found = score(outlines, changes, with_heights=bool(run.before.dsm_path and run.after.dsm_path))
    others = [change for change in changes if change.kind == "not_building"]
    tree = shapely.STRtree([change.outline for change in others])
    really: dict[int, TrueChange | None] = {}
    for match in found.matches:
        change = match.change
        if change is None and others:
            hits = tree.query(outlines[match.found], predicate="intersects")
            change = others[int(hits[0])] if hits.size else None
        really[flags[match.found].pk] = change
    return found, really


def lines_of(run: DiffRun, found: Score) -> list[str]:
    """A run's figures, one thing a line."""
    kinds = ", ".join(f"{kind} {hit}/{all_}" for kind, (hit, all_) in found.recalled_by_kind.items())
    seconds = (run.finished_at - run.started_at).total_seconds() if run.finished_at and run.started_at else None
    lines = [
        f"{run}: {found.found} flags, {found.right} of them true; {found.recalled} of {found.true} true changes found",
        f"  precision {_share(found.precision)}, recall {_share(found.recall)} ({kinds})",
    ]
    if found.area_error_median is not None and found.area_bias_median is not None:
        error, bias = found.area_error_median, found.area_bias_median
        lines.append(f"  area of matched changes: median error {error:.1%}, bias {bias:+.1%}")
    if seconds is not None:
        lines.append(f"  {run.algorithm}; {run.block_count} blocks in {seconds:.0f} s")
    return lines


def plain_lines(run: DiffRun, most: int = 12) -> list[str]:
    """What a run found where no truth is known: the largest flags first."""
    flags = sorted(flags_of(run), key=lambda flag: -flag.area_m2)
    total_m2 = sum(flag.area_m2 for flag in flags)
    lines = [f"{run}: {len(flags)} flags, {total_m2:,.0f} m² together ({run.algorithm})"]
    for flag in flags[:most]:
        centre = flag.geometry.point_on_surface
        lines.append(
            f"  {flag.number}: {flag.kind}, {flag.area_m2:.1f} ± {flag.area_uncertainty_m2:.1f} m², "
            f"confidence {flag.confidence:.2f}, at {centre.x:.6f}, {centre.y:.6f}"
        )
    if len(flags) > most:
        lines.append(f"  … and {len(flags) - most} more")
    return lines


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
