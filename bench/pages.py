"""What every page costs in a city of 100,000 buildings, beside the same page in one of a hundredth of its size.

Makes both cities in databases of its own and drops them. `queries` of the small city stand beside those of the full
one where they differ: what grows there grows with the rows. `floor` is a request that does `SELECT 1`.

    scripts/bench pages                       the table
    PAGES_MARKDOWN=1 scripts/bench pages      the same as it stands in docs/pages.md
    PAGES_ONLY=penalties scripts/bench pages  only what has the word in its name or address
"""

import gzip
import logging
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

if TYPE_CHECKING:
    from bench._questions import Question

SHARE = 0.01
RUNS = 20
LONG_MS = 1_500  # what takes longer is asked fewer times
FEW_RUNS = 5
FINE = (200, 204, 302)  # a page, an empty tile, the way to the next flag
HEADS = ("page", "post", "queries", "median ms", "p95 ms", "x floor", "x small", "kB sent", "kB JS", "")
MARKDOWN = bool(os.environ.get("PAGES_MARKDOWN"))


@dataclass(frozen=True)
class Answer:
    """What one question cost."""

    queries: int
    median_ms: float
    p95_ms: float
    sent_kb: float
    script_kb: float
    status: int


def say(text: str) -> None:
    """Print one line."""
    print(text, flush=True)  # noqa: T201


def client_of(user: Any) -> Any:
    """A client of this person; without one, of a stranger."""
    from django.test import Client

    client = Client(raise_request_exception=False, SERVER_NAME="localhost", headers={"accept-language": "zh-hans"})
    if user is not None:
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def ask(client: Any, question: "Question") -> tuple[int, bytes]:
    """Return the status and the whole body."""
    if question.body:
        answer = client.post(question.path, question.body, content_type=question.content_type)
    else:
        answer = client.get(question.path)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answer.status_code, body


def measure(client: Any, question: "Question", runs: int) -> Answer:
    """Count the queries of a second request (the first fills what is kept), then time the ones after it."""
    from django.core.cache import cache
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from tests.page_weight import GZIP_LEVEL, scripts_of

    status, _body = ask(client, question)
    with CaptureQueriesContext(connection) as queries:
        begun = time.perf_counter()
        _status, body = ask(client, question)
        first_ms = (time.perf_counter() - begun) * 1_000
        count = len(queries)  # the next request clears them
    times = []
    for _n in range(FEW_RUNS if first_ms > LONG_MS else runs):
        if question.body:
            cache.clear()  # one person may ask such things so often a minute (geo.pace)
        begun = time.perf_counter()
        ask(client, question)
        times.append((time.perf_counter() - begun) * 1_000)
    times.sort()
    p95_ms = times[round(0.95 * (len(times) - 1))]
    compressed = len(gzip.compress(body, GZIP_LEVEL)) / 1_000
    scripts = sum(scripts_of(body.decode(), client).values()) if body[:15].lower() == b"<!doctype html>" else 0.0
    return Answer(count, statistics.median(times), p95_ms, compressed, scripts, status)


@contextmanager
def city_of(share: float) -> Iterator[Any]:
    """A city of this share of the full size in a database and a folder of its own."""
    from django.conf import settings
    from django.db import connection

    from bench._town import fill, make_city
    from bench._work import fill_work

    usual, private = connection.settings_dict["NAME"], settings.PRIVATE_ROOT
    connection.settings_dict["TEST"]["NAME"] = f"{usual}_bench"
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    with tempfile.TemporaryDirectory() as folder:
        settings.PRIVATE_ROOT = Path(folder)
        try:
            begun = time.perf_counter()
            city = make_city()
            fill(city, share)
            fill_work(city)
            say(f"city of {share:.0%} made in {time.perf_counter() - begun:.0f} s")
            yield city
        finally:
            settings.PRIVATE_ROOT = private
            connection.creation.destroy_test_db(usual, verbosity=0)


def asked_of(share: float, runs: int) -> dict[tuple[str, str], tuple["Question", Answer]]:
    """Every question of a city of this size with what it cost, by post and name; the floor under ("", "floor")."""
    from bench._questions import Question, questions

    with city_of(share) as city:
        clients = {post: client_of(person) for post, person in city.people.items()}
        only = os.environ.get("PAGES_ONLY", "")
        asked = [question for question in questions(city) if only in f"{question.name} {question.path}"]
        floor = Question("", "/healthz", "floor")
        found = {("", "floor"): (floor, measure(client_of(None), floor, runs))}
        for question in asked:
            found[question.post, question.name] = (question, measure(clients[question.post], question, runs))
        return found


def line(question: "Question", big: Answer, small: Answer, floor_ms: float) -> list[str]:
    """The cells of one row."""
    queries = str(big.queries) if big.queries == small.queries else f"{big.queries} ({small.queries})"
    remark = "" if big.status in FINE else f"status {big.status}"
    if big.median_ms > question.limit_ms:
        remark = f"over {question.limit_ms} ms"
    figures = [f"{big.median_ms:.1f}", f"{big.p95_ms:.1f}", f"{big.median_ms / floor_ms:.0f}"]
    return [
        question.name,
        question.post,
        queries,
        *figures,
        f"{big.median_ms / small.median_ms:.1f}",
        f"{big.sent_kb:.1f}",
        f"{big.script_kb:.0f}" if big.script_kb else "",
        remark,
    ]


def main() -> None:
    import django
    from django.conf import settings

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    django.setup()
    logging.disable(logging.ERROR)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # nobody signs in here
    small = asked_of(SHARE, RUNS // 2)
    full = asked_of(1.0, RUNS)
    floor_ms = full["", "floor"][1].median_ms
    rows = [list(HEADS), *(line(question, answer, small[key][1], floor_ms) for key, (question, answer) in full.items())]
    widths = [max(len(row[n]) for row in rows) for n in range(len(HEADS))]
    if MARKDOWN:
        rows.insert(1, ["---"] * len(HEADS))
    for row in rows:
        line_of = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        say(f"| {' | '.join(row)} |" if MARKDOWN else "  ".join(line_of).rstrip())


if __name__ == "__main__":
    main()
