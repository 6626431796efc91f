import cv2
import numpy as np
import pytest

from geo.imagery.errors import NotGeoreferencedError, UnreadableImageError, UnsupportedImageError
from geo.imagery.grid import Grid, Window
from geo.imagery.readers import PhotoReader
from geo.imagery.resample import Placement, _Lattice, native_pixels_per_pixel, read_pixels
from tests.geo.imagery.scenes import LEFT_M, TOP_M, UTM_49, ZONE_38_PLAIN, ground, rewrite_in, to_bytes, write_photo

GRID = Grid(ZONE_38_PLAIN, LEFT_M, TOP_M, 0.5, 300, 200)


@pytest.fixture
def picture():
    return to_bytes(ground(3, width=300, height=200))


def whole(grid):
    return Window(0, 0, grid.width, grid.height)


def test_pixels_on_the_grid_of_the_image_are_the_image(tmp_path, picture):
    with PhotoReader(write_photo(tmp_path / "a.tif", picture)) as reader:
        pixels = read_pixels(reader, GRID, whole(GRID))

    assert pixels.valid.all()
    np.testing.assert_array_equal(pixels.rgb, picture)


def test_a_finer_image_is_averaged_by_whole_pixels(tmp_path, picture):
    coarse = Grid(ZONE_38_PLAIN, LEFT_M, TOP_M, 1.0, 150, 100)
    with PhotoReader(write_photo(tmp_path / "a.tif", picture)) as reader:
        pixels = read_pixels(reader, coarse, whole(coarse))

    means = picture.reshape(100, 2, 150, 2, 3).mean(axis=(1, 3))
    assert np.abs(pixels.rgb - means).max() <= 0.51


def test_a_window_holds_the_same_pixels_whatever_is_read_around_it(tmp_path, picture):
    source = write_photo(tmp_path / "a.tif", picture, resolution_m=0.37)
    turned = rewrite_in(source, tmp_path / "utm.tif", UTM_49, resolution_m=0.31)
    grid = Grid(ZONE_38_PLAIN, LEFT_M - 3, TOP_M + 2, 0.5, 240, 170)
    with PhotoReader(turned) as reader:
        at_once = read_pixels(reader, grid, whole(grid))
        for window in (Window(0, 0, 64, 64), Window(37, 11, 101, 90), Window(130, 65, 110, 105)):
            part = read_pixels(reader, grid, window)
            np.testing.assert_array_equal(part.valid, at_once.valid[window.slices])
            np.testing.assert_array_equal(part.rgb, at_once.rgb[window.slices])


@pytest.mark.parametrize("resolution_m", [0.5, 0.25])
@pytest.mark.parametrize("off_m", [(0.0, 0.0), (1.0, -2.5), (-0.37, 0.81), (5.43, -7.02)])
def test_a_mere_shift_is_read_as_any_other_placement(tmp_path, picture, monkeypatch, resolution_m, off_m):
    """The quick way of reading what registration only shifted brings the same pixels, at holes and edges too."""
    holes = np.random.default_rng(2).random(picture.shape[:2]) > 0.002
    source = write_photo(tmp_path / "a.tif", picture, resolution_m=resolution_m, valid=holes)
    placement = Placement((1.0, 0.0, off_m[0], 0.0, 1.0, off_m[1]), (LEFT_M, TOP_M))
    grid = Grid(ZONE_38_PLAIN, LEFT_M - 5, TOP_M + 5, 0.5, 330, 230)
    with PhotoReader(source) as reader:
        quick = read_pixels(reader, grid, whole(grid), placement=placement)
        monkeypatch.setattr(_Lattice, "even_shift", lambda self, factor: None)
        anyhow = read_pixels(reader, grid, whole(grid), placement=placement)

    assert quick.valid.any()
    np.testing.assert_array_equal(quick.valid, anyhow.valid)
    np.testing.assert_array_equal(quick.rgb, anyhow.rgb)


def test_another_coordinate_system_brings_the_same_place(tmp_path):
    smooth = to_bytes(np.dstack([ground(4, width=300, height=200)[..., 0]] * 3))
    source = write_photo(tmp_path / "a.tif", smooth)
    turned = rewrite_in(source, tmp_path / "utm.tif", UTM_49, resolution_m=0.25)
    with PhotoReader(turned) as reader:
        pixels = read_pixels(reader, GRID, whole(GRID))

    inner = np.s_[10:-10, 10:-10]
    assert pixels.valid[inner].all()
    difference = pixels.rgb[inner].astype(float) - smooth[inner]
    # Interpolated twice, so grains differ; half a pixel of displacement would give 6.
    assert np.sqrt((difference**2).mean()) < 4


def test_what_the_alpha_band_hides_is_not_valid(tmp_path, picture):
    valid = np.ones((200, 300), bool)
    valid[50:80, 100:160] = False
    with PhotoReader(write_photo(tmp_path / "a.tif", picture, valid=valid)) as reader:
        pixels = read_pixels(reader, GRID, whole(GRID))

    np.testing.assert_array_equal(pixels.valid, valid)


def test_a_pixel_into_which_nodata_enters_is_not_valid(tmp_path, picture):
    picture[picture == 0] = 1
    picture[60:61, 100:101] = 0
    coarse = Grid(ZONE_38_PLAIN, LEFT_M, TOP_M, 1.0, 150, 100)
    with PhotoReader(write_photo(tmp_path / "a.tif", picture, nodata=0)) as reader:
        pixels = read_pixels(reader, coarse, whole(coarse))

    assert np.argwhere(~pixels.valid).tolist() == [[30, 50]]


def test_a_black_collar_without_a_declared_nodata_value_is_not_valid_but_a_black_roof_is(tmp_path, picture):
    picture[picture < 2] = 2
    picture[:, :40] = 0
    picture[100:110, 200:212] = 0
    with PhotoReader(write_photo(tmp_path / "a.tif", picture)) as reader:
        pixels = read_pixels(reader, GRID, whole(GRID))

    assert not pixels.valid[:, :40].any()
    assert pixels.valid[:, 40:].all()


def test_outside_the_image_is_not_valid(tmp_path, picture):
    grid = Grid(ZONE_38_PLAIN, LEFT_M - 10, TOP_M + 5, 0.5, 300, 200)
    with PhotoReader(write_photo(tmp_path / "a.tif", picture)) as reader:
        pixels = read_pixels(reader, grid, whole(grid))

    assert not pixels.valid[:10].any()
    assert not pixels.valid[:, :20].any()
    assert pixels.valid[10:, 20:].all()


def test_sixteen_bits_and_a_fourth_band_show_the_same_picture(tmp_path, picture):
    deep = picture.astype(np.uint16) * 9 + 300
    with PhotoReader(write_photo(tmp_path / "a.tif", deep, extra_band=deep[..., 0])) as reader:
        pixels = read_pixels(reader, GRID, whole(GRID), stretch=reader.stretch())

    for band in range(3):
        assert np.corrcoef(pixels.rgb[..., band].ravel(), picture[..., band].ravel())[0, 1] > 0.99
    assert pixels.rgb.max() > 240
    assert pixels.rgb.min() < 15


def test_native_pixels_are_counted_along_one_side(tmp_path, picture):
    with PhotoReader(write_photo(tmp_path / "a.tif", picture, resolution_m=0.1)) as reader:
        assert native_pixels_per_pixel(reader, GRID) == pytest.approx(5.0, rel=1e-3)


def test_an_image_without_georeference_is_refused_by_name(tmp_path, picture):
    path = tmp_path / "plain.png"
    cv2.imwrite(str(path), picture)

    with pytest.raises(NotGeoreferencedError, match=r"plain\.png"):
        PhotoReader(path)


def test_a_file_that_is_no_image_is_refused_by_name(tmp_path):
    path = tmp_path / "notes.tif"
    path.write_text("not an image")

    with pytest.raises(UnreadableImageError, match=r"notes\.tif"):
        PhotoReader(path)


def test_real_numbers_are_no_photograph(tmp_path, picture):
    with pytest.raises(UnsupportedImageError, match="float32"):
        PhotoReader(write_photo(tmp_path / "a.tif", picture.astype(np.float32)))


def test_a_damaged_part_is_named(tmp_path):
    noisy = np.random.default_rng(1).integers(0, 255, (1024, 1024, 3), np.uint8)
    path = write_photo(tmp_path / "cut.tif", noisy)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])

    with PhotoReader(path) as reader, pytest.raises(UnreadableImageError, match=r"cut\.tif.*rows 768…1023"):
        reader.read(768, 768, 256, 256)
