"""What a table and its board are narrowed by: the same for cases and tasks (`desk/_filters.html`)."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.utils.translation import gettext as _


class Filter(NamedTuple):
    """A row of chips: the name in the address, the word before it, and (value, word) or (value, word, count)."""

    name: str
    label: str
    choices: Sequence[tuple[Any, ...]]


def due_filter() -> Filter:
    return Filter("due", _("期限"), [("overdue", _("已逾期")), ("soon", _("两天内到期"))])


def narrowing(request: HttpRequest, filters: Sequence[Filter], *, words_label: str) -> dict[str, Any]:
    """Return the template's context; a filter that leaves nothing to choose is not offered, but counts when asked."""
    asked = request.GET
    return {
        "filters": [one for one in filters if len(one.choices) > 1],
        "words_label": words_label,
        "kept": [(name, value) for name, value in asked.items() if name not in ("q", "page")],
        "words": asked.get("q", ""),
        "query": asked.urlencode(),
        "is_filtered": any(asked.get(name) for name in ("q", *(one.name for one in filters))),
    }
