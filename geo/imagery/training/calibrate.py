"""Fits the line of a model's confidence (``geo.imagery.confidence``) on labelled pairs."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from geo.imagery import shelf
from geo.imagery.confidence import Corners, fitted
from geo.imagery.contract import contract_beside, run_file, write_contract
from geo.imagery.evaluate import LabelledPair, score_pair
from geo.imagery.params import DiffParams
from geo.imagery.scores import MATCH_IOU, Scores

_UNCALIBRATED = "uncalibrated-model"


def calibrate(model: Path, pairs: Iterable[LabelledPair], *, resolution_m: float) -> tuple[Corners, int]:
    """The line of what such objects were worth on ``pairs`` (plain images of that ground resolution), and how many
    objects there were. Nothing is written; the line that the model has is not taken into account."""
    contract = contract_beside(model)
    total = Scores()
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder) / f"{_UNCALIBRATED}.onnx"
        shutil.copyfile(run_file(model, contract), bare)
        write_contract(bare, replace(contract, calibration=(), quantised=False))
        shelf.add_folder(bare.parent)
        for pair in pairs:
            own = score_pair(pair, resolution_m=resolution_m, params=DiffParams(detector=_UNCALIBRATED))
            total.merge(own.scores)
    found = total.found_objects
    line = fitted([item.confidence for item in found], [item.iou >= MATCH_IOU for item in found], prior=())
    return line, len(found)
