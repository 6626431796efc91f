"""Where an image lies: from the file itself, from a world file beside it, or as declared by the operator."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyproj
import rasterio
from affine import Affine
from pyproj.exceptions import CRSError

from geo.crs import STORAGE_SRID, LonLat, transformer, zone_of_longitude
from geo.errors import GeoError
from geo.ingest.errors import (
    BadWorldFile,
    ConflictingCrs,
    ImplausibleGeoreference,
    ImplausibleResolution,
    MissingCrs,
    MissingGeoreference,
    UnusableCrs,
)
from geo.ingest.facts import GeoreferenceSource
from geo.measure import distance_m

# A pixel under 1 cm is no survey flight; above 5 m a house is less than two pixels.
MIN_RESOLUTION_M = 0.01
MAX_RESOLUTION_M = 5.0
# Pixels of survey cameras are square; half or double is a mistyped world file.
MAX_PIXEL_ASPECT = 2.0
# The two pixel axes must stand within this of a right angle.
MAX_SHEAR_DEG = 2.0
# CGCS2000, WGS 84 and the ITRFs share this semi-major axis and agree within decimetres. Beijing 1954 (6378245) and
# Xian 1980 (6378140) do not, and their shift to CGCS2000 is not public: PROJ's "ballpark" is off by up to 100 m.
MODERN_SEMI_MAJOR_M = 6378137.0

WORLD_SUFFIXES = {
    ".jpg": (".jgw", ".jpgw", ".wld"),
    ".jpeg": (".jgw", ".jpegw", ".jpgw", ".wld"),
    ".png": (".pgw", ".pngw", ".wld"),
    ".tif": (".tfw", ".tifw", ".wld"),
    ".tiff": (".tfw", ".tiffw", ".tifw", ".wld"),
}
# The small files that may lie beside an image and tell where it is.
BESIDE_SUFFIXES = (*sorted({suffix for suffixes in WORLD_SUFFIXES.values() for suffix in suffixes}), ".prj")


@dataclass(frozen=True, slots=True)
class Declared:
    """What the operator says of an image that does not say it itself.

    `crs` alone completes a world file; `center` and `resolution_m` (ground metres per pixel) place a plain image with
    north up, in `crs` or else in the local CGCS2000 3-degree zone.
    """

    crs: str | None = None
    resolution_m: float | None = None
    center: LonLat | None = None


@dataclass(frozen=True, slots=True)
class Georeference:
    """A proven georeference: pixel corner → CRS by `transform`, CRS → lon/lat by pyproj with `wkt`."""

    wkt: str
    name: str
    epsg: int | None
    transform: Affine
    source: GeoreferenceSource
    resolution_m: float


def usable_crs(path: Path, text: str) -> pyproj.CRS:
    """Parse a CRS and prove that coordinates in it can be brought to CGCS2000.

    Raises UnusableCrs for unknown, local (engineering), vertical-only systems and for datums with an unknown shift.
    """
    try:
        crs = pyproj.CRS.from_user_input(text)
    except CRSError as error:
        raise UnusableCrs(path, f"coordinate system {text!r} is not known", crs=text) from error
    flat = crs.to_2d() if len(crs.axis_info) > 2 else crs
    if flat.is_compound:
        flat = flat.sub_crs_list[0]
    if not (flat.is_projected or flat.is_geographic) or flat.ellipsoid is None:
        raise UnusableCrs(path, f"{flat.name} is a local system without a place on the Earth", crs=flat.name)
    if abs(flat.ellipsoid.semi_major_metre - MODERN_SEMI_MAJOR_M) > 0.5:
        raise UnusableCrs(
            path,
            f"{flat.name} is on a datum whose shift to CGCS2000 is not public (up to 100 m off); "
            "convert the image to CGCS2000 with the surveying office's parameters first",
            crs=flat.name,
        )
    return flat


def world_file_of(path: Path) -> Path | None:
    """The world file beside an image (any case of its suffix), or None."""
    wanted = WORLD_SUFFIXES.get(path.suffix.lower(), ())
    beside = {
        sibling.suffix.lower(): sibling for sibling in path.parent.glob(f"{_escaped(path.stem)}.*") if sibling != path
    }
    return next((beside[suffix] for suffix in wanted if suffix in beside), None)


def read_world_file(path: Path) -> Affine:
    """Read the six numbers of a world file (A, D, B, E, C, F; C, F at the centre of the first pixel)."""
    try:
        numbers = [float(word) for word in path.read_text("ascii").split()]
    except (UnicodeDecodeError, ValueError) as error:
        raise BadWorldFile(path, "a world file holds six numbers, one a line", lines=0) from error
    if len(numbers) != 6:
        raise BadWorldFile(path, f"a world file holds six numbers, this one {len(numbers)}", lines=len(numbers))
    a, d, b, e, c, f = numbers
    return Affine(a, b, c, d, e, f) @ Affine.translation(-0.5, -0.5)


def locate(dataset: rasterio.DatasetReader, path: Path, declared: Declared | None) -> Georeference:
    """Decide where the image lies and prove it plausible.

    Order of trust: the file itself, a world file, the declaration. A declaration that contradicts the file is refused.
    """
    declared = declared or Declared()
    transform, source = _transform_of(dataset, path, declared)
    if transform is None:
        return _declared_georeference(dataset, path, declared)
    crs_text = _crs_text(dataset, path)
    if crs_text and declared.crs and not usable_crs(path, crs_text).equals(usable_crs(path, declared.crs), True):
        own = usable_crs(path, crs_text).name
        raise ConflictingCrs(path, f"the file says {own}, {declared.crs} was declared", own=own, declared=declared.crs)
    if source == "file" and not dataset.crs:
        source = "declared"
    crs_text = crs_text or declared.crs
    if not crs_text:
        raise MissingCrs(path, "has coordinates, but no coordinate system; say which one (for example EPSG:4547)")
    crs = usable_crs(path, crs_text)
    return _proven(dataset, path, crs, transform, source)


def ground_resolution_m(crs: pyproj.CRS, transform: Affine, width: int, height: int) -> tuple[float, float]:
    """Ground length in metres of one pixel along columns and rows at the centre, by geodesics on CGCS2000.

    Not the pixel size in CRS units: EPSG:3857 at 34.7°N says 1.216 where the ground has 1.
    """
    column, row = width / 2, height / 2
    points = [transform @ place for place in ((column, row), (column + 1, row), (column, row + 1))]
    lons, lats = transformer(crs).transform([x for x, _ in points], [y for _, y in points])
    middle, right, below = (LonLat(lon, lat) for lon, lat in zip(lons, lats, strict=True))
    return distance_m(middle, right), distance_m(middle, below)


def _escaped(stem: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in stem)


def _transform_of(
    dataset: rasterio.DatasetReader, path: Path, declared: Declared
) -> tuple[Affine | None, GeoreferenceSource]:
    internal = Affine(*tuple(dataset.transform)[:6])
    world = world_file_of(path)
    if world is not None:
        if dataset.driver == "GTiff" and dataset.crs is not None and not internal.is_identity:
            return internal, "file"
        return read_world_file(world), "world_file"
    if not internal.is_identity:
        return internal, "file"
    if dataset.gcps[0]:
        raise MissingGeoreference(path, f"has {len(dataset.gcps[0])} ground control points only; rectify it first")
    if dataset.rpcs is not None:
        raise MissingGeoreference(path, "has camera coefficients (RPC) only; orthorectify it first")
    return None, "declared"


def _crs_text(dataset: rasterio.DatasetReader, path: Path) -> str | None:
    if dataset.crs:
        return str(dataset.crs.to_wkt())
    projection = path.with_suffix(".prj")
    return projection.read_text("utf-8", errors="replace").strip() or None if projection.is_file() else None


def _declared_georeference(dataset: rasterio.DatasetReader, path: Path, declared: Declared) -> Georeference:
    if declared.center is None or declared.resolution_m is None:
        raise MissingGeoreference(
            path, "nothing says where it lies: give a world file, or centre, resolution and coordinate system"
        )
    lon, lat = declared.center.lon, declared.center.lat
    if not declared.resolution_m > 0:
        raise ImplausibleResolution(path, f"resolution {declared.resolution_m} m", resolution_m=declared.resolution_m)
    try:
        crs = usable_crs(path, declared.crs or f"EPSG:{zone_of_longitude(lon).srid}")
    except GeoError as error:
        raise ImplausibleGeoreference(path, f"centre {lon}, {lat}: {error}", lon=lon, lat=lat) from error
    x, y = transformer(STORAGE_SRID, crs).transform(lon, lat)
    if not (math.isfinite(x) and math.isfinite(y)):
        raise ImplausibleGeoreference(path, f"{lon}, {lat} cannot be expressed in {crs.name}", lon=lon, lat=lat)
    step = 1e-5 if crs.is_geographic else 1.0
    metres_x, metres_y = ground_resolution_m(crs, Affine(step, 0, x, 0, -step, y), 0, 0)
    size_x, size_y = step * declared.resolution_m / metres_x, step * declared.resolution_m / metres_y
    transform = Affine(size_x, 0, x - dataset.width / 2 * size_x, 0, -size_y, y + dataset.height / 2 * size_y)
    return _proven(dataset, path, crs, transform, "declared")


def _proven(
    dataset: rasterio.DatasetReader, path: Path, crs: pyproj.CRS, transform: Affine, source: GeoreferenceSource
) -> Georeference:
    if not all(math.isfinite(number) for number in tuple(transform)[:6]) or transform.determinant == 0:
        raise ImplausibleGeoreference(path, f"pixel size and origin make no image: {tuple(transform)[:6]}")
    width, height = dataset.width, dataset.height
    corners = [transform @ corner for corner in ((0, 0), (width, 0), (width, height), (0, height))]
    lons, lats = transformer(crs).transform([x for x, _ in corners], [y for _, y in corners])
    if not (np.isfinite(lons).all() and np.isfinite(lats).all() and max(abs(lat) for lat in lats) <= 85):
        raise ImplausibleGeoreference(path, f"its corners lie off the Earth in {crs.name}", crs=crs.name)
    metres_x, metres_y = ground_resolution_m(crs, transform, width, height)
    resolution_m = math.sqrt(metres_x * metres_y)
    if not MIN_RESOLUTION_M <= resolution_m <= MAX_RESOLUTION_M:
        raise ImplausibleResolution(
            path,
            f"a pixel covers {resolution_m:.4g} m of ground; expected {MIN_RESOLUTION_M:g} to {MAX_RESOLUTION_M:g} m",
            resolution_m=resolution_m,
        )
    if not 1 / MAX_PIXEL_ASPECT <= metres_x / metres_y <= MAX_PIXEL_ASPECT:
        raise ImplausibleGeoreference(path, f"pixels of {metres_x:.3g} by {metres_y:.3g} m are not square")
    _refuse_shear(path, crs, transform)
    return Georeference(crs.to_wkt(), crs.name, crs.to_epsg(), transform, source, resolution_m)


def _refuse_shear(path: Path, crs: pyproj.CRS, transform: Affine) -> None:
    if crs.is_geographic and (transform.b or transform.d):
        raise ImplausibleGeoreference(path, "an image rotated in degrees is not a plan; reproject it first")
    along = math.degrees(math.atan2(transform.d, transform.a))
    down = math.degrees(math.atan2(transform.e, transform.b))
    angle = abs(along - down) % 180
    if abs(angle - 90) > MAX_SHEAR_DEG:
        raise ImplausibleGeoreference(path, f"its pixel axes meet at {angle:.1f} degrees, not at a right angle")
