"""Every save of a sheet as a version: who, when, which zones, and the sheet as it was then."""

import datetime
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from geo.drawing.sheets import Sheet
from geo.models import User

MOST_VERSIONS = 40
# Events read to make them; an import writes one for every zone of the sheet.
MOST_EVENTS = 4_000


@dataclass(frozen=True)
class Version:
    """One save: `number` is its last event, by which the sheet as it was then is found."""

    number: int
    at: datetime.datetime
    by: str
    added: list[str]
    changed: list[str]
    removed: list[str]


def versions(sheet: Sheet) -> list[Version]:
    """The saves of a sheet, newest first. Rows of one save carry one time and one context."""
    events = sheet.events().select_related("pgh_context").defer(sheet.theme.geometry).order_by("-pgh_id")[:MOST_EVENTS]
    groups: dict[Any, list[Any]] = defaultdict(list)
    for event in events:
        groups[(event.pgh_created_at, event.pgh_context_id)].append(event)
    newest = sorted(groups.values(), key=lambda group: -group[0].pgh_id)[:MOST_VERSIONS]
    people = names_of(event for group in newest for event in group)
    return [
        Version(
            number=group[0].pgh_id,
            at=group[0].pgh_created_at,
            by=people.get(_who(group[0]), ""),
            **{
                word: sorted({getattr(event, sheet.theme.code) for event in group if event.pgh_label == label})
                for word, label in (("added", "insert"), ("changed", "update"), ("removed", "delete"))
            },
        )
        for group in newest
    ]


def state_at(sheet: Sheet, number: int) -> list[Any] | None:
    """The events that say what each zone was after a save; None when this sheet has no such save."""
    if not sheet.events().filter(pgh_id=number).exists():
        return None
    last = sheet.events().filter(pgh_id__lte=number).order_by("pgh_obj_id", "-pgh_id").distinct("pgh_obj_id")
    return sorted(
        (event for event in last if event.pgh_label != "delete"), key=lambda event: getattr(event, sheet.theme.code)
    )


def last_events(sheet: Sheet, ids: list[int]) -> dict[int, Any]:
    """The last event of each row of this sheet, with who made it; another sheet's rows have none here."""
    last = (
        sheet.events()
        .filter(pgh_obj_id__in=ids)
        .select_related("pgh_context")
        .order_by("pgh_obj_id", "-pgh_id")
        .distinct("pgh_obj_id")
    )
    return {event.pgh_obj_id: event for event in last}


def names_of(events: Any) -> dict[int, str]:
    """The people behind events, by their numbers."""
    numbers = {who for event in events if (who := _who(event)) is not None}
    return {user.pk: str(user) for user in User.objects.filter(pk__in=numbers)}


def name_of(event: Any) -> str:
    """The person behind one event, or nothing when a file or a command wrote it."""
    return names_of([event]).get(_who(event) or 0, "")


def _who(event: Any) -> Any:
    return (event.pgh_context.metadata or {}).get("user") if event.pgh_context else None
