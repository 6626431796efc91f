"""R-706 Full coverage 全覆盖: how many people of which communities live in no clinic's catchment. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

# Outlines are drawn to a metre and people are placed by homes: what is missing of the last half per cent is neither.
COVERED_FROM: Final = 0.995


@dataclass(frozen=True, slots=True)
class Community:
    """A community with its registered people; None where nobody has counted them."""

    key: int
    name: str
    people: int | None


@dataclass(frozen=True, slots=True)
class Uncovered:
    """A community, or the part of it, that lies in no catchment; `people` are those without."""

    key: int
    name: str
    people: int | None
    is_part: bool


@dataclass(frozen=True, slots=True)
class Coverage:
    """Who is served and who is not; the communities with the most people without stand first."""

    communities: int
    people: int
    covered_people: int
    uncovered: tuple[Uncovered, ...]
    uncounted: int  # communities without a number of people: they count in no share

    @property
    def uncovered_people(self) -> int:
        return self.people - self.covered_people

    @property
    def share(self) -> float | None:
        """The share (0…1) of people that is served; None without people."""
        return self.covered_people / self.people if self.people else None


def is_covered(share: float) -> bool:
    """Whether a share (0…1) of a community's people in catchments is all of them."""
    return share >= COVERED_FROM


def coverage_of(communities: Iterable[Community], *, covered: Mapping[int, float]) -> Coverage:
    """R-706 by people: `covered` is the share (0…1) of each community that lies in catchments, missing for none."""
    listed = list(communities)
    without = [
        _without(community, share) for community in listed if not is_covered(share := covered.get(community.key, 0.0))
    ]
    people = sum(community.people or 0 for community in listed)
    return Coverage(
        communities=len(listed),
        people=people,
        covered_people=people - sum(part.people or 0 for part in without),
        uncovered=tuple(sorted(without, key=lambda part: (-(part.people or 0), part.name))),
        uncounted=sum(community.people is None for community in listed),
    )


def _without(community: Community, share: float) -> Uncovered:
    people = None if community.people is None else round(community.people * (1.0 - share))
    return Uncovered(community.key, community.name, people, share > 0)
