"""Two people at one pair at the same moment: it is compared once."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from geo.actions.diffs import AlreadyRunning, retry_diff, start_diff
from geo.models import DiffRun
from geo.roles import Role
from tests.factories import make_run, make_town, make_user

pytestmark = pytest.mark.django_db(transaction=True)
# Long enough for the second one to come to its decision, were nothing in its way.
HEAD_START_S = 1.0


def while_the_first_is_not_committed(first: Callable[[], object], second: Callable[[], object]) -> list[object]:
    """Run `second` in a session of its own while the transaction of `first` is open; give back what it came to."""
    came_to: list[object] = []

    def run() -> None:
        try:
            came_to.append(second())
        except Exception as error:
            came_to.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    with transaction.atomic():
        first()
        thread.start()
        thread.join(HEAD_START_S)
    thread.join()
    return came_to


@pytest.mark.parametrize("other", ["retry", "start"])
def test_a_pair_that_is_taken_up_again_is_not_taken_up_or_started_beside_that(other):
    town = make_town()
    by = make_user(Role.CENTRE, town.city)
    failed = make_run(town, state="failed", error="x")
    before, after = failed.before, failed.after
    again = make_run(town, before=before, after=after, state="cancelled")
    acts = {
        "retry": lambda: retry_diff(run=again, by=by),
        "start": lambda: start_diff(before=before, after=after, by=by),
    }

    (refused,) = while_the_first_is_not_committed(lambda: retry_diff(run=failed, by=by), acts[other])

    assert isinstance(refused, AlreadyRunning), refused
    assert list(DiffRun.objects.active()) == [failed]


def test_a_pair_that_is_being_started_is_not_taken_up_again_beside_that():
    town = make_town()
    by = make_user(Role.CENTRE, town.city)
    failed = make_run(town, state="failed", error="x")

    (refused,) = while_the_first_is_not_committed(
        lambda: start_diff(before=failed.before, after=failed.after, by=by), lambda: retry_diff(run=failed, by=by)
    )

    assert isinstance(refused, AlreadyRunning), refused
    assert DiffRun.objects.active().count() == 1
