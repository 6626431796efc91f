from __future__ import annotations

import numpy as np
import pytest
import shapely
from affine import Affine
from shapely.geometry import box

from geo.crs import LonLat, reproject
from geo.ingest import Declared, inspect_raster, sha256_of
from geo.ingest import errors as refused
from geo.measure import area_m2
from tests.geo.ingest.drawing import CRS, ORIGIN_X, ORIGIN_Y, town, write_geotiff, write_plain, write_world_file

EXTENT = reproject(box(ORIGIN_X, ORIGIN_Y - 150, ORIGIN_X + 200, ORIGIN_Y), 4547)


def overlap_ratio(one, other):
    return area_m2(one.intersection(other)).area_m2 / area_m2(one.union(other)).area_m2


def test_a_geotiff_tells_its_size_place_and_resolution(tmp_path):
    facts = inspect_raster(write_geotiff(tmp_path / "a.tif", town()))
    assert (facts.driver, facts.width, facts.height, facts.band_count, facts.dtype) == ("GTiff", 400, 300, 3, "uint8")
    assert facts.epsg == 4547
    assert facts.resolution_m == pytest.approx(0.5, rel=2e-4)
    assert facts.georeference_source == "file"
    assert facts.valid_share == 1.0
    assert overlap_ratio(facts.footprint, EXTENT) > 0.999999


def test_statistics_are_those_of_the_valid_pixels(tmp_path):
    image = town()
    image[:, :, :200] = 7
    facts = inspect_raster(write_geotiff(tmp_path / "a.tif", image, nodata=7))
    inside = image[0][:, 200:]
    band = facts.statistics[0]
    assert (band.minimum, band.maximum) == (inside.min(), inside.max())
    assert band.mean == pytest.approx(inside.mean())
    assert band.p98 == pytest.approx(np.percentile(inside, 98), abs=1)


def test_the_footprint_follows_the_valid_pixels_not_the_bounds(tmp_path):
    image = town()
    rows, columns = np.mgrid[0:300, 0:400]
    inside = rows * 4 + columns * 3 < 1200
    facts = inspect_raster(write_geotiff(tmp_path / "a.tif", image, mask=(inside * 255).astype("uint8")))
    triangle = shapely.Polygon(
        [(ORIGIN_X, ORIGIN_Y), (ORIGIN_X + 200, ORIGIN_Y), (ORIGIN_X, ORIGIN_Y - 150)],
    )
    assert facts.mask_kind == "mask"
    assert facts.valid_share == pytest.approx(0.5, abs=0.01)
    assert overlap_ratio(facts.footprint, reproject(triangle, 4547)) > 0.98


def test_an_alpha_band_is_a_mask_and_a_fourth_colour_is_not(tmp_path):
    image = town(bands=4)
    image[3] = 255
    image[3, :, 100:] = 0
    alpha = inspect_raster(write_geotiff(tmp_path / "alpha.tif", image, photometric="rgb", alpha="yes"))
    infrared = inspect_raster(write_geotiff(tmp_path / "nir.tif", image, photometric="rgb", alpha="no"))
    assert (alpha.mask_kind, alpha.colour_bands) == ("alpha", (1, 2, 3))
    assert alpha.valid_share == pytest.approx(0.25)
    assert (infrared.mask_kind, infrared.colour_bands) == ("none", (1, 2, 3, 4))


def test_a_black_collar_of_a_mosaic_without_mask_is_no_part_of_the_footprint(tmp_path):
    image = town()
    image[:, :, 320:] = 0
    image[:, 170:190, 150:170] = 0  # a dark roof inside stays
    facts = inspect_raster(write_geotiff(tmp_path / "a.tif", image))
    assert (facts.mask_kind, facts.collar_value) == ("collar", 0)
    assert facts.valid_share == pytest.approx(0.8, abs=0.01)
    assert len(facts.footprint.interiors) == 0


def test_sixteen_bit_images_are_accepted(tmp_path):
    facts = inspect_raster(write_geotiff(tmp_path / "a.tif", town(dtype="uint16", bands=4)))
    assert facts.dtype == "uint16"
    assert facts.statistics[0].maximum == 200 * 16


@pytest.mark.parametrize(("suffix", "world"), [(".jpg", ".jgw"), (".png", ".pgw"), (".jpg", ".JGW"), (".png", ".wld")])
def test_a_plain_image_with_a_world_file_and_a_declared_system_lies_where_it_says(tmp_path, suffix, world):
    path = write_plain(tmp_path / f"town{suffix}", town())
    write_world_file(tmp_path / f"town{world}")
    facts = inspect_raster(path, declared=Declared(crs=CRS))
    assert facts.georeference_source == "world_file"
    assert overlap_ratio(facts.footprint, EXTENT) > 0.99999


def test_a_plain_image_is_placed_by_centre_and_resolution_in_the_local_zone(tmp_path):
    path = write_plain(tmp_path / "town.png", town())
    facts = inspect_raster(path, declared=Declared(center=LonLat(113.6, 34.7), resolution_m=0.5))
    assert facts.georeference_source == "declared"
    assert facts.epsg == 4547
    assert facts.resolution_m == pytest.approx(0.5, rel=1e-6)
    assert facts.footprint.centroid.distance(shapely.Point(113.6, 34.7)) < 1e-6
    assert area_m2(facts.footprint).area_m2 == pytest.approx(200 * 150, rel=1e-5)


def test_declared_metres_are_metres_of_the_ground_also_in_web_mercator(tmp_path):
    path = write_plain(tmp_path / "town.png", town())
    facts = inspect_raster(path, declared=Declared(center=LonLat(113.6, 34.7), resolution_m=0.5, crs="EPSG:3857"))
    assert facts.transform.a == pytest.approx(0.5 / np.cos(np.radians(34.7)), rel=5e-3)
    assert area_m2(facts.footprint).area_m2 == pytest.approx(200 * 150, rel=1e-3)


def test_a_geographic_system_is_accepted_with_resolution_in_metres(tmp_path):
    transform = Affine(5e-6, 0, 113.6, 0, -4.5e-6, 34.7)
    facts = inspect_raster(write_geotiff(tmp_path / "a.tif", town(), crs="EPSG:4490", transform=transform))
    assert facts.resolution_m == pytest.approx(0.478, abs=0.005)


def test_reading_reports_its_progress_to_the_end(tmp_path):
    seen: list[float] = []
    inspect_raster(write_geotiff(tmp_path / "a.tif", town()), on_progress=seen.append)
    assert seen
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_the_checksum_is_the_one_of_the_bytes(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert sha256_of(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_facts_are_plain_json(tmp_path):
    import json

    facts = inspect_raster(write_geotiff(tmp_path / "a.tif", town()))
    assert json.loads(json.dumps(facts.as_json()))["crs"] == "EPSG:4547"


def test_inspecting_leaves_the_original_and_its_folder_as_they_were(tmp_path):
    path = write_plain(tmp_path / "town.png", town())
    before = sha256_of(path)
    inspect_raster(path, declared=Declared(center=LonLat(113.6, 34.7), resolution_m=0.5))
    assert sha256_of(path) == before
    assert [file for file in tmp_path.iterdir() if file.is_file()] == [path]


def test_errors_name_the_file_and_have_a_code_of_their_own():
    kinds = [
        kind for kind in vars(refused).values() if isinstance(kind, type) and issubclass(kind, refused.IngestError)
    ]
    assert len({kind.code for kind in kinds}) == len(kinds)
