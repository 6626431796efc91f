"""The names under which work on cases and money waits for one another."""


def opening_cases(county_id: int) -> str:
    """The name under which a county's cases are opened one at a time."""
    return f"cases/county/{county_id}"


def penalties_of(county_id: int) -> str:
    """The name under which a county's penalty decisions are drawn up one at a time."""
    return f"penalties/county/{county_id}"


def numbers_of_year(year: int) -> str:
    """The name under which papers of a year are numbered."""
    return f"penalties/numbers/{year}"


def permit_area(permit_id: int) -> str:
    """The name under which structures are found lawful by a permit one at a time."""
    return f"permit/{permit_id}"


def building_cases(building_id: int) -> str:
    """The name under which cases of one building are opened one at a time."""
    return f"cases/building/{building_id}"


def tasks_given_to(person_id: int) -> str:
    """The name under which many tasks are given to one person at a time."""
    return f"tasks/to/{person_id}"


SPECIAL_ACCOUNT = "account/special"
