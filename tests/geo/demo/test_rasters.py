"""The orthophotos and height models show the town that the registers describe."""

import json

import numpy as np
import pytest
import rasterio
import shapely
from rasterio.features import geometry_mask

from geo.demo import camera
from geo.demo.light import Sun, shadows
from tests.geo.demo.read import read_layer


def snapshots(folder):
    return json.loads((folder / "snapshots.json").read_text(encoding="utf-8"))["snapshots"]


def inside(outline, raster, shrink_m=1.5):
    return ~geometry_mask([outline.buffer(-shrink_m)], raster.shape, raster.transform)


def changes(folder, kind, after):
    _, outlines, columns = read_layer(folder / "truth.gpkg")
    return [
        outline
        for outline, k, day in zip(outlines, columns["kind"], columns["after"], strict=True)
        if k == kind and str(day)[:10] == after
    ]


def test_three_snapshots_are_described_in_order_of_date(demo_folder):
    described = snapshots(demo_folder)

    assert [s["captured_at"][:10] for s in described] == ["2026-03-18", "2026-06-20", "2026-09-22"]
    assert all((demo_folder / s["file"]).exists() and (demo_folder / s["dsm"]).exists() for s in described)


def test_each_orthophoto_has_its_own_storage_grid_and_ragged_edge(demo_folder):
    kinds = set()
    for described in snapshots(demo_folder):
        with rasterio.open(demo_folder / described["file"]) as image:
            mask = image.dataset_mask()
            kinds.add((image.compression.value, image.res[0], image.nodata))
            assert image.crs.to_epsg() == 4547
            assert image.block_shapes[0][1] < image.width
            assert (image.count, image.dtypes[0]) == (3, "uint8")
            assert 0.9 < (mask > 0).mean() < 1.0
            assert (mask[0] == 0).mean() > 0.5
            if image.nodata is not None:
                assert image.read()[:, mask > 0].min() >= 1
    assert kinds == {("DEFLATE", 0.4, 0.0), ("LZW", 0.5, 0.0), ("JPEG", 0.4, None)}


def test_a_new_building_rises_in_the_height_model_and_a_demolished_one_goes(demo_folder):
    for after, before_day in (("2026-06-20", "20260318"), ("2026-09-22", "20260620")):
        day = after.replace("-", "")
        with (
            rasterio.open(demo_folder / f"dsm_{before_day}.tif") as before,
            rasterio.open(demo_folder / f"dsm_{day}.tif") as now,
        ):
            for kind, least_m, most_m in (("new", 1.8, 40.0), ("demolished", -40.0, -1.8), ("storey_added", 1.8, 5.0)):
                for outline in changes(demo_folder, kind, after):
                    rise = _mean(now, outline) - _mean(before, outline)
                    assert least_m < rise < most_m, (kind, outline.centroid.wkt)


def _mean(raster, outline):
    """Mean rather than median: a shed over about half of a roof makes the median jump with the flight's shift."""
    heights = raster.read(1)
    chosen = inside(outline, raster, 0.8)
    return float(np.mean(heights[chosen & (heights != raster.nodata)]))


def test_a_new_roof_shows_in_the_orthophoto_where_the_ground_does_not_change_much(demo_folder):
    with (
        rasterio.open(demo_folder / "ortho_20260318.tif") as before,
        rasterio.open(demo_folder / "ortho_20260922.tif") as after,
    ):
        a, b = before.read().astype(float), after.read().astype(float)
        difference = np.abs(a - b).mean(axis=0)
        roofs = np.zeros(before.shape, bool)
        for outline in changes(demo_folder, "new", "2026-06-20") + changes(demo_folder, "new", "2026-09-22"):
            roofs |= inside(outline, before)
        valid = (before.dataset_mask() > 0) & (after.dataset_mask() > 0)

    assert difference[roofs].mean() > 1.3 * difference[valid & ~roofs].mean()


def test_a_shadow_falls_away_from_the_sun_and_as_far_as_the_height_says():
    heights = np.zeros((81, 81), np.float32)
    heights[38:43, 38:43] = 10.0
    shade = shadows(heights, Sun(azimuth=180.0, elevation=45.0), 1.0, 20.0)

    assert shade[30, 40] > 0.9  # north of the tower, within its 10 m of shadow
    assert shade[25, 40] < 0.1  # beyond it
    assert shade[46, 40] < 0.1  # the sunny side


def test_displacement_stays_within_three_pixels():
    at = np.arange(0.0, 2500.0, 50.0)
    for when, flight in enumerate(camera.FLIGHTS):
        east, north = camera.displacement(flight, when, 7, 463_000.0 + at, 3_841_000.0 + at)
        reach = np.hypot(east, north) / flight.resolution_m
        assert reach.mean() > 0.5
        assert reach.max() < 3.5


def test_a_roof_facing_the_sun_is_lighter_than_flat_ground_and_its_back_darker():
    sun = Sun(azimuth=180.0, elevation=45.0)

    assert sun.facing(0.0, -1.0, 0.5) > 1.0 > sun.facing(0.0, 1.0, 0.5)
    assert sun.facing(1.0, 0.0, 0.0) == pytest.approx(1.0)


def test_truth_lies_within_the_photographed_square(demo_folder):
    with rasterio.open(demo_folder / "ortho_20260318.tif") as image:
        square = shapely.box(*image.bounds)
    _, outlines, _ = read_layer(demo_folder / "truth.gpkg")

    assert all(square.covers(outline) for outline in outlines)
