"""Reading one layer of a file as it is: columns, rows and geometries, nothing judged but the file as a whole."""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError
from pyogrio.raw import read

from geo.importers.encoding import UTF_8, named_encoding, shapefile_encoding
from geo.importers.errors import EncodingError, FileFormatError, LayerError
from geo.importers.files import GEOJSON, GEOPACKAGE, KML, SHAPEFILE, VectorFile, shapefile_part

_BYTES_AS_THEY_ARE: Final = "ISO-8859-1"  # maps every byte to one character and back: decoding stays ours, and strict


@dataclass(frozen=True, slots=True)
class UndecodableCell:
    """Text that is not in the file's encoding."""

    raw: bytes
    encoding: str

    def __str__(self) -> str:
        return f"bytes {self.raw[:24].hex(' ')} are no {self.encoding} text (cut off, or another encoding?)"


@dataclass(frozen=True, slots=True)
class RawLayer:
    """One layer as the file has it: n cells in every column, n geometries (None where there is none)."""

    name: str
    columns: dict[str, list[Any]]
    geometries: NDArray[np.object_]
    crs_wkt: str | None
    encoding: str
    notes: list[str] = field(default_factory=list)
    is_table: bool = False  # no geometries: places stand in columns, or nowhere
    datum_unsaid: bool = False  # degrees of such files are often those of a consumer map

    def __len__(self) -> int:
        return len(self.geometries)


def read_layer(
    file: VectorFile, *, layer: str | None = None, usual_layer: str | None = None, encoding: str | None = None
) -> RawLayer:
    """Read a layer: the one named, else the file's only one, else the one with the usual name.

    Heights are dropped (and that is said). Raises FileFormatError, LayerError, EncodingError.
    """
    if file.format == SHAPEFILE:
        return _read_shapefile(file, encoding)
    if file.format in (GEOPACKAGE, KML):
        return _read(file.path, _chosen_layer(file, layer, usual_layer), UTF_8)
    return _read_geojson(file, encoding)


def _read_shapefile(file: VectorFile, stated: str | None) -> RawLayer:
    encoding, how = shapefile_encoding(file.path, stated)
    layer = _read(file.path, None, encoding, as_bytes=True)
    layer.notes.append(f"text read as {encoding} ({how})")
    projection = shapefile_part(file.path, ".prj")
    wkt = None if projection is None else projection.read_bytes().decode("utf-8", "replace").strip("\ufeff \r\n\x00")
    return RawLayer(layer.name, layer.columns, layer.geometries, wkt or None, encoding, layer.notes)


def _read_geojson(file: VectorFile, stated: str | None) -> RawLayer:
    encoding = named_encoding(stated) if stated else UTF_8
    content = file.path.read_bytes()
    try:
        text = content.decode("utf-8-sig" if encoding == UTF_8 else encoding)
    except UnicodeDecodeError as error:
        raise EncodingError(
            f"{file.name} is no {encoding} text (byte {error.start}); GeoJSON is UTF-8, say so if this one is not"
        ) from error
    try:
        document = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise FileFormatError(f"{file.name} is no JSON: {error}") from error
    kind = document.get("type") if isinstance(document, dict) else None
    if kind != "FeatureCollection":
        raise FileFormatError(f"{file.name} is no GeoJSON FeatureCollection but {kind or type(document).__name__}")
    if not document.get("features"):
        raise LayerError(f"{file.name} has no features")
    return _read(text.encode("utf-8"), None, UTF_8, shown=file.name)


def _chosen_layer(file: VectorFile, asked: str | None, usual: str | None) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # heard again, and told, when the layer is read
            names = [str(name) for name, kind in pyogrio.list_layers(file.path) if kind is not None]
    except (DataSourceError, DataLayerError) as error:
        raise FileFormatError(f"{file.name} cannot be opened: {error}") from error
    if not names:
        raise LayerError(f"{file.name} has no layer with geometry")
    if asked is not None:
        if asked not in names:
            raise LayerError(f"{file.name} has no layer “{asked}”; it has {', '.join(names)}")
        return asked
    if len(names) == 1:
        return names[0]
    if usual in names:
        return str(usual)
    raise LayerError(f"{file.name} has {len(names)} layers ({', '.join(names)}); say which with --layer")


def _read(
    source: Path | bytes, layer: str | None, encoding: str, *, as_bytes: bool = False, shown: str | None = None
) -> RawLayer:
    name = shown or (source.name if isinstance(source, Path) else "the file")
    try:
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            meta, _, wkb, cells = read(source, layer=layer, encoding=_BYTES_AS_THEY_ARE if as_bytes else None)
    except (DataSourceError, DataLayerError, UnicodeDecodeError, RuntimeError, ValueError) as error:
        raise FileFormatError(f"{name} cannot be read: {error}") from error
    if wkb is None:
        raise LayerError(f"{name} has no geometries")
    if not len(wkb):
        raise LayerError(f"{name} has no rows")
    titles = [str(title) for title in meta["fields"]]
    if as_bytes:
        titles = [str(_decoded(title, encoding)) for title in titles]
        cells = [_decoded_column(column, encoding) for column in cells]
    notes = list(dict.fromkeys(f"the reader says: {warning.message}" for warning in heard))
    geometries = _geometries(wkb, notes)
    columns = {title: list(column) for title, column in zip(titles, cells, strict=True)}
    return RawLayer(layer or name, columns, geometries, meta["crs"], encoding, notes)


def _geometries(wkb: NDArray[np.object_], notes: list[str]) -> NDArray[np.object_]:
    with np.errstate(invalid="ignore"):  # NaN coordinates are a row's problem, told later
        geometries = shapely.from_wkb(wkb, on_invalid="ignore")
        tall = int(shapely.has_z(geometries).sum())
        if tall:
            notes.append(f"heights on {tall} of {len(geometries)} geometries were dropped")
            geometries = shapely.force_2d(geometries)
    return np.asarray(geometries, dtype=object)


def _decoded_column(column: NDArray[Any], encoding: str) -> list[Any] | NDArray[Any]:
    if column.dtype != object:
        return column
    return [_decoded(value, encoding) if isinstance(value, str) else value for value in column]


def _decoded(text: str, encoding: str) -> str | UndecodableCell:
    raw = text.encode(_BYTES_AS_THEY_ARE)
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return UndecodableCell(raw, encoding)


__all__ = ["GEOJSON", "RawLayer", "UndecodableCell", "read_layer"]
