import cv2
import numpy as np
import pytest
import rasterio
import shapely

from geo.imagery.errors import ParameterError
from geo.imagery.pipeline import DiffParams, Sources, plan_diff, write_chips
from geo.imagery.pixels import Pixels
from geo.imagery.registration import gradient_magnitude, tile_shift
from tests.geo.imagery.scenes import BUILT, LEFT_M, TOP_M, draw_scene

CVA = DiffParams(detector="cva", block_px=512)


def outline_of(house):
    from geo.crs import reproject

    box = cv2.boxPoints(((house.x_m, house.y_m), (house.length_m, house.width_m), house.degrees))
    return reproject(shapely.Polygon(np.column_stack([LEFT_M + box[:, 0], TOP_M - box[:, 1]])), 4547, 4490)


def test_both_chips_show_the_same_ground_with_the_house_inside_its_outline(tmp_path):
    scene = draw_scene(tmp_path, shift_px=(8, 5))
    plan = plan_diff(scene.before, scene.after, params=CVA)
    paths = tmp_path / "before.jpg", tmp_path / "after.webp"

    info = write_chips(plan, Sources(scene.before, scene.after), outline_of(BUILT[0]), *paths)

    before, after = (cv2.imread(str(path)) for path in paths)
    assert before.shape == after.shape == (info.height_px, info.width_px, 3)
    ring = np.array(info.outline_px[0])
    inside = np.zeros(before.shape[:2], np.uint8)
    cv2.fillPoly(inside, [np.rint(ring).astype(np.int32)], 1)
    core = cv2.erode(inside, np.ones((7, 7), np.uint8)) > 0
    assert after[core].mean() > 215
    assert before[core].mean() < 150
    around = cv2.dilate(inside, np.ones((9, 9), np.uint8)) > 0
    hidden = [Pixels(image, ~around) for image in (before, after)]
    right, down, _ = tile_shift(*(gradient_magnitude(pixels) for pixels in hidden))
    assert abs(right) < 1
    assert abs(down) < 1


def test_the_bounds_are_the_outline_with_its_margin(tmp_path):
    scene = draw_scene(tmp_path)
    plan = plan_diff(scene.before, scene.after, params=CVA)
    house = outline_of(BUILT[2])

    info = write_chips(
        plan, Sources(scene.before, scene.after), house, tmp_path / "b.jpg", tmp_path / "a.jpg", margin_m=20
    )

    west, south, east, north = info.bounds
    assert west < house.bounds[0] < house.bounds[2] < east
    assert south < house.bounds[1] < house.bounds[3] < north
    assert (house.bounds[1] - south) * 110_940 == pytest.approx(20, abs=1.5)
    assert info.resolution_m == pytest.approx(0.5, rel=1e-3)


def test_a_large_change_is_shown_smaller(tmp_path):
    scene = draw_scene(tmp_path)
    plan = plan_diff(scene.before, scene.after, params=CVA)
    with rasterio.open(scene.before) as file:
        left, bottom, right, top = file.bounds
    from geo.crs import reproject

    all_of_it = reproject(shapely.box(left, bottom, right, top), 4547, 4490)

    info = write_chips(
        plan, Sources(scene.before, scene.after), all_of_it, tmp_path / "b.jpg", tmp_path / "a.jpg", max_px=200
    )

    assert max(info.width_px, info.height_px) == 200


def test_a_chip_is_a_jpeg_or_webp(tmp_path):
    scene = draw_scene(tmp_path)
    plan = plan_diff(scene.before, scene.after, params=CVA)

    with pytest.raises(ParameterError, match=r"b\.bmp: a chip is"):
        write_chips(
            plan, Sources(scene.before, scene.after), outline_of(BUILT[0]), tmp_path / "b.bmp", tmp_path / "a.jpg"
        )
    assert not (tmp_path / "a.jpg").exists()
