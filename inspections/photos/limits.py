"""What is still taken for a photo."""

from dataclasses import dataclass

from PIL import Image

# Above this Pillow itself warns of a decompression bomb (89 MP); the limits below must stay under it.
PILLOW_WARNING_PIXELS = int(Image.MAX_IMAGE_PIXELS or 89_478_485)


@dataclass(frozen=True, kw_only=True)
class PhotoLimits:
    """Limits in bytes and pixels.

    Defaults: phones of 2019-2026 write 2-15 MB at 12-50 MP (48.8 MP for the largest HEIC of a telephone); a picture
    of 64 MP takes 256 MB while it is decoded, which is what one request may cost.
    """

    max_bytes: int = 40 * 1024 * 1024
    max_pixels: int = 64_000_000
    max_side_px: int = 16_384
    min_side_px: int = 32
    max_aspect: float = 20.0
    display_px: int = 1600
    thumbnail_px: int = 320

    def __post_init__(self) -> None:
        if not 0 < self.max_pixels <= PILLOW_WARNING_PIXELS:
            raise ValueError(f"max_pixels must be 1..{PILLOW_WARNING_PIXELS}, is {self.max_pixels}")
        if self.max_bytes <= 0:
            raise ValueError(f"max_bytes must be positive, is {self.max_bytes}")


DEFAULT_LIMITS = PhotoLimits()
