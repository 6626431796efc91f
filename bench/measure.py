"""What measuring costs and how exact it is: geo.measure beside an independent library, and beside the plane.

Draws seeded houses, blocks and townships around the edges of Gauss-Kruger zones.
"""

import itertools
import math
import sys
import time
from pathlib import Path

import numpy as np
from geographiclib.geodesic import Geodesic
from shapely.geometry import Polygon

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

INDEPENDENT = Geodesic(6378137.0, 1 / 298.257222101)
SIZES_M = (2.0, 5.0, 10.0, 30.0, 300.0, 5_000.0, 50_000.0)
COMPARED = 150
TIMED = 10_000


def row(*cells: object) -> None:
    """Print one line of the table."""
    print("".join(f"{cell!s:>18}" for cell in cells))  # noqa: T201


def star(rng: np.random.Generator, size_m: float) -> Polygon:
    """A polygon of 4 to 10 corners at most size_m from a place near a zone edge (112.5°E)."""
    lon, lat = 112.5 + rng.uniform(-0.05, 0.05), rng.uniform(20.0, 50.0)
    corners = int(rng.integers(4, 11))
    angles = np.linspace(0.0, 2.0 * np.pi, corners, endpoint=False)
    radii = size_m * rng.uniform(0.5, 1.0, corners)
    east = radii * np.cos(angles) / (111_320.0 * math.cos(math.radians(lat)))
    north = radii * np.sin(angles) / 111_000.0
    return Polygon(np.column_stack([lon + east, lat + north]))


def independent_m2(polygon: Polygon) -> float:
    """The area by geographiclib, in pure Python."""
    ring = INDEPENDENT.Polygon()
    for lon, lat in list(polygon.exterior.coords)[:-1]:
        ring.AddPoint(lat, lon)
    return abs(ring.Compute(False, True)[2])


def shoelace_m2(polygon: Polygon) -> float:
    """The area of the Gauss-Kruger plane, its scale left in: what a plain GIS says."""
    from geo.crs import to_local

    corners = np.array(to_local(polygon)[0].exterior.coords)
    return abs(float(np.sum(corners[:-1, 0] * corners[1:, 1] - corners[1:, 0] * corners[:-1, 1]))) / 2.0


def main() -> None:
    from geo.measure import area_m2, areas_m2, overlap_m2

    row("radius m", "median m²", "worst m²", "worst relative", "plane relative")
    rng = np.random.default_rng(11)
    for size_m in SIZES_M:
        polygons = [star(rng, size_m) for _ in range(COMPARED)]
        ours = areas_m2(polygons)
        theirs = np.array([independent_m2(polygon) for polygon in polygons])
        plane = np.array([shoelace_m2(polygon) for polygon in polygons])
        off = np.abs(ours - theirs)
        worst = f"{off.max():.1e}", f"{(off / theirs).max():.1e}", f"{(np.abs(plane - theirs) / theirs).max():.1e}"
        row(f"{size_m:g}", f"{np.median(ours):.4g}", *worst)

    houses = [star(rng, 12.0) for _ in range(TIMED)]
    works = {
        "area_m2": lambda: [area_m2(house) for house in houses],
        "with uncertainty": lambda: [area_m2(house, position_sigma_m=0.3) for house in houses],
        "overlap_m2": lambda: [overlap_m2(a, b) for a, b in itertools.pairwise(houses[:1001])] * 10,
        "geographiclib": lambda: [independent_m2(house) for house in houses[:1000]] * 10,
    }
    row("", "µs each", "", "", "")
    for name, work in works.items():
        start = time.perf_counter()
        count = len(work()) / (10 if name in ("overlap_m2", "geographiclib") else 1)
        row(name, f"{(time.perf_counter() - start) / count * 1e6:.1f}")


if __name__ == "__main__":
    main()
