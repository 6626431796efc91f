"""Every page of the product, as a person who holds every post sees it, on a desk and on a phone.

Nothing errs, nothing is wider than the screen, and axe finds no fault against WCAG 2.2 AA. A new page is found by
itself, as in the walk of all addresses.
"""

from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import Page

from geo.models import Posting
from geo.roles import Bureau, Role
from tests.architecture.test_every_address import ADDRESSES, paths_of
from tests.architecture.world import add_decision, make_plot
from tests.factories import make_user
from tests.factories.records import make_import_job

AXE = Path(__file__).resolve().parents[2] / "geo/frontend/node_modules/axe-core/axe.min.js"
RUN_AXE = """async () => {
    const options = { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"] };
    const { violations } = await axe.run(document, options);
    return violations.flatMap(({ id, nodes }) =>
        nodes.map(({ target, failureSummary: why }) => `${id} at ${target.join(" ")}: ${why.replace(/\\s+/g, " ")}`));
}"""
# Loads an address that is no page of ours beside it, or is one for a moment only.
NOT_PAGES = {"/healthz", "/field/worker.js"}
SETTLED_MS = 5_000


@pytest.fixture
def everybody(town):
    """One person with every post of the city, and a plot with one of everything."""
    plot = make_plot(town, town.communities[0][0], town.spot(), "样例")
    add_decision(plot)
    person = make_user(Role.OFFICE, town.city, username="everybody")
    for role in Role:
        if role not in (Role.OFFICE, Role.BUREAU):
            Posting.objects.create(user=person, role=role, unit=town.city)
    Posting.objects.create(user=person, role=Role.BUREAU, bureau=Bureau.PLANNING, unit=town.city)
    plot.arguments["import_id"] = make_import_job(by=person, file_name="样例.geojson").pk
    return person, plot


def pages_of(person, plot) -> list[str]:
    """The addresses that answer this person with a page of HTML."""
    client = Client(raise_request_exception=False)
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")

    def is_page(path: str) -> bool:
        answer = client.get(path)
        kind = answer.get("Content-Type", "")
        answer.close()
        return answer.status_code == 200 and kind.startswith("text/html") and b"<html" in answer.content

    found: dict[str, str] = {}
    for address in ADDRESSES:
        for path in paths_of(address, plot):
            plain = path.split("?")[0]
            if plain not in found and plain not in NOT_PAGES and is_page(path):
                found[plain] = path  # with a question where there is no page without one
    return sorted(found.values())


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_no_page_errs_is_too_wide_or_shuts_anybody_out(open_page, everybody, phone):
    person, plot = everybody
    paths = pages_of(person, plot)
    assert {"/map/", "/cases/", "/field/", "/inbox/", "/imports/"} <= set(paths)
    page = open_page(person, phone=phone)
    faults = []
    for path in paths:
        before = len(open_page.faults)
        page.goto(path, wait_until="load")
        settle(page)
        faults += [f"{path}: {fault}" for fault in open_page.faults[before:]]
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wider > 0:
            faults.append(f"{path}: {wider} px wider than the screen")
        page.evaluate(AXE.read_text())
        faults += [f"{path}: {fault}" for fault in page.evaluate(RUN_AXE)]
    open_page.faults.clear()
    assert faults == [], "\n" + "\n".join(faults)


def settle(page: Page) -> None:
    """Wait for what a page asks for after it has loaded; one that never rests is looked at all the same."""
    try:
        page.wait_for_load_state("networkidle", timeout=SETTLED_MS)
    except Exception as error:
        if "Timeout" not in str(error):
            raise
