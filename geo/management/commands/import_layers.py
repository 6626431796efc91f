"""`manage.py import_layers DIR`: every layer of a folder, each from the file that bears its name, all or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from geo.actions.imports import import_layer
from geo.importers.command import add_common_arguments, person, raise_if_refused
from geo.importers.errors import FileRefusedError
from geo.importers.files import GEOMETRY_SUFFIXES
from geo.importers.layers.base import LayerImporter
from geo.importers.parsing import ImportOptions
from geo.importers.registry import importers


class Command(BaseCommand):
    help = "Import a folder of layers (units.gpkg, buildings.shp, permits.geojson, …) as a whole."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)
        add_common_arguments(parser)
        parser.add_argument("--report", type=Path, help="write a CSV for each layer into this folder")

    def handle(self, **options: Any) -> None:
        folder, known = options["folder"], importers()
        if not folder.is_dir():
            raise CommandError(f"there is no folder {folder}")
        files = {name: file for name in known if (file := _file_of(folder, name)) is not None}
        if not files:
            raise CommandError(f"{folder} has no file of a layer: {', '.join(known)}")
        by = person(options["by"])
        with transaction.atomic():
            # A dry run writes and rolls back: the buildings of a folder lie in the units of the same folder.
            for name, file in files.items():
                self._import(known[name](), file, by, options["report"])
            transaction.set_rollback(options["dry_run"])
        skipped = sorted(
            file.name
            for file in folder.iterdir()
            if file.suffix.lower() in (*GEOMETRY_SUFFIXES, ".zip") and file not in files.values()
        )
        if skipped:
            self.stdout.write(f"not imported, no layer of that name: {', '.join(skipped)}")
        if options["dry_run"]:
            self.stdout.write("dry run: nothing was written")

    def _import(self, importer: LayerImporter, file: Path, by: Any, report_folder: Path | None) -> None:
        try:
            report = import_layer(importer=importer, path=file, options=ImportOptions(), by=by)
        except FileRefusedError as error:
            raise CommandError(f"{file.name}: {error}; nothing was written") from error
        self.stdout.write("\n".join(report.summary()))
        if report_folder is not None:
            report_folder.mkdir(parents=True, exist_ok=True)
            report.write_csv(report_folder / f"{importer.schema.name}.csv")
        raise_if_refused(report)


def _file_of(folder: Path, layer: str) -> Path | None:
    """Return the one file that holds a layer; None when there is none."""
    found = [
        file
        for file in sorted(folder.iterdir())
        if file.stem.lower() == layer and file.suffix.lower() in (*GEOMETRY_SUFFIXES, ".zip")
    ]
    if len(found) > 1:
        raise CommandError(f"{folder} has several files of {layer}: {', '.join(file.name for file in found)}")
    return found[0] if found else None
