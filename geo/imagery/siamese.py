"""The trained detector, run by ONNX Runtime. See docs/model-card.md for what it was trained on."""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from geo.imagery.detect import Evidence, check_pair
from geo.imagery.errors import DetectorError
from geo.imagery.pixels import Bools, Bytes, Float32, Pixels

MODEL_PATH = Path(__file__).parent / "models" / "siamese.onnx"
# The network halves its input four times.
STRIDE_PX = 16
# What the network sees where there is no picture: the middle of its input range, at both dates.
FILL = 127


@lru_cache(maxsize=2)
def _session(path: Path) -> tuple[onnxruntime.InferenceSession, str]:
    if not path.is_file():
        raise DetectorError(f"{path}: the detector's model file is not there")
    data = path.read_bytes()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = len(os.sched_getaffinity(0))
    try:
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime raises many kinds that share no base below Exception
        raise DetectorError(f"{path}: not a model that can be run ({error})") from error
    return session, hashlib.sha256(data).hexdigest()[:12]


class SiameseDetector:
    """A siamese U-Net on EfficientNet-Lite0 features; its weights' checksum is its version."""

    name = "siamese"
    margin_px = 64
    resolution_m = 0.5
    # On the validation crops of 0.5 m the best pixel F1 (.841; 0.4 .840, 0.6 .840, 0.7 .837) at area bias +1 %, object
    # precision .909 and recall .858. Seeds of 0.9 and 0.98 give .894 and .866, .938 and .855; the latter lies so near
    # to certainty that places unlike the training pairs may not reach it (docs/model-card.md).
    threshold = 0.5
    seed_threshold = 0.95

    def __init__(self, model: Path = MODEL_PATH) -> None:
        self._session, self.version = _session(model)

    def probability(self, before: Pixels, after: Pixels) -> Float32:
        return self.evidence(before, after).changed

    def evidence(self, before: Pixels, after: Pixels) -> Evidence:
        check_pair(before, after)
        valid = before.valid & after.valid
        height, width = valid.shape
        if not valid.any():
            nothing = np.zeros((height, width), np.float32)
            return Evidence(nothing, nothing, nothing)
        feeds = {"before": _network_input(before.rgb, valid), "after": _network_input(after.rgb, valid)}
        out: NDArray[np.float32] = self._session.run(["probability"], feeds)[0][0]
        out = out[:, :height, :width] * valid
        return Evidence(out[0], out[1], out[2])


def _network_input(rgb: Bytes, valid: Bools) -> NDArray[np.float32]:
    """(1, 3, H', W') float32 with H' and W' multiples of the stride, mirrored beyond the edge."""
    image = np.where(valid[..., None], rgb, FILL).astype(np.float32)
    missing = [(-size) % STRIDE_PX for size in valid.shape]
    widths = ((0, int(missing[0])), (0, int(missing[1])), (0, 0))
    mirrored = all(m < s for m, s in zip(missing, valid.shape, strict=True))
    image = np.pad(image, widths, mode="reflect" if mirrored else "edge")
    return np.ascontiguousarray(image.transpose(2, 0, 1)[None])
