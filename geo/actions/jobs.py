"""Enqueueing jobs in the very transaction that needs them.

Inside a worker `procrastinate.contrib.django.app` talks to the database over the worker's own connection: a job that is
deferred there can be taken up by another worker before the transaction that it belongs to has committed, or stay when
that is rolled back. So jobs are always handed over on Django's connection.
"""

from datetime import timedelta

from django.utils import timezone
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.models import ProcrastinateWorker
from procrastinate.jobs import JobDeferrer
from procrastinate.manager import JobManager
from procrastinate.tasks import configure_task

# A worker says every ten seconds that it is there; several missed times are no hiccup of a busy machine.
SILENT_AFTER = timedelta(seconds=60)


def is_worker_alive() -> bool:
    """Tell whether any worker has been heard of lately; without one, jobs wait and nothing moves."""
    return ProcrastinateWorker.objects.filter(last_heartbeat__gte=timezone.now() - SILENT_AFTER).exists()


def job(task: str, *, queue: str) -> JobDeferrer:
    """Return what defers jobs of the task called `task`; they appear with the commit of the current transaction."""
    return configure_task(name=task, job_manager=JobManager(DjangoConnector(alias="default")), queue=queue)
