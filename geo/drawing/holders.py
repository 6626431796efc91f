"""Zones that belong to something there is already, as a catchment to its clinic: an app says how, geo draws."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from shapely.geometry import MultiPolygon
from shapely.geometry.base import BaseGeometry

if TYPE_CHECKING:
    from geo.drawing.sheets import Sheet


@dataclass(frozen=True)
class Holder:
    """What may get an outline on a sheet; `outline` is what holds for it as long as nothing is drawn."""

    code: str
    name: str
    outline: BaseGeometry | None


@dataclass(frozen=True)
class Place:
    """A holder on the map."""

    name: str
    lon: float
    lat: float


class Holders(Protocol):
    """How a layer of such zones finds its holders, writes a zone, and counts the people in it."""

    related: tuple[str, ...]  # read along with the rows

    def free(self, sheet: "Sheet") -> list[Holder]:
        """What of this sheet has no drawn zone yet, by code."""

    def places(self, sheet: "Sheet") -> list[Place]:
        """Where the holders of this sheet stand, with a zone or without."""

    def borders(self, sheet: "Sheet") -> list[BaseGeometry]:
        """Lines that are drawn along though they are no zones of this layer: they give nodes."""

    def write(self, sheet: "Sheet", row: Any | None, code: str, outline: MultiPolygon) -> None:
        """Store the zone of the holder with this code."""

    def people(self, sheet: "Sheet", shapes: list[BaseGeometry]) -> list[int]:
        """How many people live in each of the shapes."""
