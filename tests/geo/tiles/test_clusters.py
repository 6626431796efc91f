"""Far out, flags and cases near each other are one point with their count: for each person of what they may see."""

import math

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from geo.roles import Role
from geo.tiles.grid import Tile
from tests.factories import make_flag, make_run, make_user
from tests.factories.records import make_case

Z = 12


def column_and_row(lon: float, lat: float, z: int = Z) -> tuple[int, int]:
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**z
    return int((lon + 180) / 360 * 2**z), int(y)


def place_of(feature) -> tuple[int, int]:
    x, y = ((value >> 1) ^ -(value & 1) for value in feature.commands[1:3])
    return x, y


@pytest.fixture
def tile(client, read):
    """A function that reads a layer's tile as a person."""

    def reading(user, layer, x, y, z=Z):
        client.force_login(user)
        response = client.get(f"/tiles/v/{layer}/{z}/{x}/{y}.mvt")
        return read(response.content).get(layer, [])

    return reading


@pytest.fixture
def flags(town):
    """Three flags in one community, one in the neighbour county."""
    run, (lon, lat) = make_run(town), town.spot()
    near = [make_flag(run, town.communities[0][0], lon + n * 2e-4, lat) for n in range(3)]
    near[2].state = "rejected"
    near[2].save()
    return [*near, make_flag(run, town.communities[1][0], *town.spot(1))]


def total(features) -> int:
    return sum(feature.attributes["count"] for feature in features)


def test_flags_near_each_other_are_one_point_with_their_count_and_how_many_wait(town, tile, flags):
    features = tile(make_user(Role.COUNTY, town.counties[0]), "flags", *column_and_row(*town.spot()))
    [cluster] = features
    assert cluster.kind == 1
    assert (cluster.attributes["count"], cluster.attributes["hot"]) == (3, 2)


def test_the_neighbours_flags_are_not_counted(town, tile, flags):
    at = column_and_row(*town.spot())
    assert total(tile(make_user(Role.OFFICE, town.city), "flags", *at)) == 4
    assert total(tile(make_user(Role.COUNTY, town.counties[1]), "flags", *at)) == 1
    assert tile(make_user(Role.TOWNSHIP, town.townships[0][1]), "flags", *at) == []


def test_one_flag_alone_stays_what_it_is(town, tile, flags):
    [alone] = tile(make_user(Role.COUNTY, town.counties[1]), "flags", *column_and_row(*town.spot(1)))
    assert alone.id == flags[3].pk
    assert (alone.attributes["kind"], alone.attributes["state"]) == (flags[3].kind, "pending")


def test_from_the_zoom_of_outlines_on_each_flag_is_drawn_by_itself(town, tile, flags):
    features = tile(make_user(Role.COUNTY, town.counties[0]), "flags", *column_and_row(*town.spot(), z=14), z=14)
    assert {feature.id for feature in features} == {flag.pk for flag in flags[:3]}
    assert {feature.kind for feature in features} == {3}


def test_a_cell_at_the_edge_of_two_tiles_is_the_same_in_both(town, tile):
    """A bubble reaches over the edge: the neighbour draws its other half, with the same count and place."""
    run = make_run(town)
    x, y = column_and_row(*town.spot())
    box = Tile(Z, x, y).box_lonlat()
    pixel = (box.east - box.west) / 512
    for n in range(3):
        make_flag(run, town.communities[0][0], box.west + (2 + n) * pixel, (box.north + box.south) / 2)
    user = make_user(Role.COUNTY, town.counties[0])
    [here] = tile(user, "flags", x, y)
    [there] = tile(user, "flags", x - 1, y)
    assert here.attributes["count"] == there.attributes["count"] == 3
    assert place_of(there)[0] - place_of(here)[0] == 4096
    assert place_of(there)[1] == place_of(here)[1]
    assert tile(user, "flags", x + 1, y) == []


def test_cases_are_counted_with_those_that_are_overdue(town, tile):
    for n in range(4):
        lon, lat = town.spot()
        make_case(town.communities[0][0], lon + n * 1e-4, lat)
    [cluster] = tile(make_user(Role.OFFICE, town.city), "cases", *column_and_row(*town.spot()))
    assert (cluster.attributes["count"], cluster.attributes["hot"]) == (4, 0)
    assert tile(make_user(Role.COUNTY, town.counties[1]), "cases", *column_and_row(*town.spot())) == []


def test_a_tile_of_clusters_costs_the_same_queries_however_many_rows_it_counts(
    town, tile, flags, django_assert_num_queries
):
    user, at = make_user(Role.OFFICE, town.city), column_and_row(*town.spot())
    tile(user, "flags", *at)  # what is read once a process is read
    with CaptureQueriesContext(connection) as few:
        tile(user, "flags", *at)
    run, (lon, lat) = make_run(town), town.spot()
    for n in range(12):
        make_flag(run, town.communities[0][0], lon + n * 1e-4, lat + 1e-3)
    with django_assert_num_queries(len(few)):
        assert total(tile(user, "flags", *at)) == 16
