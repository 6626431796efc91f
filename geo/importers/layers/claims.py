"""A row's claimed unit against the unit in which it lies."""

from __future__ import annotations

from collections.abc import Mapping

from geo.importers.schema import ParsedRow, Problem
from geo.models import Place, Unit


def note_other_unit(rows: list[ParsedRow], places: Mapping[int, Place]) -> list[Problem]:
    """Return a problem for each claimed unit that does not exist, and put a note on rows that lie elsewhere.

    The unit by place is the one stored: a claim that differs is often only the border, and is told, not refused.
    """
    claimed = {row.values["unit_code"] for row in rows if row.values.get("unit_code")}
    asked = {place.unit_id for place in places.values()}
    paths = dict(Unit.objects.filter(code__in=claimed).values_list("code", "path"))
    units = {pk: (code, path) for pk, code, path in Unit.objects.filter(pk__in=asked).values_list("pk", "code", "path")}
    problems = []
    for row in rows:
        claim = row.values.get("unit_code")
        if not claim:
            continue
        if claim not in paths:
            problems.append(Problem(row.number, row.code, "unit_code", f"there is no unit {claim}"))
        elif row.number in places:
            code, path = units[places[row.number].unit_id]
            if not path.startswith(paths[claim]):
                row.notes.append(f"says unit {claim} but lies in {code}, where it was placed")
    return problems
