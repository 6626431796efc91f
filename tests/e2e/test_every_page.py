"""Every page of the product, as a person who holds every post sees it, on a desk and on a phone.

Nothing errs, nothing is wider than the screen, and axe finds no fault against WCAG 2.2 AA: on the desk in Chinese, on
the phone in English, and what depends on colours in light and in dark at both. A new page is found by itself, as in the
walk of all addresses.
"""

from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from tests.every_page import TOO_WIDE, everybodys_plot, pages_of, settle

AXE = Path(__file__).resolve().parents[2] / "geo/frontend/node_modules/axe-core/axe.min.js"
RUN_AXE = """async (only) => {
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
    const runOnly = only ? { type: "rule", values: only } : { type: "tag", values: tags };
    const { violations } = await axe.run(document, { runOnly, resultTypes: ["violations"] });
    return violations.flatMap(({ id, nodes }) =>
        nodes.map(({ target, failureSummary: why }) => `${id} at ${target.join(" ")}: ${why.replace(/\\s+/g, " ")}`));
}"""
COLOUR_RULES = ["color-contrast", "link-in-text-block"]
# A page is opened once a size: colours do not hang on the language, nor words on the colours.
LOOKS = {"desk": ("zh-hans", "dark", "light"), "phone": ("en", "light", "dark")}


@pytest.mark.parametrize("size", LOOKS)
def test_no_page_errs_is_too_wide_or_shuts_anybody_out(open_page, live_server, town, size):
    language, scheme, other_scheme = LOOKS[size]
    person, plot = everybodys_plot(town)
    client = Client(raise_request_exception=False)
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    paths = pages_of(client, [plot])
    assert {"/map/", "/cases/", "/field/", "/inbox/", "/imports/"} <= set(paths)
    page = open_page(person, phone=size == "phone", color_scheme=scheme, reduced_motion="reduce")
    page.context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": live_server.url}])
    faults = []
    for path in paths:
        before = len(open_page.faults)
        page.emulate_media(color_scheme=scheme)
        page.goto(path, wait_until="load")
        settle(page)
        faults += [f"{path}: {fault}" for fault in open_page.faults[before:]]
        assert page.locator("html").get_attribute("lang") == language
        if too_wide := page.evaluate(TOO_WIDE):
            faults.append(f"{path}: {too_wide}")
        page.evaluate(AXE.read_text())
        faults += [f"{path}: {fault}" for fault in page.evaluate(RUN_AXE)]
        page.emulate_media(color_scheme=other_scheme)
        faults += [f"{path}: {fault} ({other_scheme})" for fault in page.evaluate(RUN_AXE, COLOUR_RULES)]
    open_page.faults.clear()
    assert faults == [], "\n" + "\n".join(faults)
