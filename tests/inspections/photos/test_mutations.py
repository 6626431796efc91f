"""Whatever bytes arrive, the answer is a checked photo or a PhotoError: nothing else escapes."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inspections.photos import PhotoError, PhotoLimits, check, read_exif
from tests.inspections.photos.drawn import camera_exif, draw_scene, encode

SAMPLES = {
    "jpeg": encode(draw_scene(size=(96, 64)), "JPEG", exif=camera_exif()),
    "progressive": encode(draw_scene(size=(96, 64)), "JPEG", progressive=True, exif=camera_exif()),
    "png": encode(draw_scene(size=(96, 64)), "PNG", exif=camera_exif()),
    "webp": encode(draw_scene(size=(96, 64)), "WEBP", exif=camera_exif()),
    "heic": encode(draw_scene(size=(96, 64)), "HEIF", exif=camera_exif()),
}
LIMITS = PhotoLimits(max_bytes=200_000, max_pixels=1_000_000)
FUZZ = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


def photo_or_photo_error(data: bytes) -> bool:
    try:
        photo = check(data, filename="fuzz", limits=LIMITS)
    except PhotoError:
        return False
    assert photo.width_px * photo.height_px <= LIMITS.max_pixels
    assert photo.display.data
    return True


@pytest.mark.parametrize("sample", SAMPLES)
@FUZZ
@given(data=st.data())
def test_changed_bytes_give_a_photo_or_a_photo_error(sample: str, data: st.DataObject) -> None:
    content = bytearray(SAMPLES[sample])
    places = st.one_of(st.integers(0, min(400, len(content) - 1)), st.integers(0, len(content) - 1))
    for place, value in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), min_size=1, max_size=8)):
        content[place] = value
    photo_or_photo_error(bytes(content))


@pytest.mark.parametrize("sample", SAMPLES)
@FUZZ
@given(data=st.data())
def test_cut_out_and_doubled_pieces_give_a_photo_or_a_photo_error(sample: str, data: st.DataObject) -> None:
    content = SAMPLES[sample]
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, len(content)))
    piece = data.draw(st.one_of(st.just(b""), st.just(content[start:end] * 2), st.binary(max_size=64)))
    photo_or_photo_error(content[:start] + piece + content[end:])


@pytest.mark.parametrize("sample", SAMPLES)
@FUZZ
@given(kept=st.floats(0, 1, exclude_max=True))
def test_no_cut_tail_ever_passes(sample: str, kept: float) -> None:
    content = SAMPLES[sample]
    assert not photo_or_photo_error(content[: int(len(content) * kept)])


@FUZZ
@given(
    st.binary(max_size=2000), st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x40\x00\x00\x00WEBP", b""])
)
def test_any_bytes_behind_any_signature_give_a_photo_error(tail: bytes, head: bytes) -> None:
    assert not photo_or_photo_error(head + tail)


@FUZZ
@given(st.data())
def test_rubbish_in_the_exif_costs_facts_but_never_the_photo(data: st.DataObject) -> None:
    block = bytearray(camera_exif().tobytes())
    for place, value in data.draw(
        st.lists(st.tuples(st.integers(6, len(block) - 1), st.integers(0, 255)), min_size=1, max_size=20)
    ):
        block[place] = value
    exif = read_exif(bytes(block))
    assert exif.orientation in range(1, 9)
    assert exif.lat is None or -90 <= exif.lat <= 90
    assert exif.lon is None or -180 <= exif.lon <= 180
    assert photo_or_photo_error(encode(draw_scene(size=(96, 64)), "JPEG", exif=bytes(block)))


@FUZZ
@given(st.one_of(st.binary(max_size=300), st.binary(max_size=300).map(lambda tail: b"II*\x00\x08\x00\x00\x00" + tail)))
def test_reading_exif_never_raises(raw: bytes) -> None:
    assert read_exif(raw).orientation in range(1, 9)
