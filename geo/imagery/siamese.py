"""The trained detector, run by ONNX Runtime. See docs/model-card.md for what it was trained on."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from geo.imagery.detect import Evidence, check_pair
from geo.imagery.errors import DetectorError
from geo.imagery.pixels import Bools, Bytes, Float32, Pixels

MODEL_PATH = Path(__file__).parent / "models" / "siamese.onnx"
# The network halves its input four times.
STRIDE_PX = 16
# Ground resolution of the second look, mirrored; the mean of both looks is the evidence. On the 52 validation crops of
# 0.5 m with changes, areas are off by .071 (one look .084) in the middle and .274 (.318) at nine of ten, pixel F1 .876
# (.869), objects recalled .872 (.858). Enlarged 1.4 or 1.6 times instead of 1.5 is as good, 2 times is worse (F1 .852),
# mirrored alone gains less (.072, F1 .872), and four or eight mirrorings no more. Thresholds are best where they were.
SECOND_LOOK_M = 1 / 3
LARGEST_ZOOM = 1.5
# Only where the first look sees a change with a pixel as sure as this: an object needs a mean of 0.95 (seed_threshold).
WORTH_A_SECOND_LOOK = 0.9
# Surroundings of such a change that are looked at with it.
SECOND_LOOK_AROUND_PX = 64
# What the network sees where there is no picture: the middle of its input range, at both dates.
FILL = 127


@lru_cache(maxsize=2)
def _session(path: Path) -> tuple[onnxruntime.InferenceSession, str]:
    if not path.is_file():
        raise DetectorError(f"{path}: the detector's model file is not there")
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
    return session, hashlib.sha256(data).hexdigest()[:12]


class SiameseDetector:
    """A siamese U-Net on EfficientNet-Lite0 features; its weights' checksum is its version."""

    name = "siamese"
    # Beside the whole picture at once, cells of 512 px with 32, 64 or 96 px around flip as many pixels (three LEVIR
    # pairs: 3129, 3290, 3266 of 131,024, by which changes get a second look); 64 cost a tenth more time.
    margin_px = 32
    resolution_m = 0.5
    # On the validation crops of 0.5 m the best pixel F1 (.841; 0.4 .840, 0.6 .840, 0.7 .837) at area bias +1 %, object
    # precision .909 and recall .858. Seeds of 0.9 and 0.98 give .894 and .866, .938 and .855; the latter lies so near
    # to certainty that places unlike the training pairs may not reach it (docs/model-card.md).
    threshold = 0.5
    seed_threshold = 0.95

    def __init__(self, model: Path = MODEL_PATH) -> None:
        self._session, self.version = _session(model)

    def probability(self, before: Pixels, after: Pixels, *, resolution_m: float = resolution_m) -> Float32:
        return self.evidence(before, after, resolution_m=resolution_m).changed

    def evidence(self, before: Pixels, after: Pixels, *, resolution_m: float = resolution_m) -> Evidence:
        """As ``Detector.probability``, with what was built up at each date: the mean of two looks."""
        check_pair(before, after)
        valid = before.valid & after.valid
        height, width = valid.shape
        if not valid.any():
            nothing = np.zeros((height, width), np.float32)
            return Evidence(nothing, nothing, nothing)
        images = [np.where(valid[..., None], pixels.rgb, FILL).astype(np.uint8) for pixels in (before, after)]
        out = self._look(*images)
        for box, part in self._worth_a_second_look(out[0] * valid):
            second = self._second_look(*(image[box] for image in images), resolution_m=resolution_m)
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

    def _second_look(self, before: Bytes, after: Bytes, *, resolution_m: float) -> NDArray[np.float32]:
        """(3, H, W): the pictures mirrored and enlarged to SECOND_LOOK_M, the answer brought back."""
        height, width = before.shape[:2]
        zoom = min(max(resolution_m / SECOND_LOOK_M, 1.0), LARGEST_ZOOM)
        size = round(width * zoom), round(height * zoom)
        first, second = (_resized(cv2.flip(image, 1), size) for image in (before, after))
        layers = [_resized(layer, (width, height)) for layer in self._look(first, second)]
        return np.stack([cv2.flip(layer, 1) for layer in layers]).astype(np.float32)

    def _look(self, before: Bytes, after: Bytes) -> NDArray[np.float32]:
        """(3, H, W): changed, built up before, built up after, as the network sees them in (H, W, 3) pictures."""
        height, width = before.shape[:2]
        feeds = {"before": _network_input(before), "after": _network_input(after)}
        out: NDArray[np.float32] = self._session.run(["probability"], feeds)[0][0]
        return out[:, :height, :width]


def _resized(image: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR))


def _network_input(rgb: Bytes) -> NDArray[np.float32]:
    """(1, 3, H', W') float32 with H' and W' multiples of the stride, mirrored beyond the edge."""
    image = rgb.astype(np.float32)
    missing = [(-size) % STRIDE_PX for size in rgb.shape[:2]]
    widths = ((0, int(missing[0])), (0, int(missing[1])), (0, 0))
    mirrored = all(m < s for m, s in zip(missing, rgb.shape[:2], strict=True))
    image = np.pad(image, widths, mode="reflect" if mirrored else "edge")
    return np.ascontiguousarray(image.transpose(2, 0, 1)[None])
