"""Parsers of single cells: what a column may hold, and what is wrong with a value in words that name it."""

from __future__ import annotations

import datetime
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

import numpy as np

from geo.importers.reading import UndecodableCell

Parser: TypeAlias = Callable[[Any], Any]

_EMPTY_WORDS: Final = frozenset({"", "null", "<null>", "none", "nan", "nat", "无", "-", "--", "/"})
_DATE: Final = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[T ].*)?")
_COMPACT_DATE: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")
_YES: Final = frozenset({"1", "true", "yes", "y", "t", "是", "有", "√"})
_NO: Final = frozenset({"0", "false", "no", "n", "f", "否", "无", "×"})


class CellError(Exception):
    """A cell does not hold what its column asks for. Caught by the row check; never leaves the importers."""


def cleaned(value: Any) -> Any:
    """A cell as plain Python, None when it is empty or says so (NULL, NaN, 无, -). Text loses surrounding blanks."""
    if isinstance(value, np.generic):
        value = None if isinstance(value, np.datetime64) and np.isnat(value) else value.item()
    if isinstance(value, UndecodableCell):
        raise CellError(str(value))
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, str):
        text = value.strip().strip("\u3000\x00")
        return None if text.lower() in _EMPTY_WORDS else text
    return value


def _folded(value: Any) -> str:
    """Text with full-width digits and letters made plain; whole numbers that a dbf stored as real lose their point."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return unicodedata.normalize("NFKC", str(value)).strip()


def text(max_length: int) -> Parser:
    """Any text up to a length in characters."""

    def parse(value: Any) -> str:
        out = _folded(value) if isinstance(value, float) else str(value)
        if len(out) > max_length:
            raise CellError(f"“{out[:20]}…” has {len(out)} characters, at most {max_length} fit")
        if any(unicodedata.category(character) == "Cc" for character in out):
            raise CellError(f"“{out[:20]!r}” holds control characters")
        return out

    return parse


def code(max_length: int, pattern: str | None = None, says: str = "") -> Parser:
    """A code: full-width digits made plain, of a pattern when one is given, which `says` in words."""
    compiled = re.compile(pattern) if pattern else None

    def parse(value: Any) -> str:
        out = _folded(value)
        if len(out) > max_length:
            raise CellError(f"“{out[:20]}…” has {len(out)} characters, at most {max_length} fit")
        if compiled is not None and not compiled.fullmatch(out):
            raise CellError(f"“{out}” is not {says}")
        return out

    return parse


def real(*, above: float | None = None, at_least: float | None = None, at_most: float | None = None) -> Parser:
    """A finite number within limits."""

    def parse(value: Any) -> float:
        try:
            out = float(_folded(value).replace(",", ""))
        except ValueError:
            raise CellError(f"“{value}” is no number") from None
        if not math.isfinite(out):
            raise CellError(f"“{value}” is no finite number")
        if above is not None and out <= above:
            raise CellError(f"{out:g} is not above {above:g}")
        _check_range(out, at_least, at_most)
        return out

    return parse


def integer(*, at_least: int | None = None, at_most: int | None = None) -> Parser:
    """A whole number within limits."""
    number = real()

    def parse(value: Any) -> int:
        out = number(value)
        if not out.is_integer():
            raise CellError(f"{out:g} is no whole number")
        _check_range(out, at_least, at_most)
        return int(out)

    return parse


def _check_range(value: float, at_least: float | None, at_most: float | None) -> None:
    if at_least is not None and value < at_least:
        raise CellError(f"{value:g} is less than {at_least:g}")
    if at_most is not None and value > at_most:
        raise CellError(f"{value:g} is more than {at_most:g}")


def date(value: Any) -> datetime.date:
    """A calendar day: a date field, 2026-03-18, 2026/3/18, 20260318 or 2026年3月18日."""
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    plain = _folded(value)
    match = _DATE.fullmatch(plain) or _COMPACT_DATE.fullmatch(plain)
    if match is None:
        raise CellError(f"“{value}” is no date (like 2026-03-18)")
    try:
        return datetime.date(*(int(part) for part in match.groups()))
    except ValueError:
        raise CellError(f"“{value}” is no day of the calendar") from None


def boolean(value: Any) -> bool:
    """Yes or no, in Chinese, English or as 1 and 0."""
    plain = _folded(value).lower()
    if plain in _YES:
        return True
    if plain in _NO:
        return False
    raise CellError(f"“{value}” is neither yes nor no")


def choice(values: Mapping[str, tuple[str, ...]]) -> Parser:
    """One of some values, each with the words that mean it; a word that is in a longer one does not match."""
    meant = {word.lower(): value for value, words in values.items() for word in (value, *words)}

    def parse(value: Any) -> str:
        found = meant.get(_folded(value).lower())
        if found is None:
            known = ", ".join(f"{key} ({words[0]})" if words else key for key, words in values.items())
            raise CellError(f"“{value}” is none of {known}")
        return found

    return parse
