"""What an ONNX model must say of itself to be a detector: read from the JSON file beside it.

``NAME.onnx`` is run as ``NAME.json`` declares. Any network takes part that answers two pictures of the same ground with
one map per meaning; nothing of it is known to the engine but this. docs/detector-models.md describes each field.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from geo.imagery.confidence import Corners
from geo.imagery.errors import DetectorError

CONTRACT_VERSION = 1
LARGEST_BYTES = 100_000
# Means and deviations of a band lie within this.
LARGEST_VALUE = 1e6
ACTIVATIONS = ("none", "sigmoid", "softmax")
LAYOUTS = ("two", "stacked")
# The file beside ``NAME.onnx`` that is run in its place where the contract says ``quantised``.
QUANTISED_SUFFIX = ".int8.onnx"
# On what the weights were trained, which decides who may run them for what (docs/model-card.md).
TERMS = ("open", "research", "unknown")
RESOLUTIONS_M = (0.05, 5.0)


@dataclass(frozen=True)
class ModelContract:
    """The declaration of one model.

    ``inputs``: names of the (N, 3, H, W) float32 RGB inputs, earlier date first; with ``layout`` "stacked" one name of
    a (N, 6, H, W) input. A picture's values 0…255 are given as ``(value - mean) / std`` per band, H and W multiples of
    ``multiple_of_px``; ``fill`` stands where there is no picture. ``output`` is (N, C, H, W) or (N, H, W); its channel
    ``changed`` is the probability of change after ``activation``, ``built_before`` and ``built_after`` (None where the
    model does not tell) that something stood there at either date. ``threshold``, ``outline_threshold`` (as
    ``threshold`` where the file does not tell) and ``seed_threshold``: see ``levels``. ``second_look_m``: see
    ``onnx_detector``.
    ``quantised``: ``NAME.int8.onnx`` beside the model, with the same inputs and outputs, is what is run; ``NAME.onnx``
    holds the exact weights, for learning on.
    """

    title: str
    terms: str
    resolution_m: float
    threshold: float
    outline_threshold: float
    seed_threshold: float
    margin_px: int
    multiple_of_px: int
    layout: str
    inputs: tuple[str, ...]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    fill: int
    output: str
    activation: str
    changed: int
    built_before: int | None
    built_after: int | None
    second_look_m: float | None
    calibration: Corners
    quantised: bool = False

    def to_dict(self) -> dict[str, Any]:
        """As the file beside the model says it."""
        return {
            "contract": CONTRACT_VERSION,
            "title": self.title,
            "terms": self.terms,
            "resolution_m": self.resolution_m,
            "threshold": self.threshold,
            "outline_threshold": self.outline_threshold,
            "seed_threshold": self.seed_threshold,
            "margin_px": self.margin_px,
            "inputs": {
                "layout": self.layout,
                "names": list(self.inputs),
                "mean": list(self.mean),
                "std": list(self.std),
                "multiple_of_px": self.multiple_of_px,
                "fill": self.fill,
            },
            "output": {
                "name": self.output,
                "activation": self.activation,
                "changed": self.changed,
                "built_before": self.built_before,
                "built_after": self.built_after,
            },
            "second_look_m": self.second_look_m,
            "calibration": [list(corner) for corner in self.calibration],
            "quantised": self.quantised,
        }

    @property
    def results_key(self) -> str:
        """What another result would follow from, beside the file that is run: everything but the words."""
        values = self.to_dict()
        del values["title"], values["terms"], values["quantised"]
        return json.dumps(values, sort_keys=True)


def contract_beside(model: Path) -> ModelContract:
    """The contract of a model file. Raises DetectorError naming the file and what is wrong with it."""
    path = model.with_suffix(".json")
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise DetectorError(f"{path}: a contract has no more than {LARGEST_BYTES} bytes")
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DetectorError(f"{path}: the contract of {model.name} is not there") from error
    except (OSError, ValueError, RecursionError) as error:
        raise DetectorError(f"{path}: not a contract that can be read ({error})") from error
    return contract_of(values, where=str(path))


def run_file(model: Path, contract: ModelContract) -> Path:
    """The file that is run for a model. Raises DetectorError when the quantised one is declared and not there."""
    if not contract.quantised:
        return model
    path = model.with_suffix(QUANTISED_SUFFIX)
    if not path.is_file():
        raise DetectorError(f"{path}: the quantised file that the contract of {model.name} declares is not there")
    return path


def write_contract(model: Path, contract: ModelContract) -> None:
    """Write the contract beside a model file, whole or not at all."""
    path = model.with_suffix(".json")
    part = path.with_suffix(".json.part")
    part.write_text(json.dumps(contract.to_dict(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    part.replace(path)


def contract_of(values: Any, *, where: str) -> ModelContract:
    """The contract that a file's JSON declares. Raises DetectorError naming ``where`` and the field."""
    top = _Fields(values, where)
    if top.take("contract") != CONTRACT_VERSION:
        raise DetectorError(f"{where}: contract is not {CONTRACT_VERSION}")
    inputs, output = _Fields(top.take("inputs"), f"{where}: inputs"), _Fields(top.take("output"), f"{where}: output")
    layout = inputs.one_of("layout", LAYOUTS)
    names = inputs.take("names")
    expected = 2 if layout == "two" else 1
    if not isinstance(names, list) or len(names) != expected or not all(isinstance(name, str) for name in names):
        raise DetectorError(f"{where}: inputs: names is not a list of {expected} for layout {layout!r}")
    if len(set(names)) != expected:
        raise DetectorError(f"{where}: inputs: names are not two different ones")
    threshold = top.number("threshold", least=0.0, most=1.0)
    contract = ModelContract(
        title=top.text("title"),
        terms=top.one_of("terms", TERMS),
        resolution_m=top.number("resolution_m", least=RESOLUTIONS_M[0], most=RESOLUTIONS_M[1]),
        threshold=threshold,
        outline_threshold=top.number("outline_threshold", least=threshold, most=1.0)
        if top.has("outline_threshold")
        else threshold,
        seed_threshold=top.number("seed_threshold", least=threshold, most=1.0),
        margin_px=top.whole("margin_px", least=0, most=256),
        layout=layout,
        inputs=tuple(names),
        mean=inputs.triple("mean", least=-LARGEST_VALUE),
        std=inputs.triple("std", least=1e-6),
        multiple_of_px=inputs.whole("multiple_of_px", least=1, most=256),
        fill=inputs.whole("fill", least=0, most=255),
        output=output.text("name"),
        activation=output.one_of("activation", ACTIVATIONS),
        changed=output.whole("changed", least=0, most=63),
        built_before=output.channel("built_before"),
        built_after=output.channel("built_after"),
        second_look_m=top.number("second_look_m", least=0.01, most=RESOLUTIONS_M[1])
        if top.has("second_look_m")
        else None,
        calibration=_calibration(top),
        quantised=top.yes_or_no("quantised"),
    )
    if (contract.built_before is None) != (contract.built_after is None):
        raise DetectorError(f"{where}: output: built_before and built_after are told both or neither")
    for fields in (top, inputs, output):
        fields.nothing_left()
    return contract


def _calibration(top: _Fields) -> Corners:
    corners = top.take("calibration") if top.has("calibration") else []
    try:
        found = tuple((float(mean), float(share)) for mean, share in corners)
    except (TypeError, ValueError, OverflowError) as error:
        raise DetectorError(f"{top.where}: calibration is not a list of [probability, share]") from error
    rising = all(a[0] < b[0] and a[1] <= b[1] for a, b in pairwise(found))
    if not rising or not all(0 <= value <= 1 for corner in found for value in corner):
        raise DetectorError(f"{top.where}: calibration does not rise within 0…1")
    return found


class _Fields:
    """One object of the file: each field is taken once, and none may be left."""

    def __init__(self, values: Any, where: str) -> None:
        if not isinstance(values, dict):
            raise DetectorError(f"{where}: not an object")
        self.values, self.where = dict(values), where

    def has(self, name: str) -> bool:
        if self.values.get(name) is None:
            self.values.pop(name, None)
            return False
        return True

    def take(self, name: str) -> Any:
        if name not in self.values:
            raise DetectorError(f"{self.where}: {name} is missing")
        return self.values.pop(name)

    def text(self, name: str) -> str:
        value = self.take(name)
        if not isinstance(value, str) or not value.strip() or not value.isprintable():
            raise DetectorError(f"{self.where}: {name} is not a text of one line")
        return value

    def one_of(self, name: str, choices: tuple[str, ...]) -> str:
        value = self.text(name)
        if value not in choices:
            raise DetectorError(f"{self.where}: {name} {value!r} is not one of {', '.join(choices)}")
        return value

    def number(self, name: str, *, least: float, most: float = math.inf) -> float:
        value = self.take(name)
        # An integer of JSON may be longer than any float: it is compared before it becomes one.
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise DetectorError(f"{self.where}: {name} is not a number of {least:g}…{most:g}")
        return float(value)

    def yes_or_no(self, name: str) -> bool:
        """No where the field is not there."""
        value = self.take(name) if self.has(name) else False
        if not isinstance(value, bool):
            raise DetectorError(f"{self.where}: {name} is not true or false")
        return value

    def whole(self, name: str, *, least: int, most: int) -> int:
        value = self.number(name, least=least, most=most)
        if value != int(value):
            raise DetectorError(f"{self.where}: {name} is not a whole number")
        return int(value)

    def channel(self, name: str) -> int | None:
        return self.whole(name, least=0, most=63) if self.has(name) else None

    def triple(self, name: str, *, least: float) -> tuple[float, float, float]:
        value = self.take(name)
        if not isinstance(value, list) or len(value) != 3:
            raise DetectorError(f"{self.where}: {name} is not three numbers (red, green, blue)")
        bands = _Fields({str(band): number for band, number in enumerate(value)}, f"{self.where}: {name}")
        red, green, blue = (bands.number(str(band), least=least, most=LARGEST_VALUE) for band in range(3))
        return red, green, blue

    def nothing_left(self) -> None:
        if self.values:
            raise DetectorError(f"{self.where}: unknown: {', '.join(sorted(map(str, self.values)))}")
