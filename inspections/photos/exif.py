"""The few EXIF facts that matter for evidence, read from a raw TIFF block by our own small reader.

Our own, because a photo with rubbish in its EXIF is still a photo: nothing here raises, each unreadable tag is simply
absent, and no warnings depend on who imports what. Source: CIPA DC-008 (Exif 2.32), sections 4.6.2 to 4.6.6.
"""

import math
import re
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

# A camera that does not say its offset is taken to show the time of the place where the product is used.
CHINA_STANDARD_TIME = timezone(timedelta(hours=8))

MAX_ENTRIES = 512
_TYPE_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
_TYPE_CODES = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d"}
_DATETIME = re.compile(r"(\d{4})[:\-/.](\d{1,2})[:\-/.](\d{1,2})[ T](\d{1,2}):(\d{1,2}):(\d{1,2})")
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})")

_ORIENTATION, _MAKE, _MODEL, _DATETIME_FILE = 0x0112, 0x010F, 0x0110, 0x0132
_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825
_DATETIME_ORIGINAL, _OFFSET_TIME, _OFFSET_ORIGINAL = 0x9003, 0x9010, 0x9011
_GPS_LAT_REF, _GPS_LAT, _GPS_LON_REF, _GPS_LON, _GPS_ALT_REF, _GPS_ALT = 1, 2, 3, 4, 5, 6
_GPS_TIME, _GPS_DIRECTION, _GPS_DATE, _GPS_ERROR_M = 7, 17, 29, 31

Value = tuple[float, ...] | str


@dataclass(frozen=True, kw_only=True)
class PhotoExif:
    """What the camera wrote. ``taken_at`` is aware; ``offset_known`` says whether the camera gave the offset itself.

    Positions are WGS 84 degrees; ``direction_deg`` is clockwise from north, 0..360.
    """

    taken_at: datetime | None = None
    offset_known: bool = False
    gps_at: datetime | None = None
    lat: float | None = None
    lon: float | None = None
    accuracy_m: float | None = None
    altitude_m: float | None = None
    direction_deg: float | None = None
    orientation: int = 1
    make: str = ""
    model: str = ""

    @property
    def has_position(self) -> bool:
        return self.lat is not None and self.lon is not None


def read_exif(raw: bytes | None, *, assumed_offset: timezone = CHINA_STANDARD_TIME) -> PhotoExif:
    """Facts from a raw EXIF block (TIFF header first; a leading ``Exif\\0\\0`` is tolerated). Never raises."""
    if not raw:
        return PhotoExif()
    block = _TiffBlock.open(raw.removeprefix(b"Exif\x00\x00"))
    if block is None:
        return PhotoExif()
    main = block.read_ifd(block.first_ifd)
    detail = block.read_ifd(_pointer(main, _EXIF_IFD))
    gps = block.read_ifd(_pointer(main, _GPS_IFD))
    taken_at, offset_known = _taken_at(main, detail, assumed_offset)
    lat, lon = _position(gps)
    orientation = _number(main, _ORIENTATION)
    return PhotoExif(
        taken_at=taken_at,
        offset_known=offset_known,
        gps_at=_gps_time(gps),
        lat=lat,
        lon=lon,
        accuracy_m=_in_range(_number(gps, _GPS_ERROR_M), 0, 1e6),
        altitude_m=_altitude(gps),
        direction_deg=_in_range(_number(gps, _GPS_DIRECTION), 0, 360),
        orientation=int(orientation) if orientation in (1, 2, 3, 4, 5, 6, 7, 8) else 1,
        make=_text(main, _MAKE),
        model=_text(main, _MODEL),
    )


@dataclass(frozen=True)
class _TiffBlock:
    data: bytes
    order: str
    first_ifd: int

    @classmethod
    def open(cls, data: bytes) -> "_TiffBlock | None":
        order = {b"II": "<", b"MM": ">"}.get(data[:2])
        if order is None or len(data) < 8:
            return None
        magic, first = struct.unpack_from(order + "HI", data, 2)
        return cls(data, order, first) if magic == 42 else None

    def read_ifd(self, offset: int) -> dict[int, Value]:
        """Tag to value; entries that point outside the block or are of an unknown type are left out."""
        found: dict[int, Value] = {}
        if offset < 8 or offset + 2 > len(self.data):
            return found
        (count,) = struct.unpack_from(self.order + "H", self.data, offset)
        for index in range(min(count, MAX_ENTRIES)):
            entry = offset + 2 + 12 * index
            if entry + 12 > len(self.data):
                break
            tag, kind, items = struct.unpack_from(self.order + "HHI", self.data, entry)
            value = self._value(entry + 8, kind, items)
            if value is not None:
                found.setdefault(tag, value)
        return found

    def _value(self, field: int, kind: int, items: int) -> Value | None:
        size = _TYPE_SIZES.get(kind, 0) * items
        if not 0 < size <= 65_536:
            return None
        start = field if size <= 4 else struct.unpack_from(self.order + "I", self.data, field)[0]
        if start + size > len(self.data):
            return None
        body = self.data[start : start + size]
        if kind in (2, 7):
            return body.split(b"\x00", 1)[0].decode("utf-8", "replace").strip()
        if kind in (5, 10):
            parts = struct.unpack(self.order + ("I" if kind == 5 else "i") * 2 * items, body)
            pairs = zip(parts[::2], parts[1::2], strict=True)
            return tuple(top / bottom if bottom else math.nan for top, bottom in pairs)
        return tuple(float(v) for v in struct.unpack(f"{self.order}{items}{_TYPE_CODES[kind]}", body))


def _pointer(ifd: dict[int, Value], tag: int) -> int:
    value = _number(ifd, tag)
    return int(value) if value is not None else 0


def _number(ifd: dict[int, Value], tag: int) -> float | None:
    value = ifd.get(tag)
    if isinstance(value, str) or not value or not math.isfinite(value[0]):
        return None
    return value[0]


def _text(ifd: dict[int, Value], tag: int) -> str:
    value = ifd.get(tag)
    if not isinstance(value, str):
        return ""
    return "".join(ch for ch in value if ch.isprintable())[:80]


def _in_range(value: float | None, low: float, high: float) -> float | None:
    return value if value is not None and low <= value <= high else None


def _degrees(ifd: dict[int, Value], tag: int) -> float | None:
    value = ifd.get(tag)
    if isinstance(value, str) or not value or len(value) < 3 or not all(math.isfinite(v) for v in value[:3]):
        return None
    degrees, minutes, seconds = value[:3]
    if degrees < 0 or not (0 <= minutes < 60 and 0 <= seconds < 60):
        return None
    return degrees + minutes / 60 + seconds / 3600


def _position(gps: dict[int, Value]) -> tuple[float | None, float | None]:
    lat, lon = _degrees(gps, _GPS_LAT), _degrees(gps, _GPS_LON)
    if lat is None or lon is None or lat > 90 or lon > 180:
        return None, None
    if lat == 0 and lon == 0:
        return None, None  # cameras without a fix write zeros
    lat_ref, lon_ref = _text(gps, _GPS_LAT_REF).upper(), _text(gps, _GPS_LON_REF).upper()
    return (-lat if lat_ref.startswith("S") else lat), (-lon if lon_ref.startswith("W") else lon)


def _altitude(gps: dict[int, Value]) -> float | None:
    altitude = _in_range(_number(gps, _GPS_ALT), 0, 20_000)
    if altitude is None:
        return None
    return -altitude if _number(gps, _GPS_ALT_REF) == 1 else altitude


def _taken_at(
    main: dict[int, Value], detail: dict[int, Value], assumed_offset: timezone
) -> tuple[datetime | None, bool]:
    text = detail.get(_DATETIME_ORIGINAL) or main.get(_DATETIME_FILE)
    match = _DATETIME.match(text) if isinstance(text, str) else None
    if match is None:
        return None, False
    offset = _offset(detail.get(_OFFSET_ORIGINAL)) or _offset(detail.get(_OFFSET_TIME))
    year, month, day, hour, minute, second = (int(part) for part in match.groups())
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=offset or assumed_offset)
        moment.timestamp()
    except (ValueError, OverflowError):
        return None, False
    return moment, offset is not None


def _offset(value: Value | None) -> timezone | None:
    match = _OFFSET.match(value) if isinstance(value, str) else None
    if match is None:
        return None
    minutes = int(match[2]) * 60 + int(match[3])
    if minutes > 14 * 60 or int(match[3]) > 59:
        return None
    return timezone(timedelta(minutes=-minutes if match[1] == "-" else minutes))


def _gps_time(gps: dict[int, Value]) -> datetime | None:
    date, time = gps.get(_GPS_DATE), gps.get(_GPS_TIME)
    if not isinstance(date, str) or isinstance(time, str) or not time or len(time) < 3:
        return None
    match = re.match(r"(\d{4})[:\-/](\d{1,2})[:\-/](\d{1,2})", date)
    if match is None or not all(math.isfinite(part) and 0 <= part < 86_400 for part in time[:3]):
        return None
    try:
        midnight = datetime(int(match[1]), int(match[2]), int(match[3]), tzinfo=UTC)
        return midnight + timedelta(hours=time[0], minutes=time[1], seconds=time[2])
    except (ValueError, OverflowError):
        return None
