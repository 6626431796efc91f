"""What a pair of 20,000 x 20,000 pixels needs: memory and time of a whole comparison in one process.

The pictures are drawn strip by strip at the detector's own 0.5 m, so that no averaging makes them smaller; the outer
part is empty (nodata), the middle is painted (PAINTED of each side; 1 paints all). SIDE_PX=… for another size.
"""

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
from rasterio.windows import Window

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

SIDE_PX = int(os.environ.get("SIDE_PX", "20000"))
PAINTED = float(os.environ.get("PAINTED", "0.25"))
STRIP_PX = 512
HOUSES = 200


def draw(path: Path, *, seed: int, houses: int) -> Path:
    """Soft ground and ``houses`` of the same 200 places in the painted middle, a strip in memory at a time."""
    base, noise = np.random.default_rng(5), np.random.default_rng(seed)
    width = int(SIDE_PX * PAINTED) // STRIP_PX * STRIP_PX
    start = (SIDE_PX - width) // 2 // STRIP_PX * STRIP_PX
    places = base.uniform(0, width - 30, (HOUSES, 2)).astype(int)[:houses]
    coarse = base.integers(70, 150, (width // 25 + 2, width // 25 + 2, 3)).astype(np.float32)
    profile = {"driver": "GTiff", "width": SIDE_PX, "height": SIDE_PX, "count": 3, "dtype": "uint8", "crs": "EPSG:4547"}
    profile |= {"transform": from_origin(463_000, 3_842_000, 0.5, 0.5), "tiled": True, "compress": "deflate"}
    with rasterio.open(path, "w", nodata=0, sparse_ok=True, **profile) as file:
        for top in range(0, width, STRIP_PX):
            rows = np.linspace(top / 25, (top + STRIP_PX) / 25, STRIP_PX, dtype=np.float32)
            columns = np.linspace(0, width / 25, width, dtype=np.float32)
            strip = cv2.remap(coarse, *np.meshgrid(columns, rows), cv2.INTER_LINEAR).astype(np.uint8)
            for x, y in places:
                cv2.rectangle(strip, (int(x), int(y) - top), (int(x) + 26, int(y) - top + 18), (190, 80, 60), -1)
            strip += noise.integers(1, 12, strip.shape, dtype=np.uint8)
            file.write(np.moveaxis(strip, -1, 0), window=Window(start, start + top, width, STRIP_PX))
    return path


def main() -> None:
    from geo.imagery.pipeline import Sources, assemble, detect_block, plan_diff

    with tempfile.TemporaryDirectory() as folder:
        child = os.fork()  # so that the drawing is not in the peak
        if child == 0:
            draw(Path(folder) / "a.tif", seed=1, houses=HOUSES * 3 // 4)
            draw(Path(folder) / "b.tif", seed=2, houses=HOUSES)
            os._exit(0)
        os.waitpid(child, 0)
        sources = Sources(Path(folder) / "a.tif", Path(folder) / "b.tif")
        started, cpu = time.perf_counter(), time.process_time()
        plan = plan_diff(sources.before, sources.after)
        for block in plan.blocks:
            detect_block(plan, sources, block.index, Path(folder) / "out")
        found = assemble(plan, sources, Path(folder) / "out")
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        size, painted = f"{plan.grid.width} x {plan.grid.height}", f"{PAINTED**2:.0%}"
        print("| pixels | painted | blocks | found of 50 | wall s | processor s | peak MB |")  # noqa: T201
        print("| --- | --- | --- | --- | --- | --- | --- |")  # noqa: T201
        print(  # noqa: T201
            f"| {size} | {painted} | {len(plan.blocks)} | {len(found)} | {seconds:.0f} | {cpu:.0f} | {peak_mb:.0f} |"
        )


if __name__ == "__main__":
    main()
