"""What every layer's importer does: place the rows in units, compare them with what is stored, write what differs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Final

import numpy as np
import shapely
from django.contrib.gis.db.models import Extent
from django.contrib.gis.geos import GEOSGeometry
from django.db import models
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry
from shapely.ops import nearest_points

from geo.crs import STORAGE_SRID, Bounds, LonLat
from geo.importers.report import Outcome
from geo.importers.schema import LayerSchema, ParsedRow, Problem
from geo.measure import area_m2, distance_m
from geo.models import Place, Unit
from geo.roles import Act

# Two geometries are the same when every vertex agrees to this: 0.1 mm, above the noise of another PROJ version.
SAME_PLACE_DEGREES: Final = 1e-9
SAME_NUMBER: Final = 1e-9
BATCH_ROWS: Final = 1000
# A house on the border, or a zone drawn along the neighbour's copy of it, may reach over by so much; a slipped vertex
# reaches further.
LARGEST_EXCESS_M: Final = 25.0
# A stand-in for the key of a parent that this very file creates: it differs from whatever is stored.
NOT_YET_STORED: Final = object()


class LayerImporter:
    """One import of one layer. An instance serves one file; subclasses say what is special about their layer."""

    schema: ClassVar[LayerSchema]
    write_act: ClassVar[Act] = Act.EDIT_MAP
    model: ClassVar[type[models.Model]]
    geometry_field: ClassVar[str]
    area_field: ClassVar[str | None] = None
    unique_fields: ClassVar[tuple[str, ...]] = ("code",)
    places_rows: ClassVar[bool] = True  # the model is Located: unit and special area are stored with the row

    def __init__(self) -> None:
        self.places: dict[int, Place] = {}
        self.areas_m2: dict[int, float] = {}
        self.stored: dict[tuple[Any, ...], models.Model] = {}
        self.notes: list[str] = []
        self.on_written: Callable[[int], None] = lambda count: None  # told how many rows more are written

    # --- what a layer adds --------------------------------------------------------------------------------------

    def check(self, rows: list[ParsedRow]) -> list[Problem]:
        """Return what is wrong beyond single cells: references, topology, rules between columns."""
        return []

    def own_fields(self, row: ParsedRow) -> dict[str, Any]:
        """Return the model's values of a row, by attribute name; by default the columns as they are."""
        return dict(row.values)

    def waves(self, rows: list[ParsedRow]) -> Iterable[list[ParsedRow]]:
        """Return the rows in groups, each of which refers only to earlier ones."""
        return [rows]

    def written(self, rows: list[ParsedRow]) -> None:
        """Do what follows the writing of new and changed rows (links to units)."""

    # --- what all do alike --------------------------------------------------------------------------------------

    def prepare(self, rows: list[ParsedRow], faulty_rows: list[ParsedRow]) -> list[Problem]:
        """Load what is stored under the same codes, place the rows, and return every problem found.

        Rows that are refused for their cells are only placed: who mends them should not come back for their place.
        """
        self.stored = {self.identity_of(item): item for item in self.stored_rows(rows)}
        problems = self._take_stored_geometry(rows)
        unknown = {problem.row for problem in problems}
        rows = [row for row in rows if row.number not in unknown]
        if self.places_rows:
            placed = [
                row for row in [*rows, *faulty_rows] if row.geometry is not None and row.number not in self.places
            ]
            problems += self._place(placed)
        return problems + self.check(rows)

    def _take_stored_geometry(self, rows: list[ParsedRow]) -> list[Problem]:
        """Fill the rows that only name what they update from what is stored; a problem for each that is not."""
        problems = []
        for row in rows:
            if row.geometry is not None:
                continue
            item: Any = self.stored.get(self.identity(row))
            if item is None:
                reason = f"nothing is stored under “{row.code}”; a row without coordinates can only update"
                problems.append(Problem(row.number, row.code, self.schema.key, reason))
                continue
            row.geometry = to_shapely(getattr(item, self.geometry_field))
            for column in self.schema.columns:
                if hasattr(item, column.name):
                    row.values.setdefault(column.name, getattr(item, column.name))
            if self.places_rows:
                self.places[row.number] = Place(item.unit_id, item.special_area_id)
        return problems

    def stored_rows(self, rows: list[ParsedRow]) -> Iterable[models.Model]:
        """Return the stored rows that the file could change."""
        return self.model._default_manager.filter(**{f"{self.schema.key}__in": [row.code for row in rows]})

    def identity_of(self, item: models.Model) -> tuple[Any, ...]:
        """Return what identifies a stored row."""
        return tuple(getattr(item, name) for name in self.unique_fields)

    def identity(self, row: ParsedRow) -> tuple[Any, ...]:
        """Return what identifies a row of the file."""
        return tuple(row.values.get(name, self._default(name)) for name in self.unique_fields)

    def fields(self, row: ParsedRow) -> dict[str, Any]:
        """Return all values of a row for the model, geometry as shapely."""
        values = self.own_fields(row)
        values[self.geometry_field] = row.geometry
        if self.area_field is not None:
            if row.number not in self.areas_m2:
                self.areas_m2[row.number] = area_m2(row.geometry).area_m2
            values[self.area_field] = self.areas_m2[row.number]
        if self.places_rows:
            place = self.places[row.number]
            values["unit_id"], values["special_area_id"] = place.unit_id, place.special_area_id
        return values

    def outcomes(self, rows: list[ParsedRow]) -> dict[int, Outcome]:
        """Return by row number whether a row would be created, updated or left as it is."""
        return {row.number: self._outcome(row) for row in rows}

    def write(self, rows: list[ParsedRow], outcomes: dict[int, Outcome]) -> None:
        """Write the rows that are new or differ; unchanged ones are not touched."""
        wanted = [row for row in rows if outcomes[row.number] != Outcome.UNCHANGED]
        for wave in self.waves(wanted):
            for start in range(0, len(wave), BATCH_ROWS):
                self._write_wave(wave[start : start + BATCH_ROWS], outcomes)
                self.on_written(len(wave[start : start + BATCH_ROWS]))
        self.written(wanted)

    def _write_wave(self, rows: list[ParsedRow], outcomes: dict[int, Outcome]) -> None:
        created, updated, names = [], [], set()
        for row in rows:
            values = self.fields(row)
            values[self.geometry_field] = to_geos(row.geometry)
            item = self.model(**values)
            if outcomes[row.number] == Outcome.CREATED:
                created.append(item)
            else:
                updated.append(item)
                names |= set(values)
        manager = self.model._default_manager
        for item in manager.bulk_create(created, batch_size=BATCH_ROWS):
            self.stored[self.identity_of(item)] = item
        if updated:
            names |= {field.attname for field in self.model._meta.fields if getattr(field, "auto_now", False)}
            manager.bulk_create(
                updated,
                batch_size=BATCH_ROWS,
                update_conflicts=True,
                unique_fields=list(self.unique_fields),
                update_fields=sorted(names - set(self.unique_fields)),
            )

    def _place(self, rows: list[ParsedRow]) -> list[Problem]:
        points = shapely.point_on_surface([row.geometry for row in rows]) if rows else []
        asked = [(float(point.x), float(point.y)) for point in points]
        problems = []
        box = jurisdiction()
        extent = f"the units cover {box} degrees" if box is not None else "there are no units yet, import them first"
        ground = whole_ground()
        for row, (lon, lat), place in zip(rows, asked, Unit.objects.places_of(asked), strict=True):
            far = furthest_outside(row.geometry, ground) if place is not None else None
            if place is None:
                reason = f"lies outside the jurisdiction: {lon:.6f}, {lat:.6f} is in no unit ({extent})"
                problems.append(Problem(row.number, row.code, "geometry", reason))
            elif far is not None:
                at, metres = far
                reason = f"leaves the jurisdiction by {metres:.0f} m at {at.lon:.6f}, {at.lat:.6f}"
                problems.append(Problem(row.number, row.code, "geometry", reason))
            else:
                self.places[row.number] = place
        return problems

    def _outcome(self, row: ParsedRow) -> Outcome:
        item = self.stored.get(self.identity(row))
        if item is None:
            return Outcome.CREATED
        same = all(same_value(getattr(item, name), value) for name, value in self.fields(row).items())
        return Outcome.UNCHANGED if same else Outcome.UPDATED

    def _default(self, name: str) -> Any:
        return self.model._meta.get_field(name).get_default()


def same_value(stored: Any, new: Any) -> bool:
    """Whether a stored value and a new one are the same; geometries and numbers to 0.1 mm and a billionth."""
    if isinstance(new, BaseGeometry):
        return same_geometry(to_shapely(stored), new)
    if isinstance(stored, float) and isinstance(new, float):
        return abs(stored - new) <= SAME_NUMBER * max(1.0, abs(stored))
    return bool(stored == new)


def same_geometry(a: BaseGeometry, b: BaseGeometry) -> bool:
    """Whether two geometries are the same up to where their rings begin and run, to 0.1 mm."""
    if shapely.equals_exact(a, b, SAME_PLACE_DEGREES):
        return True
    if shapely.get_num_coordinates(a) != shapely.get_num_coordinates(b):
        return False
    # Rounded first: where a ring begins after normalising must not hang on the last bit of a coordinate.
    return bool(shapely.equals_exact(_rounded(a), _rounded(b), 2 * SAME_PLACE_DEGREES, normalize=True))


def _rounded(geometry: BaseGeometry) -> BaseGeometry:
    return shapely.transform(geometry, lambda xy: np.round(xy / SAME_PLACE_DEGREES) * SAME_PLACE_DEGREES)


def to_geos(geometry: BaseGeometry) -> GEOSGeometry:
    """Return a shapely geometry in storage degrees as Django stores it."""
    return GEOSGeometry(memoryview(shapely.to_wkb(geometry)), srid=STORAGE_SRID)


def to_shapely(geometry: GEOSGeometry) -> BaseGeometry:
    """Return a stored geometry for computing."""
    return shapely.from_wkb(bytes(geometry.wkb))


def jurisdiction() -> Bounds | None:
    """Return the box around all units in degrees, None while there are none."""
    box = Unit.objects.aggregate(box=Extent("boundary"))["box"]
    return None if box is None else Bounds(*box)


def whole_ground() -> BaseGeometry:
    """Return the ground of all top units together, prepared for many questions."""
    ground = shapely.union_all([to_shapely(unit.boundary) for unit in Unit.objects.filter(parent=None)])
    shapely.prepare(ground)
    return ground


def furthest_outside(geometry: BaseGeometry, ground: BaseGeometry) -> tuple[LonLat, float] | None:
    """The vertex furthest off the ground and how many metres it lies off; None when that is within LARGEST_EXCESS_M."""
    if shapely.covers(ground, geometry):
        return None
    vertices = shapely.points(shapely.get_coordinates(geometry))
    outside = vertices[~shapely.covers(ground, vertices)]
    found = [(LonLat(float(point.x), float(point.y)), _metres_off(point, ground)) for point in outside]
    return max((item for item in found if item[1] > LARGEST_EXCESS_M), key=lambda item: item[1], default=None)


def _metres_off(point: Point, ground: BaseGeometry) -> float:
    _, nearest = nearest_points(point, ground)
    return distance_m(LonLat(point.x, point.y), LonLat(nearest.x, nearest.y))
