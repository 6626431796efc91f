"""How the change engine registers and bears a large pair (how well it finds and measures: bench/diff.py).

Reads ``../shared/data`` beside the checkout when it is there and says what it left out when not. Draws the large pair
itself (SIDE_PX=8000 for a larger one) and compares in one process, block by block, watching its memory.
"""

import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
import rasterio
from rasterio.transform import from_origin

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from geo.imagery.evaluate import pairs_of  # noqa: E402 - the path above makes it importable
from geo.imagery.pipeline import Sources, assemble, detect_block, plan_diff  # noqa: E402
from geo.imagery.pixels import Pixels  # noqa: E402
from geo.imagery.registration import gradient_magnitude, tile_shift  # noqa: E402

DATA = Path(os.environ.get("DATA", ROOT.parent / "shared" / "data"))
SIDE_PX = int(os.environ.get("SIDE_PX", "6000"))
SHIFTS_PX = ((0.0, 0.0), (3.0, -2.0), (7.5, 4.25), (-14.0, 21.0))


def say(*cells: object) -> None:
    print("".join(f"{cell!s:>15}" for cell in cells))  # noqa: T201


def registration() -> None:
    """Injected shifts between the real dates of a pair, tile by tile: the share recovered to under one pixel."""
    say("shift px", "tiles", "< 1 px", "median error")
    for right, down in SHIFTS_PX:
        errors = []
        for pair in pairs_of(DATA / "levir_dev_0.5m"):
            before, after = (cv2.imread(str(path)) for path in (pair.before, pair.after))
            moved = cv2.warpAffine(
                after,
                np.array([[1.0, 0, right], [0, 1.0, down]]),
                after.shape[1::-1],
                borderMode=cv2.BORDER_REFLECT_101,
            )
            valid = np.ones(before.shape[:2], bool)
            first, as_it_is, second = (gradient_magnitude(Pixels(image, valid)) for image in (before, after, moved))
            own_x, own_y, _ = tile_shift(first, as_it_is)
            x, y, _ = tile_shift(first, second)
            errors.append(float(np.hypot(x - own_x - right, y - own_y - down)))
        say(f"{right}, {down}", len(errors), f"{np.mean(np.array(errors) < 1):.2f}", f"{np.median(errors):.2f}")


def draw_large(path: Path, *, seed: int, houses: int) -> Path:
    """Soft ground with the same roads and ``houses`` of 200 seeded houses, written strip by strip."""
    base = np.random.default_rng(5)
    places = base.uniform(0, SIDE_PX - 60, (200, 2)).astype(int)
    noise = np.random.default_rng(seed)
    coarse = base.integers(70, 150, (SIDE_PX // 50 + 2, SIDE_PX // 50 + 2, 3)).astype(np.float32)
    profile = {"driver": "GTiff", "width": SIDE_PX, "height": SIDE_PX, "count": 3, "dtype": "uint8", "crs": "EPSG:4547"}
    profile |= {"transform": from_origin(463_000, 3_842_000, 0.25, 0.25), "tiled": True, "compress": "deflate"}
    ground = cv2.resize(coarse, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_LINEAR).astype(np.uint8)
    for x, y in places[:houses]:
        cv2.rectangle(ground, (int(x), int(y)), (int(x) + 52, int(y) + 36), (190, 80, 60), -1)
    ground += noise.integers(0, 12, ground.shape, dtype=np.uint8)
    with rasterio.open(path, "w", **profile) as file:
        file.write(np.moveaxis(ground, -1, 0))
    return path


def large_pair() -> None:
    """Speed and memory of a whole comparison; the peak before it starts is the drawing's."""
    with tempfile.TemporaryDirectory() as folder:
        child = os.fork()
        if child == 0:
            draw_large(Path(folder) / "a.tif", seed=1, houses=150)
            draw_large(Path(folder) / "b.tif", seed=2, houses=200)
            os._exit(0)
        os.waitpid(child, 0)
        say("native Mpx", "side px", "plan s", "blocks s", "assemble s", "native Mpx/s", "found of 50", "peak MB")
        sources = Sources(Path(folder) / "a.tif", Path(folder) / "b.tif")
        started = time.perf_counter()
        plan = plan_diff(sources.before, sources.after)
        planned = time.perf_counter()
        for block in plan.blocks:
            detect_block(plan, sources, block.index, Path(folder) / "out")
        detected = time.perf_counter()
        found = assemble(plan, sources, Path(folder) / "out")
        done = time.perf_counter()
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        native = SIDE_PX**2 / 1e6
        say(
            f"{native:.0f}", SIDE_PX, f"{planned - started:.1f}", f"{detected - planned:.1f}", f"{done - detected:.1f}",
            f"{native / (done - started):.2f}", len(found), f"{peak_mb:.0f}",
        )  # fmt: skip


def main() -> None:
    tables = {"registration": registration, "large pair": large_pair}
    for name, table in tables.items():
        print(f"\n{name}")  # noqa: T201
        if table is not large_pair and not DATA.is_dir():
            print(json.dumps({"left out": f"{DATA.name} is not there"}))  # noqa: T201
            continue
        table()


if __name__ == "__main__":
    main()
