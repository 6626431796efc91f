"""A whole demo town into a folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import shapely

from geo.demo import camera, names
from geo.demo.ground import lonlat
from geo.demo.plan import Town
from geo.demo.render import Scene, write_snapshot
from geo.demo.scale import CENTRE_EN, DATES, scale_named
from geo.demo.town import plan_town
from geo.demo.vectors import write_vectors

COMPLETE = "snapshots.json"  # written last: a folder that has it is whole


def _silent(_: str) -> None:
    return None


def generate(folder: Path, *, seed: int = 7, scale: str = "full", say: Callable[[str], None] = _silent) -> Town:
    """Write a demo town into ``folder`` (made when missing, earlier files of a town replaced).

    Raises `UnknownScaleError` for a scale that is neither ``full`` nor ``small``.
    """
    size = scale_named(scale)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / COMPLETE).unlink(missing_ok=True)
    town = plan_town(size, seed)
    written = write_vectors(town, folder)
    say(", ".join(f"{count} {name}" for name, count in written.counts.items()))
    scene = Scene(town)
    for when, day in enumerate(DATES):
        write_snapshot(scene, when, folder / f"ortho_{day:%Y%m%d}.tif", folder / f"dsm_{day:%Y%m%d}.tif")
        say(f"orthophoto and heights of {day.isoformat()}")
    centre = lonlat(shapely.Point(CENTRE_EN))
    manifest = {
        "place": {"name": names.CITY_NAME, "centre_lonlat": [centre.x, centre.y], "seed": seed, "scale": scale},
        "snapshots": [_snapshot(when) for when in range(len(DATES))],
    }
    (folder / COMPLETE).write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return town


def _snapshot(when: int) -> dict[str, object]:
    flight, day = camera.flight_of(when), DATES[when]
    return {
        "name": f"{names.CITY_NAME}{day:%Y}年{day.month}月航飞影像",
        "file": f"ortho_{day:%Y%m%d}.tif",
        "dsm": f"dsm_{day:%Y%m%d}.tif",
        "captured_at": flight.captured_at.isoformat(),
        "sensor": flight.sensor,
        "operator": flight.operator,
        "resolution_m": flight.resolution_m,
        "notes": flight.notes,
    }
