"""The standards of community clinics 社区(村)卫生室 as arithmetic; pure, the figures are the defaults of the rule set.

A result is one of four: met, not met, to be checked on site, or not to be told because a figure is missing.
"""

import math
import re
from dataclasses import dataclass
from enum import StrEnum

# up to how many people (the last included), how many m² of building area at least.
PREMISES_FROM_1000_PEOPLE = 1_000
PREMISES_TO_2000_PEOPLE = 2_000
PREMISES_SMALL_M2 = 80.0
PREMISES_MIDDLE_M2 = 120.0
PREMISES_LARGE_M2 = 160.0
#
STAFF_BASE = 2
STAFF_BASE_PEOPLE = 2_000
STAFF_STEP_REGISTERED = 1_000
STAFF_STEP_OTHERS = 2_000

CLINIC_WORD = "卫生室"
COMMUNITY_WORDS = ("社区", "村")
COMMITTEE = re.compile(r"(居民委员会|村民委员会|居委会|村委会)$")


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


def required_premises_m2(people: int) -> float:
    """R-701: under 1,000 people → 80 m²; 1,000-2,000 → 120 m²; over 2,000 → 160 m². Raises ValueError below 0."""
    if people < 0:
        raise ValueError(f"{people} people cannot be served")
    if people < PREMISES_FROM_1000_PEOPLE:
        return PREMISES_SMALL_M2
    return PREMISES_MIDDLE_M2 if people <= PREMISES_TO_2000_PEOPLE else PREMISES_LARGE_M2


def check_premises(
    *, people: int | None, footprint_m2: float | None, storeys: int | None, registered_m2: float | None
) -> Premises:
    """R-701: the size of the premises against what the people served need.

    The building is measured from the map: footprint × storeys, all of the house. A house that is too small settles it,
    whatever a list says. A house that is large enough does not when the list gives the clinic less than it needs: it
    may have a part of the house, and somebody has to look. Without storeys the footprint is the least that there is.
    """
    required = None if people is None else required_premises_m2(people)
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


def staff_needed(*, registered: int, others: int = 0) -> int:
    """R-705: up to 2,000 registered people → 2; above that 1 more per 1,000; plus 1 per 2,000 other residents.

    A started thousand or two thousand counts as a whole one. Raises ValueError below 0.
    """
    if registered < 0 or others < 0:
        raise ValueError(f"{registered} registered and {others} other residents cannot be")
    more = math.ceil(max(0, registered - STAFF_BASE_PEOPLE) / STAFF_STEP_REGISTERED)
    return STAFF_BASE + more + math.ceil(others / STAFF_STEP_OTHERS)
