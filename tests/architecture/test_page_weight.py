"""What a page asks of a phone on a weak connection: its JavaScript, the map library included."""

import pytest
from django.test import Client

from tests.every_page import everybodys_plot, pages_of
from tests.page_weight import MOST_JS_KB, manifest, scripts_of


@pytest.fixture
def pages(town) -> dict[str, dict[str, float]]:
    """Address -> script -> kB compressed."""
    person, plot = everybodys_plot(town)
    client = Client(raise_request_exception=False)
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return {path: scripts_of(client.get(path).content.decode(), client) for path in pages_of(client, [plot])}


@pytest.mark.django_db
def test_no_page_loads_more_javascript_than_its_budget(pages):
    weights = {path: sum(scripts.values()) for path, scripts in pages.items()}
    print("\n".join(f"{kb:6.1f} kB  {path}" for path, kb in sorted(weights.items())))  # noqa: T201

    assert {path: round(kb) for path, kb in weights.items() if kb > MOST_JS_KB} == {}


@pytest.mark.django_db
def test_the_weight_counts_the_map_library_the_texts_and_what_modules_import(pages):
    names = " ".join(pages["/map/"])

    assert "leaflet/leaflet.js" in names
    assert "/jsi18n/" in names
    assert all(f"assets/{entry}-" in names for entry in ("base", "map", "drawer", "theme"))
    assert sum(pages["/map/"].values()) > sum(pages["/inbox/"].values()) > 20


@pytest.mark.django_db
def test_every_entry_that_a_page_can_load_is_weighed(pages):
    loaded = {name for scripts in pages.values() for name in scripts}
    entries = {file for file, chunk in manifest().items() if chunk.get("isEntry") and file != "sw.js"}

    assert {file for file in entries if f"/static/{file}" not in loaded} == set()
