"""A drawn photo as a phone would take it: a street scene with the position and time in its EXIF."""

import io
from datetime import datetime

import numpy as np
from django.utils import timezone
from PIL import Image, ImageDraw, ImageFilter
from PIL.TiffImagePlugin import IFDRational

SIZE = (1600, 1200)
SECOND_STEPS = 10_000  # an arc second is written in ten-thousandths: 3 mm
EXIF_GPS, EXIF_DETAILS = 0x8825, 0x8769
WALLS = ((196, 178, 150), (178, 172, 166), (188, 150, 128), (206, 200, 188))


def draw_photo(*, lon: float, lat: float, taken_at: datetime, seed: int, what: str) -> bytes:
    """A JPEG of a building (``what`` = "building") or of cleared ground ("cleared"), with EXIF position and time."""
    rng = np.random.default_rng(seed)
    image = Image.new("RGB", SIZE, (172, 200, 226))
    draw = ImageDraw.Draw(image)
    _sky(draw, rng)
    horizon = int(SIZE[1] * rng.uniform(0.50, 0.58))
    _backdrop(draw, rng, horizon)
    draw.rectangle((0, horizon, *SIZE), fill=(150, 138, 118))
    if what == "building":
        _building(draw, rng, horizon)
    else:
        _rubble(draw, rng, horizon)
    _foreground(draw, rng, horizon)
    grain = rng.normal(0, 5, (SIZE[1], SIZE[0], 1))
    pixels = np.asarray(image.filter(ImageFilter.GaussianBlur(0.8)), dtype=np.float64) + grain
    out = io.BytesIO()
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(
        out, "JPEG", quality=88, exif=_exif(lon=lon, lat=lat, taken_at=taken_at)
    )
    return out.getvalue()


def _sky(draw: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    for y in range(0, SIZE[1] // 2 + 200, 4):
        share = y / (SIZE[1] / 2)
        draw.rectangle(
            (0, y, SIZE[0], y + 4), fill=(int(140 + 60 * share), int(176 + 36 * share), int(214 + 14 * share))
        )
    for _ in range(int(rng.integers(2, 6))):
        x, y, r = rng.uniform(0, SIZE[0]), rng.uniform(30, 320), rng.uniform(60, 170)
        draw.ellipse((x - r, y - r * 0.28, x + r, y + r * 0.28), fill=(222, 228, 234))


def _backdrop(draw: ImageDraw.ImageDraw, rng: np.random.Generator, horizon: int) -> None:
    x = -60.0
    while x < SIZE[0]:
        wide, high = rng.uniform(120, 300), rng.uniform(70, 260)
        tone = int(rng.uniform(150, 190))
        draw.rectangle((x, horizon - high, x + wide, horizon), fill=(tone, tone - 4, tone - 10))
        x += wide + rng.uniform(-20, 40)
    for _ in range(9):
        x, r = rng.uniform(0, SIZE[0]), rng.uniform(40, 110)
        draw.ellipse((x - r, horizon - r * 1.7, x + r, horizon + 8), fill=(72, 96 + int(rng.integers(24)), 58))


def _building(draw: ImageDraw.ImageDraw, rng: np.random.Generator, horizon: int) -> None:
    left, wide = rng.uniform(260, 520), rng.uniform(640, 860)
    storeys = int(rng.integers(1, 4))
    base, storey = horizon + rng.uniform(150, 230), rng.uniform(130, 170)
    top = base - storeys * storey
    wall = WALLS[int(rng.integers(len(WALLS)))]
    draw.rectangle((left, top, left + wide, base), fill=wall)
    side = [(left + wide, top), (left + wide + 130, top + 40), (left + wide + 130, base - 60), (left + wide, base)]
    draw.polygon(side, fill=tuple(int(c * 0.72) for c in wall))
    if rng.random() < 0.6:
        roof = [(left - 36, top), (left + wide + 24, top), (left + wide - 20, top - 84), (left + 26, top - 84)]
        draw.polygon(roof, fill=(58, 106, 168))
        for x in np.arange(left, left + wide, 26):
            draw.line((x, top, x + 8, top - 84), fill=(48, 92, 150), width=3)
    else:
        for x in np.arange(left + 20, left + wide, 90):
            draw.line((x, top, x, top - rng.uniform(30, 80)), fill=(92, 76, 62), width=6)
    for row in range(storeys):
        for column in range(4):
            x, y = left + wide * (0.08 + 0.235 * column), top + storey * row + storey * 0.26
            draw.rectangle(
                (x, y, x + wide * 0.13, y + storey * 0.5), fill=(62, 74, 88), outline=(230, 230, 226), width=5
            )
    for _ in range(240):
        x, y = rng.uniform(left, left + wide), rng.uniform(top, base)
        draw.line(
            (x, y, x + rng.uniform(6, 22), y), fill=tuple(int(c * rng.uniform(0.86, 1.06)) for c in wall), width=2
        )


def _rubble(draw: ImageDraw.ImageDraw, rng: np.random.Generator, horizon: int) -> None:
    for _ in range(900):
        x, y = rng.uniform(150, 1450), horizon + rng.uniform(20, 300)
        size = rng.uniform(5, 34)
        tone = rng.uniform(0.7, 1.2)
        colour = ((168, 132, 108), (150, 146, 140), (186, 176, 160))[int(rng.integers(3))]
        shape = [(x, y), (x + size, y - size * 0.5), (x + size * 1.4, y + size * 0.3), (x + size * 0.4, y + size * 0.6)]
        draw.polygon(shape, fill=tuple(int(min(c * tone, 250)) for c in colour))


def _foreground(draw: ImageDraw.ImageDraw, rng: np.random.Generator, horizon: int) -> None:
    draw.polygon([(0, SIZE[1]), (0, SIZE[1] - 150), (SIZE[0], SIZE[1] - 220), SIZE], fill=(120, 120, 120))
    for _ in range(60):
        x, y = rng.uniform(0, SIZE[0]), rng.uniform(horizon + 240, SIZE[1])
        draw.ellipse((x, y, x + rng.uniform(4, 18), y + rng.uniform(3, 8)), fill=(136, 128, 110))


def _exif(*, lon: float, lat: float, taken_at: datetime) -> Image.Exif:
    local = timezone.localtime(taken_at)
    stamp, offset = local.strftime("%Y:%m:%d %H:%M:%S"), local.strftime("%z")
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0132] = "Chengkan", "Demo phone", stamp
    exif.get_ifd(EXIF_DETAILS).update({0x9003: stamp, 0x9004: stamp, 0x9011: f"{offset[:3]}:{offset[3:]}"})
    utc = taken_at.utctimetuple()
    exif.get_ifd(EXIF_GPS).update(
        {
            1: "N", 2: _degrees(lat), 3: "E", 4: _degrees(lon),
            7: (IFDRational(utc.tm_hour), IFDRational(utc.tm_min), IFDRational(utc.tm_sec)),
            29: f"{utc.tm_year:04d}:{utc.tm_mon:02d}:{utc.tm_mday:02d}",
        }
    )  # fmt: skip
    return exif


def _degrees(value: float) -> tuple[IFDRational, IFDRational, IFDRational]:
    steps = round(value * 3600 * SECOND_STEPS)  # counted in whole steps, so that no minute has sixty seconds
    minutes, seconds = divmod(steps, 60 * SECOND_STEPS)
    return IFDRational(minutes // 60), IFDRational(minutes % 60), IFDRational(seconds, SECOND_STEPS)
