"""Writing what a diff found as change flags: placed, linked to what is known, measured against permits."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from shapely.geometry import Polygon

from geo.actions.snapshots import as_geos
from geo.actions.surroundings import Surroundings
from geo.models import Building, ChangeFlag, ChangeKind, DiffRun, FlagState, Unit

# From this share on the change is the building itself (new roof, rebuilt), below it an enlargement.
SHARE_REBUILT = 0.6
# A storey is 2.8 m and more; what rose less on a standing roof is a parapet, a tank or the error of two DSMs.
STOREY_M = 2.0
# From this mean probability on, the detector saw a building at the earlier date.
BUILT = 0.5
# The same structure is larger than before when it exceeds the earlier outline by a quarter and by three deviations.
GROWTH_SHARE = 0.25
GROWTH_SIGMAS = 3.0
# Kinds that the detector tells only as "there is something new"; what is known of the place makes them more exact.
OPEN_KINDS = {ChangeKind.NEW, ChangeKind.UNCLEAR, ChangeKind.ENLARGED, ChangeKind.REBUILT}


@dataclass(frozen=True)
class Finding:
    """One changed structure as a diff saw it; polygon in lon/lat EPSG:4490.

    The area is that of the changed pixels, not of the outline: fitting an outline may move an area, counting does not.
    """

    polygon: Polygon
    area_m2: float
    uncertainty_m2: float
    confidence: float
    kind: str = ChangeKind.NEW
    height_change_m: float | None = None
    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass
class Written:
    """What became of the findings of a run."""

    flags: list[ChangeFlag] = field(default_factory=list)
    outside_units: int = 0
    too_small: int = 0
    # Flags smaller than their control area asks for: kept, and not in the queue.
    below_limit: int = 0
    # Finding → the earlier flag that already stands for it.
    repeated: list[dict[str, Any]] = field(default_factory=list)
    superseded: int = 0
    # Index of each flag's finding, in the order of `flags`.
    sources: list[int] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {
            "outside_units": self.outside_units,
            "too_small": self.too_small,
            "below_limit": self.below_limit,
            "repeated": self.repeated,
            "superseded": self.superseded,
        }


@transaction.atomic
def write_flags(*, run: DiffRun, findings: Sequence[Finding], min_area_m2: float) -> Written:
    """Write the flags of a run, and supersede the undecided ones of older runs of the same pair.

    The same findings give the same flags: order and links depend on nothing else. The caller holds WRITING_FLAGS and
    the lock of the run's row.
    """
    written = Written(superseded=supersede_older(run))
    surroundings = Surroundings.of(run, [finding.polygon for finding in findings])
    places = Unit.objects.places_of([_inner_point(finding.polygon) for finding in findings])
    for number, (finding, place) in enumerate(zip(findings, places, strict=True)):
        if place is None:
            written.outside_units += 1
            continue
        measured_m2 = finding.area_m2
        control_area = surroundings.control_area_of(finding.polygon)
        if control_area is None and measured_m2 < min_area_m2:
            written.too_small += 1
            continue
        below_limit = control_area is not None and measured_m2 < control_area.min_area_m2
        permit, permitted_m2 = None, 0.0
        if finding.kind != ChangeKind.DEMOLISHED:  # tearing down needs none of a permit to build
            permit, permitted_m2 = surroundings.use_permits(finding.polygon, measured_m2)
        there = surroundings.earlier_of(finding.polygon)
        same = [flag for flag in there if _says_the_same(flag, run, finding, measured_m2)]
        if same:
            written.repeated.append({"finding": number, "flag": same[-1].pk, "area_m2": round(measured_m2, 1)})
            continue
        earlier = there[-1] if there else surroundings.bad_image_of(finding.polygon)
        building, covered = surroundings.building_of(finding.polygon, measured_m2)
        written.below_limit += below_limit
        written.sources.append(number)
        written.flags.append(
            ChangeFlag(
                run=run,
                index=number + 1,
                unit_id=place.unit_id,
                special_area_id=place.special_area_id,
                geometry=as_geos(finding.polygon)[0],
                area_m2=measured_m2,
                area_uncertainty_m2=finding.uncertainty_m2,
                confidence=finding.confidence,
                kind=_kind(finding, building, covered, earlier, measured_m2),
                height_change_m=finding.height_change_m,
                evidence=finding.evidence,
                control_area=control_area,
                below_limit=below_limit,
                permit=permit,
                permitted_m2=permitted_m2,
                building=building,
                earlier=earlier,
            )
        )
    ChangeFlag.objects.bulk_create(written.flags, batch_size=500)
    return written


def supersede_older(run: DiffRun) -> int:
    """Point older runs of the same pair, and their undecided flags, at this one; return how many flags that were."""
    older = DiffRun.objects.filter(before=run.before_id, after=run.after_id, pk__lt=run.pk)
    flags = ChangeFlag.objects.filter(run__in=older, state=FlagState.PENDING)
    count = flags.update(state=FlagState.SUPERSEDED, superseded_by=run, taken_by=None, taken_until=None)
    older.filter(superseded_by=None).update(superseded_by=run)
    return count


def _says_the_same(earlier: ChangeFlag, run: DiffRun, finding: Finding, measured_m2: float) -> bool:
    """Whether an earlier flag already stands for this change: its period overlaps, and it has not grown since.

    Also a kind that contradicts (demolished after built) is another change.
    """
    periods_overlap = (
        earlier.run.before.captured_on < run.after.captured_on
        and run.before.captured_on < earlier.run.after.captured_on
    )
    contradicts = (earlier.kind == ChangeKind.DEMOLISHED) != (finding.kind == ChangeKind.DEMOLISHED)
    return periods_overlap and not contradicts and not _has_grown(earlier, finding, measured_m2)


def _has_grown(earlier: ChangeFlag, finding: Finding, measured_m2: float) -> bool:
    growth_m2 = measured_m2 - earlier.area_m2
    sigma_m2 = (finding.uncertainty_m2**2 + earlier.area_uncertainty_m2**2) ** 0.5
    return growth_m2 > earlier.area_m2 * GROWTH_SHARE and growth_m2 > GROWTH_SIGMAS * sigma_m2


def _kind(
    finding: Finding, building: Building | None, covered: float, earlier: ChangeFlag | None, measured_m2: float
) -> str:
    if finding.kind not in OPEN_KINDS:
        return finding.kind
    stood_before = covered >= SHARE_REBUILT or finding.evidence.get("built_before", 0.0) >= BUILT
    if finding.height_change_m is not None and finding.height_change_m >= STOREY_M and stood_before:
        return ChangeKind.STOREY_ADDED
    if building is not None:
        return ChangeKind.REBUILT if covered >= SHARE_REBUILT else ChangeKind.ENLARGED
    if earlier is not None and earlier.state in (FlagState.CONFIRMED, FlagState.AUTHORISED, FlagState.PENDING):
        return ChangeKind.ENLARGED if _has_grown(earlier, finding, measured_m2) else ChangeKind.REBUILT
    return finding.kind


def _inner_point(polygon: Polygon) -> tuple[float, float]:
    point = polygon.representative_point()
    return point.x, point.y
