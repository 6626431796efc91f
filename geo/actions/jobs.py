"""Enqueueing jobs in the very transaction that needs them.

Inside a worker `procrastinate.contrib.django.app` talks to the database over the worker's own connection: a job that is
deferred there can be taken up by another worker before the transaction that it belongs to has committed, or stay when
that is rolled back. So jobs are always handed over on Django's connection.
"""

from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.jobs import JobDeferrer
from procrastinate.manager import JobManager
from procrastinate.tasks import configure_task


def job(task: str, *, queue: str) -> JobDeferrer:
    """Return what defers jobs of the task called `task`; they appear with the commit of the current transaction."""
    return configure_task(name=task, job_manager=JobManager(DjangoConnector(alias="default")), queue=queue)
