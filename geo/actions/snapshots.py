"""Taking snapshots in: the original kept by its checksum, then proven and converted by a job."""

import datetime
import hashlib
import logging
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pghistory
from django.conf import settings
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from shapely import union_all, wkb
from shapely.geometry.base import BaseGeometry

from geo.actions.jobs import job
from geo.actions.notices import tell_of_snapshot
from geo.actions.shares import read_share, write_share
from geo.actions.snapshot_words import reason_of, refusal_of, sentence_of
from geo.crs import STORAGE_SRID, LonLat
from geo.importers.layers.links import units_touched
from geo.ingest import (
    Declared,
    DsmFacts,
    IngestError,
    RasterFacts,
    check_overlap,
    georeferenced_copy_or_vrt,
    inspect_dsm,
    inspect_raster,
    make_thumbnail,
    make_web_cog,
)
from geo.ingest.checksum import CHUNK_BYTES
from geo.ingest.georeference import BESIDE_SUFFIXES
from geo.measure import area_m2
from geo.models import Snapshot, SnapshotState, Unit, UnitLevel, User
from geo.refusals import Refusal
from geo.templatetags.formatting import date_text

log = logging.getLogger(__name__)

CHECK_TASK = "geo.tasks.check_snapshot"
QUEUE = "snapshots"
FOLDER = "snapshots"
# Reading the file is this part of the work, converting the rest (measured on the drawn town: 1 to 3).
READING_SHARE = 0.3


class DuplicateSnapshot(Refusal):
    """The same bytes were taken in before; `existing` is that snapshot."""

    def __init__(self, existing: Snapshot) -> None:
        self.existing = existing
        super().__init__(
            _("该影像已入库：%(title)s (%(date)s 拍摄)，无需重复上传")
            % {"title": existing.title, "date": date_text(existing.captured_on)}
        )


class UnreadableUpload(Refusal):
    """The file could not be copied into the store."""


@dataclass(frozen=True)
class Flight:
    """What people say of a snapshot."""

    title: str
    captured_on: datetime.date
    sensor: str = ""
    operator: str = ""


@dataclass(frozen=True)
class Incoming:
    """A file on its way in, under the name it had, with the small files beside it (world file, .prj)."""

    path: Path
    name: str
    beside: tuple[Path, ...] = ()


def take_in_snapshot(
    *, image: Incoming, flight: Flight, by: User | None, dsm: Incoming | None = None, declared: Declared | None = None
) -> Snapshot:
    """Keep the original untouched under its checksum and enqueue its check.

    The same bytes again are refused with the snapshot they became, unless that one failed its check: then the file is
    checked anew with what is declared now. Raises DuplicateSnapshot, UnreadableUpload.
    """
    stored, sha256 = _store(image)
    _refuse_duplicate(Snapshot.objects.filter(sha256=sha256).first())
    _store_beside(image, stored)
    dsm_stored, dsm_sha256 = _store(dsm) if dsm else ("", "")
    row: dict[str, Any] = {
        **asdict(flight),
        "state": SnapshotState.RECEIVED,
        "reason": "",
        "file_name": image.name[-200:],
        "size_bytes": (settings.PRIVATE_ROOT / stored).stat().st_size,
        "original_path": stored,
        "dsm_path": dsm_stored,
        "dsm_sha256": dsm_sha256,
        "declared": _as_json(declared),
        "facts": {},
        "loaded_by": by,
    }
    try:
        with transaction.atomic():
            existing = Snapshot.objects.select_for_update().filter(sha256=sha256).first()
            _refuse_duplicate(existing)
            if existing is None:
                snapshot = Snapshot.objects.create(sha256=sha256, **row)
            else:
                snapshot = existing
                for name, value in row.items():
                    setattr(snapshot, name, value)
                snapshot.save()
            job(CHECK_TASK, queue=QUEUE).defer(snapshot_id=snapshot.pk)
    except IntegrityError:  # the same file came in twice at the same moment
        raise DuplicateSnapshot(Snapshot.objects.get(sha256=sha256)) from None
    report_progress(snapshot, share=0.0)
    return snapshot


def check_snapshot(*, snapshot: Snapshot) -> Snapshot:
    """Prove a received snapshot and make its copies: READY with facts, or REFUSED with the reason.

    May be run again after a kill; the copies appear whole or not at all. Of two checks that ran side by side (a worker
    that stood still was taken for dead) the first to end decides.
    """
    unproven = Snapshot.objects.filter(pk=snapshot.pk, state__in=(SnapshotState.RECEIVED, SnapshotState.CHECKING))
    if not unproven.update(state=SnapshotState.CHECKING):
        snapshot.refresh_from_db()
        return snapshot
    try:
        jurisdiction = _jurisdiction(snapshot)
        return _accept(snapshot, *_prove(snapshot, jurisdiction))
    except IngestError as error:
        return _refuse(snapshot, refusal_of(error, file_name=snapshot.file_name))
    except Exception:
        # The job fails with its traceback in the log; the person sees that it did.
        _refuse(snapshot, {"code": "unexpected", "finding": snapshot.file_name})
        raise


@transaction.atomic
def remove_refused(*, snapshot: Snapshot, by: User) -> None:
    """Take a snapshot that failed its check off the list, with its files; nothing was ever made of it.

    Raises Refusal when it is not refused (any more).
    """
    snapshot = Snapshot.objects.select_for_update().get(pk=snapshot.pk)
    if snapshot.state != SnapshotState.REFUSED:
        raise Refusal(
            _("“%(title)s”%(state)s，只能移除未通过检查的影像。")
            % {"title": snapshot.title, "state": snapshot.get_state_display()}
        )
    folder = (settings.PRIVATE_ROOT / snapshot.original_path).parent
    with pghistory.context(user=by.pk, act="remove_refused"):
        snapshot.delete()
    log.info("refused snapshot %s (%s) removed by %s", snapshot.sha256, snapshot.file_name, by)
    transaction.on_commit(lambda: shutil.rmtree(folder, ignore_errors=True))


def report_progress(snapshot: Snapshot, *, share: float) -> None:
    """Write how far the check of a snapshot is (0..1) beside its original, for the page that waits."""
    write_share((settings.PRIVATE_ROOT / snapshot.original_path).parent, share)


def progress_of(snapshot: Snapshot) -> float | None:
    """How far the check is (0..1), or None when nothing is known yet."""
    return read_share((settings.PRIVATE_ROOT / snapshot.original_path).parent)


def refusal_sentence(snapshot: Snapshot) -> str:
    """Why a snapshot was refused, in the language of the moment."""
    refusal = snapshot.facts.get("refusal") or {}
    return sentence_of(refusal["code"]) if "code" in refusal else snapshot.reason


def as_geos(geometry: BaseGeometry) -> MultiPolygon:
    """A shapely polygon or multipolygon as what the multipolygon columns keep."""
    geos = GEOSGeometry(memoryview(wkb.dumps(geometry)), srid=STORAGE_SRID)
    return geos if isinstance(geos, MultiPolygon) else MultiPolygon(geos, srid=STORAGE_SRID)


def as_shapely(geometry: GEOSGeometry) -> BaseGeometry:
    """A stored geometry as shapely."""
    return wkb.loads(bytes(geometry.wkb))


def _store(incoming: Incoming) -> tuple[str, str]:
    """Copy a file below PRIVATE_ROOT under its checksum; return its relative path and the checksum."""
    root = Path(settings.PRIVATE_ROOT)
    (root / FOLDER).mkdir(parents=True, exist_ok=True)
    partial = root / FOLDER / f".incoming-{uuid4().hex}"
    try:
        digest = hashlib.sha256()
        with incoming.path.open("rb") as source, partial.open("xb") as target:
            while chunk := source.read(CHUNK_BYTES):
                digest.update(chunk)
                target.write(chunk)
            target.flush()
            os.fsync(target.fileno())
        sha256 = digest.hexdigest()
        folder = root / FOLDER / sha256[:2] / sha256
        folder.mkdir(parents=True, exist_ok=True)
        original = folder / f"original{Path(incoming.name).suffix.lower()}"
        if not original.exists():
            partial.chmod(0o444)
            partial.replace(original)
        return str(original.relative_to(root)), sha256
    except OSError as error:
        raise UnreadableUpload(_("文件无法保存：%(reason)s") % {"reason": error.strerror or str(error)}) from error
    finally:
        partial.unlink(missing_ok=True)


def _store_beside(incoming: Incoming, stored: str) -> None:
    """Keep what lies beside the image now, and nothing of an earlier try that was refused."""
    folder = (settings.PRIVATE_ROOT / stored).parent
    try:
        for suffix in BESIDE_SUFFIXES:
            (folder / f"original{suffix}").unlink(missing_ok=True)
        for small in incoming.beside:
            shutil.copyfile(small, folder / f"original{small.suffix.lower()}")
    except OSError as error:
        raise UnreadableUpload(_("文件无法保存：%(reason)s") % {"reason": error.strerror or str(error)}) from error


def _refuse_duplicate(existing: Snapshot | None) -> None:
    if existing is not None and existing.state != SnapshotState.REFUSED:
        raise DuplicateSnapshot(existing)


def _jurisdiction(snapshot: Snapshot) -> BaseGeometry:
    boundaries = list(Unit.objects.filter(level=UnitLevel.CITY).values_list("boundary", flat=True))
    if not boundaries:
        raise _NoUnits(Path(snapshot.file_name), "there is no city boundary to check against")
    return union_all([as_shapely(boundary) for boundary in boundaries])


class _NoUnits(IngestError):
    code = "no_units"


@dataclass(frozen=True)
class _Copies:
    reading: Path
    web: Path
    thumbnail: Path


def _prove(snapshot: Snapshot, jurisdiction: BaseGeometry) -> tuple[RasterFacts, DsmFacts | None, _Copies]:
    original = settings.PRIVATE_ROOT / snapshot.original_path
    progress = _Throttled(snapshot)
    facts = inspect_raster(
        original, declared=_declared(snapshot.declared), on_progress=lambda share: progress(share * READING_SHARE)
    )
    check_overlap(original, facts.footprint, jurisdiction)
    dsm = None
    if snapshot.dsm_path:
        dsm = inspect_dsm(settings.PRIVATE_ROOT / snapshot.dsm_path, image_footprint=facts.footprint)
    reading = georeferenced_copy_or_vrt(facts, original.with_name("reading"))
    progress(0.5)
    web = make_web_cog(facts, original.with_name("web.tif"))
    progress(0.95)
    return facts, dsm, _Copies(reading, web, make_thumbnail(web, original.with_name("thumbnail.webp")))


class _Throttled:
    """Writes progress at most once a hundredth."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot, self.last = snapshot, -1.0

    def __call__(self, share: float) -> None:
        if share - self.last >= 0.01:
            self.last = share
            report_progress(self.snapshot, share=share)


@transaction.atomic
def _accept(snapshot: Snapshot, facts: RasterFacts, dsm: DsmFacts | None, copies: _Copies) -> Snapshot:
    root = Path(settings.PRIVATE_ROOT)
    snapshot = Snapshot.objects.select_for_update().get(pk=snapshot.pk)
    if snapshot.state != SnapshotState.CHECKING:
        return snapshot
    footprint = as_geos(facts.footprint)
    snapshot.state = SnapshotState.READY
    snapshot.reading_path = str(copies.reading.relative_to(root))
    snapshot.web_path = str(copies.web.relative_to(root))
    snapshot.thumbnail_path = str(copies.thumbnail.relative_to(root))
    snapshot.source_crs = facts.crs_label[:120]
    snapshot.width_px, snapshot.height_px = facts.width, facts.height
    snapshot.band_count, snapshot.dtype = facts.band_count, facts.dtype
    snapshot.resolution_m = facts.resolution_m
    snapshot.footprint = footprint
    snapshot.footprint_area_m2 = area_m2(facts.footprint).area_m2
    snapshot.facts = {**facts.as_json(), "footprint": None, **({"dsm": dsm.as_json()} if dsm else {})}
    snapshot.save()
    covered = units_touched(facts.footprint)
    snapshot.units.set(covered)
    tell_of_snapshot(snapshot)
    log.info(
        "snapshot %s is ready: %s, %.3f m, %s units", snapshot.pk, facts.crs_label, facts.resolution_m, len(covered)
    )
    return snapshot


@transaction.atomic
def _refuse(snapshot: Snapshot, refusal: dict[str, str]) -> Snapshot:
    snapshot = Snapshot.objects.select_for_update().get(pk=snapshot.pk)
    if snapshot.state != SnapshotState.CHECKING:  # its copies are in use
        return snapshot
    snapshot.state = SnapshotState.REFUSED
    snapshot.reason = reason_of(refusal)
    snapshot.facts = {"refusal": refusal}
    snapshot.save()
    tell_of_snapshot(snapshot)
    folder = (settings.PRIVATE_ROOT / snapshot.original_path).parent
    for name in ("reading.tif", "reading.vrt", "web.tif", "thumbnail.webp"):
        (folder / name).unlink(missing_ok=True)
    log.warning("snapshot %s refused: %s", snapshot.pk, refusal["finding"])
    return snapshot


def _as_json(declared: Declared | None) -> dict[str, object]:
    if declared is None:
        return {}
    center = declared.center
    return {
        "crs": declared.crs,
        "resolution_m": declared.resolution_m,
        "center": [center.lon, center.lat] if center else None,
    }


def _declared(stored: dict[str, Any]) -> Declared | None:
    if not stored:
        return None
    center = stored.get("center")
    return Declared(
        crs=stored.get("crs") or None,
        resolution_m=stored.get("resolution_m"),
        center=LonLat(*center) if center else None,
    )
