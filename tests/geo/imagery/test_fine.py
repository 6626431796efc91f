"""Outlines on the pixels of a photograph that is finer than the grid which was detected on."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import shapely

from geo.imagery import fine
from geo.imagery.fine import Photograph, guided
from geo.imagery.grid import ANYWHERE, Grid, Window
from geo.imagery.pipeline import DiffParams, Sources, assemble, detect_block, plan_diff
from geo.imagery.plan import Plan
from geo.imagery.readers import PlainReader
from tests.geo.imagery.scenes import RED, WHITE, House, build, ground, to_bytes, write_photo

SIDE_M = 240
NEW = tuple(
    House(25 + 36 * (i % 6), 25 + 36 * (i // 6), length, width, degrees)
    for i, (length, width, degrees) in enumerate(
        [
            (10, 7, 0), (12, 9, 17), (15, 10, -35), (18, 12, 52), (20, 15, 8), (22, 14, -12), (11, 8, 80), (14, 9, 30),
            (16, 12, 0), (18, 9, -20), (20, 13, 41), (17, 11, 4), (13, 10, -8), (19, 13, 0), (12, 8, 25), (21, 10, 63),
        ]
    )
)  # fmt: skip
FINE_M = 0.2


def photographs(folder, *, new_at_the_later=True):
    """Ground with and without the houses, photographed at 0.2 m; detected on at 0.4 m."""
    coarse = ground(11, width=2 * SIDE_M, height=2 * SIDE_M)
    side = round(SIDE_M / FINE_M)
    plain = cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC)
    built = plain.copy()
    for number, house in enumerate(NEW):
        build(built, house, resolution_m=FINE_M, colour=(RED, WHITE, (92, 118, 160), (150, 146, 140))[number % 4])
    rng = np.random.default_rng(3)
    first, second = (plain, built) if new_at_the_later else (built, plain)
    return tuple(
        write_photo(
            folder / f"{name}.tif",
            to_bytes(cv2.GaussianBlur(image, (0, 0), 0.8) + rng.normal(0, 2, image.shape)),
            resolution_m=FINE_M,
        )
        for name, image in (("a", first), ("b", second))
    )


def detected(folder, photos, *, block_px=2048):
    plan, sources = plan_diff(*photos, params=DiffParams(block_px=block_px)), Sources(*photos)
    for block in plan.blocks:
        detect_block(plan, sources, block.index, folder)
    return plan, sources


def matched(plan, candidates):
    """Relative error of the area, and overlap of the outline, of every drawn house that was found."""
    found = []
    for house in NEW:
        box = cv2.boxPoints(((house.x_m, house.y_m), (house.length_m, house.width_m), house.degrees))
        truth = shapely.Polygon(box / plan.grid.resolution_m)
        for item in candidates:
            outline = shapely.transform(item.geometry, plan.grid.from_lonlat)
            if outline.contains(truth.centroid):
                shared = outline.intersection(truth).area
                found.append(
                    (item.area_m2 / house.footprint_m2 - 1, shared / (outline.area + truth.area - shared))
                )  # fmt: skip
    return np.array(found)


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fine")
    return folder, *detected(folder, photographs(folder))


def test_a_finer_photograph_makes_outlines_and_areas_truer(town, monkeypatch):
    folder, plan, sources = town
    assert plan.grid.resolution_m == pytest.approx(0.4)
    candidates = assemble(plan, sources, folder)
    # The blocks are the same: only how they are put together differs.
    coarse_plan = replace(plan, params=replace(plan.params, fine_outlines=False))
    monkeypatch.setattr(Plan, "fingerprint", plan.fingerprint)
    coarse = assemble(coarse_plan, sources, folder)

    assert {item.evidence["outline_resolution_m"] for item in candidates} == {0.2}
    assert {item.evidence["outline_resolution_m"] for item in coarse} == {0.4}
    errors, overlaps = matched(plan, candidates).T
    coarse_errors, coarse_overlaps = matched(plan, coarse).T
    assert len(errors) == len(coarse_errors) >= len(NEW) - 1
    assert np.median(np.abs(errors)) < min(0.02, 0.6 * np.median(np.abs(coarse_errors)))
    assert np.median(overlaps) > max(0.96, np.median(coarse_overlaps) + 0.01)


def test_what_was_torn_down_is_outlined_on_the_photograph_before(tmp_path):
    plan, sources = detected(tmp_path, photographs(tmp_path, new_at_the_later=False))

    candidates = assemble(plan, sources, tmp_path)

    assert {item.kind for item in candidates} == {"demolished"}
    errors, overlaps = matched(plan, candidates).T
    assert np.median(np.abs(errors)) < 0.03
    assert np.median(overlaps) > 0.95


def test_fine_outlines_do_not_depend_on_the_blocks(town, tmp_path):
    folder, plan, sources = town
    cut, _ = detected(tmp_path, (sources.before, sources.after), block_px=512)

    assert (len(plan.blocks), len(cut.blocks)) == (1, 4)
    assert assemble(cut, sources, tmp_path) == assemble(plan, sources, folder)


def photograph(folder, image, *, cells=60):
    """A drawn photograph of 0.1 m (RGB) and a grid of 0.4 m over it."""
    path = folder / "photo.png"
    cv2.imwrite(str(path), np.ascontiguousarray(image[..., ::-1]))
    return Photograph(PlainReader(path, resolution_m=0.1), Grid(ANYWHERE, 0, 0, 0.4, cells, cells), fine=True)


def green(cells=60):
    return np.full((4 * cells, 4 * cells, 3), (60, 110, 60), np.uint8)


def two_houses(folder, *, gap=True):
    """Two grey houses on green, a metre apart or under one roof, and masks that leave one pixel of the grid between."""
    image = green()
    image[40:200, 30:110] = image[40:200, 120:200] = 180
    if not gap:
        image[40:200, 110:120] = 180
    masks = np.zeros((2, 60, 60), bool)
    masks[0, 10:50, 7:28], masks[1, 10:50, 29:51] = True, True
    changed = np.where(masks.any(axis=0), 230, 20).astype(np.uint8)
    return photograph(folder, image), masks, changed


WHOLE = Window(0, 0, 60, 60)


def on_the_grid(item, *, cells=60):
    """An object's fine pixels on all of a grid's."""
    whole = np.zeros((cells * item.factor, cells * item.factor), bool)
    whole[item.window.finer(item.factor).slices] = item.mask
    return whole


@pytest.mark.parametrize("gap", [True, False])
def test_no_ground_is_counted_for_two_neighbours(tmp_path, gap):
    photo, masks, changed = two_houses(tmp_path, gap=gap)

    found = [photo.refined(mask, changed, WHOLE, level=153) for mask in masks]

    assert [item.factor for item in found] == [4, 4]
    assert not (on_the_grid(found[0]) & on_the_grid(found[1])).any()
    # Each is 16 x 8 m, 128 m²; their masks have 134 and 141.
    if gap:
        assert [item.mask.sum() * 0.01 for item in found] == pytest.approx([128, 128], rel=0.06)


def test_an_outline_does_not_depend_on_what_else_its_window_holds(tmp_path):
    photo, masks, changed = two_houses(tmp_path)
    part = Window(0, 4, 40, 52)

    whole = photo.refined(masks[0], changed, WHOLE, level=153)
    close = photo.refined(masks[0][part.slices], changed[part.slices], part, level=153)

    np.testing.assert_array_equal(on_the_grid(whole), on_the_grid(close))


def test_a_very_large_object_is_looked_at_less_finely(tmp_path, monkeypatch):
    photo, masks, changed = two_houses(tmp_path)
    box = photo.refined(masks[0], changed, WHOLE, level=153).window
    cells = box.width * box.height

    monkeypatch.setattr(fine, "MOST_FINE_PX", cells * 9)
    assert photo.refined(masks[0], changed, WHOLE, level=153).factor == 3
    monkeypatch.setattr(fine, "MOST_FINE_PX", cells * 3)
    assert photo.refined(masks[0], changed, WHOLE, level=153) is None


def test_a_small_house_in_a_large_piece_is_looked_at_as_finely_as_alone(tmp_path, monkeypatch):
    photo, masks, changed = two_houses(tmp_path)
    small = np.zeros_like(masks[0])
    small[12:24, 8:20] = True
    box = photo.refined(small, changed, WHOLE, level=153).window

    monkeypatch.setattr(fine, "MOST_FINE_PX", box.width * box.height * 16)

    assert photo.refined(small, changed, WHOLE, level=153).factor == 4


def test_a_house_whose_wing_the_photograph_cuts_off_keeps_the_outline_of_the_detector(tmp_path):
    image = green()
    image[40:120, 40:120] = image[60:100, 136:176] = 180
    mask = np.zeros((60, 60), bool)
    mask[10:30, 10:30] = mask[15:25, 34:44] = mask[19:21, 30:34] = True
    changed = np.where(mask, 230, 20).astype(np.uint8)

    assert photograph(tmp_path, image).refined(mask, changed, WHOLE, level=153) is None


@pytest.mark.parametrize("shade", [0, 1, 40])
def test_a_black_shadow_is_seen_and_no_edge_of_the_picture(tmp_path, shade):
    image = green()
    image[40:200, 40:120] = 180
    image[40:200, 120:145] = shade
    mask = np.zeros((60, 60), bool)
    mask[10:50, 10:31] = True
    changed = np.where(mask, 230, 20).astype(np.uint8)

    found = photograph(tmp_path, image).refined(mask, changed, WHOLE, level=153)

    # 16 x 8 m; the mask is a pixel of the grid too wide where the shadow is.
    assert found.mask.sum() * 0.01 == pytest.approx(128, rel=0.03)


def test_where_the_photograph_ends_the_outline_is_the_detectors(tmp_path):
    """Nothing is invented along the edge of what was photographed."""
    image = green()[:, :120]
    image[40:200, 40:] = 180
    mask = np.zeros((60, 60), bool)
    mask[10:50, 10:40] = True
    changed = np.where(mask, 230, 20).astype(np.uint8)

    found = on_the_grid(photograph(tmp_path, image).refined(mask, changed, WHOLE, level=153))

    assert found[60:180, 124:156].all()
    assert not found[:, 165:].any()


def guide_of(width):
    return np.ones((40, width), bool)


def test_a_filter_guided_by_one_colour_is_smooth_and_keeps_what_is_even():
    rng = np.random.default_rng(1)
    values = rng.random((40, 40)).astype(np.float32)

    grey = np.full((40, 40, 3), 0.5, np.float32)
    assert guided(grey, values, guide_of(40), radius_px=3).std() < 0.3 * values.std()
    even = np.full((40, 40), 0.7, np.float32)
    colours = rng.random((40, 40, 3)).astype(np.float32)
    assert guided(colours, even, guide_of(40), radius_px=3) == pytest.approx(even, abs=1e-4)


def test_a_soft_edge_is_laid_on_the_edge_of_the_photograph():
    photo = np.zeros((40, 40, 3), np.float32)
    photo[:, 20:] = 0.8
    soft = np.clip((np.arange(40, dtype=np.float32) - 12) / 12, 0, 1)[None].repeat(40, axis=0)

    laid = guided(photo, soft, guide_of(40), radius_px=6)

    steps = np.diff(laid[20])
    assert np.argmax(steps) == 19
    assert steps.max() > 3 * np.diff(soft[20]).max()


def test_what_is_no_photograph_counts_for_nothing_beside_it():
    rng = np.random.default_rng(2)
    photo, values = rng.random((40, 60, 3)).astype(np.float32), rng.random((40, 60)).astype(np.float32)
    valid = guide_of(60).copy()
    valid[:, 30:] = False
    black = photo.copy()
    black[:, 30:] = 0.0

    there, nowhere = (guided(image, values, valid, radius_px=3)[:, :30] for image in (photo, black))

    np.testing.assert_allclose(there, nowhere, atol=1e-6)
