"""Any ONNX model can be the detector that declares how it is to be asked; what does not fit is named."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from geo.imagery import shelf
from geo.imagery.contract import contract_beside, contract_of
from geo.imagery.detect import SceneStatistics, detector_names, make_detector
from geo.imagery.errors import DetectorError
from geo.imagery.onnx_detector import OnnxDetector
from geo.imagery.params import DiffParams
from tests.geo.imagery.networks import declare, redder, two_dates

SHIPPED = shelf.model_path(DiffParams.detector)
ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(("layout", "names"), [("two", ["first", "second"]), ("stacked", ["both"])])
def test_a_model_of_another_shape_is_run_as_it_declares(tmp_path, layout, names):
    model = declare(redder(tmp_path / "red.onnx", stacked=layout == "stacked"), layout=layout, names=names)

    evidence = OnnxDetector(model).evidence(*two_dates(), resolution_m=0.5)

    assert evidence.changed.shape == (70, 90)
    # (160 - 100) / 10 is 6, whose sigmoid is .9975; where nothing changed it is one half.
    np.testing.assert_allclose(evidence.changed[20:40, 30:60], 1 / (1 + np.exp(-6.0)), rtol=1e-5)
    np.testing.assert_allclose(evidence.changed[:20], 0.5)
    assert not evidence.built_before.any()
    assert not evidence.built_after.any()


def test_a_softmax_over_two_classes_gives_the_same(tmp_path):
    model = declare(
        redder(tmp_path / "red.onnx", stacked=True), layout="stacked", names=["both"], output__activation="softmax"
    )

    changed = OnnxDetector(model).probability(*two_dates())

    np.testing.assert_allclose(changed[20:40, 30:60], 1 / (1 + np.exp(-6.0)), rtol=1e-5)


def test_models_are_found_by_name_in_folders_that_are_added(tmp_path, monkeypatch):
    monkeypatch.setattr(shelf, "_folders", [shelf.SHIPPED])
    assert "red" not in detector_names()
    shelf.add_folder(tmp_path)
    declare(redder(tmp_path / "red.onnx", stacked=True), layout="stacked", names=["both"])

    assert "red" in detector_names()
    assert make_detector("red", SceneStatistics()).resolution_m == 0.5


@pytest.mark.parametrize("name", ["../red", "red/../red", "/red", "Red", "", "red.onnx", "r"])
def test_no_name_leads_out_of_the_folders(tmp_path, monkeypatch, name):
    monkeypatch.setattr(shelf, "_folders", [tmp_path / "inner"])
    (tmp_path / "inner").mkdir()
    declare(redder(tmp_path / "red.onnx", stacked=True), layout="stacked", names=["both"])

    with pytest.raises(DetectorError, match="is not one of"):
        shelf.model_path(name)


def test_a_shipped_model_is_not_replaced_by_one_of_its_name(tmp_path, monkeypatch):
    monkeypatch.setattr(shelf, "_folders", [shelf.SHIPPED, tmp_path])
    redder(tmp_path / SHIPPED.name, stacked=True)

    assert shelf.model_path(SHIPPED.stem) == SHIPPED


def test_other_weights_or_another_contract_are_another_version_and_other_words_are_not(tmp_path):
    def version(**changed):
        return OnnxDetector(declare(model, layout="stacked", names=["both"], **changed)).version

    model = redder(tmp_path / "red.onnx", stacked=True)
    first = version()
    assert version(title="绿", terms="open") == first
    assert version(threshold=0.55) != first
    redder(model, stacked=True, gain=2.0)
    assert version() != first


def test_what_is_run_is_the_quantised_file_where_the_contract_says_so(tmp_path):
    exact = declare(redder(tmp_path / "red.onnx", stacked=True, gain=1.0), layout="stacked", names=["both"])
    plain = OnnxDetector(exact)
    declare(exact, layout="stacked", names=["both"], quantised=True)
    with pytest.raises(DetectorError, match=r"red\.int8\.onnx: the quantised file .* is not there"):
        OnnxDetector(exact)
    redder(tmp_path / "red.int8.onnx", stacked=True, gain=0.0)  # sees nothing: shows which of them answered
    run = OnnxDetector(exact)

    assert run.version != plain.version
    assert plain.probability(*two_dates()).max() > 0.9
    assert run.probability(*two_dates()).max() <= 0.5
    redder(tmp_path / "red.int8.onnx", stacked=True, gain=2.0)
    assert OnnxDetector(exact).version not in {run.version, plain.version}


def test_a_quantised_file_is_no_model_of_its_own():
    assert [name for name in shelf.model_names() if "int8" in name] == []


FIRST_USE = """
import sys, threading
import numpy as np
sys.setswitchinterval(1e-6)
from geo.imagery.runtime import Network
network = Network(open(sys.argv[1], "rb").read(), name="red")
start = threading.Barrier(4)
def ask():
    start.wait()
    network.answer({"both": np.zeros((1, 6, 64, 64), np.float32)}, "answer")
threads = [threading.Thread(target=ask) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(any("openvino_telemetry." in name for name in sys.modules))
"""


def test_threads_that_ask_for_the_first_time_do_not_wait_for_one_another_and_nobody_is_told(tmp_path):
    """One try in four hung before the table of types was filled at the import."""
    model = redder(tmp_path / "red.onnx", stacked=True)
    for _ in range(5):
        done = subprocess.run(
            [sys.executable, "-c", FIRST_USE, str(model)], capture_output=True, text=True, timeout=60, cwd=ROOT
        )
        assert (done.returncode, done.stdout) == (0, "False\n"), done.stderr


def test_a_model_file_or_contract_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DetectorError, match=r"gone\.onnx: the detector's model file is not there"):
        OnnxDetector(tmp_path / "gone.onnx")
    redder(tmp_path / "bare.onnx", stacked=True)
    with pytest.raises(DetectorError, match=r"bare\.json: the contract of its model is not there"):
        OnnxDetector(tmp_path / "bare.onnx")
    (tmp_path / "text.onnx").write_text("no model")
    declare(tmp_path / "text.onnx", layout="stacked", names=["both"])
    with pytest.raises(DetectorError, match=r"text\.onnx: not a model"):
        OnnxDetector(tmp_path / "text.onnx")


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"inputs__names": ["other"]}, r"has inputs \['both'\], its contract declares \['other'\]"),
        ({"output__name": "other"}, "its contract declares 'other'"),
    ],
)
def test_a_file_that_has_not_what_its_contract_declares_is_refused(tmp_path, changed, complaint):
    model = declare(redder(tmp_path / "red.onnx", stacked=True), layout="stacked", names=["both"], **changed)

    with pytest.raises(DetectorError, match=complaint):
        OnnxDetector(model)


def test_an_answer_without_the_declared_channels_is_refused(tmp_path):
    model = declare(redder(tmp_path / "red.onnx", stacked=True), layout="stacked", names=["both"], output__changed=5)

    with pytest.raises(DetectorError, match=r"red: answers \(1, 2, 128, 128\), its contract declares \(1, 6 or more"):
        OnnxDetector(model).evidence(*two_dates(), resolution_m=0.5)


def test_an_answer_that_is_no_number_is_refused(tmp_path):
    model = redder(tmp_path / "red.onnx", stacked=True, gain=np.nan)
    declare(model, layout="stacked", names=["both"])

    with pytest.raises(DetectorError, match="not numbers"):
        OnnxDetector(model).evidence(*two_dates(), resolution_m=0.5)


def test_an_answer_that_is_no_probability_is_refused_when_the_model_is_loaded(tmp_path):
    model = declare(
        redder(tmp_path / "red.onnx", stacked=True), layout="stacked", names=["both"], output__activation="none"
    )

    with pytest.raises(DetectorError, match=r"outside 0…1 .* activation 'none'"):
        OnnxDetector(model)


@pytest.mark.parametrize("name", ["siamese", "siamese-open"])
def test_a_contract_is_written_as_it_was_read(name):
    contract = contract_beside(shelf.model_path(name))

    assert contract_of(json.loads(json.dumps(contract.to_dict())), where="again") == contract


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"contract": 2}, "contract is not 1"),
        ({"title": " "}, "title is not a text"),
        ({"title": "二\u0000"}, "title is not a text of one line"),
        ({"outline_threshold": 0.4}, "outline_threshold is not a number of 0.5…1"),
        ({"terms": "free"}, "terms 'free' is not one of open, research, unknown"),
        ({"resolution_m": 50}, "resolution_m is not a number of 0.05…5"),
        ({"resolution_m": True}, "resolution_m is not a number"),
        ({"resolution_m": float("nan")}, "resolution_m is not a number"),
        ({"seed_threshold": 0.2}, "seed_threshold is not a number of 0.5…1"),
        ({"margin_px": 1.5}, "margin_px is not a whole number"),
        ({"inputs": []}, "inputs: not an object"),
        ({"calibration": [[0.5, 0.4], [0.6, 0.3]]}, "calibration does not rise"),
        ({"calibration": [0.5]}, "calibration is not a list"),
        ({"calibration": [[10**400, 1]]}, "calibration is not a list"),
        ({"speed": 3}, "unknown: speed"),
    ],
)
def test_a_contract_names_the_field_that_is_wrong(change, complaint):
    values = contract_beside(SHIPPED).to_dict() | change

    with pytest.raises(DetectorError, match=complaint):
        contract_of(values, where="m.json")


@pytest.mark.parametrize(
    ("part", "change", "complaint"),
    [
        ("inputs", {"layout": "three"}, "layout 'three' is not one of two, stacked"),
        ("inputs", {"names": ["before"]}, "names is not a list of 2"),
        ("inputs", {"names": ["before", "before"]}, "names are not two different ones"),
        ("inputs", {"std": [1, 0, 1]}, "std: 1 is not a number"),
        ("inputs", {"std": [1, float("inf"), 1]}, "std: 1 is not a number"),
        ("inputs", {"mean": [10**400, 0, 0]}, "mean: 0 is not a number"),
        ("inputs", {"mean": [1, 2]}, "mean is not three numbers"),
        ("output", {"activation": "relu"}, "activation 'relu'"),
        ("output", {"built_before": None}, "told both or neither"),
        ("output", {"changed": -1}, "changed is not a number of 0…63"),
    ],
)
def test_a_contract_names_the_inner_field_that_is_wrong(part, change, complaint):
    values = contract_beside(SHIPPED).to_dict()
    values[part] |= change

    with pytest.raises(DetectorError, match=complaint):
        contract_of(values, where="m.json")


@pytest.mark.parametrize("text", ["[" * 90_000, "{" + " " * 200_000 + "}"])
def test_a_contract_that_is_no_contract_is_named(tmp_path, text):
    model = redder(tmp_path / "red.onnx", stacked=True)
    model.with_suffix(".json").write_text(text)

    with pytest.raises(DetectorError, match=r"red\.json: "):
        contract_beside(model)


def test_a_field_that_is_missing_is_named():
    values = contract_beside(SHIPPED).to_dict()
    del values["threshold"]

    with pytest.raises(DetectorError, match=r"m\.json: threshold is missing"):
        contract_of(values, where="m.json")
