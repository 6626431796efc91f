"""R-201: which bureau determines a case, by the ground it is reported on."""

from collections.abc import Iterable
from enum import StrEnum

from inspections.rules.errors import NoGround, UnknownGround


class Ground(StrEnum):
    """Why a structure may be unauthorised."""

    NO_PLANNING_PERMIT = "no_planning_permit"  # 无建设工程规划许可
    ILLEGAL_LAND_USE = "illegal_land_use"  # 非法占地
    NO_CONSTRUCTION_PERMIT = "no_construction_permit"  # 无施工许可
    HARMS_CITY_LOOK = "harms_city_look"  # 影响市容


class Bureau(StrEnum):
    """The determining bureaux 认定部门."""

    PLANNING = "planning"  # 规划
    LAND = "land"  # 国土
    HOUSING = "housing"  # 住建
    CITY_MANAGEMENT = "city_management"  # 城管


BUREAU_OF_GROUND: dict[Ground, Bureau] = {
    Ground.NO_PLANNING_PERMIT: Bureau.PLANNING,
    Ground.ILLEGAL_LAND_USE: Bureau.LAND,
    Ground.NO_CONSTRUCTION_PERMIT: Bureau.HOUSING,
    Ground.HARMS_CITY_LOOK: Bureau.CITY_MANAGEMENT,
}


def bureaux_for(grounds: Iterable[str]) -> tuple[Bureau, ...]:
    """The bureaux that the grounds route a case to, each once, in the order of R-201.

    Raises NoGround for an empty list, UnknownGround for a word that R-201 does not have.
    """
    named = set()
    for ground in grounds:
        try:
            named.add(Ground(ground))
        except ValueError as error:
            raise UnknownGround(f"{ground!r} is not a ground; known are {', '.join(Ground)}") from error
    if not named:
        raise NoGround("a case is routed by at least one ground")
    return tuple(BUREAU_OF_GROUND[ground] for ground in Ground if ground in named)


def grounds_of(bureau: str) -> tuple[Ground, ...]:
    """The grounds on which a bureau may determine; empty for a word that is not a bureau."""
    return tuple(ground for ground, owner in BUREAU_OF_GROUND.items() if owner == bureau)
