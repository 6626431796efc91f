"""Numbers of official papers: 〔2026〕第12号, counted anew every year."""

import re
from dataclasses import dataclass

from inspections.rules.errors import InvalidDocumentNumber

PATTERN = re.compile(r"(?P<organ>[^〔〕\s]*)〔(?P<year>\d{4})〕第(?P<serial>[1-9]\d*)号")


@dataclass(frozen=True, order=True, slots=True)
class DocumentNumber:
    """Organ word (may be empty), year and running number from 1."""

    organ: str
    year: int
    serial: int

    def __post_init__(self) -> None:
        if not PATTERN.fullmatch(str(self)):
            raise InvalidDocumentNumber(f"{self!s} is not a document number such as 〔2026〕第12号")

    @classmethod
    def parse(cls, text: str) -> "DocumentNumber":
        """Reads `制私扣决〔2026〕第12号`; raises InvalidDocumentNumber."""
        found = PATTERN.fullmatch(text)
        if found is None:
            raise InvalidDocumentNumber(f"{text!r} is not a document number such as 〔2026〕第12号")
        return cls(found["organ"], int(found["year"]), int(found["serial"]))

    def __str__(self) -> str:
        return f"{self.organ}〔{self.year}〕第{self.serial}号"
