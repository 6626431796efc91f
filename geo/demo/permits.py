"""Permits: for a few of the new buildings, for some old ones, and for sites where nothing was built."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from geo.demo import names
from geo.demo.ground import ground_m2
from geo.demo.plan import Change, Structure, Town
from geo.demo.plane import Rect
from geo.demo.register import Row
from geo.demo.scale import DATES

EXCEEDING_SHARE = (0.5, 0.75)  # how much of what was built an exceeded permit covers
OLD_PERMITS = {"full": 60, "small": 5}
UNUSED_PERMITS = {"full": 6, "small": 1}
ISSUERS = {"planning": "嵩阳市规划局", "construction": "嵩阳市住房和城乡建设局", "land": "嵩阳市国土资源局"}


def permit_rows(town: Town, rng: np.random.Generator) -> list[Row]:
    """All permits; sets ``permit_number`` on the changes that one belongs to."""
    writer = _Writer(town)
    for change in town.changes:
        if change.structure is not None and change.permit_state in ("permitted", "exceeds", "expired"):
            _for_change(writer, change, town.structures[change.structure], rng)
    old = [s for s in town.structures if s.born == 0 and s.annex_of is None and s.use != "residential"]
    for index in rng.permutation(len(old))[: OLD_PERMITS[town.scale.name]]:
        structure = old[int(index)]
        start = DATES[0] - timedelta(days=int(rng.integers(900, 5000)))
        plot = _grown(structure.parts[0], 2.0)
        writer.add("planning", structure, plot, structure.parts[0], start, 730, rng)
    free = [site for site in town.sites if site.where in ("vacant", "factory")]
    for index in rng.permutation(len(free))[: UNUSED_PERMITS[town.scale.name]]:
        site = free[int(index)]
        start = DATES[0] - timedelta(days=int(rng.integers(30, 300)))
        cell = town.blocks[site.block].cell
        writer.add_plot("land", cell, site.rect, site.rect, start, 1095, names.company(rng))
    return writer.rows


def _for_change(writer: _Writer, change: Change, structure: Structure, rng: np.random.Generator) -> None:
    body = structure.parts[0]
    before, after = DATES[change.after - 1], DATES[change.after]
    start = before - timedelta(days=int(rng.integers(10, 100)))
    days = 730
    if change.permit_state == "expired":
        start, days = before - timedelta(days=760), 730
    built, plot = body, _grown(body, 1.5)
    if change.permit_state == "exceeds":
        share = float(rng.uniform(*EXCEEDING_SHARE))
        built = body.part(-body.length_m * (1 - share) / 2, 0.0, body.length_m * share, body.depth_m)
        plot = built
    change.permit_number = writer.add("planning", structure, plot, built, start, days, rng)
    if change.permit_state == "permitted" and rng.random() < 0.6 and start < after:
        writer.add("construction", structure, plot, built, start + timedelta(days=9), 365, rng)


def _grown(rect: Rect, by_m: float) -> Rect:
    return Rect(rect.x, rect.y, rect.length_m + 2 * by_m, rect.depth_m + 2 * by_m, rect.angle)


class _Writer:
    """Numbers permits by office and year."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.rows: list[Row] = []
        self.serials: dict[tuple[str, int], int] = {}

    def add(
        self, kind: str, structure: Structure, plot: Rect, built: Rect, start: date, days: int, rng: np.random.Generator
    ) -> str:
        cell = self.town.blocks[structure.block].cell
        holder = names.person(rng) if structure.use == "residential" else names.company(rng)
        return self.add_plot(kind, cell, plot, built, start, days, holder)

    def add_plot(self, kind: str, cell: int, plot: Rect, built: Rect, start: date, days: int, holder: str) -> str:
        county = self.town.cells[cell].code[:6]
        serial = self.serials[(kind, start.year)] = self.serials.get((kind, start.year), 0) + 1
        word = {"planning": "建字第", "construction": "施字第", "land": "地字第"}[kind]
        number = f"{word}{county}{start.year}{serial:05d}号"
        self.rows.append(
            {
                "number": number,
                "kind": kind,
                "holder": holder,
                "project": f"{self.town.cells[cell].name}{'厂房' if holder.endswith('公司') else '住宅'}项目",
                "issued_by": ISSUERS[kind],
                "valid_from": start,
                "valid_until": start + timedelta(days=days),
                "permitted_area_m2": round(ground_m2(built.polygon()), 2),
                "unit_code": self.town.cells[cell].code,
                "geometry": plot.polygon(),
            }
        )
        return number
