"""The desk tells what later pictures show, lets a person put a flag back, and lays heights over the picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import rasterio
from django.conf import settings
from django.urls import reverse
from rasterio.transform import from_origin
from shapely import wkb

from geo.crs import to_local
from geo.imagery.detect import SceneStatistics
from geo.imagery.grid import Grid
from geo.imagery.params import DiffParams
from geo.imagery.plan import Plan
from geo.imagery.registration import Registration
from geo.imagery.resample import Placement
from geo.models import ChangeFlag, LaterLook
from tests.factories import make_control_area, make_flag, make_run

GONE = [{"snapshot": n, "run": n, "on": f"2026-0{n}-15", "look": "gone", "share": 0.0} for n in (7, 8)]
SIDE_PX, RESOLUTION_M = 200, 0.5


@pytest.fixture
def flag(town):
    return make_flag(make_run(town), town.communities[0][0], *town.spot())


@pytest.fixture
def cleared(flag):
    flag.later_look, flag.evidence = LaterLook.CLEARED, {"later": GONE}
    flag.save()
    return flag


def desk(client, flag) -> str:
    return client.get(reverse("review-flag", args=[flag.pk])).content.decode()


def test_the_desk_says_why_a_flag_was_moved_to_the_end_and_puts_it_back(client, cleared, supervisor):
    client.force_login(supervisor)
    page = desk(client, cleared)
    assert "其后 2 期影像（2026年7月15日、2026年8月15日）中均未见" in page
    assert reverse("review-put-back", args=[cleared.pk]) in page
    client.post(reverse("review-put-back", args=[cleared.pk]))
    cleared.refresh_from_db()
    assert cleared.later_look == LaterLook.KEPT
    page = desk(client, cleared)
    assert "已由审核员放回原来的位置" in page
    assert reverse("review-put-back", args=[cleared.pk]) not in page


def test_the_neighbour_can_not_put_it_back_and_nobody_does_by_looking(client, cleared, supervisor, neighbour):
    address = reverse("review-put-back", args=[cleared.pk])
    client.force_login(neighbour)
    assert client.post(address).status_code == 404
    client.force_login(supervisor)
    assert client.get(address).status_code == 405
    cleared.refresh_from_db()
    assert cleared.later_look == LaterLook.CLEARED


def test_the_desk_counts_in_how_many_later_pictures_it_was_seen_again(client, flag, supervisor):
    seen = [{**row, "look": look} for row, look in zip([*GONE, GONE[0]], ["seen", "gone", "unclear"], strict=True)]
    flag.evidence = {"later": seen}
    flag.save()
    client.force_login(supervisor)
    assert "其后 2 期影像中 1 期仍可见" in desk(client, flag)


def test_of_a_demolition_the_desk_says_that_the_place_is_built_up_again(client, cleared, supervisor):
    ChangeFlag.objects.filter(pk=cleared.pk).update(kind="demolished")
    client.force_login(supervisor)
    page = desk(client, cleared)
    assert "中该处均有建筑，可能并未拆除" in page
    assert "临时停放" not in page


def test_what_is_below_its_area_s_limit_is_not_offered_and_says_why(client, town, flag, supervisor):
    area = make_control_area(town, min_area_m2=900.0)
    ChangeFlag.objects.filter(pk=flag.pk).update(below_limit=True, control_area=area)
    client.force_login(supervisor)
    assert "没有待审核的图斑" in client.get(reverse("review-queue"), follow=True).content.decode()
    assert "最小图斑面积 900.0 m²" in desk(client, flag)


@pytest.fixture
def with_heights(flag):
    """Surface models of both dates: the western half of the flag rose by 6 m, the eastern fell by 6 m."""
    outline, crs = to_local(wkb.loads(bytes(flag.geometry.wkb)))[:2]
    west, south, east, north = outline.bounds
    left, top = west - 30, north + 30
    before, after = (np.full((SIDE_PX, SIDE_PX), 100, np.float32) for _date in range(2))
    rows = slice(round((top - north) / RESOLUTION_M), round((top - south) / RESOLUTION_M))
    middle = round(((west + east) / 2 - left) / RESOLUTION_M)
    after[rows, round(30 / RESOLUTION_M) : middle] += 6
    after[rows, middle : round((east - left) / RESOLUTION_M)] -= 6
    srid = f"EPSG:{getattr(crs, 'srid', crs)}"
    for name, metres, snapshot in (("before", before, flag.run.before), ("after", after, flag.run.after)):
        path = settings.PRIVATE_ROOT / f"heights/{name}.tif"
        path.parent.mkdir(parents=True, exist_ok=True)
        profile = {"driver": "GTiff", "width": SIDE_PX, "height": SIDE_PX, "count": 1, "dtype": "float32", "crs": srid}
        with rasterio.open(path, "w", transform=from_origin(left, top, RESOLUTION_M, RESOLUTION_M), **profile) as file:
            file.write(metres[None])
        snapshot.dsm_path, snapshot.dsm_sha256 = f"heights/{name}.tif", name
        snapshot.save()
    grid = Grid(srid, left, top, RESOLUTION_M, SIDE_PX, SIDE_PX)
    still = Registration("off", 0.0, 0.0, None, 0, 0, Placement())
    plan = Plan(DiffParams(), grid, still, SceneStatistics(), None, None, 0.0, (), "test", 0.5, 0.5, 0.9, ())
    flag.run.plan = plan.to_json()
    flag.run.save()
    g_west, g_south, g_east, g_north = flag.geometry.extent
    flag.chip_info = {
        "width_px": 320,
        "height_px": 320,
        "resolution_m": 0.1,
        "bounds": [0, 0, 1, 1],
        "outline_px": [
            [
                [100 + 120 * (x - g_west) / (g_east - g_west), 220 - 120 * (y - g_south) / (g_north - g_south)]
                for x, y in ring
            ]
            for ring in flag.geometry.coords
        ],
    }
    flag.save()
    return flag


def test_heights_lie_on_the_picture_rise_and_fall_told_apart(client, with_heights, supervisor, neighbour):
    client.force_login(supervisor)
    assert "两期影像没有都带高程" not in desk(client, with_heights)
    address = reverse("review-overlay", args=[with_heights.pk, "height"])
    picture = cv2.imdecode(np.frombuffer(client.get(address).content, np.uint8), cv2.IMREAD_UNCHANGED)
    assert picture.shape == (320, 320, 4)
    rows, columns = np.nonzero(picture[..., 3])
    assert (columns.min(), columns.max(), rows.min(), rows.max()) == pytest.approx((100, 219, 100, 219), abs=8)
    rose, fell = picture[160, 130], picture[160, 190]
    assert rose[2] > rose[0], "what rose is red"
    assert fell[0] > fell[2], "what fell is blue"
    client.force_login(neighbour)
    assert client.get(address).status_code == 404


def test_without_surface_models_the_desk_says_so_and_the_picture_is_a_404(client, flag, supervisor, settings):
    flag.chip_info = {"width_px": 320, "height_px": 320, "outline_px": [], "bounds": [0, 0, 1, 1], "resolution_m": 0.1}
    flag.save()
    client.force_login(supervisor)
    assert "两期影像没有都带高程" in desk(client, flag)
    assert client.get(reverse("review-overlay", args=[flag.pk, "height"])).status_code == 404
