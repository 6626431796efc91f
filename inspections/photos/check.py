"""The one way in: bytes to a checked photo, or an error that says why not."""

import hashlib
from dataclasses import dataclass
from typing import BinaryIO

from inspections.photos.containers import MEDIA_TYPES, read_container
from inspections.photos.decode import decode, strictly, upright
from inspections.photos.derivatives import DISPLAY_QUALITY, THUMBNAIL_QUALITY, Derivative, make_derivative
from inspections.photos.errors import EmptyPhoto, PhotoError, PhotoTooLarge
from inspections.photos.exif import PhotoExif, read_exif
from inspections.photos.limits import DEFAULT_LIMITS, PhotoLimits
from inspections.photos.similarity import perceptual_hash

FILE_SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp", "image/heic": ".heic"}


@dataclass(frozen=True, kw_only=True)
class CheckedPhoto:
    """A whole, decodable photo. ``width_px`` and ``height_px`` are upright; ``perceptual_hash`` is 0 .. 2**64-1."""

    filename: str
    sha256: str
    byte_count: int
    media_type: str
    width_px: int
    height_px: int
    exif: PhotoExif
    perceptual_hash: int
    display: Derivative
    thumbnail: Derivative

    @property
    def suffix(self) -> str:
        """File name ending by content, with the dot."""
        return FILE_SUFFIXES[self.media_type]


def check(data: BinaryIO | bytes, *, filename: str, limits: PhotoLimits = DEFAULT_LIMITS) -> CheckedPhoto:
    """Decode and verify a photo by its content; the name only appears in messages.

    Raises a subclass of PhotoError, whose message begins with the file name, and nothing else for any bytes.
    """
    shown_name = "".join(ch for ch in filename.replace("\\", "/").rsplit("/", 1)[-1] if ch.isprintable())[:120]
    try:
        return _check(_read(data, limits), shown_name, limits)
    except PhotoError as error:
        raise type(error)(f"{shown_name or 'photo'}: {error}") from error


def _read(data: BinaryIO | bytes, limits: PhotoLimits) -> bytes:
    content = data if isinstance(data, bytes) else data.read(limits.max_bytes + 1)
    if not content:
        raise EmptyPhoto("the file is empty")
    if len(content) > limits.max_bytes:
        raise PhotoTooLarge(f"the file has more than {limits.max_bytes} bytes")
    return content


def _check(content: bytes, filename: str, limits: PhotoLimits) -> CheckedPhoto:
    container = read_container(content)
    picture, raw_exif, (width, height) = strictly(
        lambda: decode(container, limits=limits, reduce_to_px=limits.display_px)
    )
    exif = read_exif(raw_exif)
    # HEIC says its orientation in the container, and its decoder has already applied it.
    orientation = 1 if container.format == "HEIF" else exif.orientation
    picture = upright(picture, orientation)
    if orientation >= 5:
        width, height = height, width
    display = make_derivative(picture, longest_px=limits.display_px, quality=DISPLAY_QUALITY)
    thumbnail = make_derivative(picture, longest_px=limits.thumbnail_px, quality=THUMBNAIL_QUALITY)
    return CheckedPhoto(
        filename=filename,
        sha256=hashlib.sha256(content).hexdigest(),
        byte_count=len(content),
        media_type=MEDIA_TYPES[container.format],
        width_px=width,
        height_px=height,
        exif=exif,
        perceptual_hash=perceptual_hash(picture),
        display=display,
        thumbnail=thumbnail,
    )
