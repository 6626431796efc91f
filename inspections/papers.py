"""Official papers: the penalty decision as PDF and the case ledger as XLSX.

Papers are Chinese in every language of the interface, because they are acts of a Chinese office. The same contents
give the same bytes, so that a paper can be kept and found again by its SHA-256.
"""

import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from django.template.loader import render_to_string
from weasyprint import HTML

from geo.workbooks import new_workbook
from inspections.rules.clock import Month, local
from inspections.rules.money_words import amount_in_words

DECISION_TITLE = "关于扣缴妨害城市建设经济补偿金决定书"
# WeasyPrint and fontTools read the clock unless told otherwise; papers carry their own date in their text.
FIXED_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One printed line: a case, or a correction of an earlier month (signed figures)."""

    case_number: str
    place: str
    determined_on: date | None
    area_m2: Decimal
    rate_yuan_per_m2: Decimal
    amount_yuan: Decimal
    note: str = ""


@dataclass(frozen=True, slots=True)
class DecisionPaper:
    """Everything that the decision prints. A draft has neither number nor date of issue."""

    organ: str
    county: str
    month: Month
    checked_on: date
    deduct_by: date
    rate_yuan_per_m2: Decimal
    lines: Sequence[PaperLine]
    area_m2: Decimal
    amount_yuan: Decimal
    document_number: str = ""
    issued_on: date | None = None

    @property
    def is_draft(self) -> bool:
        return self.issued_on is None

    @property
    def case_count(self) -> int:
        """Structures that stand; corrections of earlier months are not structures."""
        return sum(1 for line in self.lines if not line.note)

    @property
    def amount_words(self) -> str:
        return amount_in_words(abs(self.amount_yuan))


def decision_pdf(paper: DecisionPaper) -> bytes:
    """The decision as PDF (A4); a draft is watermarked 草稿. Deterministic."""
    corrected_m2 = sum((line.area_m2 for line in paper.lines), Decimal(0))
    html = render_to_string(
        "papers/decision.html",
        {
            "paper": paper,
            "title": DECISION_TITLE,
            "organ_size_pt": min(30, 450 // len(paper.organ)),  # 160 mm between the margins are 453 pt
            "is_refund": paper.amount_yuan < 0,
            "amount_figures": f"{abs(paper.amount_yuan):,.2f}",
            "rate_figures": _plain(paper.rate_yuan_per_m2),
            "area_figures": f"{paper.area_m2:,.2f}",
            "corrected_area_figures": f"{corrected_m2:,.2f}",
            "total_figures": f"{paper.amount_yuan:,.2f}",
            "rows": [
                {
                    "case_number": line.case_number,
                    "place": line.place,
                    "determined_on": line.determined_on,
                    "area_m2": f"{line.area_m2:,.2f}",
                    "rate": _plain(line.rate_yuan_per_m2),
                    "amount": f"{line.amount_yuan:,.2f}",
                    "note": line.note,
                }
                for line in paper.lines
            ],
        },
    )
    identifier = hashlib.sha256(html.encode()).digest()[:16]
    return HTML(string=html, url_fetcher=_refuse_fetching).write_pdf(pdf_identifier=identifier)  # type: ignore[no-any-return]


def _plain(figure: Decimal) -> str:
    """300.00 → 300, 312.50 → 312.5; never 3E+2."""
    return format(figure.normalize(), "f")


def sha256_of(content: bytes) -> str:
    """Hexadecimal digest under which a paper is kept."""
    return hashlib.sha256(content).hexdigest()


def _refuse_fetching(url: str, **_options: object) -> dict[str, object]:
    """A paper is self-contained: nothing is loaded from disk or network while it is made."""
    raise ValueError(f"a paper must not load {url}")


@dataclass(frozen=True, slots=True)
class LedgerColumn:
    """Heading with unit, width in characters, and how the cells are written: text, date, area or money."""

    heading: str
    width: int
    kind: str = "text"


NUMBER_FORMATS = {"date": "yyyy-mm-dd", "area": "#,##0.00", "money": "¥#,##0.00", "whole": "0"}


def ledger_xlsx(
    *, title: str, columns: Sequence[LedgerColumn], rows: Iterable[Sequence[object]], as_of: datetime
) -> bytes:
    """A ledger 台账: title, frozen heading row, filter, and a sum under every area and money column.

    Times are written as they read in the city; text never becomes a formula, whatever a user typed.
    """
    buffer = io.BytesIO()
    book = new_workbook(buffer, remove_timezone=True)
    book.set_properties({"title": title, "created": FIXED_MOMENT.replace(tzinfo=None)})
    sheet = book.add_worksheet("台账")
    heading_format = book.add_format({"bold": True, "bg_color": "#E6ECEF", "border": 1, "text_wrap": True})
    title_format = book.add_format({"bold": True, "font_size": 14})
    formats = {kind: book.add_format({"num_format": pattern}) for kind, pattern in NUMBER_FORMATS.items()}
    sums = {
        kind: book.add_format({"num_format": NUMBER_FORMATS[kind], "bold": True, "top": 1})
        for kind in ("area", "money")
    }
    sheet.write_string(0, 0, f"{title}(截至 {local(as_of):%Y-%m-%d %H:%M})", title_format)
    for index, column in enumerate(columns):
        sheet.set_column(index, index, column.width)
        sheet.write_string(1, index, column.heading, heading_format)
    totals = [Decimal(0)] * len(columns)
    last_row = 1
    for last_row, row in enumerate(rows, start=2):
        for index, (column, value) in enumerate(zip(columns, row, strict=True)):
            if value is None:
                continue
            if column.kind == "date":
                moment = local(value).replace(tzinfo=None) if isinstance(value, datetime) else value
                sheet.write_datetime(last_row, index, moment, formats["date"])
            elif column.kind == "text":
                sheet.write_string(last_row, index, str(value))
            else:
                sheet.write_number(last_row, index, value, formats[column.kind])
                totals[index] += Decimal(str(value))
    sheet.freeze_panes(2, 1)
    sheet.autofilter(1, 0, max(last_row, 1), len(columns) - 1)
    sheet.write_string(last_row + 1, 0, "合计", heading_format)
    for index, column in enumerate(columns):
        if column.kind in sums:
            sheet.write_number(last_row + 1, index, totals[index], sums[column.kind])
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(1)
    book.close()
    return buffer.getvalue()
