"""What a page asks of a phone on a weak connection: its JavaScript, the map library included."""

import pytest
from django.test import Client

from tests.every_page import everybodys_plot, pages_of
from tests.page_weight import MOST_JS_KB, manifest, scripts_of


def pages(town) -> dict[str, dict[str, float]]:
    """Address -> script -> kB compressed."""
    person, plot = everybodys_plot(town)
    client = Client(raise_request_exception=False)
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return {path: scripts_of(client.get(path).content.decode(), client) for path in pages_of(client, [plot])}


@pytest.mark.django_db
def test_no_page_loads_more_javascript_than_its_budget(town):
    scripts = pages(town)
    weights = {path: sum(kb.values()) for path, kb in scripts.items()}
    print("\n".join(f"{kb:6.1f} kB  {path}" for path, kb in sorted(weights.items())))  # noqa: T201

    assert {path: round(kb) for path, kb in weights.items() if kb > MOST_JS_KB} == {}

    # The weight counts the map library, the texts and what modules import ...
    names = " ".join(scripts["/map/"])
    assert "leaflet/leaflet.js" in names
    assert "/jsi18n/" in names
    assert all(f"assets/{entry}-" in names for entry in ("base", "map", "drawer", "theme"))
    assert weights["/map/"] > weights["/inbox/"] > 20

    # ... and every entry that a page can load.
    loaded = {name for own in scripts.values() for name in own}
    entries = {file for file, chunk in manifest().items() if chunk.get("isEntry") and file != "sw.js"}
    assert {file for file in entries if f"/static/{file}" not in loaded} == set()
