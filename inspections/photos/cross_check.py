"""Does what a photo says agree with itself, with the phone and with the place it is meant to show?

Each disagreement is a finding: a mark with numbers for the person who reviews. Nothing here refuses anything.
Positions are WGS 84 / CGCS2000 degrees (they differ by centimetres); distances are metres on the CGCS2000 ellipsoid.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

import shapely
from pyproj import CRS, Geod, Transformer
from shapely import Point
from shapely.geometry.base import BaseGeometry

from geo.crs import LonLat, wgs84_to_bd09, wgs84_to_gcj02
from inspections.photos.exif import PhotoExif

CGCS2000_ELLIPSOID = Geod(ellps="GRS80")

# A phone in the open reaches 3-10 m, between houses 10-30 m; beyond 50 m it is usually a cell or Wi-Fi estimate.
POOR_ACCURACY_M = 50.0
# A photo of a structure is taken from across the street; 60 m beyond the stated accuracy is another plot.
FAR_FROM_SUBJECT_M = 60.0
# Camera and browser read the same receiver within the same minute, walking at most.
EXIF_DISAGREES_M = 100.0
# The phone's clock is set by the network; minutes of difference mean that it was set by hand.
CLOCK_DIFFERS_S = 300.0
# From shutter to the page's own reading pass seconds; an older EXIF time means a file from the gallery.
EXIF_OLDER_S = 600.0
# A position reading older than this was not made where the photo was taken.
STALE_POSITION_S = 120.0
# Offline capture is normal; later than a day after capture is worth a mark.
SENT_LATE_S = 86_400.0
# A shifted position agrees with its unshifted twin but for the walk between the two readings.
SHIFT_MATCHES_M = 40.0
# Browsers state a 95 % radius and some state 0 when they do not know; nothing on a phone is better than this.
MIN_CREDIBLE_ACCURACY_M = 3.0


class FindingCode(StrEnum):
    """What was found; the words for people belong to the pages."""

    POSITION_MISSING = "position_missing"
    ACCURACY_POOR = "accuracy_poor"
    POSITION_STALE = "position_stale"
    FAR_FROM_SUBJECT = "far_from_subject"
    EXIF_POSITION_DIFFERS = "exif_position_differs"
    PIN_MOVED_FAR = "pin_moved_far"
    EXIF_TIME_DIFFERS = "exif_time_differs"
    PHONE_CLOCK_DIFFERS = "phone_clock_differs"
    TAKEN_IN_FUTURE = "taken_in_future"
    SENT_LATE = "sent_late"
    REUSED_PHOTO = "reused_photo"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """``value`` and ``limit`` in ``unit`` ("m", "s", "bit" or "" when there is nothing to measure)."""

    code: FindingCode
    value: float | None = None
    limit: float | None = None
    unit: str = ""
    detail: str = ""

    def as_json(self) -> dict[str, str | float | None]:
        return {**asdict(self), "code": str(self.code)}


@dataclass(frozen=True, kw_only=True)
class PhonePosition:
    """A reading of the phone's own receiver. ``accuracy_m`` is the radius that the browser states."""

    lat: float
    lon: float
    accuracy_m: float | None = None
    read_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class PhotoTimes:
    """``taken_at`` and ``sent_at`` by the phone's clock, ``received_at`` by the server's; all aware."""

    taken_at: datetime | None
    sent_at: datetime | None
    received_at: datetime


def cross_check(
    *,
    phone: PhonePosition | None,
    exif: PhotoExif,
    subject: BaseGeometry | None,
    times: PhotoTimes,
    correction: Point | None = None,
) -> list[Finding]:
    """Findings in a fixed order. ``subject`` and ``correction`` (the pin moved by hand) are lon/lat geometries."""
    findings = _position_findings(phone, exif, subject, correction, times)
    findings += _time_findings(exif, times)
    return findings


def distance_m(first: tuple[float, float], second: tuple[float, float]) -> float:
    """Geodesic distance of two (lon, lat) points in metres."""
    _, _, length_m = CGCS2000_ELLIPSOID.inv(*first, *second)
    return float(length_m)


def distance_to_m(lon: float, lat: float, subject: BaseGeometry) -> float:
    """Metres from a point to the nearest part of a lon/lat geometry; 0 inside it.

    Measured in an azimuthal equidistant projection about the point, exact from the centre.
    """
    local = CRS.from_proj4(f"+proj=aeqd +lat_0={lat} +lon_0={lon} +ellps=GRS80 +units=m")
    project = Transformer.from_crs(CRS.from_epsg(4490), local, always_xy=True).transform
    return float(shapely.transform(subject, project, interleaved=False).distance(Point(0, 0)))


def _position_findings(
    phone: PhonePosition | None,
    exif: PhotoExif,
    subject: BaseGeometry | None,
    correction: Point | None,
    times: PhotoTimes,
) -> list[Finding]:
    if phone is None:
        findings = [Finding(code=FindingCode.POSITION_MISSING)]
        if exif.lat is not None and exif.lon is not None:
            findings += _far_from_subject(exif.lon, exif.lat, exif.accuracy_m, subject, "exif")
        return findings
    findings = []
    if phone.accuracy_m is not None and phone.accuracy_m > POOR_ACCURACY_M:
        findings.append(
            Finding(code=FindingCode.ACCURACY_POOR, value=round(phone.accuracy_m, 1), limit=POOR_ACCURACY_M, unit="m")
        )
    if phone.read_at is not None and times.taken_at is not None:
        age_s = abs((times.taken_at - phone.read_at).total_seconds())
        if age_s > STALE_POSITION_S:
            findings.append(
                Finding(code=FindingCode.POSITION_STALE, value=round(age_s), limit=STALE_POSITION_S, unit="s")
            )
    findings += _far_from_subject(phone.lon, phone.lat, phone.accuracy_m, subject, "phone")
    if exif.lat is not None and exif.lon is not None:
        apart_m = distance_m((phone.lon, phone.lat), (exif.lon, exif.lat))
        limit_m = EXIF_DISAGREES_M + _credible(phone.accuracy_m)
        if apart_m > limit_m:
            findings.append(
                Finding(
                    code=FindingCode.EXIF_POSITION_DIFFERS,
                    value=round(apart_m, 1),
                    limit=round(limit_m, 1),
                    unit="m",
                    detail=_explained_by_shift(phone, exif.lon, exif.lat),
                )
            )
    if correction is not None:
        moved_m = distance_m((phone.lon, phone.lat), (correction.x, correction.y))
        limit_m = FAR_FROM_SUBJECT_M + _credible(phone.accuracy_m)
        if moved_m > limit_m:
            findings.append(
                Finding(code=FindingCode.PIN_MOVED_FAR, value=round(moved_m, 1), limit=round(limit_m, 1), unit="m")
            )
    return findings


def _explained_by_shift(phone: PhonePosition, exif_lon: float, exif_lat: float) -> str:
    """ "gcj02" or "bd09" when the phone's position is the camera's in the shifted system of a Chinese consumer map."""
    camera = LonLat(exif_lon, exif_lat)
    for name, shifted in (("gcj02", wgs84_to_gcj02(camera)), ("bd09", wgs84_to_bd09(camera))):
        if distance_m((phone.lon, phone.lat), (shifted.lon, shifted.lat)) <= SHIFT_MATCHES_M:
            return name
    return ""


def _credible(accuracy_m: float | None) -> float:
    return max(accuracy_m or 0.0, MIN_CREDIBLE_ACCURACY_M)


def _far_from_subject(
    lon: float, lat: float, accuracy_m: float | None, subject: BaseGeometry | None, source: str
) -> list[Finding]:
    if subject is None or subject.is_empty:
        return []
    apart_m = distance_to_m(lon, lat, subject)
    limit_m = FAR_FROM_SUBJECT_M + _credible(accuracy_m)
    if apart_m <= limit_m:
        return []
    return [
        Finding(
            code=FindingCode.FAR_FROM_SUBJECT,
            value=round(apart_m, 1),
            limit=round(limit_m, 1),
            unit="m",
            detail=source,
        )
    ]


def _time_findings(exif: PhotoExif, times: PhotoTimes) -> list[Finding]:
    findings = []
    if times.sent_at is not None:
        off_s = (times.sent_at - times.received_at).total_seconds()
        if abs(off_s) > CLOCK_DIFFERS_S:
            findings.append(
                Finding(code=FindingCode.PHONE_CLOCK_DIFFERS, value=round(off_s), limit=CLOCK_DIFFERS_S, unit="s")
            )
    if times.taken_at is None:
        return findings
    ahead_s = (times.taken_at - times.received_at).total_seconds()
    if ahead_s > CLOCK_DIFFERS_S:
        findings.append(
            Finding(code=FindingCode.TAKEN_IN_FUTURE, value=round(ahead_s), limit=CLOCK_DIFFERS_S, unit="s")
        )
    elif -ahead_s > SENT_LATE_S:
        findings.append(Finding(code=FindingCode.SENT_LATE, value=round(-ahead_s), limit=SENT_LATE_S, unit="s"))
    if exif.taken_at is not None:
        older_s = (times.taken_at - exif.taken_at).total_seconds()
        if abs(older_s) > EXIF_OLDER_S:
            findings.append(
                Finding(
                    code=FindingCode.EXIF_TIME_DIFFERS,
                    value=round(older_s),
                    limit=EXIF_OLDER_S,
                    unit="s",
                    detail="" if exif.offset_known else "offset assumed",
                )
            )
    return findings
