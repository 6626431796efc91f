import cv2
import numpy as np
import pytest
import shapely

from geo.imagery.objects import clean
from geo.imagery.outline import main_direction, regular, right_angled, shared_directions, trace, traced


def rectangle(length, width, degrees, *, size=120):
    box = cv2.boxPoints(((size / 2, size / 2), (length, width), degrees))
    mask = np.zeros((size, size), np.uint8)
    cv2.fillPoly(mask, [np.rint(box).astype(np.int32)], 1)
    return mask > 0


def test_a_traced_outline_encloses_the_pixels():
    mask = rectangle(40, 24, 0)

    assert trace(mask).area == mask.sum()


def test_an_empty_mask_has_no_outline():
    with pytest.raises(ValueError, match="empty"):
        trace(np.zeros((5, 5), bool))


@pytest.mark.parametrize("degrees", [0, 7, 20, 33, 45, 61, 88])
def test_a_house_in_any_direction_gets_four_right_angles(degrees):
    mask = rectangle(46, 25, degrees)

    shape = regular(traced(mask))

    assert len(shape.exterior.coords) == 5
    assert shape.area == pytest.approx(mask.sum(), rel=0.05)


def test_an_angled_house_keeps_its_wing():
    mask = rectangle(60, 20, 0)
    mask[60:90, 30:50] = True

    shape = regular(traced(mask))

    assert len(shape.exterior.coords) == 7
    assert shape.area == pytest.approx(mask.sum(), rel=0.03)


def test_a_round_tank_is_not_forced_into_a_rectangle():
    mask = np.zeros((80, 80), np.uint8)
    cv2.circle(mask, (40, 40), 25, 1, -1)

    found = traced(mask > 0)
    shape = regular(found) or found.simple

    iou = shapely.intersection(shape, trace(mask > 0)).area / shapely.union(shape, trace(mask > 0)).area
    assert iou > 0.9


def test_a_triangle_keeps_its_traced_outline():
    mask = np.zeros((80, 80), np.uint8)
    cv2.fillPoly(mask, [np.array([[5, 70], [75, 70], [5, 40]])], 1)

    assert regular(traced(mask > 0)) is None
    assert right_angled(shapely.Polygon([(0, 0), (10, 0), (0, 10)]), 0.0) is None


def test_the_main_direction_is_that_of_the_long_walls():
    ring = np.asarray(shapely.affinity.rotate(shapely.box(0, 0, 30, 10), 25).exterior.coords)

    assert np.degrees(main_direction(ring)) % 90 == pytest.approx(25, abs=0.1)


def test_thin_edges_along_a_roof_are_dropped():
    mask = np.zeros((60, 60), bool)
    mask[10:50, 10:13] = True

    assert clean(mask, resolution_m=0.5) == []


def test_a_thin_bridge_between_two_houses_is_cut():
    mask = np.zeros((60, 90), bool)
    mask[10:40, 5:35] = mask[15:45, 50:80] = True
    mask[25:27, 35:50] = True

    parts = clean(mask, resolution_m=0.5)

    assert len(parts) == 2
    assert not (parts[0] & parts[1]).any()
    assert [int(part.sum()) for part in parts] == pytest.approx([900, 900], rel=0.02)


def test_a_skylight_is_filled_and_a_courtyard_is_not():
    mask = np.zeros((80, 80), bool)
    mask[5:75, 5:75] = True
    mask[10:14, 10:14] = False
    mask[30:60, 30:60] = False

    (part,) = clean(mask, resolution_m=0.5)

    assert part[10:14, 10:14].all()
    assert not part[35:55, 35:55].any()


def row_of_houses(degrees, *, apart_px=40):
    """Houses of 30 by 16 px side by side, each turned by its own angle."""
    return [
        shapely.affinity.translate(shapely.affinity.rotate(shapely.box(0, 0, 30, 16), turned), number * apart_px, 0)
        for number, turned in enumerate(degrees)
    ]


def test_the_walls_of_a_row_run_along_those_of_all_its_houses():
    found = np.degrees(shared_directions(row_of_houses([18, 22, 19, 23, 18]), resolution_m=0.5))

    assert found == pytest.approx([20] * 5, abs=1.2)
    assert found.max() - found.min() < 2


def test_a_house_keeps_its_direction_where_it_stands_alone_or_stands_askew():
    far = np.degrees(shared_directions(row_of_houses([18, 22], apart_px=200), resolution_m=0.5))
    askew = np.degrees(shared_directions(row_of_houses([5, 25, 5]), resolution_m=0.5))

    assert far == pytest.approx([18, 22], abs=0.1)
    assert askew == pytest.approx([5, 25, 5], abs=0.1)


def test_walls_along_and_across_are_one_direction():
    found = np.degrees(shared_directions(row_of_houses([1, 89, 91]), resolution_m=0.5)) % 90

    assert all(angle < 2 or angle > 88 for angle in found)


def test_an_outline_is_laid_along_its_neighbours_only_where_that_holds():
    found = traced(rectangle(46, 25, 20))

    along = regular(found, np.radians(22))
    across = regular(found, np.radians(65))

    assert np.degrees(main_direction(np.asarray(along.exterior.coords))) == pytest.approx(22, abs=0.1)
    assert np.degrees(main_direction(np.asarray(across.exterior.coords))) == pytest.approx(20, abs=2)


def test_nothing_found_has_no_directions():
    assert shared_directions([], resolution_m=0.5) == []


def test_an_outline_that_meets_itself_at_a_corner_has_no_pocket_and_a_courtyard_stays():
    mask = rectangle(60, 60, 0)
    mask[50:70, 50:70] = False
    # A pixel whose one neighbour across a corner lies outside: a hole for the tracing, none for the filling.
    edge = int(np.nonzero(mask[60])[0][0])
    mask[60, edge] = mask[61, edge + 1] = False

    assert len(trace(mask).interiors) == 2
    assert [shapely.Polygon(ring).area for ring in traced(mask).exact.interiors] == [400]
