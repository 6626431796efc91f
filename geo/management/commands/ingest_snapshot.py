"""manage.py ingest_snapshot FILE --date 2026-03-18: take an aerial snapshot in."""

import argparse
import datetime
from pathlib import Path
from typing import Any

import pghistory
from django.core.management.base import BaseCommand, CommandError

from geo.actions.snapshots import (
    DuplicateSnapshot,
    Flight,
    Incoming,
    check_snapshot,
    refusal_sentence,
    take_in_snapshot,
)
from geo.crs import LonLat
from geo.errors import GeoError
from geo.forms.snapshots import BESIDE_SUFFIXES
from geo.ingest import Declared
from geo.models import Snapshot, SnapshotState, User
from geo.refusals import Refusal


def _date(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def _lonlat(text: str) -> LonLat:
    try:
        lon, lat = (float(part) for part in text.split(","))
        return LonLat(lon, lat)
    except (ValueError, GeoError) as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not lon,lat: {error}") from error


class Command(BaseCommand):
    """Takes a file in by name; checks it at once, or leaves that to the worker with --queue."""

    help = "Take in an aerial snapshot (GeoTIFF, or JPEG/PNG with a world file or with --center and --resolution-m)."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--date", type=_date, required=True, help="capture date, YYYY-MM-DD")
        parser.add_argument("--title", default="", help="default: the file's name")
        parser.add_argument("--sensor", default="")
        parser.add_argument("--operator", default="")
        parser.add_argument("--dsm", type=Path, help="single-band float GeoTIFF of the same flight, metres")
        parser.add_argument("--crs", help="coordinate system where the file does not say it, such as EPSG:4547")
        parser.add_argument("--resolution-m", type=float, help="ground metres per pixel of a plain image")
        parser.add_argument("--center", type=_lonlat, metavar="LON,LAT", help="centre of a plain image")
        parser.add_argument("--by", help="user name of the person on record")
        parser.add_argument("--queue", action="store_true", help="leave the check to the worker")

    def handle(self, *args: Any, **options: Any) -> None:
        by = self._person(options["by"])
        with pghistory.context(command="ingest_snapshot", user=by.pk if by else None):
            snapshot = self._take_in(options, by)
            if not options["queue"]:
                snapshot = check_snapshot(snapshot=snapshot)
        if snapshot.state == SnapshotState.REFUSED:
            raise CommandError(f"refused: {snapshot.facts['refusal']['finding']} ({refusal_sentence(snapshot)})")
        self.stdout.write(self._line(snapshot))

    def _take_in(self, options: dict[str, Any], by: User | None) -> Snapshot:
        file, dsm = options["file"], options["dsm"]
        if not file.is_file():
            raise CommandError(f"{file}: there is no such file")
        declared = None
        if options["crs"] or options["center"] or options["resolution_m"]:
            declared = Declared(crs=options["crs"], resolution_m=options["resolution_m"], center=options["center"])
        beside = tuple(
            path for path in file.parent.iterdir() if path.stem == file.stem and path.suffix.lower() in BESIDE_SUFFIXES
        )
        try:
            return take_in_snapshot(
                image=Incoming(file, file.name, beside),
                dsm=Incoming(dsm, dsm.name) if dsm else None,
                flight=Flight(options["title"] or file.stem, options["date"], options["sensor"], options["operator"]),
                declared=declared,
                by=by,
            )
        except DuplicateSnapshot as refusal:
            existing = refusal.existing
            raise CommandError(
                f"{file.name} is already in as snapshot {existing.pk} ({existing.title}, {existing.captured_on})",
                returncode=3,
            ) from refusal
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal

    def _person(self, name: str | None) -> User | None:
        if not name:
            return None
        try:
            return User.objects.get(username=name)
        except User.DoesNotExist as error:
            raise CommandError(f"there is no user {name!r}") from error

    def _line(self, snapshot: Snapshot) -> str:
        if snapshot.state != SnapshotState.READY:
            return f"snapshot {snapshot.pk}: received, the worker checks it"
        return (
            f"snapshot {snapshot.pk}: {snapshot.captured_on} {snapshot.width_px} x {snapshot.height_px} px, "
            f"{snapshot.resolution_m:.3f} m, {snapshot.source_crs}, {snapshot.footprint_area_m2 / 1e6:.2f} km2"
        )
