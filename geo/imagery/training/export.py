"""From trained weights to the ONNX file that the product runs."""

from __future__ import annotations

from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

from geo.imagery.training.network import OUTPUTS, SiameseUNet

OPSET = 17


class _Probabilities(nn.Module):
    def __init__(self, network: SiameseUNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, before: Tensor, after: Tensor) -> Tensor:
        return torch.sigmoid(self.network(before, after))


def export_onnx(network: SiameseUNet, path: Path, *, metadata: dict[str, str]) -> None:
    """Write ``path``: inputs ``before``, ``after`` (N,3,H,W float32 RGB 0..255, H and W multiples of 16), output
    ``probability`` (N,3,H,W): changed, built up before, built up after."""
    network.eval()
    example = torch.zeros(1, 3, 256, 256), torch.zeros(1, 3, 256, 256)
    axes = {0: "n", 2: "h", 3: "w"}
    temporary = path.with_suffix(".onnx.part")
    torch.onnx.export(
        _Probabilities(network), example, str(temporary), opset_version=OPSET, dynamo=False,
        input_names=["before", "after"], output_names=["probability"],
        dynamic_axes={"before": axes, "after": axes, "probability": axes},
    )  # fmt: skip
    model = onnx.load(temporary)
    for key, value in sorted(metadata.items()):
        model.metadata_props.add(key=key, value=value)
    if model.graph.output[0].type.tensor_type.shape.dim[1].dim_value != OUTPUTS:
        raise ValueError(f"{path}: the exported network has not {OUTPUTS} outputs")
    onnx.checker.check_model(model)
    onnx.save(model, temporary)
    temporary.replace(path)
