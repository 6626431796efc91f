"""Every address is asked odd things: what cannot be understood is a clear no, never a fault of the server."""

import re

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.db import transaction
from django.http import QueryDict
from django.test import Client

from tests.architecture.test_every_address import (
    ADDRESSES,
    EVERY_POST,
    Address,
    ReadKeys,
    assert_none,
    client_of,
    paths_of,
    person_at,
    read_keys,
)

__all__ = ["read_keys"]

# Asked of each key by itself, and those asked of all at once.
ODD_EACH = ["99999999999999999999", "nan", "\0"]
ODD = [*ODD_EACH, "", "-1", "²", "😀", "2026-02-30", "[]", "1,2,3,4", "x" * 3000]
HUGE = b"1" + b"0" * 400
ODD_BODIES = [
    b'{"kind": "length", "pointer": "mouse", "zoom": 1, "points": [[%b, 1], [2, 2]]}' % HUGE,
    b'{"layers": [], "points": [[1, 1], [2, 1], [%b, 2]]}' % HUGE,
    b'{"changes": [{"key": "a", "geometry": {"type": "Polygon", "coordinates": [[[%b, 0], [1, 1], [1, 0], [%b, 0]]]}}]}'
    % (HUGE, HUGE),
    b"", b"null", b"[]", b"{}", b'"x"', b"1", b"{", b"\xff\xfe", b'{"rings": [[[NaN, 0]]]}', b"[" * 100_000,
    b'{"type": "Polygon", "coordinates": [[]]}', b'{"features": [{"geometry": null}]}',
    b'{"geometry": {"type": "Point"}}',
    b'{"changes": [{"key": "a", "code": "\\u0000", "name": "\\ud800", "geometry": {}}]}',
    b'{"changes": [null], "base": {}, "geometry": [], "parts": 1, "line": [], "points": [[1]], "codes": null}',
]  # fmt: skip
METHOD_NOT_ALLOWED = 405
# Values in place of a word of the path; whole numbers have their own converter.
ODD_WORDS = ["x", "%00", "x" * 300, "%F0%9F%98%80", "..", "0"]
ODD_NUMBERS = ["0", "9223372036854775808", "99999999999999999999999"]


@pytest.fixture
def everybody(town) -> Client:
    """Somebody with every post of the city: no question stops at a missing act."""
    return client_of(person_at(EVERY_POST, unit=town.city))


def status_of(client: Client, method: str, path: str, **more) -> int:
    """The status of an answer that is read to its end; what was written is undone, whatever it broke."""
    savepoint = transaction.savepoint()
    try:
        response = getattr(client, method)(path, **more)
        if response.streaming:
            b"".join(response.streaming_content)
        return response.status_code
    finally:
        transaction.savepoint_rollback(savepoint)


def bare_path(address: Address, plot) -> str:
    return paths_of(address, plot)[0].split("?")[0]


@pytest.mark.django_db
def test_no_key_of_a_query_string_breaks_a_page(world, everybody, read_keys):
    faults = []
    for address in ADDRESSES:
        path = bare_path(address, world["own"])
        known = {key for query in world["own"].queries.get(address.name, []) for key in QueryDict(query)}
        read_keys.clear()
        status_of(everybody, "get", f"{path}?asked=1")
        keys = sorted((read_keys | known) - {"asked"})
        questions = [{key: value} for key in keys for value in ODD_EACH]
        questions += [dict.fromkeys(keys, value) for value in ODD] if keys else []
        for question in questions:
            status = status_of(everybody, "get", path, data=question)
            if status >= 500:
                faults.append(f"{status} {path} with {str(question)[:120]}")
    assert_none(faults)


@pytest.mark.django_db
def test_no_word_of_a_path_breaks_a_page(world, everybody):
    faults = []
    for address in ADDRESSES:
        if not address.arguments:
            continue
        path = bare_path(address, world["own"])
        pieces = re.split(r"<(?:([^:<>]+):)?([^<>]+)>", address.route)
        converters, values = pieces[1::3], path_values(address, path)
        for place, converter in enumerate(converters):
            for odd in ODD_NUMBERS if converter == "int" else ODD_WORDS:
                words = [odd if number == place else value for number, value in enumerate(values)]
                asked = "/" + "".join(text + word for text, word in zip(pieces[0::3], [*words, ""], strict=True))
                status = max(status_of(everybody, method, asked) for method in ("get", "post"))
                if status >= 500:
                    faults.append(f"{status} {asked[:120]}")
    assert_none(faults)


def path_values(address: Address, path: str) -> list[str]:
    """What stands in a path at each argument of its address."""
    pattern = re.sub(r"<(?:[^:<>]+:)?[^<>]+>", "\0", address.route)
    found = re.fullmatch("/" + re.escape(pattern).replace("\0", "(.+?)").replace("\\\x00", "(.+?)"), path)
    assert found, (address.route, path)
    return list(found.groups())


@pytest.mark.django_db
def test_no_form_breaks_whatever_is_sent(world, everybody, monkeypatch):
    noted: set[str] = set()

    def spied(request: WSGIRequest) -> QueryDict:
        own = request._get_post()
        keys = ReadKeys("", mutable=True)
        for key, values in own.lists():
            keys.setlist(key, values)
        keys.noted = noted
        return keys

    monkeypatch.setattr(WSGIRequest, "POST", property(spied, WSGIRequest._set_post))
    faults = []
    for address in ADDRESSES:
        path = bare_path(address, world["own"])
        noted.clear()
        if status_of(everybody, "post", path) == METHOD_NOT_ALLOWED:
            continue
        for value in ODD:
            # What is read depends on what was there: keys are gathered while asking.
            status = status_of(everybody, "post", path, data=dict.fromkeys(noted, value))
            if status >= 500:
                faults.append(f"{status} POST {path} with {sorted(noted)} = {value[:40]!r}")
    assert_none(faults)


@pytest.mark.django_db
def test_no_body_breaks_whatever_is_sent(world, everybody, monkeypatch):
    read = []
    body_of = WSGIRequest.body.fget
    monkeypatch.setattr(WSGIRequest, "body", property(lambda request: read.append(request.path) or body_of(request)))
    faults, readers = [], set()
    for address in ADDRESSES:
        path = bare_path(address, world["own"])
        read.clear()
        for body in ODD_BODIES:
            status = status_of(everybody, "post", path, data=body, content_type="application/json")
            if status >= 500:
                faults.append(f"{status} {path} with {body[:60]!r}")
            if not read:  # a page or a form: what it reads is asked above
                break
            readers.add(address.name)
    assert_none(faults)
    assert {"drawing-save", "map-selection"} <= readers, readers
