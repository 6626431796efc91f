"""Which pixels of a map of change are one object, and how far it reaches."""

from types import SimpleNamespace

import numpy as np
import pytest

from geo.imagery.levels import levels, levels_of, thresholds_for
from geo.imagery.objects import objects_of
from geo.imagery.params import DiffParams

# From .5 on joined, from .6 on within the outline, .95 somewhere.
LEVELS = levels(0.5, 0.6, 0.95)
DETECTOR = SimpleNamespace(threshold=0.5, outline_threshold=0.6, seed_threshold=0.95)


def stored(probability):
    return np.rint(np.asarray(probability) * 255).astype(np.uint8)


def found_in(values, given=LEVELS, *, least_m2=10):
    return objects_of(stored(values), resolution_m=0.5, levels=given, least_m2=least_m2)


def house(values, rows, columns, *, sure=0.99, edge=0.55):
    """A house that the detector is sure of, and one pixel around it that it half believes."""
    values[rows.start - 1 : rows.stop + 1, columns.start - 1 : columns.stop + 1] = edge
    values[rows, columns] = sure


def test_an_object_ends_where_the_outline_does_not_where_it_begins_to_be_one():
    values = np.zeros((40, 40))
    house(values, np.s_[10:30], np.s_[10:26])

    assert (found_in(values) > 0).sum() == 20 * 16
    assert (found_in(values, levels(0.5, 0.5, 0.95)) > 0).sum() == 22 * 18


def test_houses_that_only_their_doubtful_rims_join_are_each_one():
    values = np.zeros((40, 60))
    house(values, np.s_[10:30], np.s_[10:26])
    house(values, np.s_[10:30], np.s_[28:44])
    house(values, np.s_[12:15], np.s_[46:49])

    found = found_in(values)

    assert sorted(np.bincount(found[found > 0])[1:]) == [20 * 16, 20 * 16]
    assert found[20, 20] != found[20, 36]
    # What is left beside them is too small to be anything.
    assert not found[:, 45:].any()


def test_a_chimney_within_the_outline_is_part_of_the_roof():
    values = np.zeros((40, 40))
    house(values, np.s_[10:30], np.s_[10:26])
    values[18:21, 15:18] = 0.2

    assert (found_in(values) > 0).sum() == 20 * 16


@pytest.mark.parametrize(("sure", "least_m2"), [(0.9, 10), (0.99, 81)])
def test_what_is_not_sure_or_not_large_enough_within_its_outline_is_no_object(sure, least_m2):
    values = np.zeros((40, 40))
    house(values, np.s_[10:30], np.s_[10:26], sure=sure)

    assert found_in(values, least_m2=least_m2).max() == 0


def test_a_threshold_that_is_asked_for_is_the_outlines_too():
    assert thresholds_for(DETECTOR, DiffParams()) == (0.5, 0.6, 0.95)
    assert thresholds_for(DETECTOR, DiffParams(threshold=0.7)) == (0.7, 0.7, 0.95)
    assert thresholds_for(DETECTOR, DiffParams(threshold=0.97)) == (0.97, 0.97, 0.97)
    assert levels_of(DETECTOR) == LEVELS


def test_levels_never_fall_below_the_one_before():
    given = levels(0.5, 0.3, 0.4)

    assert given.changed == given.outline == given.seed == 128
