"""The outer structure of photo files, read without any decoder.

What is checked here is what decoders forgive: a missing tail, a second frame, a size that only the header knows. Each
reader returns a ``Container``: the format, the size from the header where there is one, the EXIF block, and the bytes
that a decoder needs and nothing more (no metadata, no appended archives).

Sources: ITU T.81 annex B (JPEG), W3C PNG third edition, RFC 9649 (WebP), ISO/IEC 14496-12 and 23008-12 (HEIF).
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from inspections.photos.errors import AnimatedPhoto, CorruptPhoto, TruncatedPhoto, UnsupportedPhotoType

PhotoFormat = Literal["JPEG", "PNG", "WEBP", "HEIF"]

MEDIA_TYPES: dict[PhotoFormat, str] = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "HEIF": "image/heic",
}

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Brands of still pictures coded with HEVC; 'hevc', 'hevx' and 'msf1' are sequences.
HEIF_STILL_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"mif2"})
HEIF_SEQUENCE_BRANDS = frozenset({b"hevc", b"hevx", b"hevm", b"hevs", b"msf1"})
# JPEG segments that a decoder needs: JFIF, ICC profile and Adobe's colour transform; every other APPn and comments go.
JPEG_KEPT_APPS = {0xE0: b"JFIF\x00", 0xE2: b"ICC_PROFILE\x00", 0xEE: b"Adobe"}
JPEG_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
JPEG_STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})
PNG_KEPT_CHUNKS = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"sRGB", b"iCCP", b"cHRM"})

_KNOWN_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "a PDF document"),
    (b"MZ", "a Windows program"),
    (b"\x7fELF", "a Linux program"),
    (b"PK\x03\x04", "a ZIP archive or Office document"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"GIF8", "a GIF picture"),
    (b"BM", "a BMP picture"),
    (b"II*\x00", "a TIFF or raw picture"),
    (b"MM\x00*", "a TIFF picture"),
    (b"\x1a\x45\xdf\xa3", "a Matroska video"),
)


@dataclass(frozen=True, kw_only=True)
class Container:
    """``size_px`` is (width, height) as stored, before orientation; None where only the decoder can tell."""

    format: PhotoFormat
    size_px: tuple[int, int] | None
    exif: bytes | None
    pixels: bytes


def read_container(data: bytes) -> Container:
    """Recognise the format by content and check that the file is whole.

    Raises UnsupportedPhotoType, TruncatedPhoto, CorruptPhoto or AnimatedPhoto.
    """
    if data[:3] == b"\xff\xd8\xff":
        return _read_jpeg(data)
    if data[:8] == PNG_SIGNATURE:
        return _read_png(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _read_webp(data)
    if data[4:8] == b"ftyp" and _heif_brand(data):
        return _read_heif(data)
    raise UnsupportedPhotoType(f"the content is {describe_foreign(data)}, not a JPEG, PNG, WebP or HEIC photo")


def describe_foreign(data: bytes) -> str:
    """What a file that is no photo looks like, in words."""
    for magic, words in _KNOWN_OTHERS:
        if data.startswith(magic):
            return words
    if data[4:8] == b"ftyp":
        return f"a video or other media file ({data[8:12].decode('ascii', 'replace').strip()})"
    head = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in head:
        return "an SVG drawing"
    if head.startswith((b"<!doctype html", b"<html", b"<script")):
        return "a web page"
    if head.startswith(b"<?xml"):
        return "an XML file"
    return "of an unknown kind"


# --- JPEG ---------------------------------------------------------------------------------------------------------


def _read_jpeg(data: bytes) -> Container:
    size_px: tuple[int, int] | None = None
    exif: bytes | None = None
    kept = [b"\xff\xd8"]
    position = 2
    while True:
        position = _next_jpeg_marker(data, position)
        marker = data[position + 1]
        if marker == 0xD9:
            kept.append(b"\xff\xd9")
            break
        if marker in JPEG_STANDALONE:
            position += 2
            continue
        if marker == 0xD8:
            raise CorruptPhoto(f"a second JPEG begins inside the first at byte {position}")
        segment = _jpeg_segment(data, position)
        body = segment[4:]
        if marker in JPEG_FRAME_MARKERS and size_px is None:
            if len(body) < 6:
                raise CorruptPhoto("the JPEG frame header is too short")
            height, width = struct.unpack(">HH", body[1:5])
            size_px = (width, height)
        if marker == 0xE1 and body.startswith(b"Exif\x00") and exif is None:
            exif = body[6:]
        end = position + len(segment)
        if marker == 0xDA:
            scan_end = _jpeg_scan_end(data, end)
            kept.append(data[position:scan_end])
            end = scan_end
        elif not (0xE0 <= marker <= 0xEF or marker == 0xFE) or body.startswith(JPEG_KEPT_APPS.get(marker, b"\x00none")):
            kept.append(segment)
        position = end
    if size_px is None:
        raise CorruptPhoto("the JPEG has no frame header")
    return Container(format="JPEG", size_px=size_px, exif=exif, pixels=b"".join(kept))


def _next_jpeg_marker(data: bytes, position: int) -> int:
    """Index of the 0xFF of the next marker; fill bytes and stray bytes between segments are skipped."""
    while True:
        position = data.find(b"\xff", position)
        if position < 0 or position + 1 >= len(data):
            raise TruncatedPhoto(f"the JPEG ends after {len(data)} bytes without its end marker")
        if data[position + 1] not in (0x00, 0xFF):
            return position
        position += 1


def _jpeg_segment(data: bytes, position: int) -> bytes:
    if position + 4 > len(data):
        raise TruncatedPhoto(f"the JPEG ends after {len(data)} bytes inside a segment header")
    (length,) = struct.unpack_from(">H", data, position + 2)
    if length < 2:
        raise CorruptPhoto(f"a JPEG segment at byte {position} has the length {length}")
    if position + 2 + length > len(data):
        raise TruncatedPhoto(f"the JPEG ends after {len(data)} bytes, a segment reaches to {position + 2 + length}")
    return data[position : position + 2 + length]


def _jpeg_scan_end(data: bytes, position: int) -> int:
    """First byte after entropy-coded data: the next marker that is neither a stuffed zero nor a restart."""
    while True:
        position = _next_jpeg_marker(data, position)
        if not 0xD0 <= data[position + 1] <= 0xD7:
            return position
        position += 2


# --- PNG ----------------------------------------------------------------------------------------------------------


def _read_png(data: bytes) -> Container:
    size_px: tuple[int, int] | None = None
    exif: bytes | None = None
    kept = [PNG_SIGNATURE]
    position = 8
    while True:
        if position + 12 > len(data):
            raise TruncatedPhoto(f"the PNG ends after {len(data)} bytes without its IEND chunk")
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + 12 + length
        if end > len(data):
            raise TruncatedPhoto(f"the PNG ends after {len(data)} bytes, a chunk reaches to {end}")
        body = data[position + 8 : end - 4]
        (crc,) = struct.unpack_from(">I", data, end - 4)
        if zlib.crc32(kind + body) != crc:
            raise CorruptPhoto(f"the checksum of the PNG chunk at byte {position} is wrong")
        if kind == b"acTL":
            raise AnimatedPhoto("the PNG is an animation")
        if kind == b"IHDR" and length >= 8:
            width, height = struct.unpack_from(">II", body)
            size_px = (width, height)
        elif kind == b"eXIf":
            exif = body
        if kind in PNG_KEPT_CHUNKS:
            kept.append(data[position:end])
        position = end
        if kind == b"IEND":
            break
    if size_px is None:
        raise CorruptPhoto("the PNG has no header chunk")
    return Container(format="PNG", size_px=size_px, exif=exif, pixels=b"".join(kept))


# --- WebP ---------------------------------------------------------------------------------------------------------


def _read_webp(data: bytes) -> Container:
    (riff_length,) = struct.unpack_from("<I", data, 4)
    total = riff_length + 8
    if total > len(data):
        raise TruncatedPhoto(f"the WebP has {len(data)} bytes of {total}")
    size_px: tuple[int, int] | None = None
    exif: bytes | None = None
    position = 12
    while position + 8 <= total:
        kind, length = struct.unpack_from("<4sI", data, position)
        end = position + 8 + length
        if end > total:
            raise TruncatedPhoto(f"a WebP chunk reaches to byte {end} of {total}")
        body = data[position + 8 : end]
        if kind in (b"ANIM", b"ANMF"):
            raise AnimatedPhoto("the WebP is an animation")
        if kind in (b"VP8X", b"VP8 ", b"VP8L"):
            size = _webp_size(kind, body)
            if size_px is None or size[0] * size[1] > size_px[0] * size_px[1]:
                size_px = size
        elif kind == b"EXIF":
            exif = body.removeprefix(b"Exif\x00\x00")
        position = end + (length & 1)
    if size_px is None:
        raise CorruptPhoto("the WebP has no picture in it")
    return Container(format="WEBP", size_px=size_px, exif=exif, pixels=data[:total])


def _webp_size(kind: bytes, body: bytes) -> tuple[int, int]:
    if kind == b"VP8X" and len(body) >= 10:
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    if kind == b"VP8 " and len(body) >= 10 and body[3:6] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", body, 6)
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L" and len(body) >= 5 and body[0] == 0x2F:
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1
    raise CorruptPhoto(f"the WebP chunk {kind.decode('ascii', 'replace')!r} has no readable size")


# --- HEIF ---------------------------------------------------------------------------------------------------------


def _heif_brand(data: bytes) -> bool:
    brands = _heif_brands(data)
    if brands and brands[0] in HEIF_SEQUENCE_BRANDS:
        raise AnimatedPhoto("the HEIF file is a picture sequence")
    return any(brand in HEIF_STILL_BRANDS for brand in brands) and b"avif" not in brands[:1]


def _heif_brands(data: bytes) -> list[bytes]:
    (length,) = struct.unpack_from(">I", data, 0)
    body = data[8 : min(max(length, 16), 256)]
    return [body[:4], *(body[i : i + 4] for i in range(8, len(body) - 3, 4))]


def _read_heif(data: bytes) -> Container:
    kinds = set()
    for kind, end in _iso_boxes(data):
        kinds.add(kind)
        if end > len(data):
            raise TruncatedPhoto(f"the HEIC file has {len(data)} bytes, a box reaches to {end}")
    if b"meta" not in kinds:
        raise TruncatedPhoto(f"the HEIC file ends after {len(data)} bytes without its picture index")
    if not kinds & {b"mdat", b"idat"}:
        raise TruncatedPhoto(f"the HEIC file ends after {len(data)} bytes without its picture data")
    return Container(format="HEIF", size_px=None, exif=None, pixels=data)


def _iso_boxes(data: bytes) -> Iterator[tuple[bytes, int]]:
    """(kind, end) of each top-level box; ``end`` may lie beyond the data."""
    position = 0
    while position + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        if length == 1:
            if position + 16 > len(data):
                raise TruncatedPhoto(f"the HEIC file ends after {len(data)} bytes inside a box header")
            (length,) = struct.unpack_from(">Q", data, position + 8)
            if length < 16:
                raise CorruptPhoto(f"a HEIC box at byte {position} has the length {length}")
        elif length == 0:
            length = len(data) - position
        elif length < 8:
            if kind in (b"\x00\x00\x00\x00",) or not kind.isalnum():
                return  # padding after the last box
            raise CorruptPhoto(f"a HEIC box at byte {position} has the length {length}")
        yield kind, position + length
        position += length
