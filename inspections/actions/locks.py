"""Locks by name, for what has no row yet that could be locked. Held until the transaction ends."""

from django.db import connection


def hold_lock(*names: object) -> None:
    """Wait for the transaction's exclusive use of each name, e.g. an id made on a phone, or a county's new cases."""
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [str(name)])


def opening_cases(county_id: int) -> str:
    """The name under which a county's cases are opened one at a time."""
    return f"cases/county/{county_id}"


def penalties_of(county_id: int) -> str:
    """The name under which a county's penalty decisions are drawn up one at a time."""
    return f"penalties/county/{county_id}"


def numbers_of_year(year: int) -> str:
    """The name under which papers of a year are numbered."""
    return f"penalties/numbers/{year}"


SPECIAL_ACCOUNT = "account/special"
