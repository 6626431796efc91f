"""A file as rows that fit a schema, in storage coordinates, or with every reason why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from geo.crs import Bounds
from geo.crs_detect import DatumShift, SourceCrs, candidates_within, detect
from geo.errors import CrsError
from geo.importers.errors import FileRefusedError
from geo.importers.files import opened
from geo.importers.geometry import MAP_SHIFTS, GeometryFault, cleaned, fault_of_source, to_storage, usual_bounds
from geo.importers.reading import RawLayer
from geo.importers.schema import LayerSchema, ParsedRow, Problem, match_columns, parse_cells, repeated_codes
from geo.importers.tables import PLACE_COLUMNS, chosen_places, read_any, with_places

NO_SHIFT = "none"  # said in so many words: the degrees are those of a survey or a GPS
BY_CODE = "no coordinates: rows update what is stored under their code"


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What a person states about a file; all of it can stay unsaid."""

    layer: str | None = None
    srid: int | None = None
    encoding: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)  # their column -> ours
    exact: bool = False  # the mapping was looked at by a person: nothing beyond it is guessed
    map_shift: str | None = None  # "gcj02" or "bd09": degrees taken from a consumer map; "none": certainly not
    datum_shift: DatumShift | None = None


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """The rows that fit, the problems of those that do not, and what is to be said of the file."""

    file_name: str
    sha256: str
    encoding: str
    source_crs: str
    row_count: int
    rows: list[ParsedRow]
    faulty_rows: list[ParsedRow]  # refused for their cells; their places can still be checked
    problems: list[Problem]
    notes: list[str]


def parse_file(path: Path, schema: LayerSchema, options: ImportOptions, jurisdiction: Bounds | None) -> ParsedFile:
    """Read a file and check every row against the schema. jurisdiction (degrees) helps to tell the zone.

    Raises FileRefusedError (also for a coordinate system that cannot be told) when the file as a whole is of no use.
    """
    with opened(path) as file:
        layer = read_any(file, layer=options.layer, usual_layer=schema.name, encoding=options.encoding)
        name, sha256 = file.name, file.sha256
    layer, places, place_problems = _placed(schema, layer, options)
    matching = match_columns(
        schema,
        list(layer.columns),
        {theirs: ours for theirs, ours in options.mapping.items() if ours not in PLACE_COLUMNS},
        guess=not options.exact,
        only_key=layer.is_table and not places,
    )
    notes = list(layer.notes)
    if matching.ignored:
        notes.append(f"columns not used: {', '.join(matching.ignored)}")
    values, problems = parse_cells(schema, layer, matching)
    problems += repeated_codes(schema, list(enumerate(values, start=1)))
    if layer.is_table and not places:
        rows = [ParsedRow(number, str(row.get(schema.key) or ""), row, None) for number, row in enumerate(values, 1)]
        return _parsed(name, sha256, layer, BY_CODE, rows, problems, notes)
    problems += [replace(problem, code=_code_of(schema, values[problem.row - 1])) for problem in place_problems]
    source = _source_crs(layer, options, jurisdiction)
    notes += source.notes
    if options.map_shift in MAP_SHIFTS:
        notes.append(f"coordinates moved back from {options.map_shift.upper()} to CGCS2000")
    shift = options.map_shift if options.map_shift in MAP_SHIFTS else None
    rows, geometry_problems = _rows(schema, layer, values, source, shift)
    unplaced = {problem.row for problem in place_problems}
    problems += [problem for problem in geometry_problems if problem.row not in unplaced]
    notes += _other_reading(layer, rows, jurisdiction, source)
    return _parsed(name, sha256, layer, source.label, rows, problems, notes)


def _placed(
    schema: LayerSchema, layer: RawLayer, options: ImportOptions
) -> tuple[RawLayer, dict[str, str], list[Problem]]:
    if not layer.is_table:
        return layer, {}, []
    places = chosen_places(schema, list(layer.columns), options.mapping, guess=not options.exact)
    if not places:
        return layer, {}, []
    placed, problems = with_places(layer, places)
    return placed, places, problems


def _are_degrees(bounds: Bounds) -> bool:
    return max(abs(bounds.min_x), abs(bounds.max_x)) <= 180 and max(abs(bounds.min_y), abs(bounds.max_y)) <= 90


def _code_of(schema: LayerSchema, values: Mapping[str, object]) -> str:
    return str(values.get(schema.key) or "")


def _parsed(
    name: str,
    sha256: str,
    layer: RawLayer,
    label: str,
    rows: list[ParsedRow],
    problems: list[Problem],
    notes: list[str],
) -> ParsedFile:
    wrong = {problem.row for problem in problems}
    return ParsedFile(
        file_name=name,
        sha256=sha256,
        encoding=layer.encoding,
        source_crs=label,
        row_count=len(layer),
        rows=[row for row in rows if row.number not in wrong],
        faulty_rows=[row for row in rows if row.number in wrong],
        problems=sorted(problems, key=lambda problem: problem.row),
        notes=notes,
    )


def _source_crs(layer: RawLayer, options: ImportOptions, jurisdiction: Bounds | None) -> SourceCrs:
    bounds = usual_bounds(layer.geometries)
    unsaid = layer.datum_unsaid and options.map_shift is None and options.srid is None
    if unsaid and _are_degrees(bounds):
        raise FileRefusedError(
            "the file does not say whether its degrees are of a survey or GPS (CGCS2000, WGS 84) or of a consumer map "
            "(GCJ-02, BD-09), which lies up to 700 m off; say which with --map-shift none, gcj02 or bd09"
        )
    try:
        return detect(
            bounds,
            wkt=layer.crs_wkt,
            stated_srid=options.srid,
            jurisdiction=jurisdiction,
            datum_shift=options.datum_shift,
        )
    except CrsError as error:
        raise FileRefusedError(str(error)) from error


def _rows(
    schema: LayerSchema, layer: RawLayer, values: list[dict[str, object]], source: SourceCrs, map_shift: str | None
) -> tuple[list[ParsedRow], list[Problem]]:
    faults = [fault_of_source(geometry, schema.geometry_types) for geometry in layer.geometries]
    usable = np.array([None if fault else geometry for fault, geometry in zip(faults, layer.geometries, strict=True)])
    stored = to_storage(usable, source, map_shift)
    rows, problems = [], []
    for index, fault in enumerate(faults):
        code = str(values[index].get(schema.key) or "")
        if not fault and stored[index] is None:
            fault = f"its coordinates cannot be transformed from {source.label}"
        if not fault:
            try:
                clean = cleaned(stored[index], schema.geometry_types)
            except GeometryFault as error:
                fault = str(error)
        if fault:
            problems.append(Problem(index + 1, code, "geometry", fault))
            continue
        rows.append(ParsedRow(index + 1, code, values[index], clean.geometry, [clean.note] if clean.note else []))
    return rows, problems


def _other_reading(layer: RawLayer, rows: list[ParsedRow], jurisdiction: Bounds | None, source: SourceCrs) -> list[str]:
    """When the whole file lies elsewhere: the coordinate system in which it would lie in the jurisdiction."""
    if jurisdiction is None or not rows or any(jurisdiction.intersects(Bounds.of(row.geometry)) for row in rows):
        return []
    bounds = usual_bounds(layer.geometries)
    fitting = candidates_within(bounds, jurisdiction)
    if fitting:
        return [f"every row lies outside the jurisdiction; read as EPSG:{fitting[0]} they would lie inside"]
    if jurisdiction.intersects(Bounds.of(rows[0].geometry).swapped()):
        return ["every row lies outside the jurisdiction; with longitude and latitude exchanged they would lie inside"]
    return [f"every row lies outside the jurisdiction when read as {source.label}"]
