from __future__ import annotations

import numpy as np
import pytest
import rasterio
from rio_cogeo.cogeo import cog_validate

from geo.crs import LonLat
from geo.ingest import Declared, georeferenced_copy_or_vrt, inspect_raster, make_thumbnail, make_web_cog, sha256_of
from geo.ingest import errors as refused
from tests.geo.ingest.drawing import CRS, town, write_geotiff, write_plain, write_world_file

PLACE = Declared(center=LonLat(113.6, 34.7), resolution_m=0.5)


def test_a_complete_geotiff_is_measured_as_it_is(tmp_path):
    facts = inspect_raster(write_geotiff(tmp_path / "a.tif", town()))
    assert georeferenced_copy_or_vrt(facts, tmp_path / "out" / "measure") == facts.path


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_plain_image_gets_a_lossless_tiled_copy_and_stays_untouched(tmp_path, suffix):
    path = write_plain(tmp_path / f"town{suffix}", town(rows=700, columns=900))
    before = sha256_of(path)
    facts = inspect_raster(path, declared=PLACE)
    copy = georeferenced_copy_or_vrt(facts, tmp_path / "out" / "measure")
    with rasterio.open(copy) as result, rasterio.open(path) as original:
        assert result.crs.to_epsg() == 4547
        assert result.block_shapes[0] == (512, 512)
        np.testing.assert_array_equal(result.read(), original.read())
    assert sha256_of(path) == before


def test_a_geotiff_whose_system_had_to_be_told_gets_a_vrt_over_the_original(tmp_path):
    facts = inspect_raster(write_geotiff(tmp_path / "a.tif", town(bands=4), crs=None), declared=Declared(crs=CRS))
    path = georeferenced_copy_or_vrt(facts, tmp_path / "out" / "measure")
    with rasterio.open(path) as result:
        assert result.crs.to_epsg() == 4547
        np.testing.assert_array_equal(result.read(), town(bands=4))


def test_a_collar_becomes_nodata_for_measuring(tmp_path):
    image = town()
    image[:, :, 300:] = 255
    facts = inspect_raster(write_geotiff(tmp_path / "a.tif", image))
    with rasterio.open(georeferenced_copy_or_vrt(facts, tmp_path / "measure")) as result:
        assert (result.dataset_mask()[:, 300:] == 0).all()
        assert (result.dataset_mask()[:, :300] == 255).all()


@pytest.mark.parametrize("masked", ["none", "mask", "nodata", "alpha"])
def test_the_web_copy_is_a_valid_cog_in_web_mercator_with_the_mask_of_the_original(tmp_path, masked):
    image, options = town(rows=700, columns=900), {}
    if masked == "mask":
        options["mask"] = np.repeat([[255] * 450 + [0] * 450], 700, axis=0).astype("uint8")
    elif masked == "nodata":
        image[:, :, 450:] = 0
        options["nodata"] = 0
    elif masked == "alpha":
        image = np.concatenate([image, np.repeat([[255] * 450 + [0] * 450], 700, axis=0)[None].astype("uint8")])
        options.update(photometric="rgb", alpha="yes")
    facts = inspect_raster(write_geotiff(tmp_path / "a.tif", image, **options))
    cog = make_web_cog(facts, tmp_path / "out" / "web.tif")
    assert cog_validate(cog)[0]
    with rasterio.open(cog) as result:
        assert (result.count, result.crs.to_epsg(), result.dtypes[0]) == (3, 3857, "uint8")
        assert result.overviews(1)
        x, y = rasterio.warp.transform("EPSG:4547", "EPSG:3857", *([v] for v in facts.transform @ (70, 40)))
        red, green, blue = next(result.sample([(x[0], y[0])]))
        assert red > green + 80
        assert red > blue + 80
        x, y = rasterio.warp.transform("EPSG:4547", "EPSG:3857", *([v] for v in facts.transform @ (800, 600)))
        row, column = result.index(x[0], y[0])
        assert bool(result.dataset_mask()[row, column]) == (masked == "none")
        assert not result.dataset_mask()[0, 0]
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["web.tif"]


def test_sixteen_bit_is_stretched_by_percentiles_for_looking(tmp_path):
    facts = inspect_raster(write_geotiff(tmp_path / "a.tif", town(rows=600, columns=600, dtype="uint16", bands=4)))
    with rasterio.open(make_web_cog(facts, tmp_path / "web.tif")) as result:
        inside = result.read(1)[result.dataset_mask() > 0]
    assert result.dtypes[0] == "uint8"
    assert np.percentile(inside, 95) - np.percentile(inside, 5) > 60


def test_a_failed_conversion_leaves_nothing_half_written(tmp_path):
    path = write_geotiff(tmp_path / "a.tif", town(rows=700, columns=900))
    facts = inspect_raster(path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 3])
    with pytest.raises(refused.ConversionFailed, match=r"^a\.tif: "):
        make_web_cog(facts, tmp_path / "out" / "web.tif")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_file_name_with_markup_and_chinese_letters_is_no_problem(tmp_path):
    path = write_plain(tmp_path / "航片<1>&'[二].jpg", town())
    write_world_file(tmp_path / "航片<1>&'[二].jgw")
    facts = inspect_raster(path, declared=Declared(crs=CRS))
    assert facts.georeference_source == "world_file"
    with rasterio.open(make_web_cog(facts, tmp_path / "web.tif")) as result:
        assert result.read(1).any()


def test_a_thumbnail_shows_the_image_small(tmp_path):
    from PIL import Image

    image = town(rows=1500, columns=2000)
    image[:, :, 1500:] = 0
    facts = inspect_raster(write_geotiff(tmp_path / "a.tif", image, nodata=0))
    thumbnail = make_thumbnail(make_web_cog(facts, tmp_path / "web.tif"), tmp_path / "thumb.webp")
    with Image.open(thumbnail) as picture:
        assert max(picture.size) == 640
        assert picture.getpixel((100, 100))[3] == 255
        assert picture.getpixel((600, 100))[3] == 0
