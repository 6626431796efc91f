"""Found changes held against true ones."""

import datetime

import pytest
import shapely

from geo.demo.errors import DemoError
from geo.demo.score import TrueChange, between, read_truth, score
from geo.measure import area_m2

DAY = datetime.date(2026, 6, 20)
STEP = 0.0001


def square(column: int, size: float = STEP) -> shapely.Polygon:
    west = 113.6 + column * 3 * STEP
    return shapely.box(west, 34.7, west + size, 34.7 + size)


def change(column: int, kind: str = "new") -> TrueChange:
    outline = square(column)
    return TrueChange(f"C{column}", DAY, DAY, kind, "concrete", area_m2(outline).area_m2, "none", outline)


def test_a_found_outline_counts_once_and_a_false_alarm_costs_precision():
    result = score([square(0), square(0, STEP * 0.9), square(7)], [change(0), change(1)], with_heights=False)

    assert (result.found, result.right, result.true, result.recalled) == (3, 1, 2, 1)
    assert result.precision == pytest.approx(1 / 3)
    assert result.recall == pytest.approx(0.5)
    assert [match.change.change_id if match.change else None for match in result.matches] == ["C0", None, None]


def test_an_outline_that_barely_touches_a_change_is_not_it():
    assert score([square(0, STEP * 0.4)], [change(0)], with_heights=False).right == 0


def test_areas_are_compared_with_the_truth_of_matched_changes():
    result = score([square(0, STEP * 1.1)], [change(0)], with_heights=False)

    assert result.area_bias_median == pytest.approx(0.21, abs=0.001)
    assert result.area_error_median == pytest.approx(0.21, abs=0.001)


def test_added_storeys_are_expected_only_where_heights_were_compared():
    storey = change(0, "storey_added")

    assert score([], [storey], with_heights=False).true == 0
    assert score([], [storey], with_heights=True).recalled_by_kind == {"storey_added": (0, 1)}


def test_what_is_no_building_is_neither_expected_nor_right():
    result = score([square(0)], [change(0, "not_building")], with_heights=True)

    assert (result.true, result.right, result.recall) == (0, 0, None)


def test_only_changes_after_the_first_date_and_up_to_the_second_count():
    assert between([change(0)], DAY, DAY + datetime.timedelta(days=9)) == []
    assert len(between([change(0)], DAY - datetime.timedelta(days=1), DAY)) == 1


def test_the_truth_of_a_town_reads_back_in_degrees(demo_folder):
    truth = read_truth(demo_folder)

    assert {row.after for row in truth} == {DAY, datetime.date(2026, 9, 22)}
    assert all(113 < row.outline.centroid.x < 114 for row in truth)
    assert truth[0].area_m2 == pytest.approx(area_m2(truth[0].outline).area_m2, abs=0.01)


def test_a_folder_without_truth_is_named(tmp_path):
    with pytest.raises(DemoError, match="no generated town"):
        read_truth(tmp_path)
