"""Imports on the web: a file is kept, its columns are looked at by a person, and a job writes all of it or nothing."""

import hashlib
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from geo.actions.import_reports import write_report
from geo.actions.imports import import_layer
from geo.actions.jobs import job as job_of
from geo.actions.notices import tell_of_import
from geo.actions.shares import read_share, write_share
from geo.importers.errors import FileRefusedError
from geo.importers.files import opened
from geo.importers.layers.base import LayerImporter
from geo.importers.parsing import ImportOptions
from geo.importers.registry import importers
from geo.importers.report import ImportReport, Outcome
from geo.importers.tables import read_any
from geo.models import ImportJob, ImportJobState, ImportMapping, ImportRun, Scope, User
from geo.models.import_job import ACTIVE_STATES
from geo.refusals import NotAllowed, Refusal

QUEUE = "imports"
TASK = "geo.tasks.run_import"
FOLDER = "imports"
SAMPLES = 3
SAMPLE_CHARACTERS = 24


class UnreadableFile(Refusal):
    """The file as a whole is of no use; the message says why."""


class _GivenUp(Exception):
    """The job was cancelled, or another worker ended it first: what this one wrote is rolled back."""


def importers_of(user: User) -> dict[str, type[LayerImporter]]:
    """The layers that this person may write somewhere, by name."""
    return {name: importer for name, importer in importers().items() if user.can(importer.write_act)}


def take_in_file(*, path: Path, name: str, layer: str, options: dict[str, Any], by: User) -> ImportJob:
    """Keep a sent file privately and read its columns. Raises NotAllowed, UnreadableFile."""
    importer = importers_of(by).get(layer)
    if importer is None:
        raise NotAllowed(_("您的任职不能写入此图层"))
    folder = Path(settings.PRIVATE_ROOT) / FOLDER / uuid4().hex
    folder.mkdir(parents=True)
    kept = folder / f"file{Path(name).suffix.lower()}"
    try:
        shutil.copyfile(path, kept)
        kept.chmod(0o400)
        with opened(kept) as file:
            raw = read_any(
                file, layer=options.get("layer"), usual_layer=importer.schema.name, encoding=options.get("encoding")
            )
    except (FileRefusedError, OSError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise UnreadableFile(str(error).replace(kept.name, name)) from error
    return ImportJob.objects.create(
        layer=layer,
        file_name=name[-200:],
        size_bytes=kept.stat().st_size,
        sha256=file.sha256,
        stored_path=str(kept.relative_to(settings.PRIVATE_ROOT)),
        titles={title: _samples(cells) for title, cells in raw.columns.items()},
        is_table=raw.is_table,
        asks_datum=raw.datum_unsaid or raw.is_table,
        options=options,
        sent_by=by,
    )


@transaction.atomic
def start_import(*, job: ImportJob, options: dict[str, Any], dry_run: bool, by: User) -> ImportJob:
    """Enqueue the import as the person wants its columns read, and remember that. Raises NotAllowed, Refusal."""
    locked = _locked(job, by)
    if locked.is_active:
        raise Refusal(_("此文件正在处理，请等待或先取消"))
    if not file_of(locked).is_file():
        raise Refusal(_("文件已过保存期，只留有结果；请重新上传"))
    if locked.run_id is not None and locked.state == ImportJobState.DONE:
        raise Refusal(_("此文件已导入；如要重来，请先撤销"))
    locked.options = {**locked.options, **options}
    locked.dry_run = dry_run
    locked.state = ImportJobState.QUEUED
    locked.error, locked.counts, locked.notes = "", {}, []
    locked.started_at = locked.finished_at = locked.run = None
    locked.save()
    _remember(locked, by)
    job_of(TASK, queue=QUEUE).defer(job_id=locked.pk)
    return locked


@transaction.atomic
def cancel_import(*, job: ImportJob, by: User) -> ImportJob:
    """Stop an import that is not done, or leave one that nobody went on with; nothing is written. Raises Refusal."""
    locked = _locked(job, by)
    if not (locked.is_active or locked.is_waiting):
        raise Refusal(_("此导入已结束，无需取消"))
    if locked.state == ImportJobState.UNDOING:
        raise Refusal(_("正在撤销，不能取消"))
    locked.state = ImportJobState.CANCELLED
    locked.finished_at = timezone.now()
    locked.save()
    return locked


def run_import(*, job_id: int) -> None:
    """Do the work of a queued job, or again that of a killed worker. Its end is written with the rows or not at all."""
    with transaction.atomic():
        job = ImportJob.objects.select_for_update().select_related("sent_by").get(pk=job_id)
        if not job.is_active or job.state == ImportJobState.UNDOING:
            return
        job.state, job.started_at = ImportJobState.RUNNING, timezone.now()
        job.save(update_fields=["state", "started_at"])
    try:
        with transaction.atomic():
            importer = importers()[job.layer]()
            report = import_layer(
                importer=importer,
                path=file_of(job),
                options=ImportOptions(**job.options, exact=True),
                by=job.sent_by,
                dry_run=job.dry_run,
                scope=_scope_of(job, importer),
                on_progress=lambda share: _progressed(job, share),
            )
            _settle(job, report)
    except _GivenUp:
        return
    except FileRefusedError as error:
        _failed(job, str(error).replace(file_of(job).name, job.file_name))
    except Exception:
        # The traceback is the log's; the person sees that nothing was written.
        _failed(job, "unexpected")
        raise


@dataclass(frozen=True)
class ImportProgress:
    """How far a job is (0..1) and the seconds left where they can be told."""

    share: float
    seconds_left: float | None

    @property
    def percent(self) -> int:
        return round(100 * self.share)


def progress_of(job: ImportJob) -> ImportProgress | None:
    """The progress of a running job, None while nothing is known."""
    share = read_share(file_of(job).parent)
    if share is None:
        return None
    if job.started_at is None or share <= 0:
        return ImportProgress(share, None)
    elapsed = (timezone.now() - job.started_at).total_seconds()
    return ImportProgress(share, elapsed / share * (1 - share))


def earlier_run(job: ImportJob) -> ImportRun | None:
    """The newest import of the very same file into the same layer that still stands."""
    same = ImportJob.objects.filter(sha256=job.sha256, layer=job.layer, state=ImportJobState.DONE).exclude(pk=job.pk)
    return ImportRun.objects.filter(jobs__in=same).order_by("-pk").first()


def remembered_mapping(job: ImportJob, user: User) -> dict[str, str]:
    """How this person, or else a colleague of the unit, last read a file with these columns: theirs -> ours."""
    same = ImportMapping.objects.filter(layer=job.layer, signature=signature_of(job.titles))
    own = same.filter(user=user).first()
    units = [posting.unit_id for posting in user.current_postings if posting.unit_id]
    found = own or same.filter(unit__in=units).first()
    return dict(found.mapping) if found else {}


def signature_of(titles: Iterable[str]) -> str:
    """The same for files with the same columns in any order."""
    return hashlib.sha256("\n".join(sorted(title.strip().lower() for title in titles)).encode()).hexdigest()


def file_of(job: ImportJob) -> Path:
    return Path(settings.PRIVATE_ROOT) / job.stored_path


def _samples(cells: Iterable[Any]) -> list[str]:
    texts = dict.fromkeys(str(cell).strip()[:SAMPLE_CHARACTERS] for cell in list(cells)[:50] if cell is not None)
    # PostgreSQL's JSON holds no NUL.
    return [text.replace("\x00", "") for text in texts if text and text != "nan"][:SAMPLES]


def _scope_of(job: ImportJob, importer: LayerImporter) -> Scope:
    """Where the sender may write now: a post that ended while the job waited gives nothing."""
    return job.sent_by.scope(importer.write_act)


def _remember(job: ImportJob, by: User) -> None:
    act = importers()[job.layer].write_act
    unit = next(
        (posting.unit for posting in by.current_postings if posting.unit and by.can_at(act, unit=posting.unit)), None
    )
    ImportMapping.objects.update_or_create(
        user=by,
        layer=job.layer,
        signature=signature_of(job.titles),
        defaults={"mapping": job.options.get("mapping", {}), "unit": unit},
    )


def _progressed(job: ImportJob, share: float) -> None:
    """Write how far it is beside the file, for the page that waits; give up when the job was cancelled meanwhile."""
    if not ImportJob.objects.filter(pk=job.pk, state=ImportJobState.RUNNING).exists():
        raise _GivenUp
    write_share(file_of(job).parent, share)


def _settle(job: ImportJob, report: ImportReport) -> None:
    """Write the end of a job in the transaction of its rows."""
    locked = ImportJob.objects.select_for_update().get(pk=job.pk)
    if locked.state != ImportJobState.RUNNING:
        raise _GivenUp
    write_report(file_of(job).parent, report)
    locked.counts = {outcome.value: report.count(outcome) for outcome in Outcome}
    locked.notes = [f"{report.source_crs} {report.encoding}".strip(), *report.notes]
    locked.run_id = report.run_id
    ended = ImportJobState.CHECKED if job.dry_run else ImportJobState.DONE
    locked.state = ended if job.dry_run or report.written else ImportJobState.FAILED
    locked.finished_at = timezone.now()
    locked.save()
    tell_of_import(locked)


@transaction.atomic
def _failed(job: ImportJob, reason: str) -> None:
    locked = ImportJob.objects.select_for_update().filter(pk=job.pk, state__in=ACTIVE_STATES).first()
    if locked is None:
        return
    locked.state, locked.error, locked.finished_at = ImportJobState.FAILED, reason, timezone.now()
    locked.save(update_fields=["state", "error", "finished_at"])
    tell_of_import(locked)


def forget_old_files() -> int:
    """Delete sent files past their age (settings.IMPORT_FILES_KEPT_DAYS); their reports stay. Returns how many."""
    since = timezone.now() - timedelta(days=settings.IMPORT_FILES_KEPT_DAYS)
    old = ImportJob.objects.exclude(state__in=ACTIVE_STATES).filter(sent_at__lt=since)
    count = 0
    for job in old.order_by("pk").iterator():
        path = file_of(job)
        if path.is_file():
            path.unlink()
            count += 1
    return count


def _locked(job: ImportJob, by: User) -> ImportJob:
    locked = ImportJob.objects.for_user(by).select_for_update().filter(pk=job.pk).first()
    if locked is None or job.layer not in importers_of(by):
        raise NotAllowed(_("您的任职不能写入此图层"))
    return locked
