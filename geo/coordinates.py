"""A place as people write it: degrees in three manners, metres with and without the zone; in the system they name.

Knows no Django. Every refusal is a PlaceProblem with a code and what it was about, for the page to put into words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from geo.crs import (
    FIRST_ZONE,
    LAST_ZONE,
    STORAGE_SRID,
    GaussKrugerZone,
    LonLat,
    gcj02_to_wgs84,
    transform_coordinates,
    zone_of_longitude,
)
from geo.errors import CoordinateError, CrsError

FARTHEST_LAT: Final = 85.0  # the web map's end

# The mainland: northings from Hainan's south (18.1°N: 2,002 km) to Mohe (53.6°N: 5,941 km). Eastings without the zone
# number keep to 160 km beside 500 km at 18°N; files reach into the neighbour zone, so 250 km are granted.
NORTHINGS_M: Final = (1_900_000.0, 6_000_000.0)
EASTINGS_M: Final = (250_000.0, 750_000.0)
ZONE_M: Final = 1_000_000.0
SIX_DEGREE_ZONES: Final = range(13, 24)
# Where the two numbers of a place in China lie: no value fits both.
CHINA_LON: Final = (70.0, 140.0)
CHINA_LAT: Final = (0.0, 60.0)


class System(StrEnum):
    """What the numbers are in. CGCS2000 and WGS 84 are taken as the same (geo.crs)."""

    CGCS2000 = "cgcs2000"
    WGS84 = "wgs84"
    GCJ02 = "gcj02"


class PlaceProblem(CoordinateError):
    """The text names no place: `code` says why, `about` what in it."""

    def __init__(self, code: str, about: str = "") -> None:
        self.code, self.about = code, about
        super().__init__(f"{code}: {about}" if about else code)


@dataclass(frozen=True, slots=True)
class ReadPlace:
    """A place on CGCS2000 and how its text was understood."""

    place: LonLat
    zone: int | None = None  # of metres
    zone_assumed: bool = False
    latitude_first: bool = False


@dataclass(frozen=True, slots=True)
class _Half:
    value: float
    axis: str  # "lon", "lat" or "" where no letter says it
    in_degrees: bool  # written with signs of degrees
    text: str


_SIGNS: Final = (
    (r"[，、;；]", ","),
    (r"[°˚º度]", "°"),
    (r"''|′′|[″＂\"”“秒]", '"'),
    (r"[′'’‘＇分]", "'"),
    (r"[：]", ":"),
    (r"[－−–]", "-"),
    (r"[\u3000\xa0\t\r\n]", " "),
    (r"东经|经度|longitude|lon\b|lng\b", "E"),
    (r"北纬|纬度|latitude|lat\b", "N"),
    (r"西经", "W"),
    (r"南纬", "S"),
    (r"\b[xy]\s*[=:]|[EN]\s*[=:]", lambda found: found[0][0].upper() if found[0][0] in "EN" else ""),
    (r"(?<=\d)\s*(?:m|米)(?![a-z])", ""),
)
_NUMBER: Final = r"-?\d+(?:\.\d+)?"
_DEGREES: Final = rf"{_NUMBER}\s*°\s*(?:\d+(?:\.\d+)?\s*'\s*)?(?:\d+(?:\.\d+)?\s*\")?"
_COLONS: Final = rf"{_NUMBER}:\d+(?:\.\d+)?(?::\d+(?:\.\d+)?)?"
_SPACED: Final = rf"{_NUMBER} +\d+(?:\.\d+)?(?: +\d+(?:\.\d+)?)?"
_ANY: Final = rf"(?:{_DEGREES}|{_COLONS}|{_NUMBER})"


def _with_letter(body: str) -> str:
    return rf"(?:[ENWS]\s*{body}|{body}\s*[ENWS]|{body})"


_PAIR: Final = re.compile(rf"({_with_letter(_ANY)})(?:\s*,\s*|\s+|(?<=[\"'°ENWS]))({_with_letter(_ANY)})")
# Only a comma can say where 113 36 44.3 ends.
_SPACED_PAIR: Final = re.compile(rf"({_with_letter(_SPACED)})\s*,\s*({_with_letter(_SPACED)})")
_GROUPED: Final = re.compile(r"\d{1,3}(?:,\d{3})+(?!\d)")
_STRANGE: Final = re.compile(r"[^-\d.,:°'\"ENWS\s]+")


def read_place(text: str, *, system: System, near_lon: float) -> ReadPlace:
    """The place of a text. `near_lon` (degrees) says which zone metres without a zone number are in.

    Raises PlaceProblem.
    """
    first, second = _halves(_plain(text), text.strip())
    wide = max(abs(first.value), abs(second.value)) > 180.0
    if wide and not (first.in_degrees or second.in_degrees or first.axis or second.axis):
        return _projected(first, second, system=system, near_lon=near_lon)
    lon, lat, swapped = _axes(first, second)
    if abs(lon.value) > 180.0:
        raise PlaceProblem("longitude", lon.text)
    if abs(lat.value) > FARTHEST_LAT:
        raise PlaceProblem("latitude", lat.text)
    place = LonLat(lon.value, lat.value)
    return ReadPlace(gcj02_to_wgs84(place) if system == System.GCJ02 else place, latitude_first=swapped)


def _plain(text: str) -> str:
    for pattern, plain in _SIGNS:
        text = re.sub(pattern, plain, text, flags=re.IGNORECASE)
    return re.sub(r"(?<![a-z])[enws](?![a-z])", lambda found: found[0].upper(), text).strip(" ,")


def _halves(plain: str, text: str) -> tuple[_Half, _Half]:
    if not plain:
        raise PlaceProblem("empty")
    strange = _STRANGE.search(plain)
    if strange:
        raise PlaceProblem("strange", strange[0].strip())
    ungrouped = _GROUPED.sub(lambda found: found[0].replace(",", ""), plain)
    for candidate in (plain, ungrouped):
        pair = _SPACED_PAIR.fullmatch(candidate) or _PAIR.fullmatch(candidate)
        if pair:
            return _half(pair[1]), _half(pair[2])
    count = len(re.findall(_ANY, plain))
    if count != 2:
        raise PlaceProblem("count", str(count))
    raise PlaceProblem("form", text)


def _half(text: str) -> _Half:
    letter = next((sign for sign in text if sign in "ENWS"), "")
    numbers = [float(number) for number in re.findall(r"\d+(?:\.\d+)?", text)]
    if any(number >= 60.0 for number in numbers[1:]):
        raise PlaceProblem("sixty", text.strip())
    value = sum(number / 60.0**place for place, number in enumerate(numbers))
    negative = "-" in text or letter in ("W", "S")
    axis = "lon" if letter in ("E", "W") else "lat" if letter else ""
    return _Half(-value if negative else value, axis, "°" in text or len(numbers) > 1, text.strip())


def _axes(first: _Half, second: _Half) -> tuple[_Half, _Half, bool]:
    """Longitude, latitude, and whether the latitude was found first without a letter that says so."""
    if first.axis and first.axis == second.axis:
        raise PlaceProblem("twice", f"{first.text}  {second.text}")
    if first.axis or second.axis:
        lettered = first.axis == "lat" or second.axis == "lon"
        return (second, first, False) if lettered else (first, second, False)
    swapped = CHINA_LAT[0] <= first.value <= CHINA_LAT[1] and CHINA_LON[0] <= second.value <= CHINA_LON[1]
    return (second, first, True) if swapped else (first, second, False)


def _projected(first: _Half, second: _Half, *, system: System, near_lon: float) -> ReadPlace:
    if system != System.CGCS2000:
        raise PlaceProblem("metres_system", system.value)
    northings = [half for half in (first, second) if NORTHINGS_M[0] <= half.value <= NORTHINGS_M[1]]
    if len(northings) != 1:
        wrong = second if northings else max(first, second, key=lambda half: half.value)
        raise PlaceProblem("northing", f"{first.text}, {second.text}" if not northings else wrong.text)
    easting = second if northings[0] is first else first
    zone, metres = _zone_of(easting, near_lon)
    lon, lat = transform_coordinates(np.array([[metres, northings[0].value]]), zone.srid, STORAGE_SRID)[0]
    return ReadPlace(LonLat(float(lon), float(lat)), zone.number, zone_assumed=easting.value < ZONE_M)


def _zone_of(easting: _Half, near_lon: float) -> tuple[GaussKrugerZone, float]:
    number, metres = divmod(easting.value, ZONE_M)
    if number in SIX_DEGREE_ZONES:
        raise PlaceProblem("six_degrees", easting.text)
    if not EASTINGS_M[0] <= metres <= EASTINGS_M[1] or (number and not FIRST_ZONE <= number <= LAST_ZONE):
        raise PlaceProblem("easting", easting.text)
    try:
        return (GaussKrugerZone(int(number)) if number else zone_of_longitude(near_lon)), metres
    except CrsError as error:
        raise PlaceProblem("zone_needed", easting.text) from error
