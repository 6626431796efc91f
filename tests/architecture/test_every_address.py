"""Every address × every role × own, sibling, parent unit and special area.

The walk finds a new address by itself. It fails for one whose argument it cannot fill, for one that reads a query
string which the world does not know, and for one without a guard.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.contrib.admin import site
from django.core.handlers.wsgi import WSGIRequest
from django.http import QueryDict
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils.functional import cached_property

from geo.drawing.themes import THEMES
from geo.models import SpecialArea
from geo.roles import Role
from geo.tiles.registry import layer_names
from inspections.views.files import VARIANTS
from tests import factories
from tests.architecture.world import Plot, give_to

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
    "overlay": ["probability", "alignment", "height"],
    "extension": ["png", "webp"],
    "format": ["json"],
    "name": ["siamese-open"],
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


# What a person posted at each level must not learn of; the first are one of each kind (beside, above), and asked for.
FOREIGN = {
    "community": ["sister", "township", "neighbour", "sibling", "county", "city"],
    "township": ["sibling", "county", "neighbour", "city"],
    "county": ["neighbour", "city"],
    "special_area": ["sister", "township", "neighbour", "sibling", "county", "city"],
}
ASKED_FOR = 3
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


class ReadKeys(QueryDict):
    """A query string that notes which of its keys are read, there or not, by whatever helper, form or filter."""

    noted: set[str] = set()  # the request's own replaces it once the string is read in

    def get(self, key, default=None):
        self.noted.add(key)
        return super().get(key, default)

    def getlist(self, key, default=None):
        self.noted.add(key)
        return super().getlist(key, default)

    def __getitem__(self, key):
        self.noted.add(key)
        return super().__getitem__(key)

    def __contains__(self, key):
        self.noted.add(key)
        return super().__contains__(key)


@pytest.fixture
def read_keys(monkeypatch) -> set[str]:
    """Every key of a query string that was read since it was cleared."""
    noted: set[str] = set()

    def spied(request: WSGIRequest) -> QueryDict:
        keys = ReadKeys(request.environ.get("QUERY_STRING", ""))
        keys.noted = noted
        return keys

    query = cached_property(spied)
    query.__set_name__(WSGIRequest, "GET")
    monkeypatch.setattr(WSGIRequest, "GET", query)
    return noted


# Keys that choose how an answer is shown (page, order, kind, time, size) and name no object and no place.
ONLY_SHOWS = {"format", "lang", "version", "page", "page_size", "sort", "show", "layers", "system", "size"}
ONLY_SHOWS |= {"state", "status", "structure", "use", "kind", "level", "revoked", "due", "source"}
ONLY_SHOWS |= {"valid_on", "opened_after", "opened_before", "captured_after", "captured_before"}
ONLY_SHOWS |= {"min_area_m2", "min_confidence", "asked"}
ONLY_SHOWS_AT = {
    "building-list": {"case", "permit"},  # with or without one
    "building-export": {"case", "permit"},
    "clinic-list": {"name"},
    "archive-area-calendar": {"month"},
    "goto": {"q", "near"},  # reads a place from words; nothing of ours is asked
}


@pytest.mark.django_db
def test_every_question_of_an_address_is_asked(world, town, read_keys):
    plot = world["own"]
    # Between them these may open every address that reads a query string.
    people = [factories.make_user(role, town.city) for role in (Role.SUPERVISOR, Role.OFFICE, Role.CENTRE)]
    read: dict[str, set[str]] = {}
    for client in map(client_of, people):
        for address in ADDRESSES:
            for path in paths_of(address, plot):
                read_keys.clear()
                ask(client, f"{path}{'&' if '?' in path else '?'}asked=1")  # some filters do not look at an empty one
                read.setdefault(address.name, set()).update(read_keys)
    asked = {name: {key for query in queries for key in QueryDict(query)} for name, queries in plot.queries.items()}
    known = {name: asked.get(name, set()) | ONLY_SHOWS_AT.get(name, set()) | ONLY_SHOWS for name in read}
    unknown = {name: sorted(keys - known[name]) for name, keys in sorted(read.items())}
    # Ask about these in Plot.queries of tests/architecture/world.py, or say in ONLY_SHOWS that they name no object.
    assert_none([f"{name} reads {', '.join(keys)}" for name, keys in unknown.items() if keys])


# Acts come from roles, their area from where one is posted: whoever holds every post reaches every address at every
# level, and each post alone is tried at one level, in turns.
EVERY_POST = "every post"
LEVELS = list(FOREIGN)
POSTINGS = [
    *((EVERY_POST, level) for level in LEVELS),
    *((role, LEVELS[turn % len(LEVELS)]) for turn, role in enumerate(Role.values)),
]


def person_at(role: str, **place):
    """Somebody with one post at a place, or with all of them."""
    first, *others = Role.values if role == EVERY_POST else [role]
    person = factories.make_user(first, **place)
    for other in others:
        factories.make_posting(person, other, **place)
    return person


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
@pytest.mark.parametrize(("role", "posted_to"), POSTINGS)
def test_nobody_reaches_what_lies_beside_or_above(world, town, role, posted_to):
    """Posted to the own plot's unit of each level: own answers come without faults, foreign objects do not exist."""
    client = client_of(person_at(role, **post_at(posted_to, town, world)))
    foreign = [world[name] for name in FOREIGN[posted_to]]
    asked = foreign[:ASKED_FOR]
    if role != EVERY_POST:  # one kind of foreign thing each, in turns
        asked = [asked[Role.values.index(role) % len(asked)]]
    faults = []

    def look(path: str, answer: Answer) -> None:
        if answer.status >= 500:
            faults.append(f"{answer.status} {path}")
        faults.extend(f"{plot.marker} leaks in {path}" for plot in foreign if plot.told_in(answer.body, asked=path))

    for address in ADDRESSES:
        if getattr(address.view, "access", None) == "public":
            continue
        own_paths = paths_of(address, world["own"])
        own_answers = [ask(client, path) for path in own_paths]
        for path, answer in zip(own_paths, own_answers, strict=True):
            look(path, answer)
        # Who may not do this at all is turned away before any object is looked for: one more try shows it.
        closed = all(answer.status == 403 for answer in own_answers)
        for plot in asked[: 1 if closed else None]:
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
    zones = {"census_zones", "catchments", "uncovered_homes"}
    assert {"units", "control_areas", "buildings", "permits", "flags", "cases", *zones} <= seen, answers


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
def test_with_every_post_of_the_city_every_address_opens(world, town):
    """The walk can succeed: nothing is forbidden, hidden or broken for somebody whose area holds all plots."""
    client = client_of(person_at(EVERY_POST, unit=town.city))
    answers: dict[str, list[tuple[int, str]]] = {}
    for address in ADDRESSES:
        for path in paths_of(address, world["neighbour"]):
            answers.setdefault(address.route, []).append((ask(client, path).status, path))
    faults = [answer for found in answers.values() for answer in found if answer[0] >= 500]
    # An import is its sender's own matter; the styleguide is for administrators.
    answers = {route: found for route, found in answers.items() if not route.startswith(("imports/<", "styleguide/"))}
    shut = [route for route, found in answers.items() if {status for status, _path in found} <= {403, 404}]
    assert (faults, shut) == ([], [])
