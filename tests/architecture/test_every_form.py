"""Forms that name an object besides the one of their address: what a body names is scoped like what a path names."""

import pytest
from django.db import connection, transaction
from django.test import Client

from geo.roles import Role
from tests import factories
from tests.architecture.test_every_address import (
    ASKED_FOR,
    EVERY_POST,
    FOREIGN,
    assert_none,
    client_of,
    person_at,
    post_at,
)


def everything_kept() -> dict[str, str]:
    """A digest of each table of ours."""
    tables = [name for name in connection.introspection.table_names() if name.startswith(("geo_", "inspections_"))]
    found = {}
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM {table} t")
            found[table] = cursor.fetchone()[0]
    return found


def changed_by(client: Client, path: str, body: dict[str, object]) -> tuple[int, list[str]]:
    """What a form was answered with, and the tables that it changed; undone again."""
    before = everything_kept()
    savepoint = transaction.savepoint()
    status = client.post(path, body).status_code
    after = everything_kept()
    transaction.savepoint_rollback(savepoint)
    return status, [table for table in before if before[table] != after[table]]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "posted_to"),
    [(EVERY_POST, "community"), (EVERY_POST, "county"), *((role, "county") for role in Role.values)],
)
def test_no_form_takes_a_foreign_object(world, town, role, posted_to):
    """Own addresses, bodies that name foreign things: no fault, and nothing is written."""
    client = client_of(person_at(role, **post_at(posted_to, town, world)))
    posts = [
        (name, path, body)
        for name in FOREIGN[posted_to][:ASKED_FOR]
        for path, body in world[name].posts(world["own"])
        # the county's own draft is no foreign thing
        if not (path == "/penalties/draft/" and body["county"] == town.counties[0].pk)
    ]
    before = everything_kept()
    faults = []
    for name, path, body in posts:
        status = client.post(path, body).status_code
        if status >= 500:
            faults.append(f"{status} {path} with {body} of {name}")
    if everything_kept() != before:  # one of them wrote: find it
        for name, path, body in posts:
            tables = changed_by(client, path, body)[1]
            if tables:
                faults.append(f"{path} with {body} of {name} changed {', '.join(tables)}")
        faults.append("something was written")
    assert_none(faults)


@pytest.mark.django_db
def test_the_same_forms_take_own_objects(world, town):
    """That nothing was written proves something only while own things are."""
    written = set()
    for role in Role.values:
        client = client_of(factories.make_user(role, town.city))
        for number, (path, body) in enumerate(world["own"].posts(world["own"])):
            if changed_by(client, path, body)[1]:
                written.add((number, path.split("/")[1]))
    assert {name for _number, name in written} >= {"review", "diffs", "penalties"}, written
