"""Raster tiles: whose pixels are shown, where they lie, and how they are kept."""

import datetime
import io

import numpy as np
import pytest
import rasterio
from PIL import Image
from pyproj import Transformer
from rasterio.transform import from_bounds

from geo.models import Posting, Unit
from geo.roles import Role
from geo.tiles.grid import Tile
from geo.tiles.raster import TILE_SIZE_PX
from tests.factories import SOUTH, STEP, WEST, make_snapshot, make_special_area, make_user, multi, square

RED, BLUE = (200, 30, 30), (30, 30, 200)
TO_WEB = Transformer.from_crs(4490, 3857, always_xy=True)


def tile_at(lon: float, lat: float, z: int) -> Tile:
    x, y = TO_WEB.transform(lon, lat)
    size = Tile(z, 0, 0).size_m
    return Tile(z, int((x + 20037508.342789244) / size), int((20037508.342789244 - y) / size))


def url(snapshot, tile: Tile, extension: str = "png") -> str:
    return f"/tiles/r/{snapshot.pk}/{tile.z}/{tile.x}/{tile.y}.{extension}"


@pytest.fixture
def snapshot(town):
    """The western county is red, the eastern one blue; the northernmost tenth has no data."""
    snapshot = make_snapshot(town, datetime.date(2026, 6, 20))
    west, south = TO_WEB.transform(WEST, SOUTH)
    east, north = TO_WEB.transform(WEST + 2 * STEP, SOUTH + 4 * STEP)
    columns, rows = 400, 1000
    pixels = np.empty((3, rows, columns), dtype="uint8")
    pixels[:, :, : columns // 2] = np.reshape(RED, (3, 1, 1))
    pixels[:, :, columns // 2 :] = np.reshape(BLUE, (3, 1, 1))
    mask = np.full((rows, columns), 255, dtype="uint8")
    mask[: rows // 10] = 0
    snapshot.web_file.parent.mkdir(parents=True, exist_ok=True)
    with (
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
        rasterio.open(
            snapshot.web_file,
            "w",
            driver="GTiff",
            width=columns,
            height=rows,
            count=3,
            dtype="uint8",
            crs="EPSG:3857",
            transform=from_bounds(west, south, east, north, columns, rows),
        ) as raster,
    ):
        raster.write(pixels)
        raster.write_mask(mask)
    return snapshot


@pytest.fixture
def picture(client):
    """A function that asks for a tile as a person and decodes it: shape (rows, columns, RGBA)."""

    def ask(user, address):
        client.force_login(user)
        response = client.get(address)
        assert response.status_code == 200, response.status_code
        return np.asarray(Image.open(io.BytesIO(response.content)).convert("RGBA"))

    return ask


def test_the_whole_city_sees_both_counties(snapshot, town, picture):
    tile = tile_at(WEST + STEP, SOUTH + 2 * STEP, 16)
    pixels = picture(make_user(Role.OFFICE, town.city), url(snapshot, tile))
    assert pixels.shape == (TILE_SIZE_PX, TILE_SIZE_PX, 4)
    assert (pixels[..., 3] == 255).all()
    assert {tuple(pixels[0, 0, :3]), tuple(pixels[0, -1, :3])} == {RED, BLUE}


def test_a_county_sees_its_own_pixels_and_none_of_its_neighbours(snapshot, town, picture):
    tile = tile_at(WEST + STEP, SOUTH + 2 * STEP, 16)
    pixels = picture(make_user(Role.SUPERVISOR, town.counties[0]), url(snapshot, tile))
    shown = pixels[..., 3] == 255
    assert shown.any()
    assert (~shown).any()
    assert (pixels[shown][:, 0] > 150).all()
    # What is transparent is not merely hidden: its colours are not sent.
    assert not pixels[~shown][:, :3].any()


def test_the_cut_lies_on_the_boundary(snapshot, town, picture):
    tile = tile_at(WEST + STEP, SOUTH + 2 * STEP, 16)
    pixels = picture(make_user(Role.SUPERVISOR, town.counties[0]), url(snapshot, tile))
    box = tile.box_m()
    border_m, _ = TO_WEB.transform(WEST + STEP, SOUTH)
    border_px = (border_m - box.west) / tile.size_m * TILE_SIZE_PX
    assert (pixels[..., 3] == 255).sum(axis=1) == pytest.approx(border_px, abs=1)


def test_a_special_area_is_cut_to_the_area(snapshot, town, picture):
    area = make_special_area(town)
    tile = tile_at(WEST + STEP, SOUTH + STEP, 16)
    pixels = picture(make_user(Role.SUPERVISOR, special_area=area), url(snapshot, tile))
    box = tile.box_m()
    _, top_m = TO_WEB.transform(WEST, SOUTH + STEP)
    hidden_rows = (box.north - top_m) / tile.size_m * TILE_SIZE_PX
    assert (pixels[..., 3] == 0).sum(axis=0) == pytest.approx(hidden_rows, abs=1)


def test_a_pixel_without_data_is_transparent(snapshot, town, picture):
    tile = tile_at(WEST + STEP / 2, SOUTH + 3.6 * STEP, 15)
    pixels = picture(make_user(Role.OFFICE, town.city), url(snapshot, tile))
    assert {0, 255} <= set(np.unique(pixels[..., 3]))


def test_a_tile_wholly_in_the_neighbours_area_is_empty(snapshot, town, client):
    client.force_login(make_user(Role.SUPERVISOR, town.counties[0]))
    tile = tile_at(WEST + 1.5 * STEP, SOUTH + STEP, 18)
    assert client.get(url(snapshot, tile)).status_code == 204


def test_a_tile_beside_the_image_is_empty(snapshot, town, client):
    client.force_login(make_user(Role.OFFICE, town.city))
    assert client.get(url(snapshot, tile_at(10.0, 50.0, 12))).status_code == 204


def test_a_snapshot_of_elsewhere_is_not_found(snapshot, town, client):
    snapshot.units.set(Unit.objects.filter(path__startswith=town.counties[1].path))
    client.force_login(make_user(Role.SUPERVISOR, town.counties[0]))
    assert client.get(url(snapshot, tile_at(WEST, SOUTH, 14))).status_code == 404


def test_a_post_without_snapshots_is_refused(snapshot, town, client):
    client.force_login(make_user(Role.FINANCE, town.city))
    response = client.get(url(snapshot, tile_at(WEST, SOUTH, 14)))
    assert response.status_code == 403
    assert "审核员" in response.json()["detail"]


def test_a_visitor_is_told_to_sign_in(snapshot, client):
    assert client.get(url(snapshot, tile_at(WEST, SOUTH, 14))).status_code == 401


def test_a_tile_comes_as_webp_too(snapshot, town, client):
    client.force_login(make_user(Role.OFFICE, town.city))
    response = client.get(url(snapshot, tile_at(WEST + STEP, SOUTH + STEP, 15), "webp"))
    assert response["Content-Type"] == "image/webp"
    assert Image.open(io.BytesIO(response.content)).format == "WEBP"


def test_an_unchanged_tile_is_not_rendered_again(snapshot, town, client, monkeypatch):
    client.force_login(make_user(Role.OFFICE, town.city))
    address = url(snapshot, tile_at(WEST + STEP, SOUTH + STEP, 15))
    first = client.get(address)
    assert first["Cache-Control"].startswith("private")

    def fail(*args, **kwargs):
        raise AssertionError("rendered again")

    monkeypatch.setattr("geo.tiles.views.snapshot_tile", fail)
    assert client.get(address, headers={"if-none-match": first["ETag"]}).status_code == 304


def test_the_tag_of_one_jurisdiction_is_not_that_of_another(snapshot, town, client):
    address = url(snapshot, tile_at(WEST + STEP, SOUTH + 2 * STEP, 16))
    tags = set()
    for unit in (town.city, *town.counties):
        client.force_login(make_user(Role.SUPERVISOR, unit))
        tags.add(client.get(address)["ETag"])
    assert len(tags) == 3


def test_a_boundary_read_in_anew_is_a_new_version_of_its_tiles(snapshot, town, client):
    """A cache in front keeps tiles by their tag: none that was cut to the old boundary may be handed out."""
    client.force_login(make_user(Role.SUPERVISOR, town.counties[0]))
    address = url(snapshot, tile_at(WEST + STEP, SOUTH + 2 * STEP, 16))
    first = client.head(address)["ETag"]
    assert client.head(address)["ETag"] == first

    Unit.objects.filter(pk=town.counties[0].pk).update(boundary=multi(square(WEST, SOUTH, 0.98 * STEP, 4 * STEP)))

    assert client.head(address)["ETag"] != first
    assert client.get(address, headers={"if-none-match": first}).status_code == 200


def test_asking_for_a_version_costs_the_same_few_queries_for_many_posts(
    snapshot, town, client, django_assert_num_queries
):
    user = make_user(Role.SUPERVISOR, town.counties[0])
    for unit in (town.counties[1], make_special_area(town)):
        place = {"unit": unit} if isinstance(unit, Unit) else {"special_area": unit}
        Posting.objects.create(user=user, role=Role.SUPERVISOR, **place)
    client.force_login(user)
    with django_assert_num_queries(5):  # session, person, posts, snapshot, cut
        client.head(url(snapshot, tile_at(WEST + STEP, SOUTH + 2 * STEP, 16)))
