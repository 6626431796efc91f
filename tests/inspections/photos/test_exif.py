from datetime import timedelta, timezone

import pytest

from inspections.photos import read_exif
from tests.inspections.photos.drawn import camera_exif


def block(**changes: object) -> bytes:
    return camera_exif(**changes).tobytes()  # type: ignore[arg-type]


def test_all_facts_of_a_camera_are_read() -> None:
    exif = read_exif(block(orientation=6))
    assert exif.orientation == 6
    assert exif.altitude_m == pytest.approx(110.5)
    assert exif.direction_deg == pytest.approx(271.5)
    assert exif.offset_known
    assert exif.gps_at is not None
    assert exif.gps_at.isoformat() == "2026-11-20T02:30:01+00:00"
    assert exif.gps_at - exif.taken_at == timedelta(seconds=1)


def test_south_and_west_are_negative() -> None:
    exif = read_exif(block(lat=-34.5, lon=-58.25))
    assert (exif.lat, exif.lon) == pytest.approx((-34.5, -58.25))


def test_big_and_little_endian_blocks_say_the_same() -> None:
    little = camera_exif()
    big = camera_exif()
    little.endian, big.endian = "<", ">"
    assert b"MM\x00*" in big.tobytes()
    assert read_exif(little.tobytes()) == read_exif(big.tobytes())


def test_a_camera_without_an_offset_is_taken_to_show_china_time() -> None:
    exif_in = camera_exif()
    del exif_in.get_ifd(0x8769)[0x9011]
    exif = read_exif(exif_in.tobytes())
    assert not exif.offset_known
    assert exif.taken_at.utcoffset() == timedelta(hours=8)
    elsewhere = read_exif(exif_in.tobytes(), assumed_offset=timezone(timedelta(hours=6)))
    assert elsewhere.taken_at - exif.taken_at == timedelta(hours=2)


def test_a_position_of_zeros_is_no_position() -> None:
    assert not read_exif(block(lat=0.0, lon=0.0)).has_position


@pytest.mark.parametrize(
    "taken", ["0000:00:00 00:00:00", "    :  :     :  :  ", "2026:13:45 10:00:00", "yesterday", ""]
)
def test_an_impossible_time_is_no_time(taken: str) -> None:
    exif = read_exif(block(taken=taken))
    assert exif.taken_at is None
    assert exif.has_position


def test_no_exif_is_an_empty_answer() -> None:
    exif = read_exif(None)
    assert (exif.taken_at, exif.lat, exif.orientation, exif.make) == (None, None, 1, "")
