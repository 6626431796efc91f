"""Reads back the first sheet of an XLSX, as far as the ledgers need it."""

import io
import re
import zipfile
from xml.etree import ElementTree

NAMES = {"s": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def rows_of(content: bytes) -> list[dict[str, str | float]]:
    """The rows as {column letters: value}; text as str, numbers and dates as float, formulas as their text."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        strings = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    texts = ["".join(item.itertext()) for item in strings.findall("s:si", NAMES)]
    rows = []
    for row in sheet.iterfind(".//s:row", NAMES):
        found: dict[str, str | float] = {}
        for cell in row.findall("s:c", NAMES):
            column = re.match(r"[A-Z]+", cell.attrib["r"])[0]
            formula, value = cell.find("s:f", NAMES), cell.find("s:v", NAMES)
            if formula is not None:
                found[column] = f"formula:{formula.text}"
            elif value is not None:
                found[column] = texts[int(value.text)] if cell.get("t") == "s" else float(value.text)
        rows.append(found)
    return rows


def column_of(rows: list[dict[str, str | float]], heading: str) -> str:
    """The letters of the column with a heading (second row)."""
    return next(column for column, value in rows[1].items() if value == heading)
