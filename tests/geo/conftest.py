import pytest
from django.db import connection


@pytest.fixture
def worker(db):
    """A worker that was heard of just now; call it to say how long it has been silent."""

    def heard_of(*, silent_s: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE procrastinate_workers SET last_heartbeat = now() - make_interval(secs => %s)", [silent_s]
            )

    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers DEFAULT VALUES")
    return heard_of
