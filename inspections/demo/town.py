"""Where the demo town lies on disk, and how its registers come in: through the importers that users have."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from django.conf import settings

from geo.actions.imports import import_layer
from geo.demo.generate import COMPLETE, generate
from geo.importers.errors import FileRefusedError
from geo.importers.files import opened
from geo.importers.parsing import ImportOptions
from geo.importers.registry import importers
from geo.importers.report import Outcome
from geo.models import ImportRun, User

# Layer and the file of it that `geo.demo` writes, in the order in which they rest on each other.
LAYER_FILES = (
    ("units", "units.gpkg"),
    ("special_areas", "special_areas.geojson"),
    ("control_areas", "control_areas.gpkg"),
    ("archive_areas", "archive_areas.geojson"),
    ("buildings", "buildings.shp"),
    ("permits", "permits.geojson"),
    ("census_zones", "census_zones.gpkg"),
    ("clinics", "clinics.geojson"),
)


class NotATown(Exception):
    """The folder is no demo town, or one of its layers was refused."""


@dataclass(frozen=True)
class TownSnapshot:
    """One snapshot that a generated town comes with."""

    title: str
    image: Path
    dsm: Path
    captured_on: date
    sensor: str
    operator: str


def town_folder() -> Path:
    """The folder of this checkout's own demo town; ignored by git."""
    return Path(settings.BASE_DIR) / ".local" / "demo-town"


def ensure_town(folder: Path, *, scale: str, seed: int, say: Callable[[str], None]) -> bool:
    """Generate the town unless the folder has a whole one; True when it was generated now."""
    if (folder / COMPLETE).is_file():
        return False
    generate(folder, scale=scale, seed=seed, say=say)
    return True


def import_town(folder: Path, *, by: User | None, say: Callable[[str], None], layers: tuple[str, ...] = ()) -> None:
    """Import the layers of a town; a file that is in already, by its checksum, is passed over.

    Raises NotATown when a file is missing or refused.
    """
    known = importers()
    for layer, name in LAYER_FILES:
        if layers and layer not in layers:
            continue
        path = folder / name
        if not path.is_file():
            raise NotATown(f"{folder} has no {name}: generate it with python -m geo.demo generate")
        if _is_in(layer, path):
            say(f"{layer}: already in")
            continue
        try:
            report = import_layer(importer=known[layer](), path=path, options=ImportOptions(), by=by)
        except FileRefusedError as error:
            raise NotATown(f"{name}: {error}") from error
        if report.refused:
            first = next(line for line in report.lines if line.outcome == Outcome.REFUSED)
            raise NotATown(
                f"{name}: {report.refused} rows refused, first row {first.row} {first.field}: {first.reason}"
            )
        say(f"{layer}: {report.count(Outcome.CREATED)} created, {report.count(Outcome.UPDATED)} updated")


def town_snapshots(folder: Path) -> list[TownSnapshot]:
    """The snapshots of a generated town, earliest first."""
    manifest = json.loads((folder / COMPLETE).read_text(encoding="utf-8"))
    return [
        TownSnapshot(
            title=entry["name"],
            image=folder / entry["file"],
            dsm=folder / entry["dsm"],
            captured_on=datetime.fromisoformat(entry["captured_at"]).date(),
            sensor=entry["sensor"],
            operator=entry["operator"],
        )
        for entry in manifest["snapshots"]
    ]


def _is_in(layer: str, path: Path) -> bool:
    """Whether the newest import of this layer was of this very file."""
    newest = ImportRun.objects.filter(layer=layer).order_by("-pk").first()
    if newest is None:
        return False
    with opened(path) as file:
        return file.sha256 == newest.sha256
