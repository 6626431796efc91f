"""What reviewers said becomes labels as they meant it, and a network learns it."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import replace

import cv2
import numpy as np
import pytest
from shapely.geometry import Polygon

from geo.imagery.learning.examples import (
    LABEL_UNKNOWN,
    UNKNOWN,
    ExamplesError,
    Reviewed,
    ReviewedObject,
    mask_of,
    planes_of,
    read_index,
    read_pictures,
    split,
    write_examples,
    write_index,
)
from geo.imagery.learning.judging import judge
from geo.imagery.learning.tuning import TuningFailedError, tune_model
from geo.imagery.onnx_detector import OnnxDetector
from geo.imagery.params import DiffParams
from geo.imagery.pipeline import Sources, assemble, detect_block, plan_diff
from geo.imagery.shelf import model_path
from tests.geo.imagery.reviews import example, rectangle, thing
from tests.geo.imagery.scenes import BUILT, draw_scene

# --- labels --------------------------------------------------------------------------------------------------------


def test_a_rejected_outline_was_no_change_and_the_ground_around_it_is_not_known():
    planes = planes_of(example(thing("a", rectangle(10, 20, 8, 6), real=False)), (64, 64))

    assert (planes.changed[20:26, 10:18] == 0).all()
    assert (planes.changed != UNKNOWN).sum() == 48
    assert (planes.built_after == UNKNOWN).all()


def test_the_border_of_a_machines_outline_is_left_open():
    planes = planes_of(example(thing("a", rectangle(10, 10, 20, 20), real=True)), (64, 64))

    assert (planes.changed[13:27, 13:27] == 1).all()
    assert planes.changed[10, 20] == UNKNOWN
    assert planes.changed[8, 20] == UNKNOWN


def test_an_outline_that_a_person_drew_says_what_is_beside_it():
    planes = planes_of(example(thing("a", rectangle(10, 10, 20, 20), real=True, exact=True)), (64, 64))

    assert planes.changed[10, 20] == 1
    assert planes.changed[8, 20] == 0
    assert planes.changed[2, 20] == UNKNOWN


def test_what_is_real_for_one_review_is_not_false_for_the_next():
    """The strip beside a drawn outline, and a rejected outline that overlaps, do not rub out a confirmed one."""
    drawn = thing("a", rectangle(10, 10, 20, 20), real=True, exact=True)
    neighbour = thing("b", rectangle(31, 10, 20, 20), real=True, exact=True)
    rejected = thing("c", rectangle(25, 10, 10, 20), real=False)

    planes = planes_of(example(drawn, neighbour, rejected), (64, 64))

    assert (planes.changed[10:30, 10:30] == 1).all()
    assert (planes.changed[10:30, 31:51] == 1).all()


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [("new", 0, 1), ("enlarged", 0, 1), ("demolished", 1, 0), ("rebuilt", 1, 1), ("unclear", UNKNOWN, UNKNOWN)],
)
def test_the_kind_tells_at_which_date_something_stood_there(kind, before, after):
    planes = planes_of(example(thing("a", rectangle(10, 10, 20, 20), real=True, kind=kind)), (64, 64))

    assert planes.built_before[20, 20] == before
    assert planes.built_after[20, 20] == after


# --- the folder ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def reviewed_scene(tmp_path_factory):
    """A drawn pair, its run, and all of its flags reviewed: the first one rejected."""
    folder = tmp_path_factory.mktemp("scene")
    scene = draw_scene(folder)
    sources = Sources(scene.before, scene.after)
    plan = plan_diff(scene.before, scene.after, params=DiffParams())
    for block in plan.blocks:
        detect_block(plan, sources, block.index, folder / "blocks")
    flags = assemble(plan, sources, folder / "blocks")
    assert len(flags) == len(BUILT)
    reviews = [Reviewed(f"TB{n}", flag.geometry, n > 0, n == 1, flag.kind) for n, flag in enumerate(flags)]
    examples = write_examples(plan, sources, reviews, folder / "examples")
    write_index(folder / "examples", examples)
    return folder / "examples", examples, flags


def test_an_example_shows_both_dates_as_the_detector_saw_them(reviewed_scene):
    folder, examples, flags = reviewed_scene

    assert [item.stem for item in examples] == ["TB0", "TB1", "TB2", "TB3"]
    for item, flag in zip(examples, flags, strict=True):
        before, after = read_pictures(folder, item)
        own = mask_of(item.objects[0], before.shape[:2])
        assert own.sum() * 0.25 == pytest.approx(flag.area_m2, rel=0.1)
        # A white roof stands on what was ground.
        assert after[own].mean() - before[own].mean() > 40
        elsewhere = ~np.any([mask_of(other, before.shape[:2]) for other in item.objects], axis=0)
        assert abs(after[elsewhere].mean() - before[elsewhere].mean()) < 15


def test_the_label_says_what_was_said(reviewed_scene):
    folder, examples, _flags = reviewed_scene

    labels = [cv2.imread(str(folder / "label" / f"{item.stem}.png"), cv2.IMREAD_GRAYSCALE) for item in examples]

    masks = [mask_of(item.objects[0], labels[0].shape) for item in examples]
    assert (labels[0][masks[0]] == 0).all()
    assert (labels[1][masks[1]] == 255).all()
    assert (labels[2][masks[2]] != 0).all()
    assert (np.concatenate([label.ravel() for label in labels]) == LABEL_UNKNOWN).mean() > 0.8


def test_a_folder_is_read_as_it_was_written(reviewed_scene):
    folder, examples, _flags = reviewed_scene

    assert read_index(folder) == examples


def test_a_folder_that_is_none_is_named(tmp_path):
    with pytest.raises(ExamplesError, match=r"examples\.json: not a list of examples"):
        read_index(tmp_path)
    (tmp_path / "examples.json").write_text('{"format": 9, "examples": []}')
    with pytest.raises(ExamplesError, match="format 9, this reads 2"):
        read_index(tmp_path)
    with pytest.raises(ExamplesError, match=r"A/one\.png: is not a readable picture"):
        read_pictures(tmp_path, example(thing("a", rectangle(0, 0, 5, 5), real=True)))


def test_examples_of_one_place_are_all_held_out_or_none():
    one = thing("a", rectangle(0, 0, 5, 5), real=True)
    examples = [example(one, stem=str(n), place=f"{n % 60}/7") for n in range(300)]

    learned, held_out = split(examples)

    assert not {item.place for item in learned} & {item.place for item in held_out}
    assert 0.15 < len(held_out) / 300 < 0.5
    assert split(examples[::-1])[1] == held_out[::-1]


def test_a_picture_that_shows_a_held_out_change_is_not_learned_from():
    """A street of houses 60 m apart, each picture 128 m wide: neighbours lie in it, labelled."""
    ring = rectangle(0, 0, 5, 5)
    places = [f"{number // 4}/7" for number in range(200)]
    examples = [
        example(
            *(
                thing(f"{n}", ring, real=True, place=places[n])
                for n in (number, number - 1, number + 1)
                if 0 <= n < 200
            ),
            stem=f"{number}",
        )
        for number in range(200)
    ]

    learned, held_out = split(examples)

    judged = {item.objects[0].key for item in held_out}
    taught = {own.key for item in learned for own in item.objects}
    assert len(judged) > 30
    assert len(taught) > 60
    assert not judged & taught


# --- starting the training -----------------------------------------------------------------------------------------


def trainer(folder, script):
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_a_training_that_fails_is_told_with_its_last_words(tmp_path):
    start = model_path("siamese")
    with pytest.raises(TuningFailedError, match="ended with 3: no torch here"):
        tune_model(
            tmp_path, start=start, output=tmp_path / "new.onnx", title="新",
            python=trainer(tmp_path, "echo no torch here >&2; exit 3"),
        )  # fmt: skip
    with pytest.raises(TuningFailedError, match="cannot be started"):
        tune_model(tmp_path, start=start, output=tmp_path / "new.onnx", title="新", python=str(tmp_path / "gone"))
    with pytest.raises(TuningFailedError, match="ended with 0"):
        tune_model(
            tmp_path, start=start, output=tmp_path / "new.onnx", title="新", python=trainer(tmp_path, "exit 0")
        )  # fmt: skip


@pytest.mark.parametrize("real", [True, False])
def test_the_network_learns_what_reviewers_said(reviewed_scene, tmp_path, real):
    """Houses that reviewers rejected are left alone afterwards; those that they confirmed are still found."""
    if "TRAINING_PYTHON" not in os.environ:
        pytest.skip("needs an environment with PyTorch: make test-training")
    folder, examples, _flags = reviewed_scene
    said = [replace(item, objects=tuple(replace(own, real=real) for own in item.objects)) for item in examples]
    folder, start = shutil.copytree(folder, tmp_path / "examples"), model_path("siamese")
    write_index(folder, said)

    tune_model(
        folder, start=start, output=tmp_path / "new.onnx", title="新", steps=30, hold_out=False,
        python=os.environ["TRAINING_PYTHON"],
    )  # fmt: skip

    before, after = (judge(folder, said, OnnxDetector(path)) for path in (start, tmp_path / "new.onnx"))
    assert all(verdict.flagged for verdict in before)
    assert {verdict.flagged for verdict in after} == {real}


RESTORED = """
import sys, torch
from pathlib import Path
from geo.imagery.training.weights import network_from_onnx, restore_normalisations
torch.manual_seed(1)
network = network_from_onnx(Path(sys.argv[1])).eval()
batches = [tuple(torch.rand(4, 3, 64, 64) * 255 for _ in range(2)) for _ in range(4)]
def answer():
    with torch.no_grad():
        return network(*batches[0]).sigmoid()
before = answer()
folded = (network.train() and answer() - before).abs().mean()
restore_normalisations(network.eval(), batches)
same = (answer() - before).abs().max()
trained = (network.train() and answer() - before).abs().mean()
print(float(same), float(folded), float(trained))
"""


def test_a_network_from_a_file_can_be_trained_on_as_it_answers():
    """The export folds normalisations away: with the identity in their place, the first step of a training would be
    that of another network."""
    if "TRAINING_PYTHON" not in os.environ:
        pytest.skip("needs an environment with PyTorch: make test-training")

    done = subprocess.run(
        [os.environ["TRAINING_PYTHON"], "-c", RESTORED, str(model_path("siamese-open"))],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    same, folded, trained = map(float, done.stdout.split())
    assert same < 1e-4
    assert trained < folded / 4


def test_an_outline_with_a_courtyard_keeps_it():
    outer, inner = rectangle(5, 5, 40, 40), rectangle(15, 15, 20, 20)
    yard = ReviewedObject("a", "1/1", (outer, inner), True, True, "new", "")

    assert mask_of(yard, (64, 64)).sum() == 40 * 40 - 20 * 20
    assert Polygon(outer, [inner]).area == 1200
