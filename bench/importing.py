"""What importing buildings costs, beside ogr2ogr, which copies the same file into a bare table and checks nothing.

Draws its own seeded rows, in a database of its own that is dropped at the end.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyogrio.raw
import shapely

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

COUNTS = (1_000, 10_000)
BOX_EN = (463_400.0, 3_840_800.0, 465_100.0, 3_844_600.0)  # EPSG:4547, within the town of tests.factories
NAMES = ("code", "use", "structure", "storeys", "household", "built_year", "address")


def draw(path: Path, count: int) -> None:
    """Write seeded houses of 8 to 20 m, turned, as a GB18030 Shapefile in Gauss-Kruger coordinates."""
    rng = np.random.default_rng(5)
    west, south, east, north = BOX_EN
    houses = []
    for _ in range(count):
        house = shapely.box(-rng.uniform(4, 10), -rng.uniform(4, 10), rng.uniform(4, 10), rng.uniform(4, 10))
        turned = shapely.affinity.rotate(house, rng.uniform(0, 90), origin=(0, 0))
        houses.append(shapely.affinity.translate(turned, rng.uniform(west, east), rng.uniform(south, north)))
    columns = [
        np.array([f"H{n:06d}" for n in range(count)], dtype=object),
        np.array(rng.choice(["住宅", "商业", "工业"], count), dtype=object),
        np.array(rng.choice(["砖混", "框架", "钢结构"], count), dtype=object),
        rng.integers(1, 7, count),
        np.array([f"户主{n}" for n in range(count)], dtype=object),
        rng.integers(1980, 2026, count),
        np.array([f"建业路{n}号" for n in range(count)], dtype=object),
    ]
    pyogrio.raw.write(
        path,
        shapely.to_wkb(np.array(houses)),
        columns,
        list(NAMES),
        geometry_type="Polygon",
        crs="EPSG:4547",
        driver="ESRI Shapefile",
        encoding="GB18030",
    )


def timed_s(work: Callable[[], object]) -> float:
    """Seconds of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def ogr_copy(path: Path, database: dict[str, object]) -> None:
    """Copy the file into a bare table by ogr2ogr's COPY, transformed to the storage CRS."""
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
    target = "PG:" + " ".join(f"{key}='{database[name]}'" for key, name in names.items() if database.get(name))
    command = ["ogr2ogr", "-f", "PostgreSQL", target, str(path), "-nln", "bench_copy", "-overwrite"]
    command += ["-nlt", "MULTIPOLYGON", "-t_srs", "EPSG:4490", "--config", "PG_USE_COPY", "YES"]
    subprocess.run(command, check=True, capture_output=True)


def compare() -> None:
    """Time a first import, an unchanged one and one in which every row differs."""
    from django.db import connection

    from geo.actions.imports import import_layer
    from geo.importers.layers.buildings import BuildingImporter
    from geo.importers.parsing import ImportOptions
    from geo.importers.report import Outcome
    from geo.models import Building
    from tests.factories import make_town

    def run(path: Path) -> list[int]:
        report = import_layer(importer=BuildingImporter(), path=path, options=ImportOptions(), by=None)
        return [report.count(outcome) for outcome in Outcome]

    make_town()
    heads = ("rows", "first s", "again s", "all changed s", "ogr2ogr s", "ratio to ogr2ogr")
    print("".join(f"{head:>18}" for head in heads))  # noqa: T201
    with tempfile.TemporaryDirectory() as folder:
        for count in COUNTS:
            path = Path(folder) / f"houses{count}.shp"
            draw(path, count)
            Building.objects.all().delete()
            first_s = timed_s(lambda: run(path))  # noqa: B023
            again_s = timed_s(lambda: run(path))  # noqa: B023
            Building.objects.update(storeys=99)
            changed_s = timed_s(lambda: run(path))  # noqa: B023
            cells = [f"{count}", f"{first_s:.2f}", f"{again_s:.2f}", f"{changed_s:.2f}"]
            if shutil.which("ogr2ogr"):
                copy_s = timed_s(lambda: ogr_copy(path, connection.settings_dict))  # noqa: B023
                cells += [f"{copy_s:.2f}", f"{first_s / copy_s:.1f}"]
            print("".join(f"{cell:>18}" for cell in cells))  # noqa: T201


def main() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.db import connection

    usual_name = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = f"{usual_name}_bench"
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        compare()
    finally:
        connection.creation.destroy_test_db(usual_name, verbosity=0)


if __name__ == "__main__":
    main()
