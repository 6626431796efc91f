from __future__ import annotations

import numpy as np
import pytest
import rasterio
from affine import Affine
from PIL import Image
from shapely.geometry import box

from geo.crs import LonLat
from geo.ingest import Declared, check_overlap, inspect_raster, opening
from geo.ingest import errors as refused
from tests.geo.ingest.drawing import ORIGIN_X, ORIGIN_Y, town, write_geotiff, write_plain, write_world_file


def test_a_text_file_is_refused_by_name(tmp_path):
    path = tmp_path / "notes.tif"
    path.write_text("not an image")
    with pytest.raises(refused.NotARaster, match=r"^notes\.tif: "):
        inspect_raster(path)


def test_an_empty_and_a_missing_file_are_refused(tmp_path):
    (tmp_path / "empty.tif").touch()
    with pytest.raises(refused.NotARaster, match="empty"):
        inspect_raster(tmp_path / "empty.tif")
    with pytest.raises(refused.NotARaster, match="no such file"):
        inspect_raster(tmp_path / "missing.tif")


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_vrt_that_points_elsewhere_is_never_opened(tmp_path):
    write_geotiff(tmp_path / "secret.tif", town())
    path = tmp_path / "innocent.tif"
    path.write_text(
        '<VRTDataset rasterXSize="400" rasterYSize="300"><VRTRasterBand dataType="Byte" band="1"><SimpleSource>'
        f"<SourceFilename>{tmp_path / 'secret.tif'}</SourceFilename><SourceBand>1</SourceBand>"
        "</SimpleSource></VRTRasterBand></VRTDataset>"
    )
    with rasterio.open(path) as readable:
        assert readable.driver == "VRT"
    with pytest.raises(refused.NotARaster):
        inspect_raster(path)


def test_an_image_without_a_place_is_refused(tmp_path):
    with pytest.raises(refused.MissingGeoreference, match="world file"):
        inspect_raster(write_plain(tmp_path / "town.png", town()))


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_ground_control_points_alone_are_refused(tmp_path):
    path = tmp_path / "a.tif"
    points = [
        rasterio.control.GroundControlPoint(row, column, ORIGIN_X + column, ORIGIN_Y - row)
        for row, column in ((0, 0), (0, 400), (300, 0), (300, 400))
    ]
    with rasterio.open(path, "w", driver="GTiff", count=3, width=400, height=300, dtype="uint8") as target:
        target.write(town())
        target.gcps = (points, rasterio.crs.CRS.from_epsg(4547))
    with pytest.raises(refused.MissingGeoreference, match="4 ground control points"):
        inspect_raster(path)


def test_coordinates_without_a_system_are_refused(tmp_path):
    path = write_plain(tmp_path / "town.png", town())
    write_world_file(tmp_path / "town.pgw")
    with pytest.raises(refused.MissingCrs):
        inspect_raster(path)


def test_a_declared_system_that_contradicts_the_file_is_refused(tmp_path):
    path = write_geotiff(tmp_path / "a.tif", town())
    assert inspect_raster(path, declared=Declared(crs="EPSG:4547")).epsg == 4547
    with pytest.raises(refused.ConflictingCrs, match="EPSG:4549"):
        inspect_raster(path, declared=Declared(crs="EPSG:4549"))


@pytest.mark.parametrize("crs", ["EPSG:2362", "EPSG:2437", "EPSG:2333"])
def test_a_datum_with_an_unpublished_shift_is_refused(tmp_path, crs):
    with pytest.raises(refused.UnusableCrs, match="datum"):
        inspect_raster(write_geotiff(tmp_path / "a.tif", town(), crs=None), declared=Declared(crs=crs))


def test_an_unknown_system_is_refused(tmp_path):
    with pytest.raises(refused.UnusableCrs, match="EPSG:99999"):
        inspect_raster(write_geotiff(tmp_path / "a.tif", town(), crs=None), declared=Declared(crs="EPSG:99999"))


@pytest.mark.parametrize("content", ["0.5\n0\n0\n-0.5\n1\n", "a b c d e f", "\xff"])
def test_a_broken_world_file_is_refused_by_its_own_name(tmp_path, content):
    path = write_plain(tmp_path / "town.png", town())
    (tmp_path / "town.pgw").write_text(content, encoding="latin-1")
    with pytest.raises(refused.BadWorldFile, match=r"^town\.pgw: "):
        inspect_raster(path, declared=Declared(crs="EPSG:4547"))


@pytest.mark.parametrize(
    ("transform", "kind"),
    [
        (Affine(0.5, 0.5, ORIGIN_X, 0.5, 0.5, ORIGIN_Y), refused.ImplausibleGeoreference),
        (Affine(0.5, 0.2, ORIGIN_X, 0, -0.5, ORIGIN_Y), refused.ImplausibleGeoreference),
        (Affine(0.5, 0, ORIGIN_X, 0, -1.5, ORIGIN_Y), refused.ImplausibleGeoreference),
        (Affine(0.5, 0, 5e9, 0, -0.5, ORIGIN_Y), refused.ImplausibleGeoreference),
        (Affine(30, 0, ORIGIN_X, 0, -30, ORIGIN_Y), refused.ImplausibleResolution),
        (Affine(1e-4, 0, ORIGIN_X, 0, -1e-4, ORIGIN_Y), refused.ImplausibleResolution),
    ],
    ids=["flat", "sheared", "oblong", "off the Earth", "30 m pixels", "0.1 mm pixels"],
)
def test_an_implausible_georeference_is_refused(tmp_path, transform, kind):
    with pytest.raises(kind):
        inspect_raster(write_geotiff(tmp_path / "a.tif", town(), transform=transform))


def test_a_rotated_image_is_accepted(tmp_path):
    transform = Affine.translation(ORIGIN_X, ORIGIN_Y) @ Affine.rotation(20) @ Affine.scale(0.5, -0.5)
    assert inspect_raster(write_geotiff(tmp_path / "a.tif", town(), transform=transform)).resolution_m == pytest.approx(
        0.5, rel=1e-3
    )


@pytest.mark.parametrize("bands", [1, 2, 5])
def test_a_wrong_number_of_bands_is_refused(tmp_path, bands):
    image = np.repeat(town()[:1], bands, axis=0)
    with pytest.raises(refused.WrongBands, match=f"has {bands} colour bands"):
        inspect_raster(write_geotiff(tmp_path / "a.tif", image, photometric="minisblack"))


@pytest.mark.parametrize("dtype", ["int16", "float32", "uint32"])
def test_a_wrong_pixel_type_is_refused(tmp_path, dtype):
    with pytest.raises(refused.WrongPixelType, match=dtype):
        inspect_raster(write_geotiff(tmp_path / "a.tif", town().astype(dtype)))


def test_a_palette_image_is_refused(tmp_path):
    path = tmp_path / "map.png"
    Image.fromarray(np.moveaxis(town(), 0, -1)).quantize(16).save(path)
    with pytest.raises(refused.WrongBands, match="palette"):
        inspect_raster(path, declared=Declared(center=LonLat(113.6, 34.7), resolution_m=0.5))


def test_an_image_of_nothing_is_refused(tmp_path):
    nothing = np.zeros((3, 300, 400), np.uint8)
    with pytest.raises(refused.NoContent, match="nodata"):
        inspect_raster(write_geotiff(tmp_path / "a.tif", nothing, nodata=0))
    with pytest.raises(refused.NoContent, match="the same"):
        inspect_raster(write_geotiff(tmp_path / "b.tif", nothing + 9))


def test_a_damaged_block_is_named(tmp_path):
    path = write_geotiff(tmp_path / "a.tif", town(), interleave="band")
    with rasterio.open(path) as source:
        offset = int(source.get_tag_item("BLOCK_OFFSET_2_1", "TIFF", bidx=2))
    content = bytearray(path.read_bytes())
    content[offset + 2 : offset + 60] = bytes(58)
    path.write_bytes(content)
    with pytest.raises(refused.CorruptBlock, match=r"block 1,2 of band 2 \(pixel rows from 128, columns from 256\)"):
        inspect_raster(path)


@pytest.mark.parametrize("compress", ["deflate", "lzw", "none", "jpeg"])
def test_a_file_cut_short_is_refused(tmp_path, compress):
    path = write_geotiff(tmp_path / "a.tif", town(), compress=compress)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 6 // 10])
    with pytest.raises((refused.CorruptBlock, refused.NotARaster)):
        inspect_raster(path)


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_a_plain_image_cut_short_is_refused(tmp_path, suffix):
    path = write_plain(tmp_path / f"town{suffix}", town())
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(refused.CorruptBlock, match="cut short"):
        inspect_raster(path, declared=Declared(center=LonLat(113.6, 34.7), resolution_m=0.5))


def test_a_small_file_that_claims_to_be_huge_is_refused_before_decoding(tmp_path):
    path = tmp_path / "bomb.tif"
    profile = {"driver": "GTiff", "count": 3, "width": 200_000, "height": 200_000, "dtype": "uint8", "crs": "EPSG:4547"}
    transform = Affine(0.5, 0, ORIGIN_X, 0, -0.5, ORIGIN_Y)
    with rasterio.open(path, "w", **profile, transform=transform, tiled=True, sparse_ok=True, bigtiff="yes"):
        pass
    with pytest.raises(refused.TooLarge, match="200000 × 200000"):
        inspect_raster(path)


def test_an_image_that_would_expand_like_a_bomb_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(opening, "EXPANSION_FREE_BYTES", 1_000_000)
    image = np.full((3, 1200, 1200), 5, np.uint8)
    with pytest.raises(refused.TooLarge, match="would expand"):
        inspect_raster(write_geotiff(tmp_path / "a.tif", image, blockxsize=512, blockysize=512))


def test_a_block_that_does_not_fit_in_memory_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(opening, "MAX_BLOCK_BYTES", 100_000)
    with pytest.raises(refused.TooLarge, match="blocks of 400 × 300 pixels"):
        inspect_raster(write_geotiff(tmp_path / "a.tif", town(), tiled=False, blockysize=300))


def test_an_image_elsewhere_is_refused_with_place_and_distance(tmp_path):
    path = write_geotiff(tmp_path / "a.tif", town())
    facts = inspect_raster(path)
    assert check_overlap(path, facts.footprint, box(113.5, 34.6, 113.7, 34.8)) == pytest.approx(1.0)
    with pytest.raises(refused.OutsideJurisdiction, match=r"km from the jurisdiction") as caught:
        check_overlap(path, facts.footprint, box(114.5, 34.6, 114.7, 34.8))
    assert caught.value.values["distance_km"] == pytest.approx(82, abs=2)
