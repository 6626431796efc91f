"""Writing an imported layer: all of a file or nothing."""

from __future__ import annotations

from pathlib import Path

import pghistory
from django.db import connection, transaction

from geo.importers.layers.base import LayerImporter, jurisdiction
from geo.importers.parsing import ImportOptions, ParsedFile, parse_file
from geo.importers.report import ImportReport, Outcome, ReportLine
from geo.importers.schema import Problem
from geo.models import ImportRun, User

_ONE_LINE = 120  # characters of ImportRun.source_crs


@transaction.atomic
def import_layer(
    *, importer: LayerImporter, path: Path, options: ImportOptions, by: User | None, dry_run: bool = False
) -> ImportReport:
    """Import one file into one layer and return the report, row by row.

    A single refused row, or `dry_run`, and nothing is written. Two imports of one layer at a time wait for each other.
    Raises FileRefusedError when the file as a whole cannot be read.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"import {importer.schema.name}"])
    parsed = parse_file(path, importer.schema, options, jurisdiction())
    problems = [*parsed.problems, *importer.prepare(parsed.rows, parsed.faulty_rows)]
    wrong = {problem.row for problem in problems}
    sound = [row for row in parsed.rows if row.number not in wrong]
    outcomes = importer.outcomes(sound)
    report = _report(importer, parsed, problems, outcomes)
    report.dry_run = dry_run
    if report.refused or dry_run:
        return report
    with pghistory.context(user=by.pk if by else None, file=parsed.file_name):
        importer.write(sound, outcomes)
        _record(report, by)
    report.written = True
    return report


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


def _record(report: ImportReport, by: User | None) -> None:
    ImportRun.objects.create(
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
    )
