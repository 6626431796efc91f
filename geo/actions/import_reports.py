"""The row report of an import: kept beside its file, read page by page, and handed out as CSV or XLSX."""

import io
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from geo.importers.report import REPORT_COLUMNS, ImportReport, Outcome, ReportLine
from geo.workbooks import new_workbook

REPORT_NAME = "report.jsonl"
CSV_NAME = "report.csv"


def write_report(folder: Path, report: ImportReport) -> None:
    """Keep every line of a report; refused rows first, so that what is to be mended stands on top."""
    lines = sorted(report.lines, key=lambda line: (line.outcome != Outcome.REFUSED, line.row))
    partial = folder / f".{REPORT_NAME}"
    with partial.open("w", encoding="utf-8") as handle:
        for line in lines:
            handle.write(json.dumps(asdict(line), ensure_ascii=False) + "\n")
    partial.replace(folder / REPORT_NAME)
    report.write_csv(folder / CSV_NAME)


def read_report(folder: Path) -> Iterator[ReportLine]:
    """Every line that was kept; nothing while there is no report."""
    path = folder / REPORT_NAME
    if not path.is_file():
        return
    with path.open(encoding="utf-8") as handle:
        for text in handle:
            values = json.loads(text)
            yield ReportLine(**{**values, "outcome": Outcome(values["outcome"])})


def report_workbook(lines: list[ReportLine], heads: list[str], words: dict[str, str]) -> bytes:
    """The lines as a workbook; `heads` name REPORT_COLUMNS without the last, `words` the outcomes."""
    target = io.BytesIO()
    with new_workbook(target) as book:
        sheet = book.add_worksheet("report")
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, heads[: len(REPORT_COLUMNS) - 1])
        for number, line in enumerate(lines, start=1):
            sheet.write_row(number, 0, [line.row, line.code, words[line.outcome], line.field, line.reason])
    return target.getvalue()
