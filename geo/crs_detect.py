"""Which coordinate system the coordinates of a file are in: stated, corrected, or told from the numbers.

Gauss-Kruger coordinates come with the zone number before the easting (38,463,351) or without (463,351); the files' own
statements of this are often wrong, the numbers never are. A datum other than CGCS2000 or WGS 84 is refused unless a
transformation is given: a shift that nobody named would move every building by up to 150 m.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import pyproj
from pyproj.exceptions import CRSError as PyprojCrsError

from geo.crs import (
    CGCS2000_INVERSE_FLATTENING,
    CGCS2000_SEMI_MAJOR_M,
    FIRST_ZONE,
    LAST_ZONE,
    STORAGE_SRID,
    WEB_MERCATOR_SRID,
    WGS84_SRID,
    Bounds,
    Coordinates,
    GaussKrugerZone,
    apply_transformer,
    transform_coordinates,
)
from geo.errors import (
    AmbiguousCrsError,
    CoordinateError,
    DatumShiftNeededError,
    SwappedAxesError,
    UnknownCrsError,
    WrongCrsError,
)

# Longitudes and latitudes of China with its islands; what is unstated must lie there.
CHINA_DEGREES: Final = Bounds(73.0, 3.0, 136.0, 54.0)
# Eastings (4.4 degrees either side of the central meridian at 20°N) and northings (3°N to 54°N) within a zone.
_ZONE_OF_CHINA_M: Final = Bounds(100_000.0, 300_000.0, 900_000.0, 6_100_000.0)
_WEB_MERCATOR_OF_CHINA_M: Final = Bounds(8_100_000.0, 330_000.0, 15_200_000.0, 7_200_000.0)
_GLOBE_DEGREES: Final = Bounds(-180.0, -90.0, 180.0, 90.0)
_MILLION: Final = 1_000_000.0

# CGCS2000 6-degree Gauss-Kruger: 4491-4501 with the zone (13-23) in the easting; without it they equal 3-degree zones.
_FIRST_SIX_DEGREE_ZONE: Final = 13
_LAST_SIX_DEGREE_ZONE: Final = 23
_SRID_OF_FIRST_SIX_DEGREE: Final = 4491


class Datum(StrEnum):
    """The datums met in Chinese files."""

    CGCS2000 = "CGCS2000"
    WGS84 = "WGS 84"
    XIAN_1980 = "Xian 1980"
    BEIJING_1954 = "Beijing 1954"
    NEW_BEIJING = "New Beijing"
    OTHER = "another datum"


# In this order: "New Beijing" before "Beijing".
_DATUM_NAMES: Final = (
    (Datum.CGCS2000, re.compile(r"cgcs\W*2000|china[\W_]*2000|china geodetic coordinate system 2000", re.IGNORECASE)),
    (Datum.WGS84, re.compile(r"wgs[\W_]*(19)?84|world geodetic system 1984", re.IGNORECASE)),
    (Datum.XIAN_1980, re.compile(r"xi\W?an[\W_]*(19)?80", re.IGNORECASE)),
    (Datum.NEW_BEIJING, re.compile(r"new[\W_]*beijing", re.IGNORECASE)),
    (Datum.BEIJING_1954, re.compile(r"beijing[\W_]*(19)?54", re.IGNORECASE)),
)
_SAME_AS_STORAGE: Final = frozenset({Datum.CGCS2000, Datum.WGS84})


@dataclass(frozen=True, slots=True)
class DatumShift:
    """A named seven-parameter shift to CGCS2000: position-vector convention, metres, arc seconds, parts per million."""

    name: str
    dx_m: float
    dy_m: float
    dz_m: float
    rx_arcsec: float = 0.0
    ry_arcsec: float = 0.0
    rz_arcsec: float = 0.0
    scale_ppm: float = 0.0

    def apply(self, lonlat: Coordinates, semi_major_m: float, inverse_flattening: float) -> Coordinates:
        """Degrees on the old datum (on its ellipsoid, height 0) to degrees on CGCS2000, both (n, 2)."""
        pipeline = (
            "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
            f"+step +proj=cart +a={semi_major_m} +rf={inverse_flattening} "
            f"+step +proj=helmert +convention=position_vector +x={self.dx_m} +y={self.dy_m} +z={self.dz_m} "
            f"+rx={self.rx_arcsec} +ry={self.ry_arcsec} +rz={self.rz_arcsec} +s={self.scale_ppm} "
            f"+step +inv +proj=cart +a={CGCS2000_SEMI_MAJOR_M} +rf={CGCS2000_INVERSE_FLATTENING} "
            "+step +proj=unitconvert +xy_in=rad +xy_out=deg"
        )
        shift = pyproj.Transformer.from_pipeline(pipeline)
        lon, lat, _ = shift.transform(lonlat[:, 0], lonlat[:, 1], np.zeros(len(lonlat)))
        return np.column_stack([lon, lat])


@dataclass(frozen=True, slots=True)
class SourceCrs:
    """What some coordinates are in, how that was found out, and what should be said about it."""

    crs: pyproj.CRS
    datum: Datum
    label: str
    notes: tuple[str, ...] = ()
    shift: DatumShift | None = None

    def to_storage(self, xy: Coordinates, *, strict: bool = True) -> Coordinates:
        """An (n, 2) array of x, y as degrees on CGCS2000.

        A point without an image raises CoordinateError, which names it; not strict, it becomes infinite.
        """
        if self.crs.is_bound:
            return transform_coordinates(xy, self.crs, WGS84_SRID, strict=strict)  # TOWGS84 leads there
        geographic = self.crs.geodetic_crs
        lonlat = xy
        if geographic is not None and not self.crs.is_geographic:
            lonlat = transform_coordinates(xy, self.crs, geographic, strict=strict)
        if self.shift is not None and geographic is not None and geographic.ellipsoid is not None:
            old = geographic.ellipsoid
            return self.shift.apply(lonlat, old.semi_major_metre, old.inverse_flattening)
        return lonlat


def detect(
    bounds: Bounds,
    *,
    wkt: str | None = None,
    stated_srid: int | None = None,
    jurisdiction: Bounds | None = None,
    datum_shift: DatumShift | None = None,
) -> SourceCrs:
    """What coordinates with these bounds are in. stated_srid (by a person) goes before wkt (by the file).

    jurisdiction, in degrees, decides between zones when eastings carry none. Raises CrsError subclasses whose text says
    what was found and what to state instead.
    """
    if not bounds.is_finite():
        raise CoordinateError(f"the coordinates {bounds} are not finite numbers")
    if stated_srid is not None:
        return _from_stated(bounds, _crs_of(f"EPSG:{stated_srid}"), "stated by the caller", datum_shift)
    if wkt:
        stated = _crs_of(wkt)
        if not (stated.is_geographic and _looks_metric(bounds)):
            return _from_stated(bounds, stated, "stated by the file", datum_shift)
        told = _from_coordinates(bounds, jurisdiction)
        note = f"the file says {stated.name}, but its coordinates {bounds} are metres, not degrees"
        return SourceCrs(told.crs, told.datum, told.label, (note, *told.notes))
    return _from_coordinates(bounds, jurisdiction)


def datum_of(crs: pyproj.CRS) -> Datum:
    """The datum by its name, or by its ellipsoid when it has no name that says it."""
    geographic = crs.geodetic_crs
    if geographic is None:
        return Datum.OTHER
    datum_name = geographic.datum.name if geographic.datum is not None else ""
    for datum, pattern in _DATUM_NAMES:
        if pattern.search(datum_name) or pattern.search(geographic.name):
            return datum
    ellipsoid = geographic.ellipsoid
    if ellipsoid is None or not re.search("unknown|not specified|unnamed", f"{datum_name} {geographic.name}", re.I):
        return Datum.OTHER
    if ellipsoid.semi_major_metre == CGCS2000_SEMI_MAJOR_M:
        return Datum.CGCS2000
    return {6378140.0: Datum.XIAN_1980, 6378245.0: Datum.BEIJING_1954}.get(ellipsoid.semi_major_metre, Datum.OTHER)


def candidates(bounds: Bounds) -> list[int]:
    """EPSG codes that coordinates with these bounds could be in, on CGCS2000 in China, most usual first."""
    low, high = bounds.min_x, bounds.max_x
    if CHINA_DEGREES.contains(bounds):
        return [STORAGE_SRID]
    found: list[int] = []
    zone = int(low // _MILLION)
    same_zone = zone == int(high // _MILLION)
    plain_low, plain_high = low - zone * _MILLION, high - zone * _MILLION
    in_zone = Bounds(plain_low, bounds.min_y, plain_high, bounds.max_y)
    plausible = same_zone and _ZONE_OF_CHINA_M.contains(in_zone)
    if plausible and FIRST_ZONE <= zone <= LAST_ZONE:
        found.append(GaussKrugerZone(zone).prefixed_srid)
    if plausible and _FIRST_SIX_DEGREE_ZONE <= zone <= _LAST_SIX_DEGREE_ZONE:
        found.append(_SRID_OF_FIRST_SIX_DEGREE + zone - _FIRST_SIX_DEGREE_ZONE)
    if plausible and zone == 0:
        found.extend(GaussKrugerZone(number).srid for number in range(FIRST_ZONE, LAST_ZONE + 1))
    if _WEB_MERCATOR_OF_CHINA_M.contains(bounds):
        found.append(WEB_MERCATOR_SRID)
    return found


def candidates_within(bounds: Bounds, jurisdiction: Bounds) -> list[int]:
    """Those candidates whose coordinates land in the jurisdiction (degrees)."""
    return [srid for srid in candidates(bounds) if _lands(bounds, srid, jurisdiction)]


def describe(crs: pyproj.CRS) -> str:
    """A short label such as "EPSG:4526 CGCS2000 / 3-degree Gauss-Kruger zone 38"."""
    authority = crs.to_authority(min_confidence=100)
    return f"{':'.join(authority)} {crs.name}" if authority else str(crs.name)


def _from_stated(bounds: Bounds, crs: pyproj.CRS, how: str, shift: DatumShift | None) -> SourceCrs:
    if not (crs.is_geographic or crs.is_projected or crs.is_bound):
        raise WrongCrsError(f"{crs.name}, {how}, is no coordinate system of places on the map")
    datum = datum_of(crs.source_crs if crs.is_bound and crs.source_crs is not None else crs)
    notes: list[str] = []
    if crs.is_bound and (shift is not None or _bound_shift_is_null(crs)) and crs.source_crs is not None:
        crs = crs.source_crs
    if crs.is_bound:
        notes.append("the shift to WGS 84 in the file's own definition (TOWGS84) was used")
    elif datum not in _SAME_AS_STORAGE:
        if shift is None:
            raise DatumShiftNeededError(
                f"{crs.name}, {how}, is on {datum.value}, which lies up to 150 m off CGCS2000; "
                "give the transformation that the surveying office uses here"
            )
        notes.append(f"moved from {datum.value} to CGCS2000 by the shift “{shift.name}”")
    if crs.is_geographic:
        _check_degrees(bounds, crs, how)
    else:
        crs, prefix_notes = _with_fitting_prefix(bounds, crs, how)
        notes.extend(prefix_notes)
    label = f"{describe(crs)} ({how})"
    used = shift if datum not in _SAME_AS_STORAGE and not crs.is_bound else None
    return SourceCrs(crs, datum, label, tuple(notes), used)


def _from_coordinates(bounds: Bounds, jurisdiction: Bounds | None) -> SourceCrs:
    fitting = candidates(bounds)
    if jurisdiction is not None:
        landing = candidates_within(bounds, jurisdiction)
        if fitting and not landing:
            tried = ", ".join(f"EPSG:{srid}" for srid in fitting[:3]) + ("…" if len(fitting) > 3 else "")
            raise UnknownCrsError(
                f"no coordinate system is stated, and the coordinates {bounds} read as {tried} lie outside the "
                f"jurisdiction ({jurisdiction} degrees); state the EPSG code"
            )
        fitting = landing
    if not fitting:
        if candidates(bounds.swapped()):
            raise SwappedAxesError(
                f"the coordinates {bounds} make sense only with their axes exchanged (longitude or easting comes first)"
            )
        raise UnknownCrsError(f"no coordinate system is stated and the coordinates {bounds} fit none in use in China")
    if len(fitting) > 1:
        raise AmbiguousCrsError(
            f"no coordinate system is stated and the eastings {bounds.min_x:.0f}…{bounds.max_x:.0f} carry no zone "
            "number; state the EPSG code, for example 4547 for Gauss-Kruger with central meridian 114°E"
        )
    crs = pyproj.CRS.from_epsg(fitting[0])
    prefix = ""
    if crs.is_projected and fitting[0] != WEB_MERCATOR_SRID:
        carried = bounds.min_x >= _MILLION
        prefix = "; the eastings carry the zone number" if carried else "; the eastings carry no zone number"
    datum = datum_of(crs)
    note = (
        f"no coordinate system is stated: told from the coordinates{prefix}; the datum is assumed to be {datum.value}"
    )
    return SourceCrs(crs, datum, f"{describe(crs)} (told from the coordinates)", (note,))


def _with_fitting_prefix(bounds: Bounds, crs: pyproj.CRS, how: str) -> tuple[pyproj.CRS, list[str]]:
    """The Gauss-Kruger CRS with or without zone in the easting, as the numbers are."""
    definition = crs.source_crs if crs.is_bound and crs.source_crs is not None else crs
    operation = definition.coordinate_operation
    if operation is None or "transverse mercator" not in operation.method_name.lower():
        return crs, []
    values = {parameter.name: float(parameter.value) for parameter in operation.params}
    stated = values.get("False easting", 0.0)
    meridian = values.get("Longitude of natural origin", 0.0)
    stated_zone, zone = int(stated // _MILLION), int(bounds.min_x // _MILLION)
    if zone == stated_zone or zone < 0:
        _check_northing_second(bounds, crs, how)
        return crs, []
    meridians_of_zone = {3.0 * zone} | ({6.0 * zone - 3.0} if zone <= _LAST_SIX_DEGREE_ZONE else set())
    if zone and meridian not in meridians_of_zone:
        _check_northing_second(bounds, crs, how)
        raise WrongCrsError(
            f"the eastings {bounds.min_x:.0f}…{bounds.max_x:.0f} carry zone {zone}, but {crs.name}, {how}, "
            f"has its central meridian at {meridian:g}°E"
        )
    if crs.is_bound:
        raise WrongCrsError(f"the eastings from {bounds.min_x:.0f} do not have the zone prefix of {crs.name}, {how}")
    corrected = _with_false_easting(crs, zone * _MILLION + stated % _MILLION)
    said = f"carry zone {zone}" if zone else "carry no zone number"
    wanted = f"zone {stated_zone} in them" if stated_zone else "none in them"
    return corrected, [
        f"the eastings {bounds.min_x:.0f}…{bounds.max_x:.0f} {said}, while {crs.name}, {how}, expects {wanted}: "
        "the numbers were followed"
    ]


def _with_false_easting(crs: pyproj.CRS, false_easting_m: float) -> pyproj.CRS:
    definition = crs.to_json_dict()
    for parameter in definition["conversion"]["parameters"]:
        if parameter["name"] == "False easting":
            parameter["value"] = false_easting_m
    definition["name"] = f"{crs.name}, false easting {false_easting_m:.0f} m"
    definition.pop("id", None)
    return pyproj.CRS.from_json_dict(definition)


def _check_northing_second(bounds: Bounds, crs: pyproj.CRS, how: str) -> None:
    if not candidates(bounds) and candidates(bounds.swapped()):
        raise SwappedAxesError(
            f"with {crs.name}, {how}, the easting comes first, but in the coordinates {bounds} the northing does"
        )


def _check_degrees(bounds: Bounds, crs: pyproj.CRS, how: str) -> None:
    if _GLOBE_DEGREES.contains(bounds):
        if not CHINA_DEGREES.intersects(bounds) and CHINA_DEGREES.intersects(bounds.swapped()):
            raise SwappedAxesError(f"longitude must come first, but the coordinates {bounds} have the latitude first")
        return
    if CHINA_DEGREES.contains(bounds.swapped()):
        raise SwappedAxesError(f"longitude must come first, but the coordinates {bounds} have the latitude first")
    raise WrongCrsError(f"the coordinates {bounds} are no degrees, but {crs.name}, {how}, is in degrees")


def _looks_metric(bounds: Bounds) -> bool:
    return max(abs(bounds.min_x), abs(bounds.max_x)) > 1000.0 and max(abs(bounds.min_y), abs(bounds.max_y)) > 1000.0


def _lands(bounds: Bounds, srid: int, jurisdiction: Bounds) -> bool:
    corners = np.array([[x, y] for x in (bounds.min_x, bounds.max_x) for y in (bounds.min_y, bounds.max_y)])
    source = pyproj.CRS.from_epsg(srid)
    geographic = source.geodetic_crs
    if geographic is None:
        return False
    try:
        chosen = pyproj.Transformer.from_crs(source, geographic, always_xy=True)
        lonlat = apply_transformer(corners, chosen)
    except CoordinateError:
        return False
    west, south = lonlat.min(axis=0)
    east, north = lonlat.max(axis=0)
    return jurisdiction.intersects(Bounds(west, south, east, north))


def _bound_shift_is_null(crs: pyproj.CRS) -> bool:
    operation = crs.coordinate_operation
    if operation is None:
        return True
    return all(float(value) == 0.0 for value in operation.towgs84) if operation.towgs84 else False


def _crs_of(definition: str) -> pyproj.CRS:
    try:
        crs = pyproj.CRS.from_user_input(definition)
    except PyprojCrsError as error:
        raise UnknownCrsError(f"“{definition[:80]}” is no coordinate system that is known here: {error}") from error
    if crs.is_compound and crs.sub_crs_list:
        crs = crs.sub_crs_list[0]
    return crs.to_2d() if len(crs.axis_info) == 3 else crs
