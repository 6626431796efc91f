"""What a demo town is made of."""

from __future__ import annotations

from dataclasses import dataclass, field

from shapely import LineString, Point, Polygon
from shapely.ops import unary_union

from geo.demo.plane import FloatArray, Rect, pieces
from geo.demo.scale import ALWAYS, DATES, Scale

Colour = tuple[float, float, float]  # red, green, blue, 0..255


@dataclass
class Structure:
    """A building (or a part added to one), with its life over the dates.

    ``born`` is the first date index at which it stands (0: before the first flight), ``gone`` the first at which it
    does not.
    """

    parts: list[Rect]
    roof: str
    colour: Colour
    storeys: int
    storey_m: float
    use: str
    structure: str
    block: int
    born: int = 0
    gone: int = ALWAYS
    name: str = ""
    grown_at: int = ALWAYS  # date index from which one more storey stands
    repainted_at: int = ALWAYS
    extends: int | None = None  # index of the structure that this one enlarges
    annex_of: int | None = None  # index of the house on whose lot this shed stands: one entry of the register
    registered: bool = True
    number: int = 0
    detail_seed: int = 0

    def stands(self, when: int) -> bool:
        return self.born <= when < self.gone

    def storeys_at(self, when: int) -> int:
        return self.storeys + (1 if when >= self.grown_at else 0)

    def height_m(self, when: int) -> float:
        return self.storeys_at(when) * self.storey_m + 0.6

    def footprint(self) -> Polygon:
        """Union of the parts; the largest piece, should they not touch."""
        return pieces(unary_union([part.polygon() for part in self.parts]))[0]


@dataclass
class Patch:
    """A piece of ground with its own colour on every date and a texture class."""

    ring: FloatArray
    surface: str
    colours: tuple[Colour, ...]
    stripe_angle: float = 0.0
    stripe_m: float = 0.0  # 0: no rows
    stripe_strength: tuple[float, ...] = (0.0,) * len(DATES)


@dataclass
class Thing:
    """Something on the ground that is no building: it stands from ``born`` until ``gone``."""

    kind: str  # tarpaulin, container, heap, net, paved, greenhouse
    rect: Rect
    colour: Colour
    height_m: float
    born: int = 0
    gone: int = ALWAYS


@dataclass
class Tree:
    x: float
    y: float
    radius_m: float
    height_m: float
    evergreen: bool
    shade: float  # brightness factor of this crown
    sprite: int


@dataclass
class Road:
    line: LineString
    kind: str  # arterial, street, lane
    width_m: float
    name: str


@dataclass
class Site:
    """Free ground where something can be built later."""

    rect: Rect
    where: str  # village, farm, factory, estate
    block: int


@dataclass
class Cell:
    """One community: its place in the grid, outline and character."""

    row: int
    column: int
    outline: Polygon
    character: str
    code: str
    name: str


@dataclass
class Block:
    outline: Polygon
    use: str
    cell: int


@dataclass
class Change:
    """One true change between two consecutive dates (``after`` is a date index)."""

    kind: str
    what: str
    after: int
    outline: Polygon
    structure: int | None = None
    permit_state: str = ""
    permit_number: str = ""


@dataclass
class Town:
    scale: Scale
    seed: int
    cells: list[Cell] = field(default_factory=list)
    edges: list[LineString] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    roads: list[Road] = field(default_factory=list)
    river: Polygon = field(default_factory=Polygon)
    river_line: LineString = field(default_factory=LineString)
    patches: list[Patch] = field(default_factory=list)
    structures: list[Structure] = field(default_factory=list)
    things: list[Thing] = field(default_factory=list)
    trees: list[Tree] = field(default_factory=list)
    sites: list[Site] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    def cell_at(self, x: float, y: float) -> int:
        """Index of the community that holds a point, or -1."""
        point = Point(x, y)
        for index, cell in enumerate(self.cells):
            if cell.outline.contains(point):
                return index
        return -1
