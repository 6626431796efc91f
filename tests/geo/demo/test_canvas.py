import cv2
import numpy as np
import pytest

from geo.demo.canvas import Canvas


@pytest.mark.parametrize("degrees", [0, 13, 37, 45, 80])
def test_a_roof_is_painted_and_raised_at_its_true_size(degrees):
    canvas = Canvas.empty(0.0, 40.0, 0.4, (100, 100), (0.0, 0.0, 0.0))
    corners = cv2.boxPoints(((20.1, 20.3), (12.0, 9.0), degrees)).astype(np.float64)

    canvas.fill(corners, (200.0, 200.0, 200.0), "roof")
    canvas.raise_to(corners, 6.0)

    assert canvas.rgb[..., 0].sum() / 200 * 0.16 == pytest.approx(108, rel=0.03)
    assert (canvas.height_m > 0).sum() * 0.16 == pytest.approx(108, rel=0.05)


def test_a_sliver_that_nothing_would_be_left_of_is_painted():
    canvas = Canvas.empty(0.0, 40.0, 0.4, (100, 100), (0.0, 0.0, 0.0))

    canvas.fill(np.array([(10.0, 10.0), (20.0, 10.0), (20.0, 10.2), (10.0, 10.2)]), (200.0, 200.0, 200.0))

    assert canvas.rgb.any()
