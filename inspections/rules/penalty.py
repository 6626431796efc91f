"""R-401…R-406: what stands on the 25th, and what it costs the county.

Rounding, stated once: the area of a line is rounded half up to 0.01 m², the amount of a line is that rounded area
times the rate, rounded half up to the fen, and totals are plain sums of the lines. So whoever checks a printed
decision with a pocket calculator arrives at the printed figures.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from inspections.rules.clock import Month, end_of_day, local
from inspections.rules.errors import ImpossibleFacts
from inspections.rules.values import DEFAULT_VALUES, RuleValues

AREA_STEP_M2 = Decimal("0.01")
FEN = Decimal("0.01")
NOTHING = Decimal("0.00")


class FactKind(StrEnum):
    """What can change the area that counts."""

    DETERMINED = "determined"  # R-202; again after an earlier one: replaces the area
    PARTLY_DEMOLISHED = "partly_demolished"  # the remaining area counts from then on
    CLOSED = "closed"  # gone
    WITHDRAWN = "withdrawn"  # no longer unauthorised


WITH_AREA = frozenset({FactKind.DETERMINED, FactKind.PARTLY_DEMOLISHED})


@dataclass(frozen=True, slots=True)
class AreaFact:
    """A dated fact of one case. `area_m2` is the determined or the remaining area, None for the other kinds.

    `finder` says whose finding is made or withdrawn when several may find on grounds of their own (R-201).
    """

    kind: FactKind
    at: datetime
    area_m2: Decimal | None = None
    finder: str = ""

    def __post_init__(self) -> None:
        local(self.at)
        if self.kind in WITH_AREA:
            if self.area_m2 is None or not self.area_m2.is_finite() or self.area_m2 <= 0:
                raise ImpossibleFacts(f"{self.kind} at {self.at.isoformat()} needs an area above 0, not {self.area_m2}")
        elif self.area_m2 is not None:
            raise ImpossibleFacts(f"{self.kind} at {self.at.isoformat()} leaves nothing, yet says {self.area_m2} m²")


@dataclass(frozen=True, slots=True)
class Line:
    """One case in one month: rounded area, rate, amount. A correction carries signed differences."""

    case: str
    month: Month
    area_m2: Decimal
    rate_yuan_per_m2: Decimal
    amount_yuan: Decimal
    corrects: Month | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The lines of one county and month; totals are the sums of the lines."""

    month: Month
    lines: tuple[Line, ...]

    @property
    def area_m2(self) -> Decimal:
        """Standing area that the decision charges, corrections left out."""
        return sum((line.area_m2 for line in self.lines if line.corrects is None), NOTHING)

    @property
    def amount_yuan(self) -> Decimal:
        """What finance deducts: all lines, corrections with their sign."""
        return sum((line.amount_yuan for line in self.lines), NOTHING)


def cut_off(month: Month, values: RuleValues = DEFAULT_VALUES) -> datetime:
    """The last moment of the checking day (the 25th, 24:00 in Asia/Shanghai); a fact at it still counts."""
    return end_of_day(month.first_day.replace(day=values.penalty_check_day))


def deduction_due(month: Month) -> datetime:
    """R-404: finance deducts by the end of the last day of the month."""
    return end_of_day(month.last_day)


def round_area(area_m2: Decimal) -> Decimal:
    """Half up (away from zero) to 0.01 m²."""
    return area_m2.quantize(AREA_STEP_M2, rounding=ROUND_HALF_UP)


def amount_of(area_m2: Decimal, rate_yuan_per_m2: Decimal) -> Decimal:
    """Rounded area times rate, half up (away from zero) to the fen."""
    return (round_area(area_m2) * rate_yuan_per_m2).quantize(FEN, rounding=ROUND_HALF_UP)


def standing_area(facts: Iterable[AreaFact], *, as_of: datetime) -> Decimal:
    """Area in m² (not rounded) that is determined and not yet demolished at a moment, that moment included.

    Facts may come in any order; those of the same moment count in the order given. Each finder's finding stands until
    it is withdrawn by the same; one is enough, and the largest area counts. Raises ImpossibleFacts when a
    demolition leaves more than stood before, or when anything but a determination happens to what does not stand.
    """
    found: dict[str, Decimal] = {}
    for fact in sorted(facts, key=lambda fact: fact.at):
        if fact.at > local(as_of):
            break
        standing = max(found.values(), default=NOTHING)
        if fact.kind is FactKind.DETERMINED:
            found[fact.finder] = fact.area_m2 or NOTHING
        elif fact.kind is FactKind.WITHDRAWN:
            found.pop(fact.finder, None)
        elif standing == 0:
            raise ImpossibleFacts(f"{fact.kind} at {fact.at.isoformat()}, but nothing was standing")
        elif fact.kind is FactKind.CLOSED:
            found.clear()
        else:
            remaining = fact.area_m2 or NOTHING
            if remaining >= standing:
                raise ImpossibleFacts(
                    f"a demolition at {fact.at.isoformat()} leaves {remaining} m², not less than {standing} m² before"
                )
            found = {finder: min(area, remaining) for finder, area in found.items()}
    return max(found.values(), default=NOTHING)


def monthly_line(
    case: str, facts: Iterable[AreaFact], *, month: Month, values: RuleValues = DEFAULT_VALUES
) -> Line | None:
    """R-401, R-406: the one line of a case in a month; None when nothing (or under half a step) stands."""
    area_m2 = round_area(standing_area(facts, as_of=cut_off(month, values)))
    if area_m2 <= 0:
        return None
    rate = values.penalty_rate_yuan_per_m2
    return Line(case, month, area_m2, rate, amount_of(area_m2, rate))


def correction_line(
    charged: Sequence[Line],
    *,
    right_area_m2: Decimal,
    rate_yuan_per_m2: Decimal,
    corrects: Month,
    month: Month,
    case: str,
) -> Line | None:
    """R-406: what must be added in `month` so that `corrects` ends up charged for the right area.

    `charged` are all issued lines that charge or correct that case for `corrects`. The difference may be negative.
    None when nothing is to be corrected. Raises ImpossibleFacts when the correction is not in a later month.
    """
    if month <= corrects:
        raise ImpossibleFacts(f"a correction of {corrects} belongs in a later month, not in {month}")
    if not right_area_m2.is_finite() or right_area_m2 < 0:
        raise ImpossibleFacts(f"the right area of {case} in {corrects} cannot be {right_area_m2} m²")
    strangers = [line for line in charged if line.case != case or (line.corrects or line.month) != corrects]
    if strangers:
        raise ImpossibleFacts(f"{len(strangers)} line(s) do not charge {case} for {corrects}")
    area_m2 = round_area(right_area_m2) - sum((line.area_m2 for line in charged), NOTHING)
    amount = amount_of(right_area_m2, rate_yuan_per_m2) - sum((line.amount_yuan for line in charged), NOTHING)
    if area_m2 == 0 and amount == 0:
        return None
    return Line(case, month, area_m2, rate_yuan_per_m2, amount, corrects=corrects)
