"""From a checked container to upright RGB pixels."""

import io
import struct
import warnings
from collections.abc import Callable
from typing import TypeVar

import pillow_heif
from PIL import Image, ImageCms, ImageFile, ImageOps

from inspections.photos.containers import Container
from inspections.photos.errors import (
    AbsurdDimensions,
    AnimatedPhoto,
    CorruptPhoto,
    DecompressionBomb,
    PhotoError,
    TruncatedPhoto,
)
from inspections.photos.limits import PhotoLimits

Result = TypeVar("Result")

# Only the picture itself: embedded thumbnails, depth maps and gain maps are never looked at.
pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)

# What decoders of foreign bytes raise, as found by the mutation tests; anything else is a defect of ours.
DECODER_ERRORS = (
    OSError,
    ValueError,
    SyntaxError,
    RuntimeError,
    EOFError,
    TypeError,
    IndexError,
    KeyError,
    OverflowError,
    ZeroDivisionError,
    MemoryError,
    struct.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)
MAX_ICC_BYTES = 1024 * 1024
# Orientation tag to the turns and mirrors that undo it (Exif 2.32, section 4.6.4).
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def check_dimensions(size_px: tuple[int, int], limits: PhotoLimits) -> None:
    """Raises AbsurdDimensions or DecompressionBomb for a (width, height) that is no photo's."""
    width, height = size_px
    if width * height > limits.max_pixels:
        raise DecompressionBomb(
            f"the picture would unpack into {width}×{height} = {width * height} pixels, {limits.max_pixels} are allowed"
        )
    if min(width, height) < limits.min_side_px:
        raise AbsurdDimensions(f"the picture is {width}×{height} pixels, each side needs {limits.min_side_px}")
    if max(width, height) > limits.max_side_px:
        raise AbsurdDimensions(f"the picture is {width}×{height} pixels, a side may have {limits.max_side_px}")
    if max(width, height) > limits.max_aspect * min(width, height):
        raise AbsurdDimensions(f"the picture is {width}×{height} pixels, more elongated than 1:{limits.max_aspect:g}")


def decode(
    container: Container, *, limits: PhotoLimits, reduce_to_px: int
) -> tuple[Image.Image, bytes | None, tuple[int, int]]:
    """Decode every pixel: (RGB picture as stored, EXIF bytes, full size).

    A JPEG is decoded at a half, quarter or eighth of its size when that still leaves ``reduce_to_px`` on both sides:
    all of its data is read and verified all the same. Raises the errors of ``inspections.photos.errors``.
    """
    if container.size_px is not None:
        check_dimensions(container.size_px, limits)
    try:
        with Image.open(io.BytesIO(container.pixels), formats=[container.format]) as picture:
            size_px = picture.size
            check_dimensions(size_px, limits)
            if container.format in ("PNG", "WEBP") and getattr(picture, "is_animated", False):
                raise AnimatedPhoto(f"the {container.format} has {getattr(picture, 'n_frames', 2)} frames")
            exif = container.exif or picture.info.get("exif")
            profile = picture.info.get("icc_profile")
            if container.format == "JPEG":
                picture.draft("RGB", (reduce_to_px, reduce_to_px))
            picture.load()
            check_dimensions(picture.size if container.format == "HEIF" else size_px, limits)
            rgb = _to_srgb(picture, profile)
    except PhotoError:
        raise
    except DECODER_ERRORS as error:
        raise _as_photo_error(error, container) from error
    return rgb, exif if isinstance(exif, bytes) else None, size_px


def upright(picture: Image.Image, orientation: int) -> Image.Image:
    """The picture as the camera was held; ``orientation`` is the EXIF tag 1..8."""
    turn = _UPRIGHT.get(orientation)
    return picture if turn is None else picture.transpose(turn)


def _as_photo_error(error: BaseException, container: Container) -> PhotoError:
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
        return DecompressionBomb(f"the {container.format} would unpack into too many pixels: {error}")
    words = str(error) or type(error).__name__
    lowered = words.lower()
    if "truncated" in lowered or "end of file" in lowered or "not processed" in lowered:
        return TruncatedPhoto(f"the {container.format} ends before its picture does: {words}")
    if "security limit" in lowered:
        return DecompressionBomb(f"the {container.format} would unpack beyond the limits: {words}")
    return CorruptPhoto(f"the {container.format} cannot be decoded: {words}")


def _to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Plain 8-bit sRGB without a profile; transparent parts become white."""
    if picture.mode.startswith("I"):  # 16-bit grey
        picture = picture.convert("I").point(lambda value: value / 256).convert("L")
    if picture.mode == "RGB" and profile and len(profile) <= MAX_ICC_BYTES and profile[16:20] == b"RGB ":
        return _through_profile(picture, profile)
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        ground = Image.new("RGB", layer.size, "white")
        ground.paste(layer, mask=layer.getchannel("A"))
        return ground
    return picture.convert("RGB") if picture.mode != "RGB" else picture.copy()


def _through_profile(picture: Image.Image, profile: bytes) -> Image.Image:
    try:
        converted = ImageCms.profileToProfile(
            picture, ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, *DECODER_ERRORS):
        return picture.copy()  # an unreadable profile costs some colour, not the photo
    return converted if converted is not None else picture.copy()


def fit_within(picture: Image.Image, longest_px: int) -> Image.Image:
    """A copy whose longer side is at most ``longest_px``; never enlarged."""
    if max(picture.size) <= longest_px:
        return picture.copy()
    return ImageOps.contain(picture, (longest_px, longest_px), method=Image.Resampling.LANCZOS)


def strictly(work: Callable[[], Result]) -> Result:
    """Run decoding work while Pillow refuses truncated pictures, whatever others in this process have set.

    WeasyPrint switches the leniency on for the whole process when it is imported; it needs it for nothing of ours. The
    switch is global, so it is looked at again afterwards, and work during which it was turned is done once more.
    """
    while True:
        ImageFile.LOAD_TRUNCATED_IMAGES = False
        result = work()
        if not ImageFile.LOAD_TRUNCATED_IMAGES:
            return result
