"""A table as a board: a column a state, a card a row, what is due first on top."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, F, QuerySet, Window
from django.db.models.functions import RowNumber

# What one reads down a column; the rest is counted and stands in the table.
CARDS_A_COLUMN = 30


@dataclass
class Column:
    """One state: how many rows it has, and the first of them."""

    state: str
    label: str
    count: int
    cards: list[Any] = field(default_factory=list)

    @property
    def unshown(self) -> int:
        return self.count - len(self.cards)


def board_of(
    rows: QuerySet[Any], *, states: Sequence[tuple[str, str]], always: Sequence[str], order: Sequence[Any]
) -> list[Column]:
    """The columns of `rows`, in two queries: those `always` shown, and those that have rows.

    `rows` carries `is_late` and `due_at`. A row is one card however many joins its filters made.
    """
    counts = dict(rows.order_by().values_list("state").annotate(n=Count("pk", distinct=True)))
    columns = {
        value: Column(value, str(label), counts.get(value, 0))
        for value, label in states
        if value in always or counts.get(value)
    }
    by_state = Window(RowNumber(), partition_by=[F("state")], order_by=list(order))
    for row in rows.order_by().annotate(place=by_state).filter(place__lte=CARDS_A_COLUMN).order_by("state", "place"):
        columns[row.state].cards.append(row)
    return list(columns.values())
