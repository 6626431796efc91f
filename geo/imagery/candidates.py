"""What a found object is reported as: outline on the ground, measured area with uncertainty, kind, confidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import shapely
from shapely.geometry import Polygon

from geo.imagery.blockstore import NO_HEIGHT
from geo.imagery.confidence import calibrated
from geo.imagery.fine import Photograph
from geo.imagery.grid import Grid
from geo.imagery.levels import levels_of
from geo.imagery.objects import FoundObject
from geo.imagery.outline import Traced, regular, shared_directions, traced
from geo.imagery.plan import Plan
from geo.imagery.uncertainty import area_uncertainty_m2, unsure_m2

NEW, DEMOLISHED, ENLARGED, REBUILT, UNCLEAR = "new", "demolished", "enlarged", "rebuilt", "unclear"
KINDS = (NEW, DEMOLISHED, ENLARGED, REBUILT, UNCLEAR)

# How far apart the two dates' "built up" must lie to tell a direction, and how high both are for a rebuilt house.
DIRECTION_GAP = 0.2
BUILT = 0.5
# A change that borders on this part of its outline on something that stood there at both dates enlarges it.
TOUCHING_SHARE = 0.25
# Heights must be known on this part of an object.
HEIGHT_KNOWN_SHARE = 0.5


@dataclass(frozen=True)
class FlagCandidate:
    """A change to be reviewed. ``geometry`` is longitude/latitude (EPSG:4490); ``area_m2`` is measured from the mask,
    with one standard deviation (``uncertainty``); ``confidence`` is 0…1; ``kind`` is one of KINDS."""

    geometry: Polygon
    area_m2: float
    area_uncertainty_m2: float
    confidence: float
    kind: str
    height_change_m: float | None
    evidence: dict[str, Any]


def candidate(
    plan: Plan, found: FoundObject, before: Photograph, after: Photograph
) -> tuple[FlagCandidate, Traced] | None:
    """The report of one object with its traced outline (on the plan's grid), or None when nothing of a reportable size
    is left of it. What was torn down has the outline that the photograph before shows."""
    grid, layers, mask = plan.grid, found.layers, found.mask
    level = levels_of(plan).outline
    height_change_m = _height_change_m(found)
    built_before, built_after = (float(layer[mask].mean()) / 255 for layer in (layers.built_before, layers.built_after))
    touching = _touching_share(found)
    kind = _kind(plan, built_before, built_after, touching, height_change_m)
    fine = (before if kind == DEMOLISHED else after).refined(mask, layers.changed, found.window, level=level)
    rows, columns = np.nonzero(mask)
    middle = (found.window.x + float(columns.mean()), found.window.y + float(rows.mean()))
    area_m2 = grid.ground_area_m2(fine.grid_pixels if fine else float(mask.sum()), at_px=middle)
    if area_m2 < plan.params.min_area_m2:
        return None
    # Doubt and confidence are those of the detector, on the pixels that it saw.
    doubt_m2 = unsure_m2(layers.changed, mask, level=level, resolution_m=grid.resolution_m)
    seen = traced(mask)
    length_m = float(seen.simple.length) * grid.resolution_m
    outline = fine.outline(grid.resolution_m) if fine else seen.moved(found.window.x, found.window.y)
    evidence: dict[str, Any] = {
        "pixels": int(mask.sum()),
        "probability_mean": round(float(layers.changed[mask].mean()) / 255, 4),
        "probability_max": round(float(layers.changed[mask].max()) / 255, 4),
        "built_before": round(built_before, 4),
        "built_after": round(built_after, 4),
        "touching_built": round(touching, 4),
        "outline": "traced",
        "outline_resolution_m": round(grid.resolution_m / (fine.factor if fine else 1), 4),
        "perimeter_m": round(length_m, 2),
        "unsure_m2": round(doubt_m2, 2),
        "detector": f"{plan.params.detector}-{plan.detector_version}",
        "area_method": "mask-pixels",
    }
    report = FlagCandidate(
        geometry=to_lonlat(outline.simple, grid),
        area_m2=round(area_m2, 2),
        area_uncertainty_m2=round(area_uncertainty_m2(length_m, unsure_m2=doubt_m2, area_m2=area_m2), 2),
        confidence=round(calibrated(evidence["probability_mean"], plan.calibration), 4),
        kind=kind,
        height_change_m=None if height_change_m is None else round(height_change_m, 2),
        evidence=evidence,
    )
    return report, outline


def regularised(plan: Plan, found: Sequence[tuple[FlagCandidate, Traced]]) -> list[FlagCandidate]:
    """The reports with right-angled outlines where these hold, neighbours looked at together; areas stay."""
    outlines = [outline.simple for _, outline in found]
    directions = shared_directions(outlines, resolution_m=plan.grid.resolution_m)
    reports = []
    for (report, outline), direction in zip(found, directions, strict=True):
        fitted = regular(outline, direction)
        if fitted is not None:
            evidence = {**report.evidence, "outline": "right-angled"}
            report = replace(report, geometry=to_lonlat(fitted, plan.grid), evidence=evidence)
        reports.append(report)
    return reports


def to_lonlat(polygon: Polygon, grid: Grid) -> Polygon:
    """A polygon of pixel coordinates as longitude/latitude, outer ring anticlockwise."""
    return Polygon(shapely.geometry.polygon.orient(shapely.transform(polygon, grid.lonlat)))


def _height_change_m(found: FoundObject) -> float | None:
    if found.layers.rise_cm is None:
        return None
    values = found.layers.rise_cm[found.mask]
    known = values != NO_HEIGHT
    return float(np.median(values[known])) / 100 if known.mean() >= HEIGHT_KNOWN_SHARE else None


def _touching_share(found: FoundObject) -> float:
    """The part of the object's surroundings (2 px wide, 1 px off) that is built up at both dates."""
    mask = found.mask.astype(np.uint8)
    near = cv2.dilate(mask, np.ones((3, 3), np.uint8))
    ring = (cv2.dilate(mask, np.ones((7, 7), np.uint8)) > 0) & (near == 0)
    if not ring.any():
        return 0.0
    both = (found.layers.built_before >= BUILT * 255) & (found.layers.built_after >= BUILT * 255)
    return float(both[ring].mean())


def _kind(plan: Plan, before: float, after: float, touching: float, height_change_m: float | None) -> str:
    if height_change_m is not None and abs(height_change_m) >= plan.params.min_height_m:
        if height_change_m < 0:
            return DEMOLISHED
        # Something stood there and is now higher: a storey was added.
        return ENLARGED if before >= BUILT or touching >= TOUCHING_SHARE else NEW
    if max(before, after) == 0:
        return UNCLEAR
    if after - before >= DIRECTION_GAP:
        return ENLARGED if touching >= TOUCHING_SHARE else NEW
    if before - after >= DIRECTION_GAP:
        return DEMOLISHED
    return REBUILT if min(before, after) >= BUILT else UNCLEAR
