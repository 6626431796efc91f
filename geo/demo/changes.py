"""What happens in the town between the dates: building, growing, going, and much that is no building."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import shapely
from shapely import Point, Polygon, STRtree
from shapely.ops import unary_union

from geo.demo import colours
from geo.demo.errors import NoRoomError
from geo.demo.plan import Change, Site, Structure, Thing, Town
from geo.demo.plane import Rect, pieces, plane_m2
from geo.demo.scale import DATES

EDGE_M = 30.0  # changes keep this far from the edge of the photographed square
WHERE_SHARES = (("village", 0.48), ("farm", 0.22), ("factory", 0.1), ("vacant", 0.2))
# Permit state of new and enlarged buildings, in order; most have none. The rest of the list is "none".
PERMIT_STATES = (
    "none",
    "permitted",
    "exceeds",
    "none",
    "none",
    "permitted",
    "none",
    "expired",
    "none",
    "exceeds",
    "none",
    "none",
)


def schedule_changes(town: Town, rng: np.random.Generator) -> None:
    """Fill ``town.changes`` and the lives of structures and things; raises `NoRoomError` when sites run out."""
    planner = _Planner(town, rng)
    for after, counts in enumerate(town.scale.changes, start=1):
        planner.build(after, counts.new)
        planner.enlarge(after, counts.enlarged)
        planner.demolish(after, counts.demolished)
        planner.raise_storeys(after, counts.storey_added)
        planner.repaint(after, counts.repainted)
        planner.place(after, "tarpaulin", counts.tarpaulins)
        planner.place(after, "container", counts.containers)
        planner.place(after, "heap", counts.heaps)
        planner.place(after, "net", counts.nets)
        planner.place(after, "paved", counts.paved)
    planner.clear_trees()


class _Planner:
    def __init__(self, town: Town, rng: np.random.Generator) -> None:
        self.town = town
        self.rng = rng
        west, south, east, north = town.scale.image_bounds
        margin = min(EDGE_M, town.scale.image_m * 0.06)
        self.inside = shapely.box(west + margin, south + margin, east - margin, north - margin)
        shapely.prepare(self.inside)
        order = rng.permutation(len(town.sites))
        self.sites = [town.sites[int(i)] for i in order if self.inside.contains(town.sites[int(i)].rect.polygon())]
        self.standing = list(town.structures)
        self.tree = STRtree([structure.footprint() for structure in self.standing])
        self.taken: list[Polygon] = []
        self.touched: set[int] = set()
        self.permit_turn = 0
        annexed = {structure.annex_of for structure in town.structures}
        self.has_annex = {index for index in annexed if index is not None}

    # -- buildings ---------------------------------------------------------------------------------------------------

    def build(self, after: int, count: int) -> None:
        quotas = [where for where, share in WHERE_SHARES for _ in range(math.ceil(share * count))]
        for where in quotas[:count]:
            site = self._take(where)
            structure = self._new_structure(site, after)
            self.town.structures.append(structure)
            self._record(
                "new", structure.roof, after, structure.footprint(), len(self.town.structures) - 1, permits=True
            )

    def _take(self, where: str) -> Site:
        for wanted in (where, "vacant", "village", "farm", "factory"):
            for place, site in enumerate(self.sites):
                if site.where == wanted and self._free(site.rect.polygon(-0.2)):
                    self.taken.append(site.rect.polygon())
                    return self.sites.pop(place)
        raise NoRoomError(f"no free site is left for a new building ({where}); {len(self.taken)} are taken")

    def _new_structure(self, site: Site, after: int) -> Structure:
        rng, rect = self.rng, site.rect
        storeys, storey_m, use, material = 1, 3.1, "residential", "brick_concrete"
        if site.where == "village":
            kind = str(rng.choice(["concrete", "blue_steel", "red_tile", "red_steel"], p=[0.55, 0.25, 0.1, 0.1]))
            depth = rect.depth_m * float(rng.uniform(0.55, 0.9))
            body = rect.part(0.0, (rect.depth_m - depth) / 2 - 0.3, rect.length_m - 0.8, depth)
            storeys = int(rng.integers(2, 5)) if kind == "concrete" else 1
        elif site.where == "factory":
            kind, body, storey_m, use, material = "blue_steel", rect, 8.0, "industrial", "steel"
        elif site.where == "farm":
            kind = str(rng.choice(["blue_steel", "red_steel", "white_steel", "grey_tile"], p=[0.5, 0.15, 0.15, 0.2]))
            body, use, material, storey_m = rect, "agricultural", "sheet_steel", 3.8
        else:
            kind = str(rng.choice(["concrete", "blue_steel", "red_tile"], p=[0.4, 0.4, 0.2]))
            body, use, storey_m = rect, "storage" if kind == "blue_steel" else "commercial", 4.2
            storeys = 1 if kind == "blue_steel" else 2
        return Structure(
            [body], kind, colours.roof(rng, kind), storeys, storey_m, use, material, site.block,
            born=after, registered=False, detail_seed=int(rng.integers(1 << 31)),
        )  # fmt: skip

    def enlarge(self, after: int, count: int) -> None:
        done = 0
        for index in self._shuffled():
            if done == count:
                return
            parent = self.standing[index]
            if index in self.touched or index in self.has_annex or len(parent.parts) > 1 or parent.annex_of is not None:
                continue
            addition = self._addition(parent)
            if addition is None:
                continue
            self.touched.add(index)
            self.taken.append(addition.polygon())
            kind = "blue_steel" if self.rng.random() < 0.5 else parent.roof
            colour = colours.roof(self.rng, kind) if kind != parent.roof else parent.colour
            storeys = 1 if kind == "blue_steel" else parent.storeys
            self.town.structures.append(
                Structure(
                    [addition], kind, colour, storeys, parent.storey_m, parent.use, "sheet_steel", parent.block,
                    born=after, extends=index, registered=False, detail_seed=int(self.rng.integers(1 << 31)),
                )
            )  # fmt: skip
            self._record("enlarged", kind, after, addition.polygon(), len(self.town.structures) - 1, permits=True)
            done += 1
        raise NoRoomError(f"only {done} of {count} enlargements found room")

    def _addition(self, parent: Structure) -> Rect | None:
        main = parent.parts[0]
        if parent.use == "industrial":
            length = float(self.rng.uniform(7.0, 10.0))
            side = -1 if self.rng.random() < 0.5 else 1
            spot = main.part(side * (main.length_m + length) / 2, 0.0, length, main.depth_m * 0.9)
        elif parent.use == "residential" and parent.roof == "concrete":
            depth = float(self.rng.uniform(3.4, 4.6))
            spot = main.part(
                0.0, -(main.depth_m + depth) / 2, main.length_m * float(self.rng.uniform(0.6, 0.95)), depth
            )
        else:
            return None
        outline = self.town.blocks[parent.block].outline
        fits = self.inside.contains(spot.polygon()) and outline.contains(spot.polygon())
        return spot if fits and self._free(spot.polygon(0.15)) else None

    def demolish(self, after: int, count: int) -> None:
        done = 0
        for index in self._shuffled():
            if done == count:
                return
            structure = self.standing[index]
            if (
                index in self.touched
                or structure.annex_of is not None
                or structure.use not in ("residential", "industrial")
            ):
                continue
            lot = [structure] + [s for s in self.town.structures if s.annex_of == index]
            outline = pieces(unary_union([s.footprint().buffer(0.01) for s in lot]))[0]
            if not 60.0 < plane_m2(outline) < 900.0 or not self.inside.contains(outline):
                continue
            self.touched.add(index)
            for part in lot:
                part.gone = after
            main = structure.parts[0]
            rubble = colours.pick(self.rng, (colours.DIRT[0], (150, 138, 126)), 8.0)
            self.town.things.append(
                Thing("rubble", main.part(0, 0, main.length_m + 1, main.depth_m + 1), rubble, 0.2, born=after)
            )
            self._record("demolished", structure.roof, after, outline, index)
            done += 1
        raise NoRoomError(f"only {done} of {count} demolitions found a building")

    def raise_storeys(self, after: int, count: int) -> None:
        done = 0
        for index in self._shuffled():
            if done == count:
                return
            structure = self.standing[index]
            flat = structure.roof == "concrete" and structure.use == "residential" and structure.storeys <= 4
            if (
                index in self.touched
                or not flat
                or structure.annex_of is not None
                or not self.inside.contains(self._outline(index))
            ):
                continue
            if plane_m2(self._outline(index)) < 70.0:
                continue
            self.touched.add(index)
            structure.grown_at = after
            self._record("storey_added", structure.roof, after, self._outline(index), index)
            done += 1
        raise NoRoomError(f"only {done} of {count} added storeys found a building")

    # -- everything else ---------------------------------------------------------------------------------------------

    def repaint(self, after: int, count: int) -> None:
        done = 0
        for index in self._shuffled():
            structure = self.standing[index]
            if done == count:
                return
            if (
                index in self.touched
                or structure.roof not in ("concrete", "bitumen")
                or not self.inside.contains(self._outline(index))
            ):
                continue
            self.touched.add(index)
            structure.repainted_at = after
            self._record("not_building", "repainted_roof", after, self._outline(index), index)
            done += 1

    def place(self, after: int, kind: str, count: int) -> None:
        rng, done, tries = self.rng, 0, 0
        size = {
            "tarpaulin": (7.0, 5.5),
            "container": (12.2, 2.5),
            "heap": (9.0, 7.0),
            "net": (26.0, 15.0),
            "paved": (30.0, 18.0),
        }[kind]
        palette = {
            "tarpaulin": colours.TARPAULINS, "container": colours.CONTAINERS, "heap": colours.HEAPS,
            "net": (colours.NET,), "paved": (colours.ASPHALT[0],),
        }[kind]  # fmt: skip
        height = {"tarpaulin": 0.8, "container": 2.6, "heap": 2.0, "net": 0.3, "paved": 0.0}[kind]
        blocks = [
            b
            for b in self.town.blocks
            if b.use in ("vacant", "farm", "factory", "park", "village") and self.inside.intersects(b.outline)
        ]
        while done < count and tries < 4000:
            tries += 1
            block = blocks[int(rng.integers(len(blocks)))]
            west, south, east, north = block.outline.bounds
            x, y = rng.uniform((west, south), (east, north))
            scale = rng.uniform(0.8, 1.25)
            rect = Rect(float(x), float(y), size[0] * scale, size[1] * scale, float(rng.uniform(-0.5, 0.5)))
            body = rect.polygon(-0.8)
            if not (block.outline.contains(body) and self.inside.contains(body) and self._free(body)):
                continue
            gone = (
                after + 1
                if kind in ("tarpaulin", "heap") and after < len(DATES) - 1 and rng.random() < 0.5
                else len(DATES)
            )
            self.town.things.append(Thing(kind, rect, colours.pick(rng, palette, 6.0), height, born=after, gone=gone))
            self.taken.append(body)
            self._record("not_building", kind, after, rect.polygon())
            if gone < len(DATES):
                self._record("not_building", kind, gone, rect.polygon())
            done += 1

    def clear_trees(self) -> None:
        """No tree stands where something is, or will be, built."""
        built = [s.footprint().buffer(0.9) for s in self.town.structures] + [
            outline.buffer(0.5) for outline in self.taken
        ]
        trees = self.town.trees
        hits = STRtree(built).query([Point(tree.x, tree.y) for tree in trees], predicate="within")
        under = set(hits[0].tolist())
        self.town.trees = [tree for index, tree in enumerate(trees) if index not in under]

    # -- helpers -----------------------------------------------------------------------------------------------------

    def _outline(self, index: int) -> Polygon:
        found: Polygon = self.tree.geometries[index]
        return found

    def _shuffled(self) -> Iterable[int]:
        return (int(i) for i in self.rng.permutation(len(self.standing)))

    def _free(self, outline: Polygon) -> bool:
        hit = self.tree.query(outline, predicate="intersects").size > 0
        return not hit and not any(outline.intersects(other) for other in self.taken)

    def _record(
        self, kind: str, what: str, after: int, outline: Polygon, structure: int | None = None, *, permits: bool = False
    ) -> None:
        state = ""
        if permits:
            state = PERMIT_STATES[self.permit_turn % len(PERMIT_STATES)]
            self.permit_turn += 1
        self.town.changes.append(Change(kind, what, after, outline, structure, state))
