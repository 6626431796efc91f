"""Jobs belong to the transaction that enqueues them, in a web process and in a worker."""

from contextlib import suppress

import pytest
from django.db import connection, transaction
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from geo.actions.jobs import job


class Undone(Exception):
    """Rolls a transaction back."""


@pytest.fixture
def in_a_worker():
    """The application as a worker has it: talking to the database over a connection of its own."""
    empty_queue()
    with app.replace_connector(app.connector.get_worker_connector()), app.open():
        yield
    empty_queue()


def empty_queue() -> None:
    """Django does not manage the queue's tables, and so empties them for no test."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")


def enqueue() -> None:
    job("geo.tasks.finish_diff", queue="diffs").defer(run_id=1)


@pytest.mark.django_db(transaction=True)
def test_a_job_goes_with_the_transaction_that_is_undone_in_a_worker(in_a_worker):
    with suppress(Undone), transaction.atomic():
        enqueue()
        raise Undone

    assert not ProcrastinateJob.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_job_comes_with_the_commit_in_a_worker(in_a_worker):
    with transaction.atomic():
        enqueue()

    queued = ProcrastinateJob.objects.get()
    assert (queued.task_name, queued.queue_name, queued.args) == ("geo.tasks.finish_diff", "diffs", {"run_id": 1})
