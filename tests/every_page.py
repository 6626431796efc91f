"""The pages of the product, found by themselves in the URL configuration: for walks in a browser and for pictures."""

from collections.abc import Iterable

from django.test import Client
from playwright.sync_api import Page

from geo.models import User
from geo.roles import Role
from tests.architecture.test_every_address import ADDRESSES, Address, paths_of
from tests.architecture.world import Plot, add_decision, make_plot
from tests.factories import Town, make_posting, make_user
from tests.factories.records import make_import_job

# Loads an address that is no page of ours beside it, or is one for a moment only.
NOT_PAGES = {"/healthz", "/field/worker.js"}
SETTLED_MS = 5_000


def everybodys_plot(town: Town) -> tuple[User, Plot]:
    """One person with every post of the city, and a plot with one of everything."""
    plot = make_plot(town, town.communities[0][0], town.spot(), "样例")
    add_decision(plot)
    person = make_user(Role.OFFICE, town.city, username="everybody")
    for role in Role:
        if role != Role.OFFICE:
            make_posting(person, role, town.city)
    plot.arguments["import_id"] = make_import_job(by=person, file_name="样例.geojson").pk
    return person, plot


def is_page(client: Client, path: str) -> bool:
    """Whether this person gets a page of HTML there."""
    answer = client.get(path)
    if answer.streaming:
        for _part in answer.streaming_content:  # a file is closed once it is read
            pass
        return False
    kind = answer.get("Content-Type", "")
    return answer.status_code == 200 and kind.startswith("text/html") and b"<html" in answer.content


def pages_of(client: Client, plots: Iterable[Plot], addresses: Iterable[Address] = ADDRESSES) -> list[str]:
    """The addresses that answer with a page, each once; with a question only where there is no page without one."""
    found: dict[str, str] = {}
    asked: set[str] = set()
    for address in addresses:
        for path in [path for plot in plots for path in paths_of(address, plot)]:
            plain = path.split("?")[0]
            if path not in asked and plain not in found and plain not in NOT_PAGES and is_page(client, path):
                found[plain] = path
            asked.add(path)
    return sorted(found.values())


# How much wider than the screen a page is, and what sticks out farthest; nothing when it fits.
TOO_WIDE = """() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return "";
    const right = (element) => element.getBoundingClientRect().right;
    const all = [...document.querySelectorAll("main *")];
    const widest = all.reduce((one, other) => (right(other) > right(one) ? other : one));
    return `${scrollWidth - clientWidth} px wider than the screen, by ${widest.outerHTML.slice(0, 120)}`;
}"""


def settle(page: Page) -> None:
    """Wait for what a page asks for after it has loaded; one that never rests is looked at all the same."""
    try:
        page.wait_for_load_state("networkidle", timeout=SETTLED_MS)
    except Exception as error:
        if "Timeout" not in str(error):
            raise
