"""The engine on real pairs. The floors lie clearly under what docs/change-detection.md states, over any baseline."""

import cv2
import numpy as np
import pytest

from geo.imagery.evaluate import detect_plain, evaluate, pairs_of
from geo.imagery.params import DiffParams
from geo.imagery.pipeline import Sources, assemble, detect_block, plan_diff
from geo.imagery.readers import PlainReader
from tests.architecture.tracked import ROOT
from tests.geo.imagery.scenes import LEFT_M, TOP_M, write_photo

DATA = ROOT.parent / "shared" / "data"
pytestmark = [
    pytest.mark.real_imagery,
    pytest.mark.skipif(not DATA.is_dir(), reason="no folder of real pairs beside the checkout (../shared/data)"),
]


def few_of(name, folder, *stems):
    """A folder with only these pairs."""
    for pair in pairs_of(DATA / name):
        if pair.before.stem in stems:
            for part, path in (("A", pair.before), ("B", pair.after), ("label", pair.label)):
                (folder / part).mkdir(parents=True, exist_ok=True)
                (folder / part / path.name).symlink_to(path)
    return folder


def figures(folder, resolution_m, **params):
    *_, last = evaluate(folder, resolution_m=resolution_m, params=DiffParams(**params))
    return last


def test_new_suburbs_are_found(tmp_path):
    found = figures(few_of("levir_dev_0.5m", tmp_path, "test_1", "test_2", "test_7"), 0.5)

    assert found["objects_real"] > 20
    assert found["f1"] > 0.7
    assert found["object_recall"] > 0.6


def test_another_city_camera_and_resolution_is_found_and_better_than_by_the_baseline(tmp_path):
    folder = few_of("whu_dev_0.2m", tmp_path, "test_11", "test_16")

    trained, baseline = figures(folder, 0.2), figures(folder, 0.2, detector="cva")

    assert trained["f1"] > 0.7
    assert trained["object_recall"] > 0.7
    assert trained["f1"] > baseline["f1"] + 0.3


def shifted(path, out, right, down):
    image = cv2.imread(str(path))
    return cv2.imwrite(str(out), np.roll(image, (down, right), axis=(0, 1))) and out


def test_an_injected_shift_of_a_real_photograph_is_found(tmp_path):
    path = next(iter(pairs_of(DATA / "levir_dev_0.5m"))).before
    moved = shifted(path, tmp_path / "moved.png", 9, -5)

    found = detect_plain(
        PlainReader(path, resolution_m=0.5), PlainReader(moved, resolution_m=0.5), params=DiffParams()
    ).registration

    assert (found.east_m, found.north_m) == pytest.approx((4.5, 2.5), abs=0.25)


def test_a_photograph_against_itself_shows_next_to_nothing():
    path = pairs_of(DATA / "levir_dev_0.5m")[3].after
    same = PlainReader(path, resolution_m=0.5)

    assert detect_plain(same, same, params=DiffParams()).objects.max() == 0


def test_a_real_pair_goes_through_the_whole_engine(tmp_path):
    pair = next(p for p in pairs_of(DATA / "levir_dev_0.5m") if p.before.stem == "test_7")
    before, after = (
        write_photo(tmp_path / f"{i}.tif", cv2.imread(str(path))[..., ::-1], left_m=LEFT_M, top_m=TOP_M)
        for i, path in enumerate((pair.before, pair.after))
    )
    plan = plan_diff(before, after, params=DiffParams(block_px=512))
    for block in plan.blocks:
        detect_block(plan, Sources(before, after), block.index, tmp_path / "out")

    candidates = assemble(plan, Sources(before, after), tmp_path / "out")

    assert len(plan.blocks) == 4
    assert len(candidates) > 10
    assert sum(item.kind == "new" for item in candidates) > 0.6 * len(candidates)
    label = cv2.imread(str(pair.label), cv2.IMREAD_GRAYSCALE) > 127
    labelled_m2 = float(label.sum()) * 0.25
    assert sum(item.area_m2 for item in candidates) == pytest.approx(labelled_m2, rel=0.25)
