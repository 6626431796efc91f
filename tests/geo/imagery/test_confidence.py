"""A flag's confidence is a share that was measured, in the order of the detector's own probabilities."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from geo.imagery.confidence import CALIBRATIONS, calibrated
from geo.imagery.siamese import SiameseDetector


def test_the_weights_that_are_shipped_were_measured():
    assert (SiameseDetector.name, SiameseDetector().version) in CALIBRATIONS


@pytest.mark.parametrize("detector", CALIBRATIONS)
def test_a_surer_object_stays_the_surer_one_and_none_is_certain(detector):
    said = [calibrated(float(mean), *detector) for mean in np.linspace(0.5, 1, 200)]
    assert all(one < next_one for one, next_one in pairwise(said))
    assert said[0] > 0
    assert said[-1] < 1


def test_weights_that_nobody_measured_keep_their_own_probability():
    assert calibrated(0.83, "siamese", "other weights") == 0.83
    assert calibrated(0.83, "cva", "1") == 0.83


def test_the_middle_of_the_line_is_what_the_validation_crops_said():
    assert calibrated(0.88, *next(iter(CALIBRATIONS))) == pytest.approx(0.779)
    assert calibrated(0.905, *next(iter(CALIBRATIONS))) == pytest.approx(0.874)
