"""No address asks the database more often because there are more rows: what grows with them is an N+1.

A new address is found by itself, as in the walk of all addresses.
"""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.architecture.test_every_address import ADDRESSES, ask, paths_of
from tests.architecture.world import add_decision, make_plot
from tests.every_page import everybodys_plot

PLOTS_MORE = 3


def counts_of(client: Client, paths: list[str]) -> dict[str, int]:
    """Address -> queries, of those that answer to a GET with something."""
    found: dict[str, int] = {}
    for path in paths:
        with CaptureQueriesContext(connection) as queries:
            if ask(client, path).status == 200:
                found[path] = len(queries)
    return found


@pytest.mark.django_db
def test_no_address_asks_more_often_when_there_are_more_rows(town):
    person, plot = everybodys_plot(town)
    client = Client(raise_request_exception=False)
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    paths = [path for address in ADDRESSES for path in paths_of(address, plot)]
    before = counts_of(client, list(counts_of(client, paths)))  # the second request: a first one fills what is kept
    for n in range(1, PLOTS_MORE + 1):
        county, community = n % 2, 1 + n // 2
        add_decision(make_plot(town, town.communities[county][community], town.spot(county, community), f"另{n}"))
    after = counts_of(client, list(before))

    assert len(before) > 60
    assert {path: (before[path], after.get(path)) for path in before if after.get(path, 0) > before[path]} == {}
