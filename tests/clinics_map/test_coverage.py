"""R-706 by people."""

import pytest

from clinics_map.coverage import Community, Uncovered, coverage_of

A, B, C, D = Community(1, "甲", 900), Community(2, "乙", 2100), Community(3, "丙", 3000), Community(4, "丁", None)


def test_the_share_is_of_people_not_of_communities_and_the_largest_gap_stands_first():
    coverage = coverage_of([A, B, C], covered={3: 1.0})
    assert coverage.share == pytest.approx(0.5)
    assert (coverage.people, coverage.covered_people, coverage.uncovered_people) == (6000, 3000, 3000)
    assert [part.name for part in coverage.uncovered] == ["乙", "甲"]


def test_a_community_that_nobody_counted_is_uncovered_but_in_no_share():
    coverage = coverage_of([A, D], covered={1: 1.0})
    assert (coverage.share, coverage.uncounted) == (1.0, 1)
    assert coverage.uncovered == (Uncovered(4, "丁", None, is_part=False),)


def test_without_people_there_is_no_share():
    assert coverage_of([], covered={}).share is None
    assert coverage_of([D], covered={4: 1.0}).share is None


def test_a_community_that_is_cut_counts_with_the_people_of_its_part():
    coverage = coverage_of([A, B], covered={1: 0.4, 2: 0.997})
    assert coverage.uncovered == (Uncovered(1, "甲", 540, is_part=True),)  # what is missing of 乙 is no whole house
    assert (coverage.covered_people, coverage.uncovered_people) == (2460, 540)
