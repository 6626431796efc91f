"""Runs the network of an ONNX file on the processors of this machine, by OpenVINO."""

from __future__ import annotations

import os
import queue
import sys
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from geo.imagery.errors import DetectorError

# OpenVINO's converter would load a package that reports its use to the makers, and has a stub for where it is not
# there: a city's server tells nobody what it does.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]

import openvino  # noqa: E402 - after the line above


class Network:
    """A network that several threads may ask at once; each answer is worked out by one thread, always the same way."""

    def __init__(self, data: bytes, *, name: str) -> None:
        """``data`` is an ONNX file, ``name`` what errors call it. Raises DetectorError when it cannot be run."""
        self.name = name
        processors = len(os.sched_getaffinity(0))
        # Cells are worked at side by side (blocks.py): as many streams of one thread each as there are processors.
        # Pinned to them, the streams of several workers would all stand on the same ones. Without the precision hint
        # some processors would calculate in bfloat16.
        options = {
            "NUM_STREAMS": processors,
            "INFERENCE_NUM_THREADS": processors,
            "ENABLE_CPU_PINNING": False,
            "INFERENCE_PRECISION_HINT": "f32",
        }
        try:
            core = openvino.Core()
            self._model = core.compile_model(core.read_model(data), "CPU", options)
        except RuntimeError as error:
            raise DetectorError(f"{name}: not a model that can be run ({_last_line(error)})") from error
        self.inputs = {port.get_any_name() for port in self._model.inputs}
        self.outputs = {port.get_any_name() for port in self._model.outputs}
        self._idle: queue.SimpleQueue[openvino.InferRequest] = queue.SimpleQueue()

    def answer(self, feeds: Mapping[str, NDArray[np.float32]], output: str) -> NDArray[np.float32]:
        """What the network says as ``output``; ``feeds`` holds an array for each input. Raises DetectorError."""
        try:
            request = self._idle.get_nowait()
        except queue.Empty:
            request = self._model.create_infer_request()
        try:
            return _ask(request, feeds, output)
        except RuntimeError as error:
            shapes = ", ".join(str(array.shape) for array in feeds.values())
            raise DetectorError(f"{self.name}: the model failed on {shapes} ({_last_line(error)})") from error
        finally:
            self._idle.put(request)


def _ask(request: openvino.InferRequest, feeds: Mapping[str, NDArray[np.float32]], output: str) -> NDArray[np.float32]:
    request.infer(dict(feeds), share_inputs=True)
    return np.array(request.get_tensor(output).data, np.float32)


def _ask_once() -> None:
    """Ask the smallest network. Two threads that convert arrays for the first time wait for one another for ever (one
    has Python's lock, the other that of OpenVINO's table of types): importing is done by one thread alone."""
    given = openvino.op.Parameter(openvino.Type.f32, openvino.Shape([1]))
    given.output(0).set_names({"given"})
    answer = openvino.opset13.relu(given)
    answer.output(0).set_names({"answer"})
    compiled = openvino.Core().compile_model(openvino.Model([answer], [given], "smallest"), "CPU")
    _ask(compiled.create_infer_request(), {"given": np.zeros(1, np.float32)}, "answer")


_ask_once()


def _last_line(error: RuntimeError) -> str:
    """OpenVINO begins with where in its source it failed, and says at the end why."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
