"""Every address × every role × own, sibling, parent unit and special area.

The walk finds a new address by itself. It fails for one whose argument it cannot fill, for one that reads a query
string which the world does not know, and for one without a guard.
"""

import inspect
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.contrib.admin import site
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from geo.drawing.themes import THEMES
from geo.models import SpecialArea, Unit
from geo.roles import Role
from geo.tiles.registry import layer_names
from inspections.views.files import VARIANTS
from tests import factories
from tests.architecture.world import Plot, add_decision, give_to, make_plot

# Addresses of parts with guards of their own: the admin (staff only, below), sign-in, language, translations.
FOREIGN_ROOTS = ("admin/", "accounts/", "i18n/", "jsi18n/")
ZOOM = 17  # no tile over one plot reaches another


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
    "variant": [*VARIANTS, "web", "footprint"],
    "side": ["before", "after"],
    "overlay": ["probability", "alignment"],
    "extension": ["png", "webp"],
    "format": ["json"],
    "theme": list(THEMES),
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
    """Fill an address with the objects of a plot; all choices and all questions about the plot are tried."""
    known = {**plot.arguments, **tile_over(*plot.spot)}
    routes = [address.route]
    for name in address.arguments:
        values = CHOICES.get(name) or ([known[name]] if name in known else None)
        if values is None:
            pytest.fail(
                f"The walk cannot fill <{name}> of {address.route!r}: add such an object to tests/architecture/world.py"
            )
        routes = [re.sub(rf"<(?:[^:<>]+:)?{name}>", str(value), route) for route in routes for value in values]
    questions = ["", *(f"?{query}" for query in plot.queries.get(address.name, []))]
    return [f"/{route}{question}" for route in routes for question in questions]


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


@pytest.fixture
def world(town):
    """Plots in a community, beside it (in the same township, county and city) and above it (things of its parents)."""
    places: dict[str, tuple[Unit, tuple[float, float]]] = {
        "own": (town.communities[0][0], town.spot(0, 0)),
        "sister": (town.communities[0][1], town.spot(0, 1)),
        "sibling": (town.communities[0][2], town.spot(0, 2)),
        "neighbour": (town.communities[1][0], town.spot(1, 0)),
        "township": (town.townships[0][0], town.spot(0, 1, dx=0.002)),
        "county": (town.counties[0], town.spot(0, 3, dx=0.002)),
        "city": (town.city, town.spot(1, 3)),
    }
    plots = {name: make_plot(town, unit, spot, f"{name.upper()}PLOT") for name, (unit, spot) in places.items()}
    for plot in plots.values():
        add_decision(plot)
    return plots


# What a person posted at each level must not learn of.
FOREIGN = {
    "community": ["neighbour", "sibling", "sister", "township", "county", "city"],
    "township": ["neighbour", "sibling", "county", "city"],
    "county": ["neighbour", "city"],
    "special_area": ["neighbour", "sibling", "sister", "township", "county", "city"],
}
# Layers that tell what everybody may know: where units, and special areas lie.
OPEN_LAYERS = {"units", "special_areas"}


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


def read_query(view: object) -> bool:
    """Whether a view reads the query string itself or through a form."""
    source = inspect.getsource(inspect.unwrap(view)) if inspect.isfunction(inspect.unwrap(view)) else ""
    return "request.GET" in source


# Query strings that choose how a list is shown (page, state, order) and name no object.
ONLY_SHOWS = {"diff-list", "snapshot-list", "account", "inspection-list", "drawing-page", "goto"}


@pytest.mark.django_db
def test_every_question_of_an_address_is_asked(world):
    asked = set(world["own"].queries)
    unknown = {address.name for address in ADDRESSES if read_query(address.view)} - asked - ONLY_SHOWS
    assert not unknown, "add what they are asked about to Plot.queries in tests/architecture/world.py"


def post_at(level: str, town, world) -> dict[str, object]:
    """Where a person is posted; the special area holds the own plot alone."""
    if level == "special_area":
        own = world["own"]
        area = SpecialArea.objects.create(code="XQ09", name="试验区", boundary=own.unit.boundary)
        area.units.set([own.unit])
        give_to(area, own)
        return {"special_area": area}
    unit = {"community": world["own"].unit, "township": town.townships[0][0], "county": town.counties[0]}[level]
    return {"unit": unit}


@pytest.mark.django_db
@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize("posted_to", FOREIGN)
def test_nobody_reaches_what_lies_beside_or_above(world, town, role, posted_to):
    """Posted to the own plot's unit of each level: own answers come without faults, foreign objects do not exist."""
    client = client_of(factories.make_user(role, **post_at(posted_to, town, world)))
    foreign = [world[name] for name in FOREIGN[posted_to]]
    faults = []

    def look(path: str, answer: Answer) -> None:
        if answer.status >= 500:
            faults.append(f"{answer.status} {path}")
        faults.extend(f"{plot.marker} leaks in {path}" for plot in foreign if plot.told_in(answer.body, asked=path))

    for address in ADDRESSES:
        if getattr(address.view, "access", None) == "public":
            continue
        own_paths = paths_of(address, world["own"])
        for path in own_paths:
            look(path, ask(client, path))
        for plot in foreign:
            for path in [path for path in paths_of(address, plot) if path not in own_paths]:
                answer = ask_as_it_wants(client, path)
                look(path, answer)
                if address.names_an_object and answer.status not in {403, 404, 405}:
                    faults.append(f"{answer.status} for a foreign object at {path}")
                is_row_tile = address.name == "vector-tile" and not OPEN_LAYERS & set(path.split("/"))
                if is_row_tile and answer.status == 200:
                    faults.append(f"a foreign place is not empty: {path}")
        if "decision_id" in address.arguments and posted_to != "county":
            for path in own_paths:
                answer = ask_as_it_wants(client, path)
                if answer.status not in {403, 404, 405}:
                    faults.append(f"{answer.status} for the parent's decision at {path}")
    assert_none(faults)


@pytest.mark.django_db
@pytest.mark.parametrize("posted_to", FOREIGN)
def test_an_own_snapshot_shows_nothing_of_a_foreign_place(world, town, posted_to):
    """The pixels of a snapshot reach as far as it was flown; what is shown of them ends at the border."""
    client = client_of(factories.make_user(Role.SUPERVISOR, **post_at(posted_to, town, world)))
    snapshot = world["own"].arguments["snapshot_id"]

    def tile_at(plot: Plot) -> Answer:
        tile = tile_over(*plot.spot)
        return ask(client, f"/tiles/r/{snapshot}/{tile['z']}/{tile['x']}/{tile['y']}.png")

    assert tile_at(world["own"]).status == 200
    beside = [name for name in FOREIGN[posted_to] if not world[name].unit.code.endswith("000")]
    assert {name: tile_at(world[name]).status for name in beside} == dict.fromkeys(beside, 204)


@pytest.mark.django_db
def test_the_own_place_is_not_empty_in_any_layer(world, town):
    """The emptiness of foreign tiles proves something only while the own ones are full."""
    client = client_of(factories.make_user(Role.SUPERVISOR, world["own"].unit))
    tile = tile_over(*world["own"].spot)
    answers = {
        name: ask(client, f"/tiles/v/{name}/{tile['z']}/{tile['x']}/{tile['y']}.mvt").status for name in layer_names()
    }
    seen = {name for name, status in answers.items() if status == 200}
    assert {"units", "control_areas", "buildings", "permits", "flags", "cases", "census_zones"} <= seen, answers


@pytest.mark.django_db
@pytest.mark.parametrize("role", Role.values)
def test_the_administration_is_closed_to_everybody_who_is_not_staff(town, role):
    client = client_of(factories.make_user(role, town.city))
    opened = []
    for model in site._registry:
        for action in ("changelist", "add"):
            path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{action}")
            if ask(client, path).status not in {302, 403, 404}:
                opened.append(path)
    assert opened == []


@pytest.mark.django_db
@pytest.mark.parametrize("role", Role.values)
def test_a_city_post_opens_its_own_pages_without_faults(world, town, role):
    """The walk can succeed: the same addresses answer for somebody whose area holds all plots."""
    client = client_of(factories.make_user(role, town.city))
    answers = [(path, ask(client, path)) for address in ADDRESSES for path in paths_of(address, world["neighbour"])]
    assert_none([f"{answer.status} {path}" for path, answer in answers if answer.status >= 500])
    assert sum(answer.status in {200, 204} for _path, answer in answers) > 10
