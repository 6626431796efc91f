"""Results of blocks on disk: written whole or not at all, the same bytes for the same input."""

from __future__ import annotations

import os
import zipfile
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.imagery.errors import BlockCorruptError, BlockMissingError
from geo.imagery.grid import Window
from geo.imagery.pixels import Bools, Bytes
from geo.imagery.plan import Plan

# Rise in whole centimetres; this value where it is not known.
NO_HEIGHT = -32768
_LAYERS = ("changed", "built_before", "built_after", "valid", "rise_cm")


@dataclass(frozen=True)
class BlockResult:
    """Layers (H, W) of a block or window: probabilities as 0…255, validity, rise in centimetres (None: no heights)."""

    changed: Bytes
    built_before: Bytes
    built_after: Bytes
    valid: Bools
    rise_cm: NDArray[np.int16] | None


# What `np.savez_compressed` takes is 6: a sixth of a block's time for files a tenth smaller.
COMPRESSION = 1


def block_path(out_dir: Path, index: int) -> Path:
    return out_dir / f"block-{index:06d}.npz"


def write_block(plan: Plan, out_dir: Path, index: int, result: BlockResult) -> Path:
    """Write a block's layers atomically and return its path."""
    path = block_path(out_dir, index)
    out_dir.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.part")
    layers: dict[str, NDArray[np.generic]] = {
        "plan": np.array(plan.fingerprint), "changed": result.changed, "built_before": result.built_before,
        "built_after": result.built_after, "valid": np.packbits(result.valid, axis=1),
    }  # fmt: skip
    if result.rise_cm is not None:
        layers["rise_cm"] = result.rise_cm
    try:
        with temporary.open("wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=COMPRESSION) as packed:
                for name, layer in layers.items():
                    with packed.open(f"{name}.npy", "w") as member:
                        np.lib.format.write_array(member, layer, allow_pickle=False)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return path


@contextmanager
def _stored(plan: Plan, out_dir: Path, index: int) -> Iterator[Mapping[str, NDArray[Any]]]:
    """The layers of a block's file. Raises BlockMissingError or BlockCorruptError (damaged, or of another plan)."""
    path = block_path(out_dir, index)
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            if str(stored["plan"]) != plan.fingerprint:
                raise BlockCorruptError(f"{path}: belongs to plan {stored['plan']}, not {plan.fingerprint}")
            yield stored
    except FileNotFoundError as error:
        raise BlockMissingError(f"{path}: block {index} of {len(plan.blocks)} has no result yet") from error
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise BlockCorruptError(f"{path}: cannot be read ({error})") from error


def _changed(stored: Mapping[str, NDArray[Any]], window: Window) -> Bytes:
    changed: Bytes = stored["changed"]
    if changed.shape != (window.height, window.width):
        raise ValueError(f"is {changed.shape}, not {(window.height, window.width)}")
    return changed


def read_changed(plan: Plan, out_dir: Path, index: int) -> Bytes:
    """A block's probability of change alone (H, W). Raises as ``read_block`` does."""
    with _stored(plan, out_dir, index) as stored:
        return _changed(stored, plan.blocks[index].window)


def read_block(plan: Plan, out_dir: Path, index: int) -> BlockResult:
    """Raises BlockMissingError or BlockCorruptError (damaged, or of another plan), naming the file."""
    window = plan.blocks[index].window
    with _stored(plan, out_dir, index) as stored:
        valid = np.unpackbits(stored["valid"], axis=1)[:, : window.width] > 0
        rise_cm = stored.get("rise_cm")
        changed = _changed(stored, window)
        return BlockResult(changed, stored["built_before"], stored["built_after"], valid, rise_cm)


def missing_blocks(plan: Plan, out_dir: Path) -> list[int]:
    """Numbers of the blocks that have no result."""
    return [block.index for block in plan.blocks if not block_path(out_dir, block.index).is_file()]


class BlockStore:
    """Reads any window of a finished run, keeping a few blocks at hand."""

    def __init__(self, plan: Plan, out_dir: Path, *, kept: int = 8) -> None:
        missing = missing_blocks(plan, out_dir)
        if missing:
            shown = ", ".join(str(i) for i in missing[:10])
            raise BlockMissingError(f"{out_dir}: {len(missing)} of {len(plan.blocks)} blocks have no result: {shown}")
        self.plan, self.out_dir, self.kept = plan, out_dir, kept
        self._cache: OrderedDict[int, BlockResult] = OrderedDict()

    def block(self, index: int) -> BlockResult:
        if index not in self._cache:
            self._cache[index] = read_block(self.plan, self.out_dir, index)
            while len(self._cache) > self.kept:
                self._cache.popitem(last=False)
        self._cache.move_to_end(index)
        return self._cache[index]

    def changed(self, index: int) -> Bytes:
        """A block's probability of change; the other layers are read only where something is looked at closely."""
        kept = self._cache.get(index)
        return read_changed(self.plan, self.out_dir, index) if kept is None else kept.changed

    def window(self, window: Window) -> BlockResult:
        """The layers of a window, put together from the blocks it touches."""
        shape = window.height, window.width
        layers = {name: np.zeros(shape, np.uint8) for name in _LAYERS[:3]}
        valid = np.zeros(shape, bool)
        rise = np.full(shape, NO_HEIGHT, np.int16) if self.plan.height_bias_m is not None else None
        size = self.plan.params.block_px
        columns = -(-self.plan.grid.width // size)
        for row in range(window.y // size, (window.y + window.height - 1) // size + 1):
            for column in range(window.x // size, (window.x + window.width - 1) // size + 1):
                index = row * columns + column
                block, result = self.plan.blocks[index].window, self.block(index)
                left, top = max(block.x, window.x), max(block.y, window.y)
                right = min(block.x + block.width, window.x + window.width)
                bottom = min(block.y + block.height, window.y + window.height)
                shared = Window(left, top, right - left, bottom - top)
                there, here = shared.within(block), shared.within(window)
                for name, layer in layers.items():
                    layer[here] = getattr(result, name)[there]
                valid[here] = result.valid[there]
                if rise is not None and result.rise_cm is not None:
                    rise[here] = result.rise_cm[there]
        return BlockResult(layers["changed"], layers["built_before"], layers["built_after"], valid, rise)
