"""The typed schema of a layer and the check of every row against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from shapely.geometry.base import BaseGeometry

from geo.importers.cells import CellError, Parser, cleaned
from geo.importers.errors import ColumnError
from geo.importers.reading import RawLayer

AREAL: Final = ("Polygon", "MultiPolygon")
POINT: Final = ("Point",)
_DBF_NAME_LENGTH: Final = 10  # a Shapefile cuts column names: "permitted_area_m2" arrives as "permitted_"


@dataclass(frozen=True, slots=True)
class Column:
    """A column we read: our name, how a cell is parsed, other names it is known by, and what an empty cell means."""

    name: str
    parse: Parser
    required: bool = False
    aliases: tuple[str, ...] = ()
    empty: Any = None


@dataclass(frozen=True, slots=True)
class LayerSchema:
    """A layer: its name, the column that identifies a row, the columns, and the geometry types that it takes."""

    name: str
    key: str
    columns: tuple[Column, ...]
    geometry_types: tuple[str, ...] = AREAL
    also_identify: tuple[str, ...] = ()  # columns beside the key that make a row another one (a census version)

    def column(self, name: str) -> Column:
        """The column of that name."""
        return next(column for column in self.columns if column.name == name)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row is refused. row is 1 for the first feature of the file, in its order; code is empty when unreadable."""

    row: int
    code: str
    field: str
    reason: str


@dataclass(slots=True)
class ParsedRow:
    """A row whose cells fit the schema. values holds only columns that the file has; geometry is in storage degrees."""

    number: int
    code: str
    values: dict[str, Any]
    geometry: BaseGeometry | None  # None until the stored one is taken: a row that only names what it updates
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Matching:
    """Which column of the file fills which of ours, and what was left over."""

    theirs_of: dict[str, str]
    ignored: list[str]


def match_columns(
    schema: LayerSchema,
    titles: Sequence[str],
    mapping: Mapping[str, str],
    *,
    guess: bool = True,
    only_key: bool = False,
    needs: Sequence[str] | None = None,
) -> Matching:
    """Find each of our columns in the file: by --map theirs=ours, by name, by other known names, by a cut name.

    Without `guess` the mapping is all there is. With `only_key` rows update what is stored, so that nothing but the key
    must be there; `needs` says outright what must. Raises ColumnError naming every required column that is missing and
    every mapping that leads nowhere.
    """
    known = {column.name for column in schema.columns}
    wrong = [theirs for theirs in mapping if theirs not in titles]
    if wrong:
        raise ColumnError(f"the file has no column {', '.join(wrong)}; it has {', '.join(titles) or 'none'}")
    strange = [ours for ours in mapping.values() if ours not in known]
    if strange:
        raise ColumnError(f"{schema.name} have no column {', '.join(strange)}; they have {', '.join(sorted(known))}")
    theirs_of = {ours: theirs for theirs, ours in mapping.items()}
    free = {title.strip().lower(): title for title in titles if title not in mapping}
    for column in schema.columns:
        if column.name in theirs_of or not guess:
            continue
        for name in (column.name, *column.aliases, column.name[:_DBF_NAME_LENGTH]):
            if (found := free.pop(name.lower(), None)) is not None:
                theirs_of[column.name] = found
                break
    needed = needs
    if needed is None:
        needed = [schema.key] if only_key else [column.name for column in schema.columns if column.required]
    missing = [name for name in needed if name not in theirs_of]
    if missing:
        raise ColumnError(
            f"required column {', '.join(missing)} is missing; the file has {', '.join(titles) or 'none'} "
            "(name the right one with --map theirs=ours)"
        )
    return Matching(theirs_of, sorted(free.values()))


def parse_cells(schema: LayerSchema, layer: RawLayer, matching: Matching) -> tuple[list[dict[str, Any]], list[Problem]]:
    """Parse all rows: one dict of our columns a row, and every problem found (a row can have several)."""
    rows: list[dict[str, Any]] = [{} for _ in range(len(layer))]
    faults: list[tuple[int, str, str]] = []
    for column in schema.columns:
        theirs = matching.theirs_of.get(column.name)
        if theirs is None:
            continue
        for index, cell in enumerate(layer.columns[theirs]):
            try:
                value = cleaned(cell)
                if value is None and column.required:
                    raise CellError("is empty")
                rows[index][column.name] = column.empty if value is None else column.parse(value)
            except CellError as error:
                faults.append((index, column.name, str(error)))
    return rows, [Problem(index + 1, _code(rows[index], schema), name, reason) for index, name, reason in faults]


def repeated_codes(schema: LayerSchema, rows: Sequence[tuple[int, dict[str, Any]]]) -> list[Problem]:
    """A problem for each (row number, values) whose code stands in an earlier row of the same file."""
    first: dict[tuple[object, ...], int] = {}
    problems = []
    for number, values in rows:
        code = _code(values, schema)
        if not code:
            continue
        identity = (code, *(values.get(name) for name in schema.also_identify))
        if identity in first:
            problems.append(Problem(number, code, schema.key, f"“{code}” stands in row {first[identity]} already"))
        else:
            first[identity] = number
    return problems


def _code(values: Mapping[str, Any], schema: LayerSchema) -> str:
    return str(values.get(schema.key) or "")
