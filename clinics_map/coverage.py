"""R-706 Full coverage 全覆盖: which communities lie in no clinic's catchment, and how many people that are. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Community:
    """A community with its registered people; None where nobody has counted them."""

    key: int
    name: str
    people: int | None


@dataclass(frozen=True, slots=True)
class Coverage:
    """Who is served and who is not; the uncovered communities with the most people first."""

    communities: int
    people: int
    covered_people: int
    uncovered: tuple[Community, ...]
    uncounted: int  # communities without a number of people: they count in no share

    @property
    def uncovered_people(self) -> int:
        return self.people - self.covered_people

    @property
    def share(self) -> float | None:
        """The share (0…1) of people that is served; None without people."""
        return self.covered_people / self.people if self.people else None


def coverage_of(communities: Iterable[Community], *, served: Collection[int]) -> Coverage:
    """R-706 by people: `served` are the keys of the communities that lie in a catchment."""
    listed = list(communities)
    within = [community for community in listed if community.key in served]
    without = [community for community in listed if community.key not in served]
    return Coverage(
        communities=len(listed),
        people=sum(community.people or 0 for community in listed),
        covered_people=sum(community.people or 0 for community in within),
        uncovered=tuple(sorted(without, key=lambda community: (-(community.people or 0), community.name))),
        uncounted=sum(community.people is None for community in listed),
    )
