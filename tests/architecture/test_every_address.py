"""Every address × every role × own, sibling and parent unit.

The walk finds a new address by itself. It fails for one whose argument it cannot fill, and for one without a guard.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from geo.roles import Role
from geo.tiles.registry import layer_names
from tests import factories
from tests.architecture.world import Plot, add_decision, make_plot

# Addresses of parts with guards of their own: the admin (staff only), sign-in, language, translations.
FOREIGN_ROOTS = ("admin/", "accounts/", "i18n/", "jsi18n/")
ZOOM = 16


@dataclass(frozen=True)
class Address:
    """One pattern of the URL configuration."""

    route: str
    name: str
    arguments: tuple[str, ...]
    view: object

    @property
    def names_an_object(self) -> bool:
        return bool(set(self.arguments) - TILE_ARGUMENTS - CHOICES.keys())


TILE_ARGUMENTS = {"z", "x", "y"}
# Arguments that choose a kind of answer, not an object: every value is tried.
CHOICES: dict[str, list[str]] = {
    "layer": layer_names(),
    "variant": ["original", "display", "thumbnail", "web", "footprint"],
    "side": ["before", "after"],
    "overlay": ["probability", "alignment"],
    "extension": ["png", "webp"],
    "format": ["json"],
    "theme": ["census_block", "census_area", "control_area"],
}


def walk(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[Address]:
    for pattern in patterns:
        route = prefix + re.sub(r"\\Z$|^\^|\$$", "", str(pattern.pattern))
        if route.startswith(FOREIGN_ROOTS):
            continue
        if isinstance(pattern, URLResolver):
            yield from walk(pattern.url_patterns, route)
        else:
            names = tuple(re.findall(r"<(?:[^:<>]+:)?([^<>]+)>", route))
            yield Address(route, pattern.name or "", names, pattern.callback)


ADDRESSES = list(walk(get_resolver().url_patterns))


def tile_over(lon: float, lat: float) -> dict[str, int]:
    """Return the web tile over a place."""
    n = 2**ZOOM
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n
    return {"z": ZOOM, "x": int((lon + 180) / 360 * n), "y": int(y)}


def paths_of(address: Address, plot: Plot) -> list[str]:
    """Fill an address with the objects of a plot; all choices are tried."""
    place = plot.unit.boundary.centroid
    known = {**plot.arguments, **tile_over(place.x, place.y)}
    routes = [address.route]
    for name in address.arguments:
        values = CHOICES.get(name) or ([known[name]] if name in known else None)
        if values is None:
            pytest.fail(
                f"The walk cannot fill <{name}> of {address.route!r}: add such an object to tests/architecture/world.py"
            )
        routes = [re.sub(rf"<(?:[^:<>]+:)?{name}>", str(value), route) for route in routes for value in values]
    return [f"/{route}" for route in routes]


@dataclass(frozen=True)
class Answer:
    """What came back, read to its end."""

    status: int
    location: str
    body: bytes


def ask(client: Client, path: str, *, post: bool = False) -> Answer:
    response = client.post(path) if post else client.get(path)
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return Answer(response.status_code, response.get("Location", ""), body)


def ask_as_it_wants(client: Client, path: str) -> Answer:
    """GET, or POST where GET is not allowed."""
    answer = ask(client, path)
    return ask(client, path, post=True) if answer.status == 405 else answer


MARKERS = {"own": "OWNPLOT", "sibling": "SIBLINGPLOT", "neighbour": "NEIGHBOURPLOT"}


@pytest.fixture
def world(town):
    """Plots in a township, in its sibling township of the same county, and in the neighbour county."""
    plots = {
        "own": make_plot(town, 0, 0, MARKERS["own"]),
        "sibling": make_plot(town, 0, 2, MARKERS["sibling"]),
        "neighbour": make_plot(town, 1, 0, MARKERS["neighbour"]),
    }
    for plot in plots.values():
        add_decision(plot)
    return plots


def assert_none(faults: list[str]) -> None:
    assert not faults, "\n" + "\n".join(dict.fromkeys(faults))


def client_of(user) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_the_walk_finds_the_addresses_of_every_room():
    names = {address.name for address in ADDRESSES}
    assert {
        "home",
        "map",
        "snapshot-list",
        "diff-list",
        "review-queue",
        "field-home",
        "case-list",
        "penalty-list",
    } <= names
    assert len(ADDRESSES) > 30


def test_every_address_has_a_guard_or_says_that_it_is_public():
    unguarded = [
        address.route
        for address in ADDRESSES
        if not hasattr(address.view, "access") and not hasattr(address.view, "cls")  # DRF: permission classes, below
    ]
    assert unguarded == []


@pytest.mark.django_db
def test_a_stranger_gets_nothing_from_any_address_that_is_not_public(world, client):
    client.raise_request_exception = False
    faults = []
    for address in ADDRESSES:
        if getattr(address.view, "access", None) == "public":
            continue
        for path in paths_of(address, world["own"]):
            answer = ask_as_it_wants(client, path)
            sent_to_sign_in = answer.status == 302 and "/accounts/login/" in answer.location
            if not (sent_to_sign_in or answer.status in {401, 403, 404}):
                faults.append(f"{answer.status} {path}")
    assert_none(faults)


@pytest.mark.django_db
@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize("posted_to", ["community", "township", "county"])
def test_nobody_reaches_what_lies_beside_or_above(world, town, role, posted_to):
    """Posted to the own plot's unit of each level: own answers come without faults, foreign objects do not exist."""
    unit = {"community": world["own"].unit, "township": town.townships[0][0], "county": town.counties[0]}[posted_to]
    client = client_of(factories.make_user(role, unit))
    foreign = ["neighbour"] if posted_to == "county" else ["neighbour", "sibling"]
    faults = []
    for address in ADDRESSES:
        if getattr(address.view, "access", None) == "public":
            continue
        for path in paths_of(address, world["own"]):
            answer = ask(client, path)
            if answer.status >= 500:
                faults.append(f"{answer.status} {path}")
            faults += [f"{place} leaks in {path}" for place in foreign if MARKERS[place].encode() in answer.body]
        for place in foreign:
            for path in paths_of(address, world[place]):
                for answer in (ask(client, path), ask(client, path, post=True)):
                    if address.names_an_object and answer.status not in {403, 404, 405}:
                        faults.append(f"{answer.status} for a foreign object at {path}")
                    if MARKERS[place].encode() in answer.body:
                        faults.append(f"{place} leaks in {path}")
        if "decision_id" in address.arguments and posted_to != "county":
            for path in paths_of(address, world["own"]):
                answer = ask_as_it_wants(client, path)
                if answer.status not in {403, 404, 405}:
                    faults.append(f"{answer.status} for the parent's decision at {path}")
    assert_none(faults)


@pytest.mark.django_db
@pytest.mark.parametrize("role", Role.values)
def test_a_city_post_opens_its_own_pages_without_faults(world, town, role):
    """The walk can succeed: the same addresses answer for somebody whose area holds all plots."""
    client = client_of(factories.make_user(role, town.city))
    answers = [(path, ask(client, path)) for address in ADDRESSES for path in paths_of(address, world["neighbour"])]
    assert_none([f"{answer.status} {path}" for path, answer in answers if answer.status >= 500])
    assert sum(answer.status in {200, 204} for _path, answer in answers) > 10
