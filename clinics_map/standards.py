"""The standards of community clinics 社区(村)卫生室 as arithmetic; pure, the figures are the defaults of the rule set.

A result is one of four: met, not met, to be checked on site, or not to be told because a figure is missing.
"""

import math
import re
from dataclasses import asdict, dataclass, fields
from enum import StrEnum

CLINIC_WORD = "卫生室"
COMMUNITY_WORDS = ("社区", "村")
COMMITTEE = re.compile(r"(居民委员会|村民委员会|居委会|村委会)$")


LARGEST_FIGURE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Standards:
    """Every figure of R-701 and R-705; whole numbers. A jurisdiction may change them from a date on."""

    premises_middle_from_people: int = 1_000  # from here on the middle size, the number itself included
    premises_middle_to_people: int = 2_000  # up to here, the number itself included
    premises_small_m2: int = 80
    premises_middle_m2: int = 120
    premises_large_m2: int = 160
    staff_base: int = 2
    staff_base_people: int = 2_000
    staff_step_registered: int = 1_000
    staff_step_others: int = 2_000

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= LARGEST_FIGURE:
                raise ValueError(f"{name} = {value!r}: must be a whole number of 1 to {LARGEST_FIGURE}")
        if self.premises_middle_from_people > self.premises_middle_to_people:
            raise ValueError("premises_middle_from_people is above premises_middle_to_people")
        if not self.premises_small_m2 <= self.premises_middle_m2 <= self.premises_large_m2:
            raise ValueError("more people never need smaller premises")

    @classmethod
    def from_dict(cls, raw: object) -> "Standards":
        """Read a stored set; what is left out keeps its default. Raises ValueError for unknown keys and bad values."""
        if not isinstance(raw, dict):
            raise ValueError("must be a JSON object")
        known = [field.name for field in fields(cls)]
        unknown = sorted(set(raw) - set(known))
        if unknown:
            raise ValueError(f"unknown key(s) {', '.join(unknown)}; known are {', '.join(known)}")
        return cls(**raw)


DEFAULT_STANDARDS = Standards()


class Result(StrEnum):
    """What a check came to."""

    MET = "met"
    NOT_MET = "not_met"
    CHECK = "check"
    UNKNOWN = "unknown"


class Basis(StrEnum):
    """What a size was judged by."""

    MEASURED = "measured"  # footprint × storeys of the building
    MEASURED_GROUND = "measured_ground"  # the footprint alone: nobody has written down the storeys
    REGISTERED = "registered"  # a figure from a list, that nobody measured
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Premises:
    """R-701 for one clinic; areas in m²."""

    result: Result
    basis: Basis
    required_m2: float | None
    found_m2: float | None


def required_premises_m2(people: int, standards: Standards = DEFAULT_STANDARDS) -> float:
    """R-701: under 1,000 people → 80 m²; 1,000-2,000 → 120 m²; over 2,000 → 160 m². Raises ValueError below 0."""
    if people < 0:
        raise ValueError(f"{people} people cannot be served")
    if people < standards.premises_middle_from_people:
        return float(standards.premises_small_m2)
    few = people <= standards.premises_middle_to_people
    return float(standards.premises_middle_m2 if few else standards.premises_large_m2)


def check_premises(
    *,
    people: int | None,
    footprint_m2: float | None,
    storeys: int | None,
    registered_m2: float | None,
    standards: Standards = DEFAULT_STANDARDS,
) -> Premises:
    """R-701: the size of the premises against what the people served need.

    The building is measured from the map: footprint × storeys, all of the house. A house that is too small settles it,
    whatever a list says. A house that is large enough does not when the list gives the clinic less than it needs: it
    may have a part of the house, and somebody has to look. Without storeys the footprint is the least that there is.
    """
    required = None if people is None else required_premises_m2(people, standards)
    if footprint_m2 is None:
        if registered_m2 is None:
            return Premises(Result.UNKNOWN, Basis.NOTHING, required, None)
        return Premises(_enough(registered_m2, required), Basis.REGISTERED, required, registered_m2)
    basis = Basis.MEASURED if storeys else Basis.MEASURED_GROUND
    found = footprint_m2 * (storeys or 1)
    result = _enough(found, required)
    if result is Result.NOT_MET and basis is Basis.MEASURED_GROUND:
        result = Result.CHECK
    if result is Result.MET and registered_m2 is not None and _enough(registered_m2, required) is Result.NOT_MET:
        result = Result.CHECK
    return Premises(result, basis, required, found)


def _enough(found_m2: float, required_m2: float | None) -> Result:
    if required_m2 is None:
        return Result.UNKNOWN
    return Result.MET if found_m2 >= required_m2 else Result.NOT_MET


def expected_name(*, township: str, community: str) -> str:
    """R-704: ××街道××社区(村)卫生室, e.g. 南关街道古槐社区卫生室."""
    names = _names(township, community)
    return names[0] if len(names) == 1 else f"{_full_place(township, community)}社区(村){CLINIC_WORD}"


def check_name(name: str, *, township: str, community: str) -> Result:
    """R-704: the name of a clinic against its sub-district and community; blanks and kinds of brackets do not count."""
    if not township or not community:
        return Result.UNKNOWN
    return Result.MET if _plain(name) in _names(township, community) else Result.NOT_MET


def _names(township: str, community: str) -> list[str]:
    place = _full_place(township, community)
    if place.endswith(COMMUNITY_WORDS):
        return [f"{place}{CLINIC_WORD}"]
    return [f"{place}{word}{CLINIC_WORD}" for word in COMMUNITY_WORDS]


def _full_place(township: str, community: str) -> str:
    """Sub-district and community; some registers write the one into the name of the other."""
    above, below = _plain(township), COMMITTEE.sub("", _plain(community))
    return below if below.startswith(above) else f"{above}{below}"


def _plain(name: str) -> str:
    return re.sub(r"\s+", "", name).replace("（", "(").replace("）", ")")


def staff_needed(*, registered: int, others: int = 0, standards: Standards = DEFAULT_STANDARDS) -> int:
    """R-705: up to 2,000 registered people → 2; above that 1 more per 1,000; plus 1 per 2,000 other residents.

    A started thousand or two thousand counts as a whole one. Raises ValueError below 0.
    """
    if registered < 0 or others < 0:
        raise ValueError(f"{registered} registered and {others} other residents cannot be")
    more = math.ceil(max(0, registered - standards.staff_base_people) / standards.staff_step_registered)
    return standards.staff_base + more + math.ceil(others / standards.staff_step_others)


def check_staff(*, needed: int | None, found: int | None) -> Result:
    """R-705: who works there against who should."""
    if needed is None or found is None:
        return Result.UNKNOWN
    return Result.MET if found >= needed else Result.NOT_MET
