"""Writing an imported layer: all of a file or nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pghistory
from django.db import connection, transaction

from geo.importers.layers.base import LayerImporter, jurisdiction
from geo.importers.layers.within import outside_scope
from geo.importers.parsing import ImportOptions, ParsedFile, parse_file
from geo.importers.report import ImportReport, Outcome, ReportLine
from geo.importers.schema import Problem
from geo.models import ImportRun, Scope, User

# Rough shares of the whole work; they only move the bar.
READ_SHARE = 0.15
CHECKED_SHARE = 0.5
_ONE_LINE = 120  # characters of ImportRun.source_crs


@transaction.atomic
def import_layer(
    *,
    importer: LayerImporter,
    path: Path,
    options: ImportOptions,
    by: User | None,
    dry_run: bool = False,
    scope: Scope | None = None,
    on_progress: Callable[[float], None] = lambda share: None,
) -> ImportReport:
    """Import one file into one layer and return the report, row by row.

    Rows outside of `scope` are refused; without one the whole jurisdiction is meant (the server's command line).
    `on_progress` hears shares of the work up to 1 and may raise to give up.
    A single refused row, or `dry_run`, and nothing is written. Two imports of one layer at a time wait for each other.
    Raises FileRefusedError when the file as a whole cannot be read.
    """
    lock_layer(importer.schema.name)
    on_progress(0.0)
    parsed = parse_file(path, importer.schema, options, jurisdiction())
    on_progress(READ_SHARE)
    problems = [*parsed.problems, *importer.prepare(parsed.rows, parsed.faulty_rows)]
    problems += _outside(importer, parsed, problems, scope)
    on_progress(CHECKED_SHARE)
    wrong = {problem.row for problem in problems}
    sound = [row for row in parsed.rows if row.number not in wrong]
    outcomes = importer.outcomes(sound)
    report = _report(importer, parsed, problems, outcomes)
    report.dry_run = dry_run
    if report.refused or dry_run:
        return report
    importer.on_written = _Writing(on_progress, sum(outcome != Outcome.UNCHANGED for outcome in outcomes.values()))
    with pghistory.context(user=by.pk if by else None, file=parsed.file_name) as context:
        importer.write(sound, outcomes)
        report.run_id = _record(report, by, context.id)
    report.written = True
    return report


def lock_layer(name: str) -> None:
    """Wait until nothing else imports this layer, or undoes an import of it, and hold that to the end."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"import {name}"])


class _Writing:
    """Turns rows written into shares of the whole work."""

    def __init__(self, tell: Callable[[float], None], total: int) -> None:
        self.tell, self.total, self.done = tell, total, 0

    def __call__(self, count: int) -> None:
        self.done += count
        self.tell(CHECKED_SHARE + (1 - CHECKED_SHARE) * self.done / max(self.total, 1))


def _outside(
    importer: LayerImporter, parsed: ParsedFile, problems: list[Problem], scope: Scope | None
) -> list[Problem]:
    wrong = {problem.row for problem in problems}
    return outside_scope(importer, [row for row in parsed.rows if row.number not in wrong], scope)


def _report(
    importer: LayerImporter, parsed: ParsedFile, problems: list[Problem], outcomes: dict[int, Outcome]
) -> ImportReport:
    report = ImportReport(
        layer=importer.schema.name,
        file_name=parsed.file_name,
        source_crs=parsed.source_crs,
        encoding=parsed.encoding,
        sha256=parsed.sha256,
        notes=[*parsed.notes, *importer.notes],
    )
    remarks = {row.number: row for row in parsed.rows}
    for number, outcome in outcomes.items():
        row = remarks[number]
        report.lines.append(ReportLine(number, row.code, outcome, reason="; ".join(row.notes)))
    for problem in problems:
        report.lines.append(ReportLine(problem.row, problem.code, Outcome.REFUSED, problem.field, problem.reason))
    report.lines.sort(key=lambda line: line.row)
    return report


def _record(report: ImportReport, by: User | None, context_id: UUID) -> int:
    run = ImportRun.objects.create(
        layer=report.layer,
        file_name=report.file_name[:200],
        sha256=report.sha256,
        source_crs=report.source_crs[:_ONE_LINE],
        encoding=report.encoding[:20],
        created_count=report.count(Outcome.CREATED),
        updated_count=report.count(Outcome.UPDATED),
        unchanged_count=report.count(Outcome.UNCHANGED),
        notes=report.notes,
        imported_by=by,
        context_id=context_id,
    )
    return run.pk
