"""From the exact weights of an ONNX file to the copy in whole numbers of 8 bits that is run in its place."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from geo.imagery.contract import QUANTISED_SUFFIX
from geo.imagery.runtime import Network

# Crops that the ranges of the values in between are taken from; some more show how well the copy agrees.
CALIBRATION_CROPS = 48
COMPARED_CROPS = 8
# These parts keep their exact weights (one validation crop, mean difference of the probability; megapixels a second of
# one core): none .012 in ONNX Runtime and .057 in OpenVINO, which works out the first block otherwise than it should;
# 4.6. These .006 in both; 4.3. Four blocks .005; 4.0. The whole encoder .003; 3.3.
EXACT_PARTS = ("/encoder/stem/", "/encoder/blocks.0/", "/encoder/blocks.1/")
# A copy whose answers lie further from the exact ones in the mean is not that model (crops of training are harder than
# what is met later: .02 there, .004 on validation crops).
LARGEST_DIFFERENCE = 0.04

# The output of ``export_onnx``.
OUTPUT = "probability"

Image = NDArray[np.uint8]


class NotTheSameModel(ValueError):
    """The quantised copy answers otherwise than the model."""


Feeds = dict[str, NDArray[np.float32]]


class _Reader(CalibrationDataReader):  # type: ignore[misc, unused-ignore]
    def __init__(self, feeds: list[Feeds]) -> None:
        self.left = iter(feeds)

    def get_next(self) -> Feeds | None:
        return next(self.left, None)


def quantise(model: Path, pairs: Iterable[tuple[Image, Image]]) -> Path:
    """Write ``NAME.int8.onnx`` beside an exported model and return its path; ``pairs`` are crops (H, W, 3) RGB of both
    dates, sides multiples of the network's stride, that show what it will see: CALIBRATION_CROPS and COMPARED_CROPS.

    Weights per channel, values in between by the least and the largest that the crops give (Jacob et al. 2018). Raises
    NotTheSameModel when the copy, as the product runs it, does not answer as the model does.
    """
    feeds = [_feeds(pair) for pair in pairs]
    target = model.with_suffix(QUANTISED_SUFFIX)
    part = target.with_suffix(".part")
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(str(model), str(prepared), skip_symbolic_shape=True)
        names = [node.name for node in onnx.load(prepared).graph.node]
        quantize_static(
            str(prepared), str(part), _Reader(feeds[:-COMPARED_CROPS]), quant_format=QuantFormat.QDQ,
            per_channel=True, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
            nodes_to_exclude=[name for name in names if any(exact in name for exact in EXACT_PARTS)],
        )  # fmt: skip
    exact, copy = (Network(path.read_bytes(), name=str(path)) for path in (model, part))
    compared = feeds[-COMPARED_CROPS:]
    difference = float(np.mean([np.abs(exact.answer(own, OUTPUT) - copy.answer(own, OUTPUT)) for own in compared]))
    if difference > LARGEST_DIFFERENCE:
        raise NotTheSameModel(f"{target}: answers lie off by {difference:.3f} in the mean")
    part.replace(target)
    return target


def _feeds(pair: tuple[Image, Image]) -> Feeds:
    before, after = (np.ascontiguousarray(image.transpose(2, 0, 1)[None], np.float32) for image in pair)
    return {"before": before, "after": after}
