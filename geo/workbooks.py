"""Workbooks (XLSX) of texts that people and files brought: none of them becomes a formula or a link."""

import io
from typing import Any

import xlsxwriter


def new_workbook(target: io.BytesIO, **options: Any) -> xlsxwriter.Workbook:
    """Return an empty workbook that is written into `target` when it is closed."""
    return xlsxwriter.Workbook(
        target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, **options}
    )
