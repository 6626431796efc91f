import json
import sys

import cv2
import numpy as np
import pytest

from geo.imagery import __main__ as command
from tests.geo.imagery.scenes import BUILT, LEFT_M, RED, WHITE, build, draw_scene, ground, to_bytes, write_photo

KEYS = {
    "precision", "recall", "f1", "iou", "object_precision", "object_recall", "area_error_median",
    "megapixels_per_second",
}  # fmt: skip


def call(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["geo.imagery", *map(str, arguments)])
    return command.main()


def pair_folder(folder, *, count=2):
    """Labelled pairs of plain images of several kinds, as test sets come."""
    for part in ("A", "B", "label"):
        (folder / part).mkdir(parents=True)
    for number in range(count):
        before = ground(number, width=320, height=240)
        after = before.copy()
        truth = np.zeros((240, 320, 3), np.float32)
        for house in BUILT[:2]:
            build(after, house, resolution_m=0.5, colour=WHITE if number else RED)
            build(truth, house, resolution_m=0.5, colour=(255.0, 255.0, 255.0))
        cv2.imwrite(str(folder / "A" / f"p{number}.png"), to_bytes(before)[..., ::-1])
        cv2.imwrite(str(folder / "B" / f"p{number}.jpg"), to_bytes(after)[..., ::-1])
        cv2.imwrite(str(folder / "label" / f"p{number}.tif"), np.where(truth[..., 0] > 127, 255, 0).astype(np.uint8))
    return folder


def test_diff_writes_flags_and_probability(tmp_path, monkeypatch, capsys):
    scene = draw_scene(tmp_path)
    flags, probability = tmp_path / "flags.geojson", tmp_path / "probability.tif"

    code = call(
        monkeypatch, "diff", scene.before, scene.after, "-o", flags, "--probability", probability, "--detector", "cva"
    )  # fmt: skip

    assert code == 0
    assert "4 changes" in capsys.readouterr().out
    features = json.loads(flags.read_text())["features"]
    assert len(features) == 4
    properties = features[0]["properties"]
    assert {"kind", "area_m2", "area_uncertainty_m2", "confidence", "height_change_m"} <= set(properties)
    lon, lat = features[0]["geometry"]["coordinates"][0][0]
    assert (lon, lat) == pytest.approx((113.6, 34.69), abs=0.01)
    assert probability.stat().st_size > 0


def test_evaluate_prints_one_object_last(tmp_path, monkeypatch, capsys):
    code = call(monkeypatch, "evaluate", pair_folder(tmp_path), "--resolution-m", 0.5, "--detector", "cva", "--each")

    assert code == 0
    lines = capsys.readouterr().out.strip().splitlines()
    figures = json.loads(lines[-1])
    assert set(figures) >= KEYS
    assert figures["object_recall"] == 1.0
    assert figures["f1"] > 0.5
    assert [json.loads(line)["pair"] for line in lines[:-1]] == ["p0", "p1"]


def bad_inputs(folder):
    scene = draw_scene(folder)
    image = to_bytes(ground(1, width=300, height=200))
    elsewhere = write_photo(folder / "elsewhere.tif", image, left_m=LEFT_M + 5000)
    plain, text = folder / "plain.png", folder / "notes.tif"
    cv2.imwrite(str(plain), image)
    text.write_text("no image")
    return scene, {"elsewhere.tif": elsewhere, "plain.png": plain, "notes.tif": text, "gone.tif": folder / "gone.tif"}


@pytest.mark.parametrize("name", ["elsewhere.tif", "plain.png", "notes.tif", "gone.tif"])
def test_a_bad_image_is_named_and_leaves_nothing(tmp_path, monkeypatch, capsys, name):
    scene, files = bad_inputs(tmp_path)
    out = tmp_path / "out"
    out.mkdir()

    code = call(
        monkeypatch, "diff", scene.before, files[name], "-o", out / "f.geojson", "--probability", out / "p.tif",
        "--detector", "cva",
    )  # fmt: skip

    assert code == 2
    assert name in capsys.readouterr().err
    assert list(out.iterdir()) == []


def test_a_folder_that_is_not_there_to_write_to_is_named_before_any_work(tmp_path, monkeypatch, capsys):
    scene = draw_scene(tmp_path)

    assert call(monkeypatch, "diff", scene.before, scene.after, "-o", tmp_path / "no" / "f.geojson") == 2
    assert "no: is not a folder" in capsys.readouterr().err


def spoil_stem(folder):
    (folder / "B" / "p1.jpg").rename(folder / "B" / "other.jpg")
    return "other is not in both A/ and B/"


def spoil_image(folder):
    (folder / "A" / "p0.png").write_bytes(b"\x89PNG broken")
    return "p0.png"


def spoil_label(folder):
    cv2.imwrite(str(folder / "label" / "p0.tif"), np.zeros((10, 10), np.uint8))
    return "p0.tif: is 10 x 10 px"


def spoil_size(folder):
    cv2.imwrite(str(folder / "B" / "p0.jpg"), np.zeros((100, 90, 3), np.uint8))
    return "p0.jpg: is 90 x 100 px"


def spoil_folder(folder):
    (folder / "label").rename(folder / "labels")
    return "label: is not a folder"


@pytest.mark.parametrize("spoil", [spoil_stem, spoil_image, spoil_label, spoil_size, spoil_folder])
def test_a_bad_folder_of_pairs_is_named(tmp_path, monkeypatch, capsys, spoil):
    folder = pair_folder(tmp_path / "pairs")
    named = spoil(folder)

    assert call(monkeypatch, "evaluate", folder, "--resolution-m", 0.5, "--detector", "cva") == 2
    assert named in capsys.readouterr().err


def test_labels_of_zero_and_one_count_as_labels(tmp_path, monkeypatch, capsys):
    folder = pair_folder(tmp_path / "pairs", count=1)
    label = folder / "label" / "p0.tif"
    cv2.imwrite(str(label), (cv2.imread(str(label), 0) > 127).astype(np.uint8))

    call(monkeypatch, "evaluate", folder, "--resolution-m", 0.5, "--detector", "cva")

    assert json.loads(capsys.readouterr().out.splitlines()[-1])["objects_real"] == 2
