"""Opening what people send: a GeoPackage, a GeoJSON, a Shapefile with its parts, or one of these in a zip."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from geo.importers.errors import FileFormatError, FileIncompleteError

GEOPACKAGE: Final = "GPKG"
GEOJSON: Final = "GeoJSON"
SHAPEFILE: Final = "ESRI Shapefile"
KML: Final = "KML"
XLSX: Final = "XLSX"
CSV: Final = "CSV"
FORMAT_OF_SUFFIX: Final = {
    ".gpkg": GEOPACKAGE,
    ".geojson": GEOJSON,
    ".json": GEOJSON,
    ".shp": SHAPEFILE,
    ".kml": KML,
    ".kmz": KML,
    ".xlsx": XLSX,
    ".csv": CSV,
}
TABLES: Final = (XLSX, CSV)
# Endings of what holds geometries: beside such a file in a zip or a folder, a table is an annex or a report.
GEOMETRY_SUFFIXES: Final = tuple(suffix for suffix, kind in FORMAT_OF_SUFFIX.items() if kind not in TABLES)

SHAPEFILE_PARTS: Final = (".shp", ".shx", ".dbf")
SHAPEFILE_EXTRAS: Final = (".prj", ".cpg")
# The largest county cadastre seen as a Shapefile is under 1 GB; a bomb unpacks without bound.
MAX_UNPACKED_BYTES: Final = 4 * 1024**3
# A workbook of a million rows, all that a sheet can hold, unpacks to some hundred megabytes.
MAX_UNPACKED_DOCUMENT_BYTES: Final = 1024**3
_SQLITE_MAGIC: Final = b"SQLite format 3\x00"
_SHAPEFILE_MAGIC: Final = b"\x00\x00\x27\x0a"


@dataclass(frozen=True, slots=True)
class VectorFile:
    """A file that is ready to be read: its format, its (possibly unpacked) path, and the checksum of what was sent."""

    format: str
    path: Path
    name: str
    sha256: str


@contextmanager
def opened(path: Path) -> Iterator[VectorFile]:
    """Check a file and unpack it when it is a zip; what was unpacked is gone afterwards.

    The checksum of a Shapefile is over its parts in a fixed order, of anything else over the file itself.
    Raises FileFormatError, FileIncompleteError.
    """
    if not path.is_file():
        raise FileFormatError(f"there is no file {path}")
    if path.suffix.lower() != ".zip":
        yield _checked(path, path.name, None)
        return
    with tempfile.TemporaryDirectory(prefix="import-") as folder:
        yield _checked(_unpacked(path, Path(folder)), path.name, _sha256([path]))


def _checked(path: Path, name: str, sha256: str | None) -> VectorFile:
    suffix = path.suffix.lower()
    if suffix in (".shx", ".dbf", ".prj", ".cpg"):
        raise FileFormatError(f"{name} is a part of a Shapefile: give the .shp beside it, or a zip of all parts")
    found = FORMAT_OF_SUFFIX.get(suffix)
    if found is None:
        raise FileFormatError(
            f"{name}: only .gpkg, .geojson, .shp, .kml, .kmz, .xlsx, .csv and .zip are read, "
            f"not “{suffix or 'no ending'}”"
        )
    if path.stat().st_size == 0:
        raise FileFormatError(f"{path.name} is empty (0 bytes)")
    if suffix in (".kmz", ".xlsx"):
        _refuse_bomb(path)
    parts = [path]
    if found == SHAPEFILE:
        parts = _shapefile_parts(path)
    elif found == GEOPACKAGE and _head(path, 16) != _SQLITE_MAGIC:
        raise FileFormatError(f"{path.name} is no GeoPackage: it does not begin like a database")
    return VectorFile(found, path, name, sha256 or _sha256(parts))


def _refuse_bomb(path: Path) -> None:
    """Refuse a packed document that would fill the memory: its reader unpacks it whole."""
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(item.file_size for item in archive.infolist())
    except (zipfile.BadZipFile, OSError) as error:
        raise FileFormatError(f"{path.name} cannot be unpacked: {error}") from error
    if size > MAX_UNPACKED_DOCUMENT_BYTES:
        raise FileFormatError(f"{path.name} unpacks to {size:,} bytes, more than {MAX_UNPACKED_DOCUMENT_BYTES:,}")


def shapefile_part(path: Path, suffix: str) -> Path | None:
    """The part of a Shapefile with this ending, whatever its case; None when it is not there."""
    for sibling in path.parent.iterdir():
        if sibling.stem == path.stem and sibling.suffix.lower() == suffix:
            return sibling
    return None


def _shapefile_parts(path: Path) -> list[Path]:
    parts = {suffix: shapefile_part(path, suffix) for suffix in (*SHAPEFILE_PARTS, *SHAPEFILE_EXTRAS)}
    missing = [suffix for suffix in SHAPEFILE_PARTS if parts[suffix] is None]
    if missing:
        raise FileIncompleteError(
            f"{path.name}: {' and '.join(path.stem + suffix for suffix in missing)} is missing; a Shapefile "
            "is .shp, .shx and .dbf together"
        )
    if _head(path, 4) != _SHAPEFILE_MAGIC:
        raise FileFormatError(f"{path.name} is no Shapefile: it does not begin with the code 9994")
    shapes, rows = _record_counts(parts[".shx"], parts[".dbf"])
    if shapes != rows:
        raise FileIncompleteError(
            f"{path.stem}.shx lists {shapes} shapes but {path.stem}.dbf has {rows} rows: not one set"
        )
    return [part for part in parts.values() if part is not None]


def _record_counts(index: Path | None, table: Path | None) -> tuple[int, int]:
    if index is None or table is None:
        return 0, 0
    shapes = (index.stat().st_size - 100) // 8
    head = _head(table, 8)
    if len(head) < 8 or shapes < 0:
        raise FileFormatError(f"{table.name} or {index.name} is cut off")
    return shapes, int.from_bytes(head[4:8], "little")


def _unpacked(path: Path, folder: Path) -> Path:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [item for item in archive.infolist() if not item.is_dir() and "__MACOSX" not in item.filename]
            size = sum(item.file_size for item in members)
            if size > MAX_UNPACKED_BYTES:
                raise FileFormatError(f"{path.name} unpacks to {size:,} bytes, more than {MAX_UNPACKED_BYTES:,}")
            main = _main_member(path, members)
            stem = PurePosixPath(main.filename).with_suffix("")
            out = folder / "layer"
            for item in members:
                name = PurePosixPath(item.filename)
                if name.with_suffix("") == stem and name.suffix:
                    _extract(archive, item, out.with_suffix(name.suffix.lower()))
            return out.with_suffix(PurePosixPath(main.filename).suffix.lower())
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise FileFormatError(f"{path.name} cannot be unpacked: {error or type(error).__name__}") from error


def _main_member(path: Path, members: list[zipfile.ZipInfo]) -> zipfile.ZipInfo:
    known = [item for item in members if PurePosixPath(item.filename).suffix.lower() in FORMAT_OF_SUFFIX]
    found = [item for item in known if PurePosixPath(item.filename).suffix.lower() in GEOMETRY_SUFFIXES] or known
    if not found:
        parts = [item.filename for item in members if PurePosixPath(item.filename).suffix.lower() in SHAPEFILE_PARTS]
        if parts:
            raise FileIncompleteError(f"{path.name} holds {', '.join(parts[:3])} but no .shp")
        raise FileFormatError(f"{path.name} holds no .shp, .gpkg or .geojson")
    if len(found) > 1:
        names = ", ".join(item.filename for item in found[:5])
        raise FileFormatError(f"{path.name} holds {len(found)} layers ({names}); send one file a layer")
    return found[0]


def _extract(archive: zipfile.ZipFile, item: zipfile.ZipInfo, target: Path) -> None:
    with archive.open(item) as source, target.open("wb") as sink:
        shutil.copyfileobj(source, sink, 1024 * 1024)


def _head(path: Path, count: int) -> bytes:
    with path.open("rb") as handle:
        return handle.read(count)


def _sha256(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as handle:
            while chunk := handle.read(1024 * 1024):
                digest.update(chunk)
    return digest.hexdigest()
