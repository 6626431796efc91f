"""A planner, their files, and the worker's part done in the test's own process."""

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from geo.actions.import_jobs import run_import
from geo.models import ImportJob
from geo.roles import Role
from tests.factories import make_user


@pytest.fixture
def planner(town):
    return make_user(Role.PLANNER, town.counties[0])


@pytest.fixture
def desk(client, planner):
    client.force_login(planner)
    return Desk(client)


class Desk:
    """What a person does on the pages of the imports."""

    def __init__(self, client):
        self.client = client

    def send(self, path, layer="buildings", **more) -> ImportJob:
        upload = SimpleUploadedFile(path.name, path.read_bytes())
        answer = self.client.post(reverse("import-new"), {"layer": layer, "file": upload, **more})
        assert answer.status_code == 302, answer.content.decode()
        return ImportJob.objects.latest("pk")

    def choices(self, job) -> dict[str, object]:
        """The form of the columns as it is shown."""
        form = self.client.get(reverse("import-detail", args=[job.pk])).context["form"]
        return {name: form.initial.get(name) or "" for name in form.fields}

    def start(self, job, act="write", **changes) -> ImportJob:
        answer = self.client.post(reverse("import-start", args=[job.pk]), {**self.choices(job), **changes, "act": act})
        assert answer.status_code == 302, answer.content.decode()
        run_import(job_id=job.pk)
        job.refresh_from_db()
        return job

    def page(self, name, job, **query) -> str:
        return self.client.get(reverse(name, args=[job.pk]), query).content.decode()


def write_xlsx(path, titles, rows):
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("表1")
        for number, row in enumerate([titles, *rows]):
            sheet.write_row(number, 0, row)
    return path
