"""The drawn photo is a photo to those who check it."""

import datetime

import pytest

from inspections.demo.photo import draw_photo
from inspections.photos import check, hamming_distance

TAKEN = datetime.datetime(2026, 10, 9, 3, 4, 5, tzinfo=datetime.UTC)


@pytest.mark.parametrize(("lon", "lat"), [(113.6, 34.7), (113.0, 34.0), (113.999999, 34.9999999)])
def test_position_and_time_read_back_from_the_file(lon, lat):
    exif = check(draw_photo(lon=lon, lat=lat, taken_at=TAKEN, seed=1, what="building"), filename="a.jpg").exif

    assert exif.lon == pytest.approx(lon, abs=1e-7)
    assert exif.lat == pytest.approx(lat, abs=1e-7)
    assert exif.taken_at == TAKEN
    assert exif.gps_at == TAKEN


def test_two_places_give_photos_that_do_not_look_reused():
    one, other = (
        check(draw_photo(lon=113.6, lat=34.7, taken_at=TAKEN, seed=seed, what=what), filename="a.jpg").perceptual_hash
        for seed, what in ((7, "building"), (8, "cleared"))
    )

    assert hamming_distance(one, other) > 6
