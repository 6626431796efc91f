"""What later pictures say of a footprint, and when they settle a flag."""

from __future__ import annotations

import numpy as np
import pytest

from geo.imagery.blockstore import NO_HEIGHT, BlockResult
from geo.imagery.later import Change, Look, Verdict, judge, look_of, read_footprint

SEEN, GONE, UNCLEAR = Look.SEEN, Look.GONE, Look.UNCLEAR


@pytest.mark.parametrize(
    ("looks", "verdict"),
    [
        ([], Verdict.OPEN),
        ([GONE], Verdict.OPEN),
        ([SEEN], Verdict.OPEN),
        ([GONE, GONE], Verdict.CLEARED),
        ([GONE, UNCLEAR, GONE], Verdict.CLEARED),
        ([SEEN, SEEN], Verdict.CONFIRMED),
        ([SEEN, GONE, GONE], Verdict.OPEN),  # stood for a while and was torn down: no error of a picture
        ([GONE, SEEN, SEEN], Verdict.CONFIRMED),
        ([SEEN, GONE, SEEN, GONE], Verdict.OPEN),
    ],
)
def test_two_pictures_that_agree_settle_what_one_leaves_open(looks, verdict):
    assert judge(looks) == verdict


@pytest.mark.parametrize(
    ("change", "shown", "appeared", "look"),
    [
        (Change.ROSE, False, True, SEEN),  # compared with a picture without it
        (Change.NONE, False, True, GONE),
        (Change.NONE, True, True, SEEN),  # compared with one that shows it
        (Change.FELL, True, True, GONE),
        (Change.UNDIRECTED, True, True, GONE),
        (Change.UNDIRECTED, False, True, SEEN),
        (Change.REBUILT, True, True, SEEN),  # a new roof
        (Change.FELL, False, True, UNCLEAR),  # something else went away
        (Change.NONE, None, True, UNCLEAR),
        (Change.UNKNOWN, True, True, UNCLEAR),
        (Change.FELL, False, False, SEEN),  # a demolition, still bare
        (Change.ROSE, True, False, GONE),  # and built upon again
    ],
)
def test_what_a_later_picture_shows_depends_on_what_it_is_compared_with(change, shown, appeared, look):
    assert look_of(change, shown=shown, appeared=appeared) == look


def footprint(*, changed=0, before=0, after=0, rise_m=None, moved_px=0, covered=1.0, **more):
    """Layers of 40 × 40 px with a footprint of 20 × 20 px in the middle, changed to a part and moved to the right."""
    mask = np.zeros((40, 40), bool)
    mask[10:30, 10:30] = True
    there = np.zeros_like(mask)
    there[10 : 10 + round(20 * covered), 10 + moved_px : 30 + moved_px] = True
    layers = [np.where(there, value, 0).astype(np.uint8) for value in (changed, before, after)]
    rise = None
    if rise_m is not None:
        rise = np.where(there, round(rise_m * 100), 0).astype(np.int16)
    result = BlockResult(*layers, np.ones_like(mask), rise)
    return read_footprint(result, mask, level=128, reach_px=3, least_height_m=2.0, **more)


def test_the_direction_of_a_change_comes_from_what_was_built_up_at_each_date():
    assert footprint(changed=250, after=240).change == Change.ROSE
    assert footprint(changed=250, before=240).change == Change.FELL
    assert footprint(changed=250, before=240, after=240).change == Change.REBUILT
    assert footprint(changed=250).change == Change.UNDIRECTED
    assert footprint().change == Change.NONE


def test_a_footprint_is_found_where_the_other_comparison_lies_a_metre_off():
    found = footprint(changed=250, after=240, moved_px=3)
    assert (found.share, found.change) == (1.0, Change.ROSE)


def test_between_a_fifth_and_a_half_nothing_is_said():
    assert footprint(changed=250, after=240, covered=0.35).change == Change.UNKNOWN
    assert footprint(changed=250, after=240, covered=0.1).change == Change.NONE


def test_heights_decide_where_they_are_known_and_a_storey_needs_them():
    assert footprint(rise_m=3.0).change == Change.ROSE
    assert footprint(rise_m=-3.0).change == Change.FELL
    assert footprint(rise_m=0.2).change == Change.NONE
    assert footprint(needs_height=True).change == Change.UNKNOWN
    assert footprint(rise_m=0.2, needs_height=True).change == Change.NONE
    assert footprint(rise_m=NO_HEIGHT / 100, needs_height=True).change == Change.UNKNOWN
