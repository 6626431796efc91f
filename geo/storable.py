"""What was sent as JSON, as the database can hold it: what was captured or drawn is not refused for one character."""

import math
import re
from typing import Any

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
# PostgreSQL holds neither of these in text or jsonb; json.loads lets both through.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(value: Any) -> Any:
    """Return JSON values with each unstorable character replaced; a number that is none (NaN, ∞) becomes its text."""
    match value:
        case str():
            return UNSTORABLE.sub(REPLACEMENT, value)
        case float() if not math.isfinite(value):
            return str(value)
        case list():
            return [storable(part) for part in value]
        case dict():
            return _with_storable_names(value)
    return value


def has_replacement(value: Any) -> bool:
    """Tell whether a replaced character stands anywhere in JSON values."""
    match value:
        case str():
            return REPLACEMENT in value
        case list():
            return any(has_replacement(part) for part in value)
        case dict():
            return any(has_replacement(name) or has_replacement(part) for name, part in value.items())
    return False


def _with_storable_names(value: dict[str, Any]) -> dict[str, Any]:
    cleaned: dict[str, Any] = {}
    for name, part in value.items():
        name = storable(name)
        while name in cleaned:  # two names that differ in such a character alone stay two
            name += REPLACEMENT
        cleaned[name] = storable(part)
    return cleaned
