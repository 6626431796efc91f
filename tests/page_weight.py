"""How much JavaScript a page loads, compressed as nginx serves it: what its HTML names and what that imports."""

import gzip
import json
import re
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client

MOST_JS_KB = 250  # of a page, the map library included: about 5 s of a weak 3G connection, once
GZIP_LEVEL = 1  # nginx's own where gzip_comp_level is not set (docker/nginx.conf)
SCRIPT = re.compile(r'<script[^>]*\ssrc="([^"]+)"')
LINK = re.compile(r"<link[^>]*>")
HREF = re.compile(r'\shref="([^"]+)"')


def manifest() -> dict[str, dict]:
    """What Vite built, by the name of the built file."""
    built = json.loads((settings.FRONTEND_DIST / "manifest.json").read_text(encoding="utf-8"))
    return {chunk["file"]: {**chunk, "needs": _files(built, chunk)} for chunk in built.values()}


def _files(built: dict[str, dict], chunk: dict) -> list[str]:
    """The files of the modules that a built file imports, at once or later."""
    return [built[name]["file"] for name in (*chunk.get("imports", ()), *chunk.get("dynamicImports", ()))]


def scripts_of(html: str, client: Client) -> dict[str, float]:
    """Return address -> kB compressed of every script that a page loads."""
    chunks = manifest()
    preloaded = [link for link in LINK.findall(html) if 'rel="modulepreload"' in link]
    waiting = SCRIPT.findall(html) + [address for link in preloaded for address in HREF.findall(link)]
    found: dict[str, float] = {}
    while waiting:
        address = waiting.pop()
        if address in found:
            continue
        name = address.removeprefix(settings.STATIC_URL)
        waiting += [f"{settings.STATIC_URL}{needed}" for needed in chunks.get(name, {}).get("needs", [])]
        found[address] = len(gzip.compress(_content(address, client), GZIP_LEVEL)) / 1_000
    return found


def _content(address: str, client: Client) -> bytes:
    if not address.startswith(settings.STATIC_URL):
        return client.get(address).content
    path = finders.find(address.removeprefix(settings.STATIC_URL))
    if path is None:
        raise FileNotFoundError(address)
    return Path(str(path)).read_bytes()
