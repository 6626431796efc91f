"""Where people live: in their homes by floor area, over the ground where no home is known, and nobody twice."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from clinics_map.people import Homes, Settlement, settle, within_each

LON, LAT, STEP = 113.6, 34.7, 0.01


def ground(column: int) -> shapely.Polygon:
    return box(LON + column * STEP, LAT, LON + (column + 1) * STEP, LAT + STEP)


def homes(*rows: tuple[int, float, float, float]) -> Homes:
    keys, x, y, floor = (
        (np.array(values, dtype=float) for values in zip(*rows, strict=True)) if rows else [np.zeros(0)] * 4
    )
    return Homes(keys.astype(np.int64), LON + x * STEP, LAT + y * STEP, floor)


def test_people_live_where_the_floors_are_not_where_the_ground_is():
    settled = settle([Settlement(1, 900, ground(0))], homes((1, 0.1, 0.5, 600.0), (1, 0.9, 0.5, 300.0)))
    west, east = box(LON, LAT, LON + 0.2 * STEP, LAT + STEP), box(LON + 0.2 * STEP, LAT, LON + STEP, LAT + STEP)
    assert within_each(settled, [west, east]) == [600, 300]


def test_where_no_home_is_known_people_are_spread_over_the_ground():
    settled = settle([Settlement(1, 1000, ground(0))], homes())
    west = box(LON, LAT, LON + 0.3 * STEP, LAT + STEP)
    assert settled.within(west) == {1: pytest.approx(300, rel=1e-4)}
    assert settled.within(ground(1)) == {}


def test_the_people_of_a_neighbour_are_told_apart():
    settled = settle(
        [Settlement(1, 100, ground(0)), Settlement(2, 50, ground(1))],
        homes((1, 0.9, 0.5, 80.0), (2, 1.1, 0.5, 80.0), (2, 1.9, 0.5, 80.0)),
    )
    across = box(LON + 0.8 * STEP, LAT, LON + 1.2 * STEP, LAT + STEP)
    assert settled.within(across) == {1: pytest.approx(100), 2: pytest.approx(25)}


@settings(max_examples=60, deadline=None)
@given(
    people=st.integers(1, 20_000),
    rows=st.lists(
        st.tuples(st.floats(0.01, 0.99), st.floats(0.01, 0.99), st.floats(10.0, 5000.0)), min_size=1, max_size=30
    ),
    cut=st.floats(0.05, 0.95),
)
def test_a_cut_loses_nobody(people, rows, cut):
    settled = settle([Settlement(1, people, ground(0))], homes(*((1, *row) for row in rows)))
    edge = LON + cut * STEP
    parts = [box(LON, LAT, edge, LAT + STEP), box(np.nextafter(edge, 200), LAT, LON + STEP, LAT + STEP)]
    on_the_line = sum(settled.people[settled.lon == edge])
    assert sum(sum(settled.within(part).values()) for part in parts) + on_the_line == pytest.approx(people)
