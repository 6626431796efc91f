"""The training loop: BCE + Dice on change, BCE on what is known to be built up, AdamW, one cycle, averaged weights."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name that PyTorch's own documentation uses
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from geo.imagery.training.network import BUILT_AFTER, BUILT_BEFORE, CHANGE, SiameseUNet
from geo.imagery.training.sampler import UNKNOWN, RealPair, Sampler
from geo.imagery.training.weights import network_from_onnx, restore_normalisations

# Batches that the normalisations of an exported file are restored from.
SEEN_FIRST = 8

Batch = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]


@dataclass(frozen=True)
class TrainingPlan:
    """What a training run is made of; stored beside the weights."""

    steps: int = 2400
    batch: int = 8
    learning_rate: float = 2e-3
    encoder_rate_factor: float = 0.3
    weight_decay: float = 1e-2
    built_weight: float = 0.3
    average_decay: float = 0.997
    validate_every: int = 400
    seed: int = 20240601


class _Crops(Dataset[Batch]):  # type: ignore[misc, unused-ignore]
    def __init__(self, sampler: Sampler, count: int) -> None:
        self.sampler, self.count = sampler, count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Batch:
        crop = self.sampler.crop(index)
        images = (torch.from_numpy(np.ascontiguousarray(i.transpose(2, 0, 1))) for i in (crop.before, crop.after))
        labels = (torch.from_numpy(plane) for plane in (crop.changed, crop.built_before, crop.built_after))
        return (*images, *labels)  # type: ignore[return-value]


def _first_batches(sampler: Sampler, plan: TrainingPlan) -> Iterator[tuple[Tensor, Tensor]]:
    crops = _Crops(sampler, SEEN_FIRST * plan.batch)
    for first in range(0, len(crops), plan.batch):
        batch = [crops[number] for number in range(first, first + plan.batch)]
        yield torch.stack([own[0] for own in batch]).float(), torch.stack([own[1] for own in batch]).float()


def _one_thread(_: int) -> None:
    cv2.setNumThreads(0)


def change_loss(logits: Tensor, target: Tensor) -> Tensor:
    """BCE plus Dice over the whole batch (a crop without change would make its own Dice meaningless)."""
    bce = F.binary_cross_entropy_with_logits(logits, target)
    probability = logits.sigmoid()
    dice = 1 - (2 * (probability * target).sum() + 1) / (probability.sum() + target.sum() + 1)
    return bce + dice


def built_loss(logits: Tensor, target: Tensor) -> Tensor:
    known = target != UNKNOWN
    losses = F.binary_cross_entropy_with_logits(logits, target.float().clamp(max=1), reduction="none")
    return (losses * known).sum() / known.sum().clamp(min=1)


@torch.no_grad()
def validate(network: SiameseUNet, pairs: list[RealPair]) -> dict[str, float]:
    """Pixel F1 of the change output at the best of nine thresholds, over whole validation pairs."""
    network.eval()
    thresholds = torch.arange(0.1, 0.95, 0.1)
    hits, flagged, real = torch.zeros(len(thresholds)), torch.zeros(len(thresholds)), 0.0
    for start in range(0, len(pairs), 8):
        chunk = pairs[start : start + 8]
        before = torch.from_numpy(np.stack([p.before.transpose(2, 0, 1) for p in chunk])).float()
        after = torch.from_numpy(np.stack([p.after.transpose(2, 0, 1) for p in chunk])).float()
        truth = torch.from_numpy(np.stack([p.changed for p in chunk])) > 0
        probability = network(before, after)[:, CHANGE].sigmoid()
        real += float(truth.sum())
        for i, threshold in enumerate(thresholds):
            found = probability > threshold
            hits[i] += (found & truth).sum()
            flagged[i] += found.sum()
    f1 = 2 * hits / (flagged + real).clamp(min=1)
    best = int(f1.argmax())
    return {"f1": float(f1[best]), "threshold": float(thresholds[best]), "f1_at_half": float(f1[4])}


def train(
    sampler: Sampler,
    validation: list[RealPair],
    *,
    imagenet: Path,
    plan: TrainingPlan,
    out_dir: Path,
    start: Path | None = None,
) -> SiameseUNet:
    """Train from ImageNet weights, or from ``start`` (a checkpoint or an exported file); return the averaged weights
    that validated best.

    ``out_dir`` gets a checkpoint at each validation.
    """
    torch.manual_seed(plan.seed)
    network = SiameseUNet()
    network.encoder.load_imagenet(imagenet)
    if start is not None and start.suffix == ".onnx":
        network = network_from_onnx(start)
        restore_normalisations(network, _first_batches(sampler, plan))
    elif start is not None:
        network.load_state_dict(torch.load(start, weights_only=True)["state"])
    network.encoder.freeze_early()
    network = network.to(memory_format=torch.channels_last)
    encoder = [p for p in network.encoder.parameters() if p.requires_grad]
    others = [p for name, p in network.named_parameters() if not name.startswith("encoder.")]
    rates = [plan.learning_rate * plan.encoder_rate_factor, plan.learning_rate]
    optimiser = torch.optim.AdamW(
        [{"params": encoder, "lr": rates[0]}, {"params": others, "lr": rates[1]}], weight_decay=plan.weight_decay
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rates, total_steps=plan.steps, pct_start=0.15)
    average = deepcopy(network).eval()
    best, best_f1 = deepcopy(average), -1.0
    loader = DataLoader(
        _Crops(sampler, plan.steps * plan.batch), batch_size=plan.batch, num_workers=1, worker_init_fn=_one_thread
    )
    out_dir.mkdir(parents=True, exist_ok=True)
    started, running = time.monotonic(), 0.0
    network.train()
    for step, (before, after, changed, built_before, built_after) in enumerate(loader, start=1):
        logits = network(
            before.float().contiguous(memory_format=torch.channels_last),
            after.float().contiguous(memory_format=torch.channels_last),
        )
        loss = change_loss(logits[:, CHANGE], changed.float())
        loss = loss + plan.built_weight * built_loss(logits[:, BUILT_BEFORE], built_before)
        loss = loss + plan.built_weight * built_loss(logits[:, BUILT_AFTER], built_after)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        follow(average, network, decay=min(plan.average_decay, step / (step + 20)))
        running += float(loss.detach())
        if step % 20 == 0:
            print(f"step {step} loss {running / 20:.4f} {(time.monotonic() - started) / step:.2f} s/step", flush=True)
            running = 0.0
        if step % plan.validate_every == 0 or step == plan.steps:
            figures = validate(average, validation)
            print(f"step {step} validation {json.dumps(figures)}", flush=True)
            torch.save({"state": average.state_dict(), "figures": figures, "plan": asdict(plan)}, out_dir / "last.pt")
            if figures["f1"] > best_f1:
                best, best_f1 = deepcopy(average), figures["f1"]
                torch.save({"state": best.state_dict(), "figures": figures, "plan": asdict(plan)}, out_dir / "best.pt")
    return best


@torch.no_grad()
def follow(average: SiameseUNet, network: SiameseUNet, *, decay: float) -> None:
    for kept, new in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
        if kept.dtype.is_floating_point:
            kept.lerp_(new, 1 - decay)
        else:
            kept.copy_(new)


@torch.no_grad()
def mean_weights(states: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    """The mean of networks that were trained on from one start with other seeds: better than most of them, and steadier
    where none was trained (Wortsman et al. 2022)."""
    return {
        name: torch.stack([own[name].float() for own in states]).mean(0).to(states[0][name].dtype) for name in states[0]
    }
