import hashlib
import io
import struct
import zipfile
import zlib

import pytest
from PIL import Image, ImageFile

from inspections.photos import PhotoLimits, check
from inspections.photos.decode import strictly
from inspections.photos.errors import (
    AbsurdDimensions,
    AnimatedPhoto,
    CorruptPhoto,
    DecompressionBomb,
    EmptyPhoto,
    PhotoError,
    PhotoTooLarge,
    TruncatedPhoto,
    UnsupportedPhotoType,
)
from tests.inspections.photos.drawn import camera_exif, draw_scene, encode

FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "HEIF": "image/heic"}


def png_of_one_colour(width: int, height: int) -> bytes:
    """A valid PNG written row by row, so that the test itself never holds the pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    packer = zlib.compressobj(9)
    row = bytes(1 + (width + 7) // 8)
    packed = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


@pytest.mark.parametrize("format", FORMATS)
def test_every_accepted_format_is_known_by_its_content_whatever_its_name(format: str) -> None:
    data = encode(draw_scene(), format)
    photo = check(data, filename="report.pdf")
    assert photo.media_type == FORMATS[format]
    assert (photo.width_px, photo.height_px) == (480, 360)
    assert photo.sha256 == hashlib.sha256(data).hexdigest()
    assert photo.byte_count == len(data)


def test_a_stream_is_read_like_bytes() -> None:
    data = encode(draw_scene())
    assert check(io.BytesIO(data), filename="a.jpg").sha256 == check(data, filename="a.jpg").sha256


@pytest.mark.parametrize("format", ["JPEG", "WEBP", "HEIF", "PNG"])
def test_exif_is_read_from_every_format(format: str) -> None:
    exif = check(encode(draw_scene(), format, exif=camera_exif()), filename="a").exif
    assert exif.lat == pytest.approx(34.7012, abs=1e-6)
    assert exif.lon == pytest.approx(113.6034, abs=1e-6)
    assert exif.taken_at is not None
    assert exif.taken_at.isoformat() == "2026-11-20T10:30:00+08:00"
    assert (exif.make, exif.model) == ("Hangzhou Optics", "P-40")


@pytest.mark.parametrize("format", FORMATS)
def test_derivatives_carry_no_trace_of_the_place_or_the_camera(format: str) -> None:
    options = {} if format == "PNG" else {"xmp": b"<x:xmpmeta>exif:GPSLatitude=34,42.072N</x:xmpmeta>"}
    original = encode(draw_scene(), format, exif=camera_exif(), **options)
    assert b"Hangzhou Optics" in original
    photo = check(original, filename="a")
    for derivative in (photo.display, photo.thumbnail):
        for trace in (b"Hangzhou", b"P-40", b"EXIF", b"Exif", b"XMP", b"GPS", b"ICCP", b"2026:11:20"):
            assert trace not in derivative.data
        with Image.open(io.BytesIO(derivative.data)) as shown:
            assert not shown.getexif()
            assert "icc_profile" not in shown.info
            assert shown.size == (derivative.width_px, derivative.height_px)


def test_derivatives_fit_their_sizes_and_are_never_enlarged() -> None:
    large = check(encode(draw_scene(size=(3000, 2000))), filename="a")
    assert (large.display.width_px, large.display.height_px) == (1600, 1067)
    assert (large.thumbnail.width_px, large.thumbnail.height_px) == (320, 213)
    small = check(encode(draw_scene(size=(200, 100))), filename="a")
    assert (small.display.width_px, small.display.height_px) == (200, 100)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "HEIF"])
def test_the_camera_s_orientation_is_applied(orientation: int, format: str) -> None:
    undo = {
        2: 0,
        3: 3,
        4: 1,
        5: 5,
        6: 2,
        7: 6,
        8: 4,
    }  # Pillow's Transpose that stores the scene so that the tag rights it
    stored = draw_scene()
    if orientation > 1:
        stored = stored.transpose(Image.Transpose(undo[orientation]))
    stored.info["exif"] = camera_exif(
        orientation=orientation
    ).tobytes()  # from here the HEIC encoder takes its turn box
    photo = check(encode(stored, format, exif=stored.info["exif"]), filename="a")
    assert (photo.width_px, photo.height_px) == (480, 360)
    with Image.open(io.BytesIO(photo.display.data)) as shown:
        red, green, blue = shown.convert("RGB").getpixel((20, 20))
    assert red > 200
    assert green < 80
    assert blue < 80


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.99, -1, -2, -20])
def test_a_file_without_its_tail_is_refused_as_truncated_or_corrupt(format: str, kept: float) -> None:
    data = encode(draw_scene(), format)
    cut = data[: int(len(data) * kept)] if kept > 0 else data[: int(kept)]
    with pytest.raises((TruncatedPhoto, CorruptPhoto)) as refused:
        check(cut, filename="IMG_0001")
    if kept < 1 and format != "HEIF":
        assert refused.type is TruncatedPhoto
    assert "IMG_0001" in str(refused.value)


def test_a_progressive_jpeg_cut_between_its_scans_is_truncated() -> None:
    data = encode(draw_scene(), "JPEG", progressive=True)
    last_scan = data.rfind(b"\xff\xda")
    with pytest.raises(TruncatedPhoto, match="end marker"):
        check(data[:last_scan], filename="a")


def short_of_rows(data: bytes) -> bytes:
    """A PNG that is whole as a file, with too few rows in it: only a strict decoder notices."""
    header_end = 8 + 25
    (length,) = struct.unpack_from(">I", data, header_end)
    rows = zlib.compress(zlib.decompress(data[header_end + 8 : header_end + 8 + length])[:2000])
    chunk = b"IDAT" + rows
    return data[:header_end] + struct.pack(">I", len(rows)) + chunk + struct.pack(">I", zlib.crc32(chunk)) + data[-12:]


def test_pillow_s_leniency_for_the_whole_process_does_not_reach_photos(monkeypatch: pytest.MonkeyPatch) -> None:
    short = short_of_rows(encode(Image.new("RGB", (64, 64), "gray"), "PNG"))
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)  # as WeasyPrint does when it is imported
    with Image.open(io.BytesIO(short)) as lenient:
        lenient.load()
    with pytest.raises((TruncatedPhoto, CorruptPhoto)):
        check(short, filename="a")


def test_leniency_switched_on_while_decoding_makes_the_work_start_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", False)
    seen: list[bool] = []

    def work() -> int:
        seen.append(ImageFile.LOAD_TRUNCATED_IMAGES)
        if len(seen) == 1:
            ImageFile.LOAD_TRUNCATED_IMAGES = True
        return len(seen)

    assert strictly(work) == 2
    assert seen == [False, False]


def test_a_changed_byte_inside_a_png_is_found_by_its_checksum() -> None:
    data = bytearray(encode(draw_scene(), "PNG"))
    data[len(data) // 2] ^= 0x55
    with pytest.raises(CorruptPhoto, match="checksum"):
        check(bytes(data), filename="a")


def test_a_small_file_that_unpacks_into_gigapixels_is_a_bomb() -> None:
    bomb = png_of_one_colour(16_000, 16_000)
    assert len(bomb) < 50_000
    with pytest.raises(DecompressionBomb, match="256000000 pixels"):
        check(bomb, filename="bomb.png")


def test_the_pixel_limit_also_holds_where_pillow_would_only_warn() -> None:
    with pytest.raises(DecompressionBomb, match="100000000 pixels"):
        check(png_of_one_colour(10_000, 10_000), filename="bomb.png")


def test_a_bomb_in_a_heic_header_is_refused() -> None:
    data = encode(draw_scene(), "HEIF")
    at = data.index(b"ispe") + 8
    forged = data[:at] + struct.pack(">II", 16_000, 16_000) + data[at + 8 :]
    with pytest.raises(PhotoError) as refused:
        check(forged, filename="a")
    assert refused.type in (DecompressionBomb, CorruptPhoto)


def test_a_jpeg_that_claims_more_than_its_data_is_refused_before_decoding() -> None:
    data = bytearray(encode(draw_scene()))
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">HH", 60_000, 60_000)
    with pytest.raises(DecompressionBomb):
        check(bytes(data), filename="a")


def test_too_many_bytes_are_refused_without_reading_them_all() -> None:
    class Endless(io.RawIOBase):
        asked = 0

        def read(self, size: int = -1) -> bytes:
            Endless.asked = size
            return b"\xff" * size

    with pytest.raises(PhotoTooLarge, match="1000 bytes"):
        check(Endless(), filename="a", limits=PhotoLimits(max_bytes=1000))
    assert Endless.asked == 1001


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"%PDF-1.7\n1 0 obj", "PDF"),
        (b"MZ\x90\x00" + bytes(200), "Windows program"),
        (b"\x7fELF" + bytes(200), "Linux program"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', "SVG"),
        (b"<!DOCTYPE html><script>alert(1)</script>", "web page"),
        (b"GIF89a" + bytes(50), "GIF"),
        (b"\x00\x00\x00\x18ftypmp42" + bytes(50), "video"),
        (b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1" + bytes(50), "avif"),
        (b"just words", "unknown"),
        (b"\xff", "unknown"),
    ],
)
def test_other_files_renamed_to_jpg_are_refused_by_what_they_are(content: bytes, words: str) -> None:
    with pytest.raises(UnsupportedPhotoType, match=words):
        check(content, filename="photo.jpg")


def test_an_empty_file_is_refused_as_empty() -> None:
    with pytest.raises(EmptyPhoto):
        check(b"", filename="photo.jpg")


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_an_animation_is_refused(format: str) -> None:
    data = encode(draw_scene(1), format, save_all=True, append_images=[draw_scene(2)], duration=100)
    with pytest.raises(AnimatedPhoto):
        check(data, filename="a")


def test_a_heif_picture_sequence_is_refused() -> None:
    data = bytearray(encode(draw_scene(), "HEIF"))
    data[8:12] = b"hevc"
    with pytest.raises(AnimatedPhoto, match="sequence"):
        check(bytes(data), filename="a")


@pytest.mark.parametrize("size", [(31, 200), (1, 1), (2000, 40), (17_000, 900)])
def test_absurd_dimensions_are_refused_with_their_numbers(size: tuple[int, int]) -> None:
    with pytest.raises(AbsurdDimensions, match=f"{size[0]}×{size[1]}"):
        check(png_of_one_colour(*size), filename="a")


def test_a_phone_s_second_picture_behind_the_first_does_not_make_it_an_animation() -> None:
    data = encode(draw_scene(1), "MPO", save_all=True, append_images=[draw_scene(2)])
    with Image.open(io.BytesIO(data)) as opened:
        assert opened.format == "MPO"
    photo = check(data, filename="a")
    assert photo.media_type == "image/jpeg"


def test_what_is_hidden_behind_the_picture_never_reaches_what_is_shown() -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("evil.html", "<script>alert(document.cookie)</script>")
    script = b"<script>alert(1)</script>"
    picture = encode(draw_scene(), "JPEG", comment=script)
    polyglot = picture + script + archive.getvalue()
    assert zipfile.is_zipfile(io.BytesIO(polyglot))
    photo = check(polyglot, filename="a")
    for derivative in (photo.display, photo.thumbnail):
        assert b"<script" not in derivative.data
        assert not zipfile.is_zipfile(io.BytesIO(derivative.data))


def test_cmyk_grey_palette_and_transparent_pictures_become_plain_colour() -> None:
    scene = draw_scene()
    transparent = scene.convert("RGBA")
    transparent.putalpha(128)
    for data in (
        encode(scene.convert("CMYK"), "JPEG"),
        encode(scene.convert("L"), "JPEG"),
        encode(scene.convert("P"), "PNG"),
        encode(transparent, "PNG"),
        encode(transparent, "WEBP"),
    ):
        with Image.open(io.BytesIO(check(data, filename="a").display.data)) as shown:
            assert shown.mode == "RGB"


def test_a_sixteen_bit_grey_png_keeps_its_brightness() -> None:
    grey = Image.new("I;16", (64, 64), 0x8000)
    with Image.open(io.BytesIO(check(encode(grey, "PNG"), filename="a").display.data)) as shown:
        assert abs(shown.getpixel((30, 30))[0] - 128) <= 3


def test_the_file_name_in_messages_has_no_path_and_no_control_characters() -> None:
    with pytest.raises(UnsupportedPhotoType) as refused:
        check(b"nothing", filename="C:\\users\\zhang\\..\\evil\n\x1b[31m.jpg")
    assert str(refused.value).startswith("evil[31m.jpg: ")


def test_limits_that_pillow_would_warn_about_cannot_be_set() -> None:
    with pytest.raises(ValueError, match="max_pixels"):
        PhotoLimits(max_pixels=10**9)
