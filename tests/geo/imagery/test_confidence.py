"""A flag's confidence is a share that was measured, in the order of the detector's own probabilities."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest

from geo.imagery.confidence import MOST_SURE, calibrated, fitted
from geo.imagery.contract import contract_beside
from geo.imagery.evaluate import pairs_of
from geo.imagery.params import DiffParams
from geo.imagery.shelf import model_path
from geo.imagery.training.calibrate import calibrate
from tests.geo.imagery.networks import declare, redder

SHIPPED = contract_beside(model_path(DiffParams.detector)).calibration


def test_the_weights_that_are_used_unless_others_are_chosen_were_measured():
    assert SHIPPED


@pytest.mark.parametrize("corners", [SHIPPED, fitted([0.6, 0.8, 0.95, 0.99], [0, 1, 1, 1], prior=())])
def test_a_surer_object_stays_the_surer_one_and_none_is_certain(corners):
    said = [calibrated(float(mean), corners) for mean in np.linspace(0.5, 1, 200)]
    assert all(one < next_one for one, next_one in pairwise(said))
    assert said[0] > 0
    assert said[-1] < 1


def test_weights_that_nobody_measured_keep_their_own_probability():
    assert calibrated(0.83, ()) == 0.83


def test_the_middle_of_the_line_is_what_the_validation_crops_said():
    assert calibrated(0.92, SHIPPED) == pytest.approx(0.7721)
    assert calibrated(0.94, SHIPPED) == pytest.approx((0.7721 + 0.9838) / 2)


def test_a_models_line_is_what_labelled_pairs_say_of_its_own_probabilities(tmp_path):
    """Three of four red roofs of one shade are labelled; the line that the model came with counts for nothing."""
    folder = tmp_path / "pairs"
    for part in ("A", "B", "label"):
        (folder / part).mkdir(parents=True)
    for number in range(8):
        before = np.full((96, 96, 3), 100, np.uint8)
        after, label = before.copy(), np.zeros((96, 96), np.uint8)
        after[30:60, 30:60, 2] = 150  # blue, green, red
        label[30:60, 30:60] = 255 * (number % 4 > 0)
        for part, image in (("A", before), ("B", after), ("label", label)):
            cv2.imwrite(str(folder / part / f"{number}.png"), image)
    model = declare(
        redder(tmp_path / "red.onnx", stacked=True), layout="stacked", names=["both"],
        threshold=0.8, seed_threshold=0.9, calibration=[[1, 0]],
    )  # fmt: skip

    corners, count = calibrate(model, pairs_of(folder), resolution_m=0.5)

    # The network answers (150 - 100) / 10 there: 1 / (1 + e^-5); one object stands for what it says by itself.
    assert count == 8
    assert calibrated(0.9933, corners) == pytest.approx(0.82, abs=0.01)
    assert contract_beside(model).calibration == ((1.0, 0.0),)


def test_a_line_fitted_to_many_objects_says_how_often_they_were_real():
    rng = np.random.default_rng(5)
    means = rng.uniform(0.5, 1, 4000)
    share = 0.1 + 0.8 * (means - 0.5) / 0.5

    corners = fitted(means, rng.random(4000) < share, prior=SHIPPED)

    for mean in (0.55, 0.7, 0.8, 0.9, 0.98):
        assert calibrated(mean, corners) == pytest.approx(0.1 + 0.8 * (mean - 0.5) / 0.5, abs=0.06)


def test_a_line_fitted_to_three_objects_is_still_much_like_the_one_before():
    corners = fitted([0.9, 0.94, 0.96], [0, 0, 1], prior=SHIPPED)

    for mean in (0.6, 0.75, 0.9, 0.95, 0.99):
        assert calibrated(mean, corners) == pytest.approx(calibrated(mean, SHIPPED), abs=0.2)
    assert calibrated(0.93, corners) < calibrated(0.93, SHIPPED)


def test_where_sure_objects_were_wrong_more_often_than_unsure_ones_neither_is_believed_more():
    corners = fitted([0.7] * 50 + [0.97] * 50, [1] * 50 + [0] * 50, prior=())

    said = [calibrated(mean, corners) for mean in (0.7, 0.97)]
    assert said[0] == pytest.approx(said[1], abs=0.05)
    assert said[1] < MOST_SURE
