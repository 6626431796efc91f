"""A trained detector, run by ONNX Runtime as the contract beside its file says (``contract.py``)."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from geo.imagery.contract import ModelContract, contract_beside
from geo.imagery.detect import Evidence, check_pair
from geo.imagery.errors import DetectorError
from geo.imagery.pixels import Bools, Bytes, Float32, Pixels

# A model that declares a second look is shown likely changes once more, mirrored and at that ground resolution; the
# mean of both looks is the evidence. For siamese 1/3 m, on the 52 validation crops of 0.5 m with changes: areas are off
# by .071 (one look .084) in the middle and .274 (.318) at nine of ten, pixel F1 .876 (.869), recall .872 (.858).
# Enlarged 1.4 or 1.6 times instead of 1.5 is as good, 2 times is worse (F1 .852), mirrored alone gains less (.072,
# F1 .872), and four or eight mirrorings no more. Thresholds are best where they were.
LARGEST_ZOOM = 1.5
# Only where the first look sees a change with a pixel as sure as this: an object needs a mean of 0.95 (seed_threshold).
WORTH_A_SECOND_LOOK = 0.9
# Surroundings of such a change that are looked at with it.
SECOND_LOOK_AROUND_PX = 64


@lru_cache(maxsize=2)
def _loaded(path: Path, _changed_at: tuple[int, int]) -> tuple[onnxruntime.InferenceSession, ModelContract, str]:
    """The session, the contract and the version of a model file; read again when either file is another one."""
    contract = contract_beside(path)
    data = path.read_bytes()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    # Cells are worked at side by side (blocks.py). A session of two threads waits for its second one by spinning: on
    # two busy cores 1.06 megapixels a processor second where one thread does 2.08 (1.74 without spinning).
    options.intra_op_num_threads = 1
    # Second looks come in every size, for each of which a pattern of memory would be kept: 1317 MB instead of 892.
    options.enable_mem_pattern = False
    try:
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime raises many kinds that share no base below Exception
        raise DetectorError(f"{path}: not a model that can be run ({error})") from error
    _check_names(path, session, contract)
    version = hashlib.sha256(data + contract.results_key.encode()).hexdigest()[:12]
    return session, contract, version


def _check_names(path: Path, session: onnxruntime.InferenceSession, contract: ModelContract) -> None:
    """Raises DetectorError when the file has not the inputs and the output that its contract declares."""
    inputs, outputs = ({node.name for node in nodes} for nodes in (session.get_inputs(), session.get_outputs()))
    if set(contract.inputs) != inputs:
        raise DetectorError(f"{path}: has inputs {sorted(inputs)}, its contract declares {sorted(contract.inputs)}")
    if contract.output not in outputs:
        raise DetectorError(f"{path}: has outputs {sorted(outputs)}, its contract declares {contract.output!r}")


def _file_times(path: Path) -> tuple[int, int]:
    try:
        return path.stat().st_mtime_ns, path.with_suffix(".json").stat().st_mtime_ns
    except FileNotFoundError as error:
        what = "the contract of its model" if path.is_file() else "the detector's model file"
        raise DetectorError(f"{error.filename}: {what} is not there") from error


class OnnxDetector:
    """A network of two dates in an ONNX file; its weights' and its contract's checksum is its version."""

    def __init__(self, model: Path) -> None:
        self.name = model.stem
        self._session, self.contract, self.version = _loaded(model, _file_times(model))
        self.margin_px = self.contract.margin_px
        self.resolution_m = self.contract.resolution_m
        self.threshold = self.contract.threshold
        self.seed_threshold = self.contract.seed_threshold
        self.calibration = self.contract.calibration
        self._mean, self._std = (np.array(bands, np.float32) for bands in (self.contract.mean, self.contract.std))

    def probability(self, before: Pixels, after: Pixels) -> Float32:
        return self.evidence(before, after, resolution_m=self.resolution_m).changed

    def evidence(self, before: Pixels, after: Pixels, *, resolution_m: float) -> Evidence:
        """As ``Detector.probability``, with what was built up at each date (0 where the model does not tell).

        Raises DetectorError when the model fails on these pictures.
        """
        check_pair(before, after)
        valid = before.valid & after.valid
        height, width = valid.shape
        if not valid.any():
            nothing = np.zeros((height, width), np.float32)
            return Evidence(nothing, nothing, nothing)
        images = [
            np.where(valid[..., None], pixels.rgb, self.contract.fill).astype(np.uint8) for pixels in (before, after)
        ]
        out = self._look(*images)
        looks_m = self.contract.second_look_m
        for box, part in self._worth_a_second_look(out[0] * valid) if looks_m is not None else ():
            zoom = min(max(resolution_m / (looks_m or resolution_m), 1.0), LARGEST_ZOOM)
            second = self._second_look(*(image[box] for image in images), zoom=zoom)
            out[:, *box] += np.where(part, (second - out[:, *box]) * np.float32(0.5), 0)
        out = np.asarray(out * valid, np.float32)
        return Evidence(out[0], out[1], out[2])

    def _worth_a_second_look(self, changed: Float32) -> list[tuple[tuple[slice, slice], Bools]]:
        """Boxes of the block with what belongs to each: the changes that are sure enough, and their surroundings."""
        over = (changed >= self.threshold).astype(np.uint8)
        _, labels = cv2.connectedComponents(over, connectivity=4)
        sure = np.unique(labels[(changed >= WORTH_A_SECOND_LOOK) & (over > 0)])
        around = np.ones((2 * SECOND_LOOK_AROUND_PX + 1, 2 * SECOND_LOOK_AROUND_PX + 1), np.uint8)
        wide = cv2.dilate(np.isin(labels, sure[sure > 0]).astype(np.uint8), around)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(wide, connectivity=4)
        found = []
        for number in range(1, count):
            x, y, width, height = (int(value) for value in stats[number, :4])
            box = slice(y, y + height), slice(x, x + width)
            found.append((box, np.asarray(labels[box] == number, bool)))
        return found

    def _second_look(self, before: Bytes, after: Bytes, *, zoom: float) -> NDArray[np.float32]:
        """(3, H, W): the pictures mirrored and enlarged, the answer brought back."""
        height, width = before.shape[:2]
        size = round(width * zoom), round(height * zoom)
        first, second = (_resized(cv2.flip(image, 1), size) for image in (before, after))
        layers = [_resized(layer, (width, height)) for layer in self._look(first, second)]
        return np.stack([cv2.flip(layer, 1) for layer in layers]).astype(np.float32)

    def _look(self, before: Bytes, after: Bytes) -> NDArray[np.float32]:
        """(3, H, W): changed, built up before, built up after, as the network sees them in (H, W, 3) pictures."""
        height, width = before.shape[:2]
        first, second = (self._network_input(image) for image in (before, after))
        inputs = [first, second] if self.contract.layout == "two" else [np.concatenate([first, second], axis=1)]
        feeds = dict(zip(self.contract.inputs, inputs, strict=True))
        try:
            answer = self._session.run([self.contract.output], feeds)[0]
        except Exception as error:  # as above: no common base
            raise DetectorError(f"{self.name}: the model failed on {width} x {height} px ({error})") from error
        return self._meanings(np.asarray(answer), first.shape[2:])[:, :height, :width]

    def _meanings(self, answer: NDArray[Any], size: tuple[int, ...]) -> NDArray[np.float32]:
        """The three layers out of what the network answers. Raises DetectorError for another shape or channel."""
        layers = answer[0] if answer.ndim == 4 else answer
        chosen = self.contract.changed, self.contract.built_before, self.contract.built_after
        least = 1 + max(number for number in chosen if number is not None)
        if layers.ndim != 3 or layers.shape[0] < least or layers.shape[1:] != size:
            raise DetectorError(
                f"{self.name}: answers {answer.shape}, its contract declares (1, {least} or more, {size[0]}, {size[1]})"
            )
        if self.contract.activation == "softmax":
            powers = np.exp(layers - layers.max(axis=0))
            layers = powers / powers.sum(axis=0)
        picked = [np.zeros(size) if number is None else layers[number] for number in chosen]
        out = np.stack(picked).astype(np.float32)
        if self.contract.activation == "sigmoid":
            told = [number is not None for number in chosen]
            out[told] = 1 / (1 + np.exp(-np.clip(out[told], -60, 60)))
        if not np.isfinite(out).all():
            raise DetectorError(f"{self.name}: answers values that are not numbers")
        return out

    def _network_input(self, rgb: Bytes) -> NDArray[np.float32]:
        """(1, 3, H', W') float32 with H' and W' multiples of what the model needs, mirrored beyond the edge."""
        image = (rgb.astype(np.float32) - self._mean) / self._std
        missing = [(-size) % self.contract.multiple_of_px for size in rgb.shape[:2]]
        widths = ((0, int(missing[0])), (0, int(missing[1])), (0, 0))
        mirrored = all(m < s for m, s in zip(missing, rgb.shape[:2], strict=True))
        image = np.pad(image, widths, mode="reflect" if mirrored else "edge")
        return np.ascontiguousarray(image.transpose(2, 0, 1)[None])


def _resized(image: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR))
