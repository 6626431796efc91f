"""Locks by name, for what has no row yet that could be locked. Held until the transaction ends."""

from django.db import connection


def hold_lock(*names: object) -> None:
    """Wait for the transaction's exclusive use of each name, e.g. an id made on a phone, or a county's new cases."""
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [str(name)])


# Under this name flags are written, one run at a time: runs that overlap see each other's flags and repeat none.
WRITING_FLAGS = "flags"
# Under this one models are taken in and chosen: a name is given once.
CHOOSING_DETECTORS = "detectors"
