"""A file as rows that fit a schema, in storage coordinates, or with every reason why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from geo.crs import Bounds
from geo.crs_detect import DatumShift, SourceCrs, candidates_within, detect
from geo.errors import CrsError
from geo.importers.errors import FileRefusedError
from geo.importers.files import opened
from geo.importers.geometry import GeometryFault, cleaned, fault_of_source, to_storage, usual_bounds
from geo.importers.reading import RawLayer, read_layer
from geo.importers.schema import LayerSchema, ParsedRow, Problem, match_columns, parse_cells, repeated_codes


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What a person states about a file; all of it can stay unsaid."""

    layer: str | None = None
    srid: int | None = None
    encoding: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)  # their column -> ours
    map_shift: str | None = None  # "gcj02" or "bd09": degrees taken from a consumer map
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
        layer = read_layer(file, layer=options.layer, usual_layer=schema.name, encoding=options.encoding)
        name, sha256 = file.name, file.sha256
    matching = match_columns(schema, list(layer.columns), options.mapping)
    notes = list(layer.notes)
    if matching.ignored:
        notes.append(f"columns not used: {', '.join(matching.ignored)}")
    values, problems = parse_cells(schema, layer, matching)
    problems += repeated_codes(schema, list(enumerate(values, start=1)))
    source = _source_crs(layer, options, jurisdiction)
    notes += source.notes
    if options.map_shift is not None:
        notes.append(f"coordinates moved back from {options.map_shift.upper()} to CGCS2000")
    rows, geometry_problems = _rows(schema, layer, values, source, options.map_shift)
    problems += geometry_problems
    notes += _other_reading(layer, rows, jurisdiction, source)
    wrong = {problem.row for problem in problems}
    return ParsedFile(
        file_name=name,
        sha256=sha256,
        encoding=layer.encoding,
        source_crs=source.label,
        row_count=len(layer),
        rows=[row for row in rows if row.number not in wrong],
        faulty_rows=[row for row in rows if row.number in wrong],
        problems=sorted(problems, key=lambda problem: problem.row),
        notes=notes,
    )


def _source_crs(layer: RawLayer, options: ImportOptions, jurisdiction: Bounds | None) -> SourceCrs:
    try:
        return detect(
            usual_bounds(layer.geometries),
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
