"""The management command of one layer: arguments in, the report out, exit code 1 when anything was refused."""

from __future__ import annotations

from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from geo.actions.imports import import_layer
from geo.crs_detect import DatumShift
from geo.importers.errors import FileRefusedError
from geo.importers.geometry import MAP_SHIFTS
from geo.importers.parsing import NO_SHIFT, ImportOptions
from geo.importers.registry import importers
from geo.importers.report import ImportReport, Outcome
from geo.models import User


class ImportCommand(BaseCommand):
    """Import one file; subclasses name the layer."""

    layer: str

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.help = (
            f"Import {self.layer} from a GeoPackage, Shapefile, GeoJSON, KML, XLSX, CSV, or a zip: all rows or none."
        )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help=".gpkg, .shp, .geojson, .kml, .kmz, .xlsx, .csv or .zip")
        parser.add_argument("--layer", dest="source_layer", help="layer of a GeoPackage that has several")
        parser.add_argument("--crs", type=epsg_code, help="EPSG code of the coordinates, over what the file says")
        parser.add_argument("--encoding", help="of the text in a Shapefile or GeoJSON: UTF-8, GB18030, …")
        parser.add_argument("--map", action="append", default=[], type=name_pair, metavar="THEIRS=OURS", dest="mapping")
        parser.add_argument(
            "--map-shift", choices=[NO_SHIFT, *sorted(MAP_SHIFTS)], help="degrees of a consumer map, or not"
        )
        parser.add_argument(
            "--datum-shift",
            type=datum_shift,
            metavar="NAME:DX,DY,DZ[,RX,RY,RZ,PPM]",
            help="shift to CGCS2000 for Xian 1980 or Beijing 1954 (position vector, metres, arc seconds, ppm)",
        )
        add_common_arguments(parser)
        parser.add_argument("--report", type=Path, help="write every row's outcome to this CSV file")

    def handle(self, **options: Any) -> None:
        try:
            report = import_layer(
                importer=importers()[self.layer](),
                path=options["file"],
                options=ImportOptions(
                    layer=options["source_layer"],
                    srid=options["crs"],
                    encoding=options["encoding"],
                    mapping=dict(options["mapping"]),
                    map_shift=options["map_shift"],
                    datum_shift=options["datum_shift"],
                ),
                by=person(options["by"]),
                dry_run=options["dry_run"],
            )
        except FileRefusedError as error:
            raise CommandError(f"{options['file']}: {error}; nothing was written") from error
        self.stdout.write("\n".join(report.summary()))
        if options["report"] is not None:
            report.write_csv(options["report"])
            self.stdout.write(f"  every row: {options['report']}")
        raise_if_refused(report)


def add_common_arguments(parser: CommandParser) -> None:
    """Add what every import command takes."""
    parser.add_argument("--dry-run", action="store_true", help="check and report, write nothing")
    parser.add_argument("--by", metavar="USERNAME", help="the person on whose behalf this is imported")


def person(username: str | None) -> User | None:
    """Return the user of a name; None when no name is given."""
    if username is None:
        return None
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise CommandError(f"there is no active user “{username}”")
    return user


def raise_if_refused(report: ImportReport) -> None:
    """End with exit code 1 when a row was refused."""
    if report.refused:
        refused = report.count(Outcome.REFUSED)
        raise CommandError(f"{report.file_name}: {refused} rows refused, nothing was written")


def epsg_code(text: str) -> int:
    """Read "4547" or "EPSG:4547"."""
    digits = text.upper().removeprefix("EPSG:")
    if not digits.isdigit():
        raise ArgumentTypeError(f"“{text}” is no EPSG code (like 4547)")
    return int(digits)


def name_pair(text: str) -> tuple[str, str]:
    """Read "theirs=ours"."""
    theirs, sign, ours = text.rpartition("=")
    if not (theirs and sign and ours):
        raise ArgumentTypeError(f"“{text}” is not of the form theirs=ours")
    return theirs.strip(), ours.strip()


def datum_shift(text: str) -> DatumShift:
    """Read "name:dx,dy,dz" or "name:dx,dy,dz,rx,ry,rz,ppm"."""
    name, _, numbers = text.rpartition(":")
    try:
        values = [float(number) for number in numbers.split(",")]
    except ValueError:
        values = []
    if not name or len(values) not in (3, 7):
        raise ArgumentTypeError(f"“{text}” is not a name, a colon and 3 or 7 numbers")
    return DatumShift(name, *values)
