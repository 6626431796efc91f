"""Zones tile their parent after every act: nothing is lost, nothing is held twice, sides share their nodes."""

import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPolygon
from shapely.ops import unary_union

from geo.measure import area_m2, overlap_m2, uncovered_m2
from geo.zoning import CutError, JoinError, gaps, merge, outside, overlap, share_out, snap, split
from tests.geo.zoning.shapes import at, box, crossing_lines, geodesic_slack_m2, stars


def square_metres(geometry) -> float:
    return area_m2(geometry).area_m2


def nodes_of(geometry) -> set[tuple[float, float]]:
    return {(float(x), float(y)) for x, y in shapely.get_coordinates(geometry)}


def cut(zone, line):
    try:
        return split(zone, line)
    except CutError:
        assume(False)  # a sliver: its refusal has a test of its own


@given(stars(), crossing_lines())
def test_the_pieces_of_a_split_tile_the_whole(zone, line):
    pieces = cut(zone, line)

    assert len(pieces) >= 2
    total = sum(map(square_metres, pieces))
    with_the_nodes_of_the_cut = unary_union(pieces)
    assert total == pytest.approx(square_metres(with_the_nodes_of_the_cut), rel=1e-6)
    assert total == pytest.approx(square_metres(zone), rel=1e-6, abs=geodesic_slack_m2(zone))
    for i, piece in enumerate(pieces):
        for other in pieces[i + 1 :]:
            assert overlap_m2(piece, other) < 1e-6 * square_metres(zone)
    assert gaps(zone, pieces) == []


@given(stars(), crossing_lines())
def test_pieces_share_the_nodes_of_their_cut(zone, line):
    first, *others = cut(zone, line)

    seam = shapely.shared_paths(first.boundary, unary_union([other.boundary for other in others]))
    assert seam.length > 0


@given(stars(), crossing_lines())
def test_merging_the_pieces_gives_the_zone_back(zone, line):
    pieces = cut(zone, line)
    assume(len(pieces) == 2)

    whole = merge(pieces)

    assert len(whole.geoms) == 1
    assert square_metres(whole) == pytest.approx(square_metres(zone), rel=1e-6, abs=geodesic_slack_m2(zone))
    assert uncovered_m2(zone, [whole]) < 1e-6 * square_metres(zone) + geodesic_slack_m2(zone)
    assert uncovered_m2(whole, [zone]) < 1e-6 * square_metres(zone) + geodesic_slack_m2(zone)


@given(stars())
def test_snapping_twice_changes_nothing_more(zone):
    neighbour = box(90, -500, 600, 500)
    once = snap(zone, [neighbour]).zone

    assert snap(once, [neighbour]).zone.equals(once)


@given(st.lists(st.floats(-0.9, 0.9), min_size=4, max_size=4), st.floats(10, 90))
def test_a_side_drawn_within_the_tolerance_of_another_becomes_the_same_side(noise, height):
    left = box(0, 0, 100, 100)
    drawn = shapely.Polygon(
        [at(100 + noise[0] * 0.7, noise[1] * 0.7), at(200, 0), at(200, height), at(100 + noise[2] * 0.7, height)]
    )

    snapped = snap(drawn, [left])

    assert overlap_m2(snapped.zone, left) < 1e-3
    assert uncovered_m2(box(95, 1, 105, height - 1), [left, snapped.zone]) < 1e-3
    shared = nodes_of(snapped.zone) & nodes_of(snapped.neighbours.get(0, MultiPolygon([left])))
    assert len(shared) == 2


def test_a_vertex_on_a_neighbour_s_side_is_put_into_the_neighbour_too():
    left, right = box(0, 0, 100, 100), box(100.4, 30, 200, 70)

    snapped = snap(right, [left])

    shared = nodes_of(snapped.zone) & nodes_of(snapped.neighbours[0])
    assert len(shared) == 2
    assert square_metres(snapped.neighbours[0]) == pytest.approx(square_metres(left), rel=1e-9)


def test_a_neighbour_s_corner_on_a_side_drawn_here_becomes_a_node_of_it():
    small, drawn = box(0, 30, 100, 70), box(100.4, 0, 200, 100)

    zone = snap(drawn, [small]).zone

    assert {at(100, 30), at(100, 70)} <= nodes_of(zone)


def test_what_lies_beyond_the_tolerance_stays_where_it_was_drawn():
    left, right = box(0, 0, 100, 100), box(101.5, 0, 200, 100)

    snapped = snap(right, [left])

    assert np.array_equal(
        np.unique(shapely.get_coordinates(snapped.zone), axis=0), np.unique(shapely.get_coordinates(right), axis=0)
    )
    assert snapped.neighbours == {}


def test_the_parent_gives_nodes_and_takes_none():
    parent, drawn = box(0, 0, 300, 300), box(0.5, 0.5, 100, 100)

    snapped = snap(drawn, [], fixed=[parent])

    assert at(0, 0) in nodes_of(snapped.zone)
    assert snapped.neighbours == {}
    assert outside(snapped.zone, parent) is None


@pytest.mark.parametrize(
    "line",
    [
        LineString([at(20, 20), at(80, 80)]),
        LineString([at(-50, 50), at(50, 50)]),
        LineString([at(200, 0), at(200, 100)]),
    ],
    ids=["inside", "stops in the middle", "beside"],
)
def test_a_line_that_does_not_cross_cuts_nothing(line):
    with pytest.raises(CutError, match="does not cross"):
        split(box(0, 0, 100, 100), line)


def test_a_line_that_stops_just_short_of_the_boundary_still_cuts():
    pieces = split(box(0, 0, 100, 100), LineString([at(50, 0.6), at(50, 99.4)]))

    assert [round(square_metres(piece)) for piece in pieces] == pytest.approx([5000, 5000], rel=0.01)


def test_a_cut_along_the_boundary_makes_no_zone_of_a_sliver():
    with pytest.raises(CutError, match="narrower"):
        split(box(0, 0, 100, 100), LineString([at(1, -10), at(1, 110)]))


def test_a_part_that_the_line_misses_stays_with_the_largest_piece():
    zone = MultiPolygon([box(0, 0, 100, 100), box(300, 0, 400, 100)])

    pieces = split(zone, LineString([at(70, -10), at(70, 110)]))

    assert [len(piece.geoms) for piece in pieces] == [2, 1]
    assert sum(map(square_metres, pieces)) == pytest.approx(square_metres(zone), rel=1e-6)


def test_zones_apart_do_not_merge():
    with pytest.raises(JoinError, match="separate parts"):
        merge([box(0, 0, 100, 100), box(150, 0, 200, 100)])


def test_zones_touching_in_a_corner_do_not_merge():
    with pytest.raises(JoinError, match="separate parts"):
        merge([box(0, 0, 100, 100), box(100, 100, 200, 200)])


def test_a_seam_within_the_tolerance_is_closed_by_merging():
    whole = merge([box(0, 0, 100, 100), box(100.5, 0, 200, 100)])

    assert len(whole.geoms) == 1
    assert square_metres(whole) == pytest.approx(square_metres(box(0, 0, 200, 100)), rel=1e-6)


def test_a_real_overlap_is_told_and_a_sliver_is_not():
    assert overlap(box(0, 0, 100, 100), box(98.5, 0, 200, 100)) is None
    shared = overlap(box(0, 0, 100, 100), box(90, 0, 200, 100))
    assert square_metres(shared) == pytest.approx(1000, rel=0.01)


def test_what_sticks_out_of_the_parent_is_told():
    beyond = outside(box(50, 0, 120, 100), box(0, 0, 100, 100))

    assert square_metres(beyond) == pytest.approx(2000, rel=0.01)


def test_gaps_are_told_largest_first():
    parent = box(0, 0, 300, 100)

    found = gaps(parent, [box(0, 0, 100, 100), box(120, 0, 250, 100)])

    assert [square_metres(gap) for gap in found] == pytest.approx([5000, 2000], rel=0.01)


@given(st.integers(0, 500), st.lists(st.floats(0, 50), min_size=1, max_size=6))
def test_shares_add_up(total, weights):
    shares = share_out(total, weights)

    assert sum(shares) == total
    assert min(shares) >= 0
