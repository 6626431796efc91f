"""Tables that are handed out as files."""

from django.http import HttpResponse

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def xlsx_answer(content: bytes, *, name: str) -> HttpResponse:
    """The answer that a browser keeps as a workbook; `name` is plain ASCII without the ending."""
    disposition = f'attachment; filename="{name}.xlsx"'
    return HttpResponse(content, content_type=XLSX, headers={"Content-Disposition": disposition})
