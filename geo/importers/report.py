"""The report of an import: one line a row and problem, and a summary that fits a terminal."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

SHOWN_PROBLEMS: Final = 40
REPORT_COLUMNS: Final = ("row", "code", "outcome", "field", "reason", "written")


class Outcome(StrEnum):
    """What became, or would become, of a row."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A row of the file (1 is its first feature) and what became of it; each of its problems has a line."""

    row: int
    code: str
    outcome: Outcome
    field: str = ""
    reason: str = ""


@dataclass(slots=True)
class ImportReport:
    """All lines of one file, in its order, with what is to be said of the file as a whole."""

    layer: str
    file_name: str
    source_crs: str = ""
    encoding: str = ""
    sha256: str = ""
    lines: list[ReportLine] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    written: bool = False
    dry_run: bool = False
    run_id: int | None = None  # the record of what was written

    def count(self, outcome: Outcome) -> int:
        """The number of rows (not lines) with an outcome."""
        return len({line.row for line in self.lines if line.outcome == outcome})

    @property
    def refused(self) -> bool:
        """Whether any row was refused, so that nothing was written."""
        return any(line.outcome == Outcome.REFUSED for line in self.lines)

    def write_csv(self, path: Path) -> None:
        """Write every line as CSV, UTF-8 with a byte order mark so that spreadsheets read the Chinese."""
        with path.open("w", encoding="utf-8-sig", newline="") as handle:
            writer = csv.writer(handle)
            writer.writerow(REPORT_COLUMNS)
            for line in self.lines:
                written = "yes" if self.written and line.outcome != Outcome.UNCHANGED else "no"
                texts = (_plain(line.code), line.outcome, line.field, _plain(line.reason))
                writer.writerow([line.row, *texts, written])

    def summary(self) -> Iterator[str]:
        """Lines for a terminal: the file, its notes, the problems (the first forty), the counts."""
        yield f"{self.file_name}: {self.layer}, {len({line.row for line in self.lines})} rows, {self.source_crs}"
        for note in self.notes:
            yield f"  note: {note}"
        problems = [line for line in self.lines if line.outcome == Outcome.REFUSED]
        for line in problems[:SHOWN_PROBLEMS]:
            code = f" ({line.code})" if line.code else ""
            yield f"  row {line.row}{code}: {line.field}: {line.reason}"
        if len(problems) > SHOWN_PROBLEMS:
            yield f"  … and {len(problems) - SHOWN_PROBLEMS} more problems"
            for name, number in Counter(line.field for line in problems).most_common():
                yield f"    {name}: {number}"
        said = [line for line in self.lines if line.outcome != Outcome.REFUSED and line.reason]
        for line in said[:SHOWN_PROBLEMS]:
            yield f"  row {line.row} ({line.code}): {line.reason}"
        if len(said) > SHOWN_PROBLEMS:
            yield f"  … and {len(said) - SHOWN_PROBLEMS} more remarks"
        yield "  " + ", ".join(f"{self.count(outcome)} {outcome}" for outcome in Outcome) + self._ending()

    def _ending(self) -> str:
        if self.refused:
            return ": nothing was written"
        if self.dry_run:
            return ": dry run, nothing was written"
        return ""


def _plain(text: str) -> str:
    """Text from a file that a spreadsheet would take for a formula, so written that it does not."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text
