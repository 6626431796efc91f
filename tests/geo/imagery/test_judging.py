"""A model is better only where reviewers would agree, on what neither model has learned from."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from geo.imagery.confidence import calibrated
from geo.imagery.learning.judging import LEAST_REVIEWS, compare, judge
from geo.imagery.onnx_detector import OnnxDetector
from tests.geo.imagery.networks import declare, redder
from tests.geo.imagery.reviews import example, rectangle, thing


@pytest.fixture
def village(tmp_path):
    """30 pictures of places of their own: in each third one a blue lorry was flagged, else a red house."""
    for part in ("A", "B"):
        (tmp_path / part).mkdir()
    examples = []
    for number in range(30):
        before = np.full((96, 96, 3), 100, np.uint8)
        after = before.copy()
        lorry = number % 3 == 0
        after[30:60, 30:70] = (100, 100, 170) if lorry else (170, 100, 100)
        ring = rectangle(30, 30, 40, 30)
        item = example(thing("a", ring, real=not lorry, exact=number % 2 == 0), stem=f"{number}", place=f"{number}/1")
        for part, picture in (("A", before), ("B", after)):
            cv2.imwrite(str(tmp_path / part / f"{number}.png"), picture[..., ::-1])
        examples.append(item)
    return tmp_path, examples


def detector(folder, name, *, bands, gain=1.0, **changed):
    model = redder(folder / f"{name}.onnx", stacked=True, bands=bands, gain=gain)
    # What did not change answers one half; the thresholds lie above.
    declare(model, layout="stacked", names=["both"], threshold=0.8, seed_threshold=0.9, **changed)
    return OnnxDetector(model)


def test_a_model_that_leaves_the_lorries_alone_is_better(village):
    folder, examples = village

    found = compare(
        folder, examples, current=detector(folder, "both", bands=(0, 2)), candidate=detector(folder, "red", bands=(0,))
    )

    assert (found.reviews, found.real, found.places) == (30, 20, 30)
    assert (found.current.real_kept, found.current.false_flagged) == (1.0, 1.0)
    assert (found.candidate.real_kept, found.candidate.false_flagged) == (1.0, 0.0)
    assert found.gain == pytest.approx(1 / 3, abs=0.02)
    assert found.sure > 0.99
    assert found.shortcomings == []


def test_a_model_that_flags_nothing_is_not_better_however_quiet(village):
    folder, examples = village

    found = compare(
        folder, examples, current=detector(folder, "both", bands=(0, 2)), candidate=detector(folder, "none", bands=())
    )

    assert found.candidate.false_flagged == 0.0
    assert "loses_real" in found.shortcomings
    assert "not_ahead" in found.shortcomings


def test_the_same_model_again_is_not_better(village):
    folder, examples = village
    both = detector(folder, "both", bands=(0, 2))

    assert compare(folder, examples, current=both, candidate=both).shortcomings == ["not_ahead"]


@pytest.mark.parametrize(("candidate", "bands", "real"), [("none", (), False), ("red", (0,), True)])
def test_reviews_of_one_kind_alone_prove_nothing(village, candidate, bands, real):
    """A model that flags nothing is right about every rejected flag, one that flags all about every confirmed one."""
    folder, examples = village
    alike = [replace(item, objects=tuple(replace(own, real=real) for own in item.objects)) for item in examples]

    found = compare(
        folder,
        alike,
        current=detector(folder, "both", bands=(0, 2)),
        candidate=detector(folder, candidate, bands=bands),
    )

    assert "one_kind" in found.shortcomings
    assert (found.candidate.false_flagged if real else found.candidate.real_kept) is None


def test_few_reviews_prove_nothing(village):
    folder, examples = village

    found = compare(
        folder, examples[: LEAST_REVIEWS - 1], current=detector(folder, "both", bands=(0, 2)),
        candidate=detector(folder, "red", bands=(0,)),
    )  # fmt: skip

    assert found.shortcomings == ["few_reviews"]


def test_what_nobody_reviewed_is_counted_apart_and_too_much_of_it_is_no_gain(village):
    folder, examples = village
    for number in range(30):
        path = str(folder / "B" / f"{number}.png")
        after = cv2.imread(path)
        after[70:90, 5:25] = (100, 170, 100)  # a green thing that only the new model sees
        cv2.imwrite(path, after)

    found = compare(
        folder, examples, current=detector(folder, "both", bands=(0, 2)), candidate=detector(folder, "rg", bands=(0, 1))
    )

    assert found.current.more == 0
    assert found.candidate.more == 30
    assert found.shortcomings == ["more_finds"]


def test_an_outline_that_a_person_drew_is_compared_with_what_is_found(village):
    folder, examples = village
    wide = [
        example(thing("a", rectangle(30, 30, 40, 20), real=True, exact=True), stem=item.stem, place=item.place)
        for item in examples
    ]

    verdicts = judge(folder, wide, detector(folder, "both", bands=(0, 2)))

    assert all(verdict.flagged for verdict in verdicts)
    assert [verdict.quality for verdict in verdicts] == pytest.approx([2 / 3] * 30, abs=0.01)
    assert [verdict.area_error for verdict in verdicts] == pytest.approx([0.5] * 30, abs=0.01)


def test_the_new_models_confidence_is_what_the_held_out_reviews_say(village):
    folder, examples = village
    both = detector(folder, "both", bands=(0, 2))

    corners = compare(folder, examples, current=both, candidate=both).calibration

    said = [calibrated(verdict.said, corners) for verdict in judge(folder, examples, both)]
    assert np.mean(said) == pytest.approx(2 / 3, abs=0.12)
