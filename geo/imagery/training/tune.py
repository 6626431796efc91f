"""Fine-tuning on reviewed changes: what people said is learned, what nobody said stays as the model in use has it.

A few dozen crops would soon be learned by heart and the rest of the ground forgotten. So the model in use answers for
every pixel that nobody reviewed (distillation; Hinton et al. 2015, Li and Hoiem 2016), normalisations keep their
statistics, and the early features stay frozen as in training.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name that PyTorch's own documentation uses
from numpy.typing import NDArray
from torch import Tensor, nn

from geo.imagery.learning.examples import UNKNOWN, Example, ExamplesError, planes_of, read_pictures
from geo.imagery.pixels import Bytes
from geo.imagery.training.loop import follow
from geo.imagery.training.network import CHANGE, OUTPUTS, STRIDE_PX, SiameseUNet
from geo.imagery.training.sampler import CROP_PX, affine, photometric

# Other sizes, turns and lights of the same place; the two dates lie as well over each other as the run placed them.
SCALES = (0.85, 1.2)
MISPLACED_PX = 0.7


@dataclass(frozen=True)
class TuningPlan:
    """What a fine-tuning is made of; stored beside the weights."""

    steps: int = 200
    batch: int = 8
    learning_rate: float = 5e-4
    encoder_rate_factor: float = 0.3
    weight_decay: float = 1e-2
    # Weight of a pixel that nobody reviewed, beside one that somebody did; of built up beside changed.
    unreviewed_weight: float = 0.5
    built_weight: float = 0.3
    # Half of the crops show what was rejected, as far as there is any.
    false_share: float = 0.5
    average_decay: float = 0.97
    seed: int = 20240621


@dataclass(frozen=True)
class _Loaded:
    """One example in memory: pictures (H, W, 3), what was said (H, W, 3 planes), what the model in use says."""

    before: Bytes
    after: Bytes
    said: Bytes
    model: Bytes
    middle: tuple[float, float]
    real: bool


def tune(network: SiameseUNet, folder: Path, examples: Sequence[Example], *, plan: TuningPlan) -> SiameseUNet:
    """The averaged weights after learning from the examples of a folder. Raises ExamplesError when there are none."""
    if not examples:
        raise ExamplesError(f"{folder}: no example to learn from")
    torch.manual_seed(plan.seed)
    loaded = [_load(network, folder, example) for example in examples]
    network = deepcopy(network).eval()  # normalisations keep their statistics
    network.encoder.freeze_early()
    encoder = [p for p in network.encoder.parameters() if p.requires_grad]
    others = [p for name, p in network.named_parameters() if not name.startswith("encoder.")]
    rates = [plan.learning_rate * plan.encoder_rate_factor, plan.learning_rate]
    optimiser = torch.optim.AdamW(
        [{"params": encoder, "lr": rates[0]}, {"params": others, "lr": rates[1]}], weight_decay=plan.weight_decay
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rates, total_steps=plan.steps, pct_start=0.2)
    average, started = deepcopy(network), time.monotonic()
    for step in range(1, plan.steps + 1):
        crops = [_crop(loaded, plan, step * plan.batch + place) for place in range(plan.batch)]
        before, after, said, model = (torch.from_numpy(np.stack(planes)) for planes in zip(*crops, strict=True))
        logits = network(before.float(), after.float())
        loss = reviewed_loss(logits, said, model, plan=plan)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        follow(average, network, decay=min(plan.average_decay, step / (step + 20)))
        if step % 20 == 0 or step == plan.steps:
            print(f"step {step} loss {float(loss):.4f} {(time.monotonic() - started) / step:.2f} s/step", flush=True)
    return average


def calibration_crops(
    folder: Path, examples: Sequence[Example], *, plan: TuningPlan, count: int
) -> Iterator[tuple[Bytes, Bytes]]:
    """Pictures (CROP_PX, CROP_PX, 3) of both dates, as they are learned from."""
    for index in range(count):
        rng = np.random.default_rng((plan.seed, index))
        example = examples[int(rng.integers(len(examples)))]
        pictures = read_pictures(folder, example)
        matrix = affine(rng, pictures[0].shape[:2], scale=rng.uniform(*SCALES), focus=None)
        before, after = (
            photometric(rng, _warped(picture, matrix, cv2.INTER_LINEAR, cv2.BORDER_REFLECT_101)) for picture in pictures
        )
        yield before, after


def reviewed_loss(logits: Tensor, said: Tensor, model: Tensor, *, plan: TuningPlan) -> Tensor:
    """BCE towards what was said, plus Dice of the change, plus BCE towards the model where nothing was said.

    All (N, 3, H, W): ``said`` uint8 of 0, 1 or UNKNOWN, ``model`` uint8 probabilities of 0…255.
    """
    known = said != UNKNOWN
    target = said.float().clamp(max=1)
    losses = F.binary_cross_entropy_with_logits(
        logits, torch.where(known, target, model.float() / 255), reduction="none"
    )
    weights = torch.tensor([1.0 if plane == CHANGE else plan.built_weight for plane in range(OUTPUTS)]).view(
        1, -1, 1, 1
    )
    total: Tensor = (losses * known * weights).sum() / known.sum().clamp(min=1)
    total = total + plan.unreviewed_weight * (losses * ~known * weights).sum() / (~known).sum().clamp(min=1)
    probability, seen = logits[:, CHANGE].sigmoid(), known[:, CHANGE]
    shared = (probability * target[:, CHANGE] * seen).sum()
    return total + 1 - (2 * shared + 1) / ((probability * seen).sum() + (target[:, CHANGE] * seen).sum() + 1)


@torch.no_grad()
def _load(network: nn.Module, folder: Path, example: Example) -> _Loaded:
    before, after = read_pictures(folder, example)
    size = before.shape[:2]
    planes = planes_of(example, size)
    missing = [(0, (-side) % STRIDE_PX) for side in size]
    padded = [np.pad(picture, [*missing, (0, 0)], mode="edge").transpose(2, 0, 1)[None] for picture in (before, after)]
    network.eval()
    answer = network(*(torch.from_numpy(np.ascontiguousarray(picture)).float() for picture in padded)).sigmoid()[0]
    model = (answer.numpy()[:, : size[0], : size[1]] * 255).round().astype(np.uint8)
    ring = np.array(example.objects[0].rings_px[0])
    x, y = (ring.min(axis=0) + ring.max(axis=0)) / 2
    said = np.stack([planes.changed, planes.built_before, planes.built_after])
    return _Loaded(before, after, said, model, (float(x), float(y)), example.objects[0].real)


def _crop(loaded: list[_Loaded], plan: TuningPlan, index: int) -> tuple[NDArray[np.uint8], ...]:
    """(3, CROP_PX, CROP_PX) each: both dates, what was said, what the model in use says."""
    rng = np.random.default_rng((plan.seed, index))
    kinds = [own for own in loaded if not own.real], [own for own in loaded if own.real]
    chosen = kinds[0] if kinds[0] and (not kinds[1] or rng.random() < plan.false_share) else kinds[1]
    own = chosen[int(rng.integers(len(chosen)))]
    matrix = affine(rng, own.said.shape[1:], scale=rng.uniform(*SCALES), focus=own.middle)
    moved = matrix.copy()
    moved[:, 2] += rng.normal(0, MISPLACED_PX, 2)
    before = photometric(rng, _warped(own.before, moved, cv2.INTER_LINEAR, cv2.BORDER_REFLECT_101))
    after = photometric(rng, _warped(own.after, matrix, cv2.INTER_LINEAR, cv2.BORDER_REFLECT_101))
    said = np.stack([_warped(plane, matrix, cv2.INTER_NEAREST, cv2.BORDER_CONSTANT) for plane in own.said])
    model = np.stack([_warped(plane, matrix, cv2.INTER_LINEAR, cv2.BORDER_REFLECT_101) for plane in own.model])
    if rng.random() < 0.5 and (own.said[1:] != UNKNOWN).any() and own.real:
        # Exchanged dates: what was built is demolished.
        before, after = after, before
        said, model = said[[0, 2, 1]], model[[0, 2, 1]]
    return (*(np.ascontiguousarray(picture.transpose(2, 0, 1)) for picture in (before, after)), said, model)


def _warped(plane: NDArray[np.uint8], matrix: NDArray[np.float64], how: int, border: int) -> NDArray[np.uint8]:
    size = (CROP_PX, CROP_PX)
    return np.asarray(cv2.warpAffine(plane, matrix, size, flags=how, borderMode=border, borderValue=UNKNOWN), np.uint8)
