"""Any pair of images in a folder as two snapshots: georeferenced, or plain A/ and B/ placed at the demo town."""

import datetime
import json
import re
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import rasterio
import shapely
from rasterio.errors import NotGeoreferencedWarning
from rasterio.warp import transform_bounds

from geo.actions.imports import import_layer
from geo.actions.snapshots import as_shapely
from geo.crs import STORAGE_SRID, LonLat
from geo.demo.ground import lonlat
from geo.demo.scale import CENTRE_EN
from geo.importers.parsing import ImportOptions
from geo.importers.registry import importers
from geo.ingest import Declared
from geo.models import Posting, Unit, User
from geo.roles import Role
from inspections.demo.aerial import Flown
from inspections.demo.people import IN_POST_SINCE

RASTERS = (".tif", ".tiff", ".jpg", ".jpeg", ".png")
HEIGHTS = re.compile(r"(^|[^a-z])dsm([^a-z]|$)", re.IGNORECASE)
DATED = re.compile(r"(20\d\d)[-_.]?([01]\d)[-_.]?([0-3]\d)")
BEFORE, AFTER = datetime.date(2025, 3, 18), datetime.date(2026, 3, 18)
PLAIN_CRS = "EPSG:4547"
GAP_M = 60.0  # between plain pairs laid side by side
MARGIN_DEGREES = 0.02  # how far the stand-in units reach beyond a pair from elsewhere
# A stand-in jurisdiction for a pair from elsewhere; the numbers begin with a province that does not exist.
STAND_IN = (
    ("990000000000", "来图市", "city", ""),
    ("990001000000", "来图区", "county", "990000000000"),
    ("990001001000", "来图街道", "township", "990001000000"),
    ("990001001001", "来图社区", "community", "990001001000"),
)


class NoPair(Exception):
    """The folder does not hold two images that can be compared."""


@dataclass(frozen=True)
class Pair:
    """Two snapshots to compare."""

    name: str
    before: Flown
    after: Flown


def pairs_in(folder: Path, *, resolution_m: float | None, most: int) -> list[Pair]:
    """The pairs of a folder, at most ``most``. Raises NoPair, saying what was found instead."""
    if not folder.is_dir():
        raise NoPair(f"there is no folder {folder}")
    if (folder / "A").is_dir() and (folder / "B").is_dir():
        return _plain_pairs(folder, resolution_m=resolution_m or _resolution_in(folder), most=most)
    everything = sorted(path for path in folder.iterdir() if path.suffix.lower() in RASTERS)
    rasters = [path for path in everything if not HEIGHTS.search(path.stem)]
    if len(rasters) != 2:
        raise NoPair(f"{folder} holds {len(rasters)} images: it must hold two, or folders A and B")
    days = [_day_in(path.stem) for path in rasters]
    if None not in days and days[0] != days[1]:
        (first, one), (second, other) = sorted(zip(days, rasters, strict=True))
    else:
        (first, one), (second, other) = (BEFORE, rasters[0]), (AFTER, rasters[1])
    heights = _heights_of([one, other], [path for path in everything if path not in rasters])
    before = Flown(one.stem, one, first, dsm=heights.get(one))
    return [Pair(folder.name, before, Flown(other.stem, other, second, dsm=heights.get(other)))]


def make_room(pairs: list[Pair], *, people: list[User], say: Callable[[str], None]) -> None:
    """Give pairs from outside every unit a stand-in unit tree, imported like any other, and post people there."""
    outside = [box for pair in pairs if (box := _bounds_outside(pair)) is not None]
    if not outside:
        return
    known = Unit.objects.filter(code=STAND_IN[0][0]).first()
    area = shapely.box(*shapely.union_all([shapely.box(*b) for b in outside]).buffer(MARGIN_DEGREES).bounds)
    if known is not None:
        area = shapely.box(*shapely.union_all([area, as_shapely(known.boundary)]).bounds)
    features = [
        {
            "type": "Feature",
            "properties": {"code": code, "name": name, "level": level, "parent_code": parent},
            "geometry": shapely.geometry.mapping(area),
        }
        for code, name, level, parent in STAND_IN
    ]
    with tempfile.TemporaryDirectory(prefix="stand-in-") as scratch:
        path = Path(scratch) / "units.geojson"
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
        report = import_layer(importer=importers()["units"](), path=path, options=ImportOptions(), by=None)
    if report.refused:
        first = next(line for line in report.lines if line.reason)
        raise NoPair(f"no unit could be made round the pair: {first.reason}")
    city = Unit.objects.get(code=STAND_IN[0][0])
    for person, role in zip(people, (Role.CENTRE, Role.SUPERVISOR), strict=False):
        Posting.objects.get_or_create(user=person, role=role, unit=city, defaults={"starts_on": IN_POST_SINCE})
    say(f"the pair lies outside the town: {city.name} stands in for its units")


def _plain_pairs(folder: Path, *, resolution_m: float | None, most: int) -> list[Pair]:
    if resolution_m is None:
        raise NoPair(f"the plain images in {folder} need --resolution-m (make demo RESOLUTION_M=…)")
    found: list[Pair] = []
    east, north = CENTRE_EN
    for before in sorted(path for path in (folder / "A").iterdir() if path.suffix.lower() in RASTERS):
        after = next(
            (p for p in (folder / "B").iterdir() if p.stem == before.stem and p.suffix.lower() in RASTERS), None
        )
        if after is None or len(found) == most:
            continue
        with _opened(before) as image:
            if image.crs is not None:
                found.append(Pair(before.stem, _flown(before, "A", BEFORE, None), _flown(after, "B", AFTER, None)))
                continue
            wide_m = image.width * resolution_m
        centre = lonlat(shapely.Point(east + (wide_m + GAP_M) * len(found), north))
        placed = Declared(crs=PLAIN_CRS, resolution_m=resolution_m, center=LonLat(centre.x, centre.y))
        found.append(Pair(before.stem, _flown(before, "A", BEFORE, placed), _flown(after, "B", AFTER, placed)))
    if not found:
        raise NoPair(f"{folder}/A and {folder}/B have no image of the same name")
    return found


def _flown(path: Path, side: str, day: datetime.date, declared: Declared | None) -> Flown:
    return Flown(f"{path.stem} {side}", path, day, declared=declared)


@contextmanager
def _opened(path: Path) -> Iterator[rasterio.DatasetReader]:
    """The image; that a plain one says no place is known and no warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(path) as image:
            yield image


def _heights_of(images: list[Path], surfaces: list[Path]) -> dict[Path, Path]:
    """The surface model of each image: that of the same day, else of the same name but for the word. Raises NoPair."""
    found: dict[Path, Path] = {}
    for surface in surfaces:
        day, rest = _day_in(surface.stem), _without_word(surface)
        owners = [image for image in images if (day is not None and _day_in(image.stem) == day)]
        owners = owners or [image for image in images if _without_word(image) == rest]
        if len(owners) != 1 or owners[0] in found:
            raise NoPair(f"{surface.name} belongs to no one image: name it like the image with dsm, or by its day")
        found[owners[0]] = surface
    return found


def _without_word(path: Path) -> str:
    return re.sub(r"[-_. ]*(dsm|ortho)[-_. ]*", "", path.stem, flags=re.IGNORECASE).lower()


def _day_in(name: str) -> datetime.date | None:
    match = DATED.search(name)
    if match is None:
        return None
    try:
        return datetime.date(*(int(part) for part in match.groups()))
    except ValueError:
        return None


def _resolution_in(folder: Path) -> float | None:
    """Metres per pixel from a folder's name, such as ``harbour_0.5m``."""
    match = re.search(r"_(\d+(?:\.\d+)?)m(?:_|$)", folder.name)
    return float(match[1]) if match else None


def _bounds_outside(pair: Pair) -> tuple[float, float, float, float] | None:
    """The pair's box in degrees when no unit holds its middle; None when one does or the file says no place."""
    if pair.before.declared is not None:
        return None
    with _opened(pair.before.image) as image:
        if image.crs is None:
            return None
        west, south, east, north = transform_bounds(image.crs, f"EPSG:{STORAGE_SRID}", *image.bounds)
    inside = Unit.objects.places_of([((west + east) / 2, (south + north) / 2)])[0]
    return None if inside is not None else (west, south, east, north)
