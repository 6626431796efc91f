"""What a comparison found, held against what truly changed."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyogrio
import shapely
from shapely.geometry.base import BaseGeometry

from geo.demo.errors import DemoError
from geo.demo.ground import lonlat
from geo.measure import area_m2, overlap_m2

MATCH_IOU = 0.3  # the share at which a found object counts as the true one, as in `geo.imagery evaluate`
BUILDING_KINDS = ("new", "enlarged", "demolished", "storey_added")
# From colour alone a storey on an old roof cannot be seen: it is asked for only where heights were compared.
NEEDS_HEIGHT = ("storey_added",)


@dataclass(frozen=True)
class TrueChange:
    """One row of the truth, geometry in degrees of EPSG:4490."""

    change_id: str
    before: date
    after: date
    kind: str
    what: str
    area_m2: float
    permit_state: str
    outline: BaseGeometry


@dataclass(frozen=True)
class Match:
    """A found outline (by its place in what was given) and the true change that it is; None for a false alarm."""

    found: int
    change: TrueChange | None


@dataclass(frozen=True)
class Score:
    """Objects found and missed; areas relative to the truth, of matched changes."""

    found: int
    right: int
    true: int
    recalled: int
    recalled_by_kind: dict[str, tuple[int, int]]
    area_error_median: float | None
    area_bias_median: float | None
    matches: tuple[Match, ...]

    @property
    def precision(self) -> float | None:
        return self.right / self.found if self.found else None

    @property
    def recall(self) -> float | None:
        return self.recalled / self.true if self.true else None


def read_truth(folder: Path) -> list[TrueChange]:
    """The true changes of a generated town. Raises `DemoError` when the folder has none."""
    path = folder / "truth.gpkg"
    if not path.is_file():
        raise DemoError(f"{folder} has no truth.gpkg: it is no generated town")
    facts, _, wkb, columns = pyogrio.raw.read(path)
    table = dict(zip(facts["fields"], columns, strict=True))
    return [
        TrueChange(
            change_id=str(table["change_id"][row]),
            before=table["before"][row].astype("datetime64[D]").item(),
            after=table["after"][row].astype("datetime64[D]").item(),
            kind=str(table["kind"][row]),
            what=str(table["what"][row]),
            area_m2=float(table["area_m2"][row]),
            permit_state=str(table["permit_state"][row] or ""),
            outline=lonlat(outline),
        )
        for row, outline in enumerate(shapely.from_wkb(wkb))
    ]


def between(changes: Sequence[TrueChange], before: date, after: date) -> list[TrueChange]:
    """The changes that happened after one date and up to another."""
    return [change for change in changes if before < change.after <= after]


def score(found: Sequence[BaseGeometry], changes: Sequence[TrueChange], *, with_heights: bool) -> Score:
    """Match found outlines (EPSG:4490 degrees) with true changes of buildings by IoU, best pairs first.

    One outline matches one change at most. Added storeys are expected only ``with_heights``.
    """
    wanted = [c for c in changes if c.kind in BUILDING_KINDS and (with_heights or c.kind not in NEEDS_HEIGHT)]
    areas = [area_m2(outline).area_m2 for outline in found]
    pairs = []
    if wanted and found:
        tree = shapely.STRtree([change.outline for change in wanted])
        for index, outline in enumerate(found):
            for other in tree.query(outline, predicate="intersects"):
                change = wanted[int(other)]
                shared = overlap_m2(outline, change.outline)
                iou = shared / (areas[index] + change.area_m2 - shared)
                if iou >= MATCH_IOU:
                    pairs.append((iou, index, int(other)))
    matched: dict[int, int] = {}
    taken: set[int] = set()
    for _, index, other in sorted(pairs, reverse=True):
        if index not in matched and other not in taken:
            matched[index] = other
            taken.add(other)
    errors = [(areas[i] - wanted[o].area_m2) / wanted[o].area_m2 for i, o in matched.items()]
    kinds = {kind: [o for o, change in enumerate(wanted) if change.kind == kind] for kind in BUILDING_KINDS}
    return Score(
        found=len(found),
        right=len(matched),
        true=len(wanted),
        recalled=len(taken),
        recalled_by_kind={k: (len(taken & set(rows)), len(rows)) for k, rows in kinds.items() if rows},
        area_error_median=statistics.median(abs(error) for error in errors) if errors else None,
        area_bias_median=statistics.median(errors) if errors else None,
        matches=tuple(Match(i, wanted[matched[i]] if i in matched else None) for i in range(len(found))),
    )
