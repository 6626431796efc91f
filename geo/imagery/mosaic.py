"""The probability of change of a whole run as one cloud-optimised GeoTIFF."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import rasterio
from rasterio.shutil import copy as copy_raster
from rasterio.windows import Window as RasterWindow

from geo.imagery.blockstore import BlockStore
from geo.imagery.plan import Plan

# Probabilities are stored as 0…254 (scale 1/254); this says that one of the images is missing there.
NO_DATA = 255
_SCALE = 1 / 254


def write_probability(plan: Plan, out_dir: Path, path: Path) -> None:
    """Put the blocks in ``out_dir`` together. Raises BlockMissingError; ``path`` appears whole or not at all."""
    store = BlockStore(plan, out_dir, kept=1)
    path.parent.mkdir(parents=True, exist_ok=True)
    plain = path.with_name(f"{path.name}.{os.getpid()}.plain.part")
    whole = path.with_name(f"{path.name}.{os.getpid()}.part")
    profile = {
        "driver": "GTiff", "width": plan.grid.width, "height": plan.grid.height, "count": 1, "dtype": "uint8",
        "crs": plan.grid.crs, "transform": plan.grid.transform, "nodata": NO_DATA, "tiled": True,
        "compress": "deflate", "BIGTIFF": "IF_SAFER",
    }  # fmt: skip
    try:
        with rasterio.open(plain, "w", **profile) as file:
            file.scales = (_SCALE,)
            for block in plan.blocks:
                result = store.block(block.index)
                values = np.rint(result.changed.astype(np.float32) * (254 / 255)).astype(np.uint8)
                values[~result.valid] = NO_DATA
                window = RasterWindow(block.window.x, block.window.y, block.window.width, block.window.height)
                file.write(values, 1, window=window)
        copy_raster(plain, whole, driver="COG", compress="deflate")
        whole.replace(path)
    finally:
        for leftover in (plain, whole):
            leftover.unlink(missing_ok=True)
