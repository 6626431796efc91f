"""A trained detector, run as the contract beside its file says (``contract.py``)."""

from __future__ import annotations

import hashlib
import math
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from geo.imagery.contract import QUANTISED_SUFFIX, ModelContract, contract_beside, run_file
from geo.imagery.detect import Evidence, check_pair
from geo.imagery.errors import DetectorError
from geo.imagery.pixels import Bools, Bytes, Float32, Pixels
from geo.imagery.runtime import Network

# A model that declares a second look is shown likely changes once more, mirrored and at that ground resolution; the
# mean of both looks is the evidence. For siamese 1/3 m, on the 52 validation crops of 0.5 m with changes: areas are off
# by .071 (one look .084) in the middle and .274 (.318) at nine of ten, pixel F1 .876 (.869), recall .872 (.858).
# Enlarged 1.4 or 1.6 times instead of 1.5 is as good, 2 times is worse (F1 .852), mirrored alone gains less (.072,
# F1 .872), and four or eight mirrorings no more. Thresholds are best where they were.
LARGEST_ZOOM = 1.5
# Only where the first look sees a change with a pixel as sure as this: an object needs a mean of 0.95 (seed_threshold).
WORTH_A_SECOND_LOOK = 0.9
# Surroundings of such a change that are looked at with it: as the first look has around its cells. On the validation
# crops 64 px give the same (F1 .862 and .863) for more than twice the pixels.
SECOND_LOOK_AROUND_PX = 32


# How far beyond 0…1 a probability may lie.
ROUNDING = 1e-3
# Pictures come in every size, and the network is prepared for each anew: sides are filled up to multiples of this.
SIDES_PX = 64


# ``Detector.arithmetic`` of the model that was loaded last.
_arithmetic: dict[tuple[Path, tuple[int, ...]], tuple[float, ...]] = {}


@lru_cache(maxsize=2)
def _loaded(path: Path, _changed_at: tuple[int, ...]) -> tuple[Network, ModelContract, str]:
    """The network, the contract and the version of a model file; read again when one of its files is another one."""
    contract = contract_beside(path)
    data = run_file(path, contract).read_bytes()
    network = Network(data, name=str(path))
    _check_names(path, network, contract)
    return network, contract, _version(data, contract)


def version_of(model: Path, contract: ModelContract) -> str:
    """The version of a model file without running it. Raises DetectorError, OSError."""
    return _version(run_file(model, contract).read_bytes(), contract)


def _version(data: bytes, contract: ModelContract) -> str:
    return hashlib.sha256(data + contract.results_key.encode()).hexdigest()[:12]


def _check_names(path: Path, network: Network, contract: ModelContract) -> None:
    """Raises DetectorError when the file has not the inputs and the output that its contract declares."""
    if set(contract.inputs) != network.inputs:
        declared = sorted(contract.inputs)
        raise DetectorError(f"{path}: has inputs {sorted(network.inputs)}, its contract declares {declared}")
    if contract.output not in network.outputs:
        raise DetectorError(f"{path}: has outputs {sorted(network.outputs)}, its contract declares {contract.output!r}")


def _file_times(path: Path) -> tuple[int, ...]:
    files = [path, path.with_suffix(".json"), path.with_suffix(QUANTISED_SUFFIX)]
    what = ["the detector's model file", "the contract of its model"]
    for file, meaning in zip(files, what, strict=False):
        if not file.is_file():
            raise DetectorError(f"{file}: {meaning} is not there")
    return tuple(file.stat().st_mtime_ns if file.is_file() else 0 for file in files)


# A drawn pair that every model is shown when it is loaded.
PROBE_PX = 128
PROBE_PARTS = 4


def _probe_pair() -> tuple[Bytes, Bytes]:
    """Rough ground (PROBE_PX, PROBE_PX, 3), and the same with four roofs on it."""
    rng = np.random.default_rng(1)
    before = cv2.GaussianBlur(rng.uniform(60, 150, (PROBE_PX, PROBE_PX, 3)).astype(np.float32), (0, 0), 1.5)
    after = before.copy()
    roofs = {(12, 14): (190, 90, 70), (20, 76): (215, 215, 210), (70, 20): (90, 110, 160), (76, 80): (150, 60, 50)}
    for (top, left), colour in roofs.items():
        roof = np.s_[top : top + 28, left : left + 34]
        after[roof] = before[roof] * 0.2 + colour
    return tuple(np.clip(image, 0, 255).astype(np.uint8) for image in (before, after))  # type: ignore[return-value]


class OnnxDetector:
    """A network of two dates in an ONNX file; its weights' and its contract's checksum is its version."""

    def __init__(self, model: Path) -> None:
        """Raises DetectorError when a file is missing or cannot be run, or does not answer as its contract says."""
        self.name = model.stem
        times = _file_times(model)
        self._network, self.contract, self.version = _loaded(model, times)
        self.margin_px = self.contract.margin_px
        self.resolution_m = self.contract.resolution_m
        self.threshold = self.contract.threshold
        self.outline_threshold = self.contract.outline_threshold
        self.seed_threshold = self.contract.seed_threshold
        self.calibration = self.contract.calibration
        self._mean, self._std = (
            np.array(bands, np.float32)[:, None, None] for bands in (self.contract.mean, self.contract.std)
        )
        self._as_it_is = not self._mean.any() and bool((self._std == 1).all())
        known = _arithmetic.get((model, times))
        if known is None:
            known = self._asked_once()
            _arithmetic.clear()
            _arithmetic[model, times] = known
        self.arithmetic = known

    def _asked_once(self) -> tuple[float, ...]:
        """What it makes of the probe: mean probabilities of its parts."""
        changed = self._look(*_probe_pair())[0]
        side = PROBE_PX // PROBE_PARTS
        means = changed.reshape(PROBE_PARTS, side, PROBE_PARTS, side).mean(axis=(1, 3))
        return tuple(round(float(value), 4) for value in means.ravel())

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
        images = [before.rgb, after.rgb]
        if not valid.all():
            images = [np.where(valid[..., None], rgb, self.contract.fill).astype(np.uint8) for rgb in images]
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
        if not (changed >= WORTH_A_SECOND_LOOK).any():
            return []
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
        answer = self._network.answer(feeds, self.contract.output)
        return self._meanings(answer, first.shape[2:])[:, :height, :width]

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
        if out.min() < -ROUNDING or out.max() > 1 + ROUNDING:
            raise DetectorError(
                f"{self.name}: answers values outside 0…1 ({out.min():.3g}…{out.max():.3g}); its contract declares "
                f"activation {self.contract.activation!r}"
            )
        return out

    def _network_input(self, rgb: Bytes) -> NDArray[np.float32]:
        """(1, 3, H', W') float32 with H' and W' multiples of what the model needs, mirrored beyond the edge."""
        step = math.lcm(self.contract.multiple_of_px, SIDES_PX)
        missing = [(-size) % step for size in rgb.shape[:2]]
        widths = ((0, int(missing[0])), (0, int(missing[1])), (0, 0))
        mirrored = all(m < s for m, s in zip(missing, rgb.shape[:2], strict=True))
        padded = np.pad(rgb, widths, mode="reflect" if mirrored else "edge")
        bands = np.ascontiguousarray(padded.transpose(2, 0, 1)[None], np.float32)
        return bands if self._as_it_is else (bands - self._mean) / self._std


def _resized(image: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR))
