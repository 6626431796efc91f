"""R-706 by people."""

import pytest

from clinics_map.coverage import Community, coverage_of

A, B, C, D = Community(1, "甲", 900), Community(2, "乙", 2100), Community(3, "丙", 3000), Community(4, "丁", None)


def test_the_share_is_of_people_not_of_communities_and_the_largest_gap_stands_first():
    coverage = coverage_of([A, B, C], served={3})
    assert coverage.share == pytest.approx(0.5)
    assert (coverage.people, coverage.covered_people, coverage.uncovered_people) == (6000, 3000, 3000)
    assert coverage.uncovered == (B, A)


def test_a_community_that_nobody_counted_is_uncovered_but_in_no_share():
    coverage = coverage_of([A, D], served={1})
    assert (coverage.share, coverage.uncovered, coverage.uncounted) == (1.0, (D,), 1)


def test_without_people_there_is_no_share():
    assert coverage_of([], served=set()).share is None
    assert coverage_of([D], served={4}).share is None
