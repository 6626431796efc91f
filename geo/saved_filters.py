"""The saved filters above a table."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from geo.actions.desk import kept_query
from geo.models import FilterPage, SavedFilter


@dataclass(frozen=True)
class Shelf:
    """What is kept of one table, and what its address asks for now."""

    page: str
    rows: list[dict[str, Any]]
    query: str  # the filter of the moment, nothing without one
    current: dict[str, Any] | None


def shelf_of(request: HttpRequest, page: FilterPage) -> Shelf:
    """Read a person's filters of a table, in one query."""
    asked = kept_query(request.GET.urlencode())
    rows = [
        {"filter": row, "url": address_of(row), "current": row.query == asked}
        for row in SavedFilter.objects.for_user(request.user).filter(page=page)
    ]
    return Shelf(page, rows, asked, next((row for row in rows if row["current"]), None))


def default_of(request: HttpRequest, shelf: Shelf) -> HttpResponse | None:
    """Go on to the person's own beginning when the address asks for nothing at all."""
    if request.GET:
        return None
    default = next((row for row in shelf.rows if row["filter"].is_default), None)
    return redirect(default["url"]) if default else None


def address_of(row: SavedFilter) -> str:
    """The table with this filter. `saved` says that a filter was chosen, even when it is cleared again."""
    return f"{reverse(row.page)}?{row.query}&saved={row.pk}"
