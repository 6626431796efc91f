"""The command in processes of its own: killed in the middle, and twice at once."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from geo.models import Unit
from inspections.actions.lock_names import penalties_of
from inspections.models import PenaltyDecision, PenaltyLine, RuleSet
from tests.factories import make_town
from tests.factories.records import make_decision
from tests.inspections.cases.scene import determined_case, make_people
from tests.inspections.penalties.scene import LAST_MONTH, on

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def three_cases(transactional_db):
    town = make_town()
    people = make_people(town)
    return [determined_case(town, people, at=on(LAST_MONTH, 3), dx=dx) for dx in (0.003, 0.005, 0.007)]


@contextmanager
def started() -> Iterator[subprocess.Popen]:
    """The command against the test database; never outlives the test."""
    settings = connection.settings_dict
    user, host, port = settings["USER"], settings["HOST"], settings["PORT"]
    password = f":{settings['PASSWORD']}" if settings["PASSWORD"] else ""
    environment = {
        **os.environ,
        "DATABASE_URL": f"postgresql://{user}{password}@{host}:{port}/{settings['NAME']}",
        "SECRET_KEY": "only for tests",
    }
    with subprocess.Popen(
        [sys.executable, "manage.py", "draft_penalties", "--month", str(LAST_MONTH)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def other_connection() -> psycopg.Connection:
    settings = connection.settings_dict
    return psycopg.connect(
        dbname=settings["NAME"],
        user=settings["USER"],
        password=settings["PASSWORD"] or None,
        host=settings["HOST"],
        port=settings["PORT"],
    )


def wait_until(condition, *, what: str) -> None:
    """Polls for up to a minute; the test's own time limit is longer."""
    for _ in range(600):
        if condition():
            return
        time.sleep(0.1)
    pytest.fail(f"waited in vain until {what}")


def waiting_for_locks() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return cursor.fetchone()[0]


def connections_of_others() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        return cursor.fetchone()[0]


def test_killed_after_its_first_lines_the_command_leaves_nothing_and_runs_again(three_cases):
    # A rival is about to write the line of the last case: the command writes two lines, then waits for the rival.
    case = three_cases[-1]
    county = Unit.objects.exclude(pk=case.county_id).get(level="county")
    elsewhere = make_decision(county, LAST_MONTH.first_day, rule_set=RuleSet.objects.get())
    before = connections_of_others()  # a browser test's server may still hold some
    with other_connection() as rival, started() as process:
        rival.execute(
            "INSERT INTO inspections_penaltyline (decision_id, case_id, month, kind, area_m2, rate, amount, reason)"
            " VALUES (%s, %s, %s, 'regular', 1, 1, 1, '')",
            [elsewhere.pk, case.pk, LAST_MONTH.first_day],
        )
        wait_until(lambda: waiting_for_locks() == 1 or process.poll() is not None, what="the command is stuck")
        assert process.poll() is None
        process.kill()
        assert process.wait() == -signal.SIGKILL
        rival.rollback()
    wait_until(lambda: connections_of_others() <= before, what="the server has noticed")
    assert not PenaltyDecision.objects.filter(county=case.county).exists()
    assert not PenaltyLine.objects.exists()

    with started() as again:
        assert again.wait() == 0
    decision = PenaltyDecision.objects.get(county=case.county)
    assert decision.lines.count() == 3
    assert decision.amount == 3 * Decimal("38520.00")


def test_two_commands_at_once_make_one_decision_with_one_line_a_case(three_cases):
    # Both are held at the door (the county's lock) until both have arrived, so that they do collide.
    with other_connection() as rival, started() as one, started() as other:
        name = penalties_of(three_cases[0].county_id)
        rival.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
        wait_until(
            lambda: waiting_for_locks() == 2 or one.poll() is not None or other.poll() is not None,
            what="both commands wait",
        )
        assert waiting_for_locks() == 2
        rival.rollback()
        assert (one.wait(), other.wait()) == (0, 0)
    assert PenaltyDecision.objects.get().amount == 3 * Decimal("38520.00")
    assert sorted(PenaltyLine.objects.values_list("case", flat=True)) == sorted(case.pk for case in three_cases)
