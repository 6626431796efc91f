"""The way back from an ONNX file to the network, so that a model learns on from what is in use, whoever trained it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from geo.imagery.training.network import SiameseUNet

# Both run the same network when they agree so well on a picture of noise.
LARGEST_DIFFERENCE = 1e-3
PROBE_PX = 128


class NotThisNetwork(ValueError):
    """The file holds another network than ``SiameseUNet``: it can be used, and not learned on from."""


def network_from_onnx(path: Path) -> SiameseUNet:
    """The network with the weights of an exported file; normalisations are where the export folded them, in the
    convolutions before, and stay the identity.

    Raises NotThisNetwork when the file's convolutions are others, or the result answers otherwise than the file.
    """
    network = SiameseUNet().eval()
    order = _in_order(network)
    graph = onnx.load(path).graph
    values = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    nodes = [node for node in graph.node if node.op_type == "Conv"]
    convolutions = [module for module in order if isinstance(module, nn.Conv2d)]
    if len(nodes) != len(convolutions):
        raise NotThisNetwork(f"{path}: has {len(nodes)} convolutions, the network {len(convolutions)}")
    after = {id(one): other for one, other in zip(order, [*order[1:], None], strict=True)}
    with torch.no_grad():
        for node, convolution in zip(nodes, convolutions, strict=True):
            found = [torch.from_numpy(values[name].copy()) for name in node.input[1:] if name in values]
            if not found or found[0].shape != convolution.weight.shape:
                raise NotThisNetwork(f"{path}: the convolution {node.name} has another shape")
            convolution.weight.copy_(found[0])
            bias = found[1] if len(found) > 1 else torch.zeros(convolution.out_channels)
            following = after[id(convolution)]
            if convolution.bias is not None:
                convolution.bias.copy_(bias)
            elif isinstance(following, nn.BatchNorm2d):
                following.weight.fill_(1.0)
                following.bias.copy_(bias)
                following.running_mean.zero_()  # type: ignore[union-attr]
                following.running_var.fill_(1.0 - following.eps)  # type: ignore[union-attr]
            elif bias.abs().max() > 0:
                raise NotThisNetwork(f"{path}: the convolution {node.name} has a bias")
    _check_same(path, network)
    return network


@torch.no_grad()
def restore_normalisations(network: SiameseUNet, batches: Iterable[tuple[Tensor, Tensor]]) -> None:
    """Let the normalisations of a network from a file know the values that pass them on ``batches`` of both dates.

    What the network answers stays the same; but now it can be trained with the statistics of each batch. Without this
    training would begin with every scale lost that the export folded into the convolutions.
    """
    seen_of: dict[nn.Module, list[Tensor]] = {}

    def seen(module: nn.Module, inputs: tuple[Tensor]) -> None:
        values = inputs[0].double()
        own = torch.stack([values.mean((0, 2, 3)), values.square().mean((0, 2, 3))])
        seen_of.setdefault(module, []).append(own)

    modules = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    hooks = [module.register_forward_pre_hook(seen) for module in modules]
    network.eval()
    for before, after in batches:
        network(before, after)
    for hook in hooks:
        hook.remove()
    for module in modules:
        mean, square = torch.stack(seen_of[module]).mean(0)
        spread = (square - mean.square()).clamp(min=0)
        module.weight.copy_((spread + module.eps).sqrt())
        module.bias.copy_(module.bias + mean)
        module.running_mean.copy_(mean)  # type: ignore[union-attr]
        module.running_var.copy_(spread)  # type: ignore[union-attr]


def _in_order(network: SiameseUNet) -> list[nn.Module]:
    """Convolutions and normalisations in the order in which a picture passes them."""
    order: list[nn.Module] = []
    hooks = [
        module.register_forward_hook(lambda own, _inputs, _output: order.append(own))
        for module in network.modules()
        if isinstance(module, nn.Conv2d | nn.BatchNorm2d)
    ]
    with torch.no_grad():
        network(torch.zeros(1, 3, 64, 64), torch.zeros(1, 3, 64, 64))
    for hook in hooks:
        hook.remove()
    return order


def _check_same(path: Path, network: SiameseUNet) -> None:
    noise = np.random.default_rng(0).uniform(0, 255, (2, 1, 3, PROBE_PX, PROBE_PX)).astype(np.float32)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [node.name for node in session.get_inputs()]
    if len(names) != 2:
        raise NotThisNetwork(f"{path}: takes {len(names)} inputs")
    expected = session.run(None, dict(zip(names, noise, strict=True)))[0]
    with torch.no_grad():
        answer: Tensor = network(*(torch.from_numpy(picture) for picture in noise)).sigmoid()
    difference = float(np.abs(answer.numpy() - expected).max()) if answer.shape == expected.shape else np.inf
    if not difference <= LARGEST_DIFFERENCE:
        raise NotThisNetwork(f"{path}: the network with its weights answers otherwise (by {difference:g})")
