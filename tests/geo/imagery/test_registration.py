import json

import cv2
import numpy as np
import pytest

from geo.imagery.errors import NoOverlapError, RegistrationError
from geo.imagery.grid import Grid
from geo.imagery.pipeline import DiffParams, plan_diff
from geo.imagery.pixels import Pixels
from geo.imagery.plan import Plan
from geo.imagery.registration import placed, register
from geo.imagery.resample import Placement
from geo.imagery.residuals import residuals
from tests.geo.imagery.scenes import (
    LEFT_M,
    UTM_49,
    draw_scene,
    ground,
    rewrite_in,
    to_bytes,
    write_photo,
)  # fmt: skip


@pytest.mark.parametrize(("right", "down"), [(0, 0), (6, -3), (-11, 8)])
def test_the_shift_between_the_dates_is_recovered(tmp_path, right, down):
    scene = draw_scene(tmp_path, shift_px=(right, down))

    found = plan_diff(scene.before, scene.after).registration

    assert found.found
    assert found.east_m == pytest.approx(right * 0.5, abs=0.1)
    assert found.north_m == pytest.approx(-down * 0.5, abs=0.1)
    assert found.residual_m < 0.25


def test_a_later_photograph_in_another_system_and_resolution_lies_where_it_should(tmp_path):
    scene = draw_scene(tmp_path)
    turned = rewrite_in(scene.after, tmp_path / "utm.tif", UTM_49, resolution_m=0.3)

    plan = plan_diff(scene.before, turned)

    assert plan.registration.found
    assert plan.registration.shift_m < 0.25


def test_a_turned_and_stretched_photograph_is_fitted_by_an_affine(tmp_path):
    image = ground(8, width=1200, height=1200)
    rows, columns = np.mgrid[0:1200, 0:1200].astype(np.float32)
    x, y = columns - 600, rows - 600
    turned = cv2.remap(image, 600 + 1.006 * x - 0.004 * y + 2, 600 + 0.004 * x + 1.006 * y, cv2.INTER_LINEAR)
    before = write_photo(tmp_path / "a.tif", to_bytes(image))
    after = write_photo(tmp_path / "b.tif", to_bytes(turned))

    found = plan_diff(before, after).registration

    assert found.model == "affine"
    assert found.residual_m < 0.3
    a, b, _, d, e, _ = found.placement.matrix
    assert a == pytest.approx(1 / 1.006, abs=1e-3)
    assert e == pytest.approx(1 / 1.006, abs=1e-3)
    assert abs(b) == pytest.approx(0.004, abs=1e-3)
    assert abs(d) == pytest.approx(0.004, abs=1e-3)


def test_a_shift_above_the_limit_is_refused_with_both_numbers(tmp_path):
    scene = draw_scene(tmp_path, shift_px=(30, 0))

    with pytest.raises(RegistrationError, match=r"after.tif lies 15\.\d m off before.tif, the limit is 10 m"):
        plan_diff(scene.before, scene.after, params=DiffParams(max_shift_m=10))


def test_unlike_grounds_are_taken_as_georeferenced(tmp_path):
    before = write_photo(tmp_path / "a.tif", to_bytes(ground(1, width=640, height=400)))
    after = write_photo(tmp_path / "b.tif", to_bytes(ground(2, width=640, height=400)))

    found = plan_diff(before, after).registration

    assert found.model == "none"
    assert found.shift_m == 0
    assert found.residual_m is None


def test_images_of_different_places_are_refused_with_both_names(tmp_path):
    image = to_bytes(ground(1, width=300, height=200))
    before = write_photo(tmp_path / "a.tif", image)
    after = write_photo(tmp_path / "b.tif", image, left_m=LEFT_M + 149)

    with pytest.raises(NoOverlapError, match=r"a\.tif.*b\.tif share 100 m²"):
        plan_diff(before, after)


def ground_built_over(seed, *, side=1024, kept=0.03):
    """Two dates of one ground, of which few scattered blocks are the same at both: too few for most single tiles."""
    rng = np.random.default_rng(seed)
    before, other = (cv2.GaussianBlur(rng.normal(0, 60, (side, side)), (0, 0), 2.5) for _ in range(2))
    blocks = (rng.random((32, 32)) < kept).astype(np.uint8)
    keep = cv2.resize(blocks, (side, side), interpolation=cv2.INTER_NEAREST) > 0
    dates = before, np.where(keep, before, other)
    return [np.clip(120 + 4 * date, 0, 255).astype(np.uint8)[..., None].repeat(3, axis=2) for date in dates]


def test_the_shift_is_found_where_most_of_the_ground_was_built_over():
    before, after = ground_built_over(3)
    moved = np.roll(after, (-4, 9), axis=(0, 1))
    valid = np.ones(before.shape[:2], bool)
    pixels = Pixels(before, valid), Pixels(moved, valid)
    grid = Grid("EPSG:4547", 463_000.0, 3_842_000.0, 0.5, 1024, 1024)

    found = register(grid, lambda tile: (pixels[0].part(tile.slices), pixels[1].part(tile.slices)))

    assert (found.east_m, found.north_m) == pytest.approx((4.5, 2.0), abs=0.25)


def test_a_placement_undoes_itself():
    placement = Placement((1.001, 0.002, 3.5, -0.003, 0.999, -1.25), (463_500.0, 3_841_500.0))
    points = np.array([[463_000.0, 3_842_000.0], [464_000.0, 3_841_000.0]])

    assert placement.inverse().apply(placement.apply(points)) == pytest.approx(points, abs=1e-6)


def warped_pair(*, side=1600, at=(1200, 1200), reach=420, off_px=6.0):
    """Two dates of one ground; around one place the later photograph is displaced by ``off_px`` to the right."""
    image = ground(11, width=side, height=side)
    rows, columns = np.mgrid[0:side, 0:side].astype(np.float32)
    distance = np.hypot(columns - at[0], rows - at[1])
    moved = off_px * np.clip((reach - distance) / 60, 0, 1)
    return image, cv2.remap(image, columns - moved.astype(np.float32), rows, cv2.INTER_LINEAR)


@pytest.fixture(scope="module")
def warped(tmp_path_factory):
    folder = tmp_path_factory.mktemp("warped")
    before, after = warped_pair()
    return plan_diff(
        write_photo(folder / "a.tif", to_bytes(before)), write_photo(folder / "b.tif", to_bytes(after))
    )  # fmt: skip


def test_the_residual_map_shows_where_a_part_of_the_photograph_lies_otherwise(warped):
    found = warped.registration

    assert found.shift_m < 0.25
    otherwise = [tile for tile in found.tiles if tile.lies_otherwise]
    assert otherwise
    assert all(np.hypot(tile.x_px - 1200, tile.y_px - 1200) < 420 for tile in otherwise)
    # 6 px of 0.5 m to the right: 3 m to the east.
    nearest = min(otherwise, key=lambda tile: np.hypot(tile.x_px - 1200, tile.y_px - 1200))
    assert (nearest.east_m, nearest.north_m) == pytest.approx((3.0, 0.0), abs=0.25)
    fitting = [tile for tile in found.tiles if tile.agrees]
    assert len(fitting) == found.tiles_agreeing
    assert max(np.hypot(tile.east_m, tile.north_m) for tile in fitting) < 0.5


def test_the_residual_map_lies_on_the_ground_and_goes_with_the_stored_plan(warped):
    stored = Plan.from_json(warped.to_json())

    assert stored.registration == warped.registration
    entries = residuals(stored.registration, stored.grid)
    assert {entry["kind"] for entry in entries} >= {"fits", "otherwise"}
    places = stored.grid.from_lonlat(np.array([(entry["lon"], entry["lat"]) for entry in entries]))
    assert places == pytest.approx(np.array([(tile.x_px, tile.y_px) for tile in stored.registration.tiles]), abs=0.1)


def test_a_plan_from_before_residuals_were_kept_can_still_be_looked_at(warped):
    values = json.loads(warped.to_json())
    del values["registration"]["tiles"]

    old = Plan.from_json(json.dumps(values), of_any_version=True)

    assert old.registration.placement == warped.registration.placement
    assert residuals(old.registration, old.grid) == []


def test_where_no_tile_carries_the_common_shift_none_is_said_to_fit():
    """The sum of all tiles shows a shift that none of them shows by itself: the residual is over all of them."""
    grid = Grid("EPSG:4547", 463_000.0, 3_842_000.0, 0.5, 1200, 1200)
    places = np.array([(x, y) for y in (200.0, 600.0, 1000.0) for x in (200.0, 600.0, 1000.0)])
    around = np.linspace(0, 2 * np.pi, 9, endpoint=False)
    moved = np.column_stack([4 + 8 * np.cos(around), 2 + 8 * np.sin(around)])
    leads = np.array([1.2] * 8 + [5.0])

    found = placed(grid, places, moved, leads, common=(4.0, 2.0))

    assert (found.east_m, found.north_m) == pytest.approx((2.0, -1.0))
    assert found.residual_m == pytest.approx(4.0)
    assert found.tiles_agreeing == 0
    assert [entry["kind"] for entry in residuals(found, grid)] == ["unclear"] * 8 + ["otherwise"]


def test_a_refused_pair_tells_where_it_does_not_fit(tmp_path):
    scene = draw_scene(tmp_path, shift_px=(30, 0))

    with pytest.raises(RegistrationError) as refused:
        plan_diff(scene.before, scene.after, params=DiffParams(max_shift_m=10))

    assert refused.value.found.shift_m == pytest.approx(15, abs=0.3)
    assert residuals(refused.value.found, refused.value.grid)
