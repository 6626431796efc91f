from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from geographiclib.geodesic import Geodesic
from shapely import Point, box

from geo.crs import LonLat, wgs84_to_bd09, wgs84_to_gcj02
from inspections.photos import Finding, FindingCode, PhonePosition, PhotoExif, PhotoTimes, cross_check
from inspections.photos.cross_check import distance_m, distance_to_m

NOW = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
HERE = PhonePosition(lat=34.7012, lon=113.6034, accuracy_m=8.0, read_at=NOW)
HOUSE = box(113.60345, 34.70122, 113.60360, 34.70135)
TIMES = PhotoTimes(taken_at=NOW, sent_at=NOW, received_at=NOW + timedelta(seconds=3))
CAMERA = PhotoExif(taken_at=NOW, offset_known=True, lat=34.7012, lon=113.6034)


def found(**changes: object) -> dict[FindingCode, Finding]:
    arguments = {"phone": HERE, "exif": CAMERA, "subject": HOUSE, "times": TIMES, **changes}
    findings = cross_check(**arguments)  # type: ignore[arg-type]
    assert len({finding.code for finding in findings}) == len(findings)
    return {finding.code: finding for finding in findings}


def north_of(distance: float) -> tuple[float, float]:
    """(lat, lon) that many metres north of HERE, by an independent library."""
    spot = Geodesic.WGS84.Direct(HERE.lat, HERE.lon, 0, distance)
    return spot["lat2"], spot["lon2"]


def test_a_photo_in_its_place_and_time_has_no_findings() -> None:
    assert found() == {}


def test_a_missing_position_is_a_finding() -> None:
    assert set(found(phone=None)) == {FindingCode.POSITION_MISSING}


def test_without_the_phone_s_position_the_camera_s_is_held_against_the_subject() -> None:
    lat, lon = north_of(500)
    findings = found(phone=None, exif=replace(CAMERA, lat=lat, lon=lon))
    assert findings[FindingCode.FAR_FROM_SUBJECT].detail == "exif"


def test_a_poor_accuracy_is_a_finding_with_its_number() -> None:
    finding = found(phone=replace(HERE, accuracy_m=120.0))[FindingCode.ACCURACY_POOR]
    assert (finding.value, finding.limit, finding.unit) == (120.0, 50.0, "m")


def test_phone_and_camera_far_apart_is_a_finding_with_the_distance() -> None:
    lat, lon = north_of(640)
    finding = found(exif=replace(CAMERA, lat=lat, lon=lon))[FindingCode.EXIF_POSITION_DIFFERS]
    assert finding.value == pytest.approx(640, abs=0.1)
    assert finding.limit == 108.0


def test_the_stated_accuracy_widens_what_counts_as_near() -> None:
    lat, lon = north_of(-95)
    near = PhonePosition(lat=lat, lon=lon, accuracy_m=5.0)
    assert FindingCode.FAR_FROM_SUBJECT in found(phone=near, exif=PhotoExif())
    assert FindingCode.FAR_FROM_SUBJECT not in found(phone=replace(near, accuracy_m=45.0), exif=PhotoExif())


def test_standing_inside_a_large_subject_is_no_distance() -> None:
    assert distance_to_m(113.6035, 34.7013, HOUSE) == 0.0
    assert found(phone=replace(HERE, lat=34.7013, lon=113.6035)) == {}


def test_distances_agree_with_an_independent_library() -> None:
    lat, lon = north_of(1234.5)
    assert distance_m((HERE.lon, HERE.lat), (lon, lat)) == pytest.approx(1234.5, rel=1e-6)
    assert distance_to_m(HERE.lon, HERE.lat, Point(lon, lat)) == pytest.approx(1234.5, rel=1e-6)


def test_a_pin_moved_across_the_street_is_fine_and_across_the_town_is_marked() -> None:
    lat, lon = north_of(30)
    assert found(correction=Point(lon, lat)) == {}
    lat, lon = north_of(2000)
    assert set(found(correction=Point(lon, lat))) == {FindingCode.PIN_MOVED_FAR}


@pytest.mark.parametrize(
    ("times", "code", "value"),
    [
        (replace(TIMES, sent_at=NOW - timedelta(hours=1)), FindingCode.PHONE_CLOCK_DIFFERS, -3603),
        (replace(TIMES, received_at=NOW - timedelta(hours=2), sent_at=None), FindingCode.TAKEN_IN_FUTURE, 7200),
        (replace(TIMES, received_at=NOW + timedelta(days=3), sent_at=None), FindingCode.SENT_LATE, 259_200),
    ],
)
def test_clocks_that_disagree_are_findings(times: PhotoTimes, code: FindingCode, value: float) -> None:
    assert found(times=times)[code].value == value


def test_sending_an_hour_later_because_there_was_no_network_is_nothing_to_mark() -> None:
    later = NOW + timedelta(hours=1)
    assert found(times=PhotoTimes(taken_at=NOW, sent_at=later, received_at=later)) == {}


def test_an_old_file_from_the_gallery_is_marked_by_its_exif_time() -> None:
    finding = found(exif=replace(CAMERA, taken_at=NOW - timedelta(days=2), offset_known=False))
    assert finding[FindingCode.EXIF_TIME_DIFFERS].value == 172_800
    assert finding[FindingCode.EXIF_TIME_DIFFERS].detail == "offset assumed"


def test_a_reading_from_minutes_ago_is_marked_as_stale() -> None:
    finding = found(phone=replace(HERE, read_at=NOW - timedelta(minutes=10)))[FindingCode.POSITION_STALE]
    assert finding.value == 600


def test_findings_are_kept_as_plain_data() -> None:
    finding = found(phone=replace(HERE, accuracy_m=120.0))[FindingCode.ACCURACY_POOR]
    assert finding.as_json() == {"code": "accuracy_poor", "value": 120.0, "limit": 50.0, "unit": "m", "detail": ""}


@pytest.mark.parametrize(("system", "shift"), [("gcj02", wgs84_to_gcj02), ("bd09", wgs84_to_bd09)])
def test_a_phone_that_reports_in_a_consumer_map_s_system_is_recognised(system: str, shift: Callable) -> None:
    shifted = shift(LonLat(HERE.lon, HERE.lat))
    finding = found(phone=replace(HERE, lon=shifted.lon, lat=shifted.lat))[FindingCode.EXIF_POSITION_DIFFERS]
    assert finding.value > 400
    assert finding.detail == system
