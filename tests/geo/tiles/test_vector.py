"""Vector tiles: what is in them, for whom, and how they are kept."""

import math

import pytest

from geo.roles import Role
from tests.factories import make_building, make_flag, make_run, make_special_area, make_user

Z = 15


def address(layer: str, lon: float, lat: float, z: int = Z) -> str:
    x = int((lon + 180) / 360 * 2**z)
    y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**z)
    return f"/tiles/v/{layer}/{z}/{x}/{y}.mvt"


@pytest.fixture
def asker(client):
    """A function that asks as a person."""

    def ask(user, url, **headers):
        client.force_login(user)
        return client.get(url, headers=headers)

    return ask


def test_a_tile_holds_the_buildings_with_their_attributes(town, asker, read):
    lon, lat = town.spot()
    building = make_building(town.communities[0][0], lon, lat, storeys=3, use="residential")
    response = asker(make_user(Role.COUNTY, town.counties[0]), address("buildings", lon, lat))
    assert response.status_code == 200
    assert response["Content-Type"] == "application/vnd.mapbox-vector-tile"
    [feature] = read(response.content)["buildings"]
    assert feature.id == building.pk
    assert feature.kind == 3
    assert feature.attributes == {"code": building.code, "use": "residential", "status": "standing", "storeys": 3}


def test_a_tile_puts_a_building_where_it_stands(town, asker, read):
    lon, lat = town.spot()
    make_building(town.communities[0][0], lon, lat)
    url = address("buildings", lon, lat)
    _, _, _, _, z, x, y = url.removesuffix(".mvt").split("/")
    [feature] = read(asker(make_user(Role.OFFICE, town.city), url).content)["buildings"]
    first_x, first_y = ((value >> 1) ^ -(value & 1) for value in feature.commands[1:3])
    corner_lon = (int(x) + first_x / 4096) / 2 ** int(z) * 360 - 180
    corner_lat = math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * (int(y) + first_y / 4096) / 2 ** int(z)))))
    assert lon - 1e-5 <= corner_lon <= lon + 0.0002 + 1e-5
    assert lat - 1e-5 <= corner_lat <= lat + 0.0002 + 1e-5


def test_a_neighbours_buildings_are_not_in_the_tile(town, asker, read):
    lon, lat = town.spot(0, 0, dx=0.0095)
    make_building(town.communities[0][0], lon, lat)
    theirs = make_building(town.communities[1][0], lon + 0.001, lat)
    url = address("buildings", lon, lat, z=14)
    mine = asker(make_user(Role.COUNTY, town.counties[1]), url)
    assert [feature.id for feature in read(mine.content)["buildings"]] == [theirs.pk]


def test_a_special_area_sees_what_lies_in_it_and_nothing_else(town, asker, read):
    area = make_special_area(town)
    lon, lat = town.spot()
    inside = make_building(town.communities[0][0], lon, lat, special_area=area)
    make_building(town.communities[0][0], lon + 0.0005, lat)
    supervisor = make_user(Role.SUPERVISOR, special_area=area)
    response = asker(supervisor, address("buildings", lon, lat))
    assert [feature.id for feature in read(response.content)["buildings"]] == [inside.pk]


def test_a_visitor_is_told_to_sign_in_first(town, client):
    assert client.get(address("units", *town.spot())).status_code == 401


def test_a_person_without_a_post_gets_no_tile(town, asker):
    assert asker(make_user(), address("units", *town.spot())).status_code == 403


def test_a_layer_that_the_post_does_not_have_is_not_found(town, asker):
    assert asker(make_user(Role.FINANCE, town.city), address("flags", *town.spot())).status_code == 404


def test_a_layer_that_nobody_registered_is_not_found(town, asker):
    assert asker(make_user(Role.OFFICE, town.city), address("dragons", *town.spot())).status_code == 404


@pytest.mark.parametrize("place", ["23/0/0", "3/8/0", "3/0/8"])
def test_a_tile_outside_the_grid_is_not_found(town, asker, place):
    assert asker(make_user(Role.OFFICE, town.city), f"/tiles/v/units/{place}.mvt").status_code == 404


def test_an_unchanged_tile_is_answered_without_content(town, asker):
    user = make_user(Role.OFFICE, town.city)
    url = address("units", *town.spot())
    first = asker(user, url)
    assert "private" in first["Cache-Control"]
    assert "Cookie" in first["Vary"]
    again = asker(user, url, if_none_match=first["ETag"])
    assert again.status_code == 304
    assert again.content == b""


def test_a_changed_row_changes_the_tag(town, asker):
    user = make_user(Role.OFFICE, town.city)
    lon, lat = town.spot()
    building = make_building(town.communities[0][0], lon, lat)
    url = address("buildings", lon, lat)
    first = asker(user, url)
    building.use = "industrial"
    building.save()
    assert asker(user, url, if_none_match=first["ETag"]).status_code == 200


def test_an_empty_tile_has_no_content(town, asker):
    assert asker(make_user(Role.OFFICE, town.city), address("buildings", 10.0, 50.0)).status_code == 204


def test_far_out_a_flag_is_a_point_and_close_by_its_outline(town, asker, read):
    lon, lat = town.spot()
    make_flag(make_run(town), town.communities[0][0], lon, lat)
    user = make_user(Role.SUPERVISOR, town.counties[0])
    far = read(asker(user, address("flags", lon, lat, z=12)).content)["flags"]
    near = read(asker(user, address("flags", lon, lat, z=16)).content)["flags"]
    assert [feature.kind for feature in far] == [1]
    assert [feature.kind for feature in near] == [3]
    assert near[0].attributes["confidence"] == pytest.approx(0.9)


def test_superseded_flags_are_not_drawn(town, asker):
    lon, lat = town.spot()
    make_flag(make_run(town), town.communities[0][0], lon, lat, state="superseded")
    assert asker(make_user(Role.SUPERVISOR, town.city), address("flags", lon, lat)).status_code == 204


def test_a_crowded_tile_keeps_the_largest_and_stays_bounded(town, asker, read, monkeypatch):
    from dataclasses import replace

    from geo.tiles import registry

    monkeypatch.setitem(registry._layers, "buildings", replace(registry.layer_named("buildings"), most_rows=2))
    lon, lat = town.spot()
    for size in (0.0001, 0.0003, 0.0002):
        make_building(town.communities[0][0], lon, lat, size=size, storeys=round(size * 10_000))
    response = asker(make_user(Role.OFFICE, town.city), address("buildings", lon, lat))
    assert sorted(feature.attributes["storeys"] for feature in read(response.content)["buildings"]) == [2, 3]


def test_names_are_points_beside_their_areas(town, asker, read):
    tile = read(asker(make_user(Role.OFFICE, town.city), address("units", *town.spot(), z=13)).content)
    assert {feature.kind for feature in tile["units_labels"]} == {1}
    assert town.townships[0][0].name in {feature.attributes["name"] for feature in tile["units_labels"]}


def test_a_tile_takes_as_many_queries_however_many_rows(town, client, django_assert_num_queries):
    lon, lat = town.spot()
    for step in range(12):
        make_building(town.communities[0][0], lon + step * 0.0003, lat)
    client.force_login(make_user(Role.COUNTY, town.counties[0]))
    with django_assert_num_queries(7):  # session, person, posts; savepoint, settings, tile, release
        client.get(address("buildings", lon, lat))
