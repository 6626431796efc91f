"""Areas are money: only `geo.measure` computes them, and `geo.imagery` where it counts pixels of a known size."""

import re

import pytest

from tests.architecture.tracked import APPS, lines_matching, tracked_texts

AN_AREA = re.compile(r"\.area\b|\bArea\(|\.sq_m\b|\bST_Area|\bgeometry_area_perimeter\(|\bpolygon_area_perimeter\(")
MEASURES = re.compile(r"^geo/measure\.py$|^geo/imagery/|/migrations/")


def test_no_area_is_computed_outside_geo_measure():
    product = {
        name: text
        for name, text in tracked_texts(".py", ".ts", ".sql", ".html").items()
        if name.split("/")[0] in (*APPS, "config") and not MEASURES.search(name)
    }

    assert lines_matching(product, AN_AREA) == []


@pytest.mark.parametrize(
    "line",
    [
        "size = polygon.area",
        "rows.annotate(size=Area('footprint'))",
        "row.size.sq_m",
        "SELECT ST_Area(footprint::geography)",
        "geod.geometry_area_perimeter(footprint)",
    ],
)
def test_each_way_of_computing_an_area_is_seen(line):
    assert lines_matching({"geo/x.py": line}, AN_AREA) == [f"geo/x.py:1: {line}"]


def test_a_field_that_holds_an_area_is_no_computation():
    assert lines_matching({"geo/x.py": "flag.area_m2 + case.area_m2"}, AN_AREA) == []
