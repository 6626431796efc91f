"""Small networks of one convolution, and contracts beside them: what a plug-in looks like to the engine."""

from __future__ import annotations

import json

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from geo.imagery.pixels import Pixels


def redder(path, *, stacked, channels=2, gain=1.0, bands=(0,)):
    """A network of one convolution that answers how much redder the later picture is (in its last channel)."""
    weights = np.zeros((channels, 6, 1, 1), np.float32)
    for band in bands:
        weights[-1, band], weights[-1, 3 + band] = -gain, gain
    size = ["n", 3, "h", "w"]
    one = helper.make_tensor_value_info
    if stacked:
        inputs, nodes = [one("both", TensorProto.FLOAT, ["n", 6, "h", "w"])], []
    else:
        inputs = [one("first", TensorProto.FLOAT, size), one("second", TensorProto.FLOAT, size)]
        nodes = [helper.make_node("Concat", ["first", "second"], ["both"], axis=1)]
    nodes.append(helper.make_node("Conv", ["both", "weights"], ["answer"]))
    graph = helper.make_graph(
        nodes, "redder", inputs, [one("answer", TensorProto.FLOAT, ["n", channels, "h", "w"])],
        initializer=[numpy_helper.from_array(weights, "weights")],
    )  # fmt: skip
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def declare(path, *, layout, names, **changed):
    """Write the contract beside a model; ``changed`` replaces fields (output_… and inputs_… reach inside)."""
    values = {
        "contract": 1, "title": "红", "terms": "unknown", "resolution_m": 0.5, "threshold": 0.5, "seed_threshold": 0.6,
        "margin_px": 8, "second_look_m": None, "calibration": [],
        "inputs": {
            "layout": layout, "names": names, "mean": [100, 100, 100], "std": [10, 10, 10], "multiple_of_px": 32,
            "fill": 0,
        },
        "output": {"name": "answer", "activation": "sigmoid", "changed": 1, "built_before": None, "built_after": None},
    }  # fmt: skip
    for name, value in changed.items():
        where, _, field = name.partition("__")
        if field:
            values[where][field] = value
        else:
            values[name] = value
    path.with_suffix(".json").write_text(json.dumps(values))
    return path


def two_dates(height=70, width=90):
    before = np.full((height, width, 3), 100, np.uint8)
    after = before.copy()
    after[20:40, 30:60, 0] = 160
    valid = np.ones((height, width), bool)
    return Pixels(before, valid), Pixels(after, valid)
