from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
import rasterio
from django.conf import settings
from django.urls import reverse
from rasterio.transform import from_bounds
from shapely import wkb

from geo.measure import area_m2
from geo.models import ChangeFlag
from geo.roles import Role
from inspections.actions.reviews import decide_flag, undo_last_review
from inspections.models import ChangeReview
from inspections.outlines import UnusableOutline, outline_on_ground, pixels_to_lonlat, rings_from_json
from tests.factories import make_building, make_flag, make_permit, make_run, make_user
from tests.factories.records import jpeg_bytes

MACHINE = [[100, 220], [220, 220], [220, 100], [100, 100]]  # in the order of the flag's own corners
WIDER = [[100, 220], [280, 220], [280, 100], [100, 100]]  # half as wide again


@pytest.fixture
def flag(town):
    flag = make_flag(make_run(town), town.communities[0][0], *town.spot())
    west, south, east, north = flag.geometry.extent

    def to_px(lon, lat):
        return [100 + 120 * (lon - west) / (east - west), 220 - 120 * (lat - south) / (north - south)]

    flag.chip_info = {
        "width_px": 320,
        "height_px": 320,
        "resolution_m": 0.1,
        "bounds": [0, 0, 1, 1],  # the flag's own corners are the better witnesses
        "outline_px": [[to_px(*corner) for corner in ring] for ring in flag.geometry.coords],
    }
    flag.save()
    return flag


def test_the_picture_is_placed_by_the_flag_s_own_corners(flag):
    west, south, _east, _north = flag.geometry.extent
    placed = pixels_to_lonlat(flag) @ np.array([100, 220, 1])
    assert placed == pytest.approx([west, south], abs=1e-12)


def test_a_corrected_outline_is_measured_with_its_uncertainty_and_becomes_the_case_s_aerial_measurement(
    flag, supervisor
):
    decided = decide_flag(flag_id=flag.pk, outcome="confirmed", rings=[WIDER], by=supervisor)
    machine = area_m2(wkb.loads(bytes(flag.geometry.wkb))).area_m2
    review = decided.review
    assert review.outline_area_m2 == pytest.approx(machine * 1.5, rel=1e-6)
    assert 0 < review.outline_uncertainty_m2 < machine
    first, second = decided.case.measurements.order_by("pk")
    assert float(first.area_m2) == pytest.approx(machine, abs=0.01)
    assert float(second.area_m2) == pytest.approx(machine * 1.5, abs=0.01)
    assert (second.kind, second.measured_by, second.inputs) == ("aerial", supervisor, {"review": review.pk})
    assert decided.case.measurements.order_by("-measured_at").first() == second
    assert decided.case.footprint.equals_exact(type(decided.case.footprint)(review.outline), 1e-9)
    assert ChangeFlag.objects.get(pk=flag.pk).geometry.equals(flag.geometry)


def test_a_corrected_confirmation_can_be_undone_and_the_outline_stays_on_record(flag, supervisor):
    decide_flag(flag_id=flag.pk, outcome="confirmed", rings=[WIDER], by=supervisor)
    undo_last_review(by=supervisor)
    assert ChangeFlag.objects.get(pk=flag.pk).state == "pending"
    assert ChangeReview.objects.get().outline is not None


def test_an_outline_that_crosses_itself_lies_elsewhere_or_is_no_outline_is_refused(flag, supervisor):
    crossing = [[100, 220], [220, 100], [220, 220], [100, 100]]
    elsewhere = [[0, 10], [10, 10], [10, 0]]
    for ring in (crossing, elsewhere):
        with pytest.raises(UnusableOutline):
            outline_on_ground(flag, [ring])
    for text in ("", "{", "[[]]", "[[[1,2],[3,4]]]", '[[["a",1],[1,2],[3,4]]]', "[[[1,2],[3,4],[1e999,4]]]", "7"):
        with pytest.raises(UnusableOutline):
            rings_from_json(text)
    with pytest.raises(UnusableOutline):
        decide_flag(flag_id=flag.pk, outcome="confirmed", rings=[crossing], by=supervisor)
    assert not ChangeReview.objects.exists()


def test_the_server_tells_the_area_while_corners_move_and_writes_nothing(client, town, flag, supervisor):
    client.force_login(supervisor)
    address = reverse("review-measure", args=[flag.pk])
    told = client.post(address, {"outline": json.dumps([MACHINE])}).json()
    assert told["area_m2"] == pytest.approx(area_m2(wkb.loads(bytes(flag.geometry.wkb))).area_m2, rel=1e-6)
    assert "±" in told["told"]
    assert "交叉" in client.post(address, {"outline": "[[[100,220],[220,100],[220,220],[100,100]]]"}).json()["refused"]
    assert not ChangeReview.objects.exists()
    client.force_login(make_user(Role.SUPERVISOR, town.counties[1]))
    assert client.post(address, {"outline": json.dumps([MACHINE])}).status_code == 404


def write_probability(flag: ChangeFlag) -> None:
    """A probability file in which the flag itself is sure and all else is nothing."""
    west, south, east, north = flag.geometry.extent
    values = np.zeros((300, 300), np.uint8)
    values[100:200, 100:200] = 254
    wide, high = east - west, north - south
    path = settings.PRIVATE_ROOT / "runs/p.tif"
    path.parent.mkdir(parents=True, exist_ok=True)
    transform = from_bounds(west - wide, south - high, east + wide, north + high, 300, 300)
    with rasterio.open(
        path, "w", driver="GTiff", width=300, height=300, count=1, dtype="uint8", crs="EPSG:4490", transform=transform,
        nodata=255,
    ) as file:  # fmt: skip
        file.write(values, 1)
    flag.run.probability_path = "runs/p.tif"
    flag.run.save()


def test_the_probability_lies_on_the_picture_at_the_same_extent(client, town, flag, supervisor):
    write_probability(flag)
    client.force_login(supervisor)
    address = reverse("review-overlay", args=[flag.pk, "probability"])
    picture = cv2.imdecode(np.frombuffer(client.get(address).content, np.uint8), cv2.IMREAD_UNCHANGED)
    assert picture.shape == (320, 320, 4)
    seen = picture[..., 3] > 0
    rows, columns = np.nonzero(seen)
    assert (columns.min(), columns.max(), rows.min(), rows.max()) == pytest.approx((100, 219, 100, 219), abs=2)
    client.force_login(make_user(Role.SUPERVISOR, town.counties[1]))
    assert client.get(address).status_code == 404


def test_what_is_not_kept_any_more_is_a_404_and_the_desk_says_so_before_asking(client, flag, supervisor):
    client.force_login(supervisor)
    for overlay in ("probability", "alignment", "sideways"):
        assert client.get(reverse("review-overlay", args=[flag.pk, overlay])).status_code == 404
    page = client.get(reverse("review-flag", args=[flag.pk])).content.decode()
    assert "概率图已不再保存" in page
    flag.run.probability_path = "runs/gone.tif"
    flag.run.save()
    assert client.get(reverse("review-overlay", args=[flag.pk, "probability"])).status_code == 404


def test_the_earlier_edges_are_drawn_and_nothing_else(client, flag, supervisor):
    path = settings.PRIVATE_ROOT / "runs/before.jpg"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(jpeg_bytes())
    flag.chip_before_path = "runs/before.jpg"
    flag.save()
    client.force_login(supervisor)
    png = client.get(reverse("review-overlay", args=[flag.pk, "alignment"])).content
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
    assert picture.shape[2] == 4
    assert not picture[..., 3].any(), "an even picture has no edges"


def test_beside_the_flag_stand_permits_buildings_with_history_and_earlier_flags_with_decisions(
    client, town, flag, supervisor
):
    unit, spot = flag.unit, town.spot()
    make_permit(unit, *spot, number="建字第2026-7号", revoked=True)
    building = make_building(unit, *spot, name="老屋", storeys=1)
    building.storeys = 2
    building.save()
    past = make_flag(make_run(town), unit, *spot, state="bad_image")
    ChangeReview.objects.create(flag=past, outcome="bad_image", note="云影", reviewed_by=supervisor)
    elsewhere = make_flag(make_run(town), unit, *town.spot(0, 0, dx=0.002))
    client.force_login(supervisor)
    page = client.get(reverse("review-flag", args=[flag.pk])).content.decode()
    for words in ("建字第2026-7号", "后期影像时无效", "老屋", "1 层", "2 层", past.number, "云影"):
        assert words in page, words
    assert elsewhere.number not in page


def test_the_neighbour_s_rows_do_not_stand_beside(client, town, flag):
    """A flag on the border touches a permit of the neighbour county, which this supervisor does not see."""
    make_permit(town.communities[1][0], *town.spot(), number="邻县许可")
    client.force_login(make_user(Role.SUPERVISOR, town.counties[0]))
    assert "邻县许可" not in client.get(reverse("review-flag", args=[flag.pk])).content.decode()
    client.force_login(make_user(Role.SUPERVISOR, town.city))
    assert "邻县许可" in client.get(reverse("review-flag", args=[flag.pk])).content.decode()
