"""Tables without geometries (XLSX, CSV): rows with a place in two columns, or rows that only name what they update."""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from pyogrio.raw import read

from geo.importers import cells
from geo.importers.encoding import GB18030, UTF_8, named_encoding
from geo.importers.errors import ColumnError, EncodingError, FileFormatError, LayerError
from geo.importers.files import CSV, KML, XLSX, VectorFile
from geo.importers.reading import RawLayer, read_layer
from geo.importers.schema import POINT, LayerSchema, Problem

# Columns that say where a row lies, with the names they are met under. East before north, as in every other format.
PLACE_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "lon": ("经度", "lng", "longitude", "东经", "gps经度"),
    "lat": ("纬度", "latitude", "北纬", "gps纬度"),
    "x": ("x坐标", "横坐标", "东坐标", "easting"),
    "y": ("y坐标", "纵坐标", "北坐标", "northing"),
}
PLACE_PAIRS: Final = (("lon", "lat"), ("x", "y"))
# What the reader adds to every KML about how a placemark is drawn.
_KML_DRAWING: Final = frozenset(
    {"timestamp", "begin", "end", "altitudeMode", "tessellate", "extrude", "visibility", "drawOrder", "icon"}
)
# Surveyors' x runs north: a Gauss-Kruger northing in China is 0.3 to 6.1 million, an easting below one million or, with
# the zone's number before it, above ten.
_NORTHINGS: Final = (1_000_000.0, 6_100_000.0)
_EASTING_WITHOUT_ZONE: Final = 1_000_000.0
_EASTING_WITH_ZONE: Final = 10_000_000.0


def read_any(
    file: VectorFile, *, layer: str | None = None, usual_layer: str | None = None, encoding: str | None = None
) -> RawLayer:
    """Read a layer with geometries or a table. Raises FileFormatError, LayerError, EncodingError."""
    if file.format == CSV:
        return _read_csv(file, encoding)
    if file.format == XLSX:
        return _read_sheet(file, layer, usual_layer)
    read_in = read_layer(file, layer=layer, usual_layer=usual_layer, encoding=encoding)
    if file.format != KML:
        return read_in
    columns = {title: column for title, column in read_in.columns.items() if title not in _KML_DRAWING}
    return replace(read_in, columns=columns, datum_unsaid=True)


def guessed_places(schema: LayerSchema, titles: Sequence[str]) -> dict[str, str]:
    """Which columns of a table say the place (our name -> theirs): a whole pair or none; only points fit in a table."""
    if schema.geometry_types != POINT:
        return {}
    by_name = {title.strip().lower(): title for title in titles}
    found = {
        ours: by_name[name] for ours, aliases in PLACE_COLUMNS.items() for name in (ours, *aliases) if name in by_name
    }
    return next(({ours: found[ours] for ours in pair} for pair in PLACE_PAIRS if set(pair) <= found.keys()), {})


def chosen_places(
    schema: LayerSchema, titles: Sequence[str], mapping: Mapping[str, str], *, guess: bool
) -> dict[str, str]:
    """The place columns of a mapping (theirs -> ours), else the guessed ones. Raises ColumnError for half a pair."""
    said = {ours: theirs for theirs, ours in mapping.items() if ours in PLACE_COLUMNS}
    if not said:
        return guessed_places(schema, [title for title in titles if title not in mapping]) if guess else {}
    pair = next((pair for pair in PLACE_PAIRS if set(pair) == said.keys()), None)
    if pair is None:
        raise ColumnError(f"a place is lon and lat, or x and y, not {' and '.join(said)}")
    strange = [theirs for theirs in said.values() if theirs not in titles]
    if strange:
        raise ColumnError(f"the file has no column {', '.join(strange)}; it has {', '.join(titles) or 'none'}")
    return {ours: said[ours] for ours in pair}


def with_places(layer: RawLayer, places: Mapping[str, str]) -> tuple[RawLayer, list[Problem]]:
    """The table with a point for each row that says one, and a problem for each cell that is no coordinate."""
    number = cells.real()
    xy = np.full((len(layer), 2), np.nan)
    problems = []
    for axis, (ours, theirs) in enumerate(places.items()):
        for index, cell in enumerate(layer.columns[theirs]):
            try:
                value = cells.cleaned(cell)
                if value is None:
                    raise cells.CellError("is empty: the row has no place")
                xy[index, axis] = number(value)
            except cells.CellError as error:
                problems.append(Problem(index + 1, "", ours, str(error)))
    notes = list(layer.notes)
    whole = np.isfinite(xy).all(axis=1)
    if whole.any() and _runs_north_first(*np.median(xy[whole], axis=0)):
        xy = xy[:, ::-1]
        notes.append("x runs north here, as surveyors write it: x was read as the northing, y as the easting")
    geometries = np.array([shapely.Point(*row) if fine else None for row, fine in zip(xy, whole, strict=True)])
    used = {title: column for title, column in layer.columns.items() if title not in places.values()}
    placed = replace(layer, columns=used, geometries=geometries, notes=notes, datum_unsaid=True)
    return placed, problems


def _runs_north_first(x: float, y: float) -> bool:
    north_first = _NORTHINGS[0] < x < _NORTHINGS[1]
    return bool(north_first and (0 < y < _EASTING_WITHOUT_ZONE or y > _EASTING_WITH_ZONE))


def _read_csv(file: VectorFile, stated: str | None) -> RawLayer:
    content = file.path.read_bytes()
    encoding = named_encoding(stated) if stated else UTF_8
    try:
        text = content.decode("utf-8-sig" if encoding == UTF_8 else encoding)
    except UnicodeDecodeError as error:
        if stated:
            raise EncodingError(f"{file.name} is no {encoding} text (byte {error.start})") from error
        encoding = GB18030
        try:
            text = content.decode(GB18030)
        except UnicodeDecodeError as other:
            raise EncodingError(f"{file.name} is neither UTF-8 nor GB18030 text (byte {other.start})") from other
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)))
    except csv.Error as error:
        raise FileFormatError(f"{file.name} cannot be read as CSV: {error}") from error
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if not rows:
        raise LayerError(f"{file.name} has no rows")
    note = f"text read as {encoding} ({'stated by the caller' if stated else 'told from its bytes'})"
    return _table(file.name, rows[0], rows[1:], encoding, [note])


def _delimiter(text: str) -> str:
    head = text.split("\n", 1)[0]
    return max(",\t;", key=head.count)


def _read_sheet(file: VectorFile, asked: str | None, usual: str | None) -> RawLayer:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            names = [str(name) for name, _ in pyogrio.list_layers(file.path)]
            if asked is not None and asked not in names:
                raise LayerError(f"{file.name} has no sheet “{asked}”; it has {', '.join(names)}")
            if not names:
                raise LayerError(f"{file.name} has no rows")
            sheet = asked or (usual if usual in names else names[0])
            meta, _, _, columns = read(file.path, layer=sheet, HEADERS="FORCE")
    except (DataSourceError, DataLayerError, UnicodeDecodeError, RuntimeError, ValueError) as error:
        raise FileFormatError(f"{file.name} cannot be read: {error}") from error
    notes = [f"sheet “{sheet}” of {len(names)}"] if len(names) > 1 else []
    rows = [list(row) for row in zip(*columns, strict=True)]
    return _table(file.name, [str(title) for title in meta["fields"]], rows, UTF_8, notes)


def _table(name: str, titles: list[str], rows: list[list[Any]], encoding: str, notes: list[str]) -> RawLayer:
    titles = [title.strip() for title in titles]
    twice = {title for title in titles if title and titles.count(title) > 1}
    if twice:
        raise ColumnError(f"{name} has several columns called {', '.join(sorted(twice))}")
    if not rows:
        raise LayerError(f"{name} has no rows")
    columns = {
        title: [row[index] if index < len(row) else None for row in rows] for index, title in enumerate(titles) if title
    }
    nowhere = np.full(len(rows), None, dtype=object)
    return RawLayer(name, columns, nowhere, None, encoding, notes, is_table=True)
