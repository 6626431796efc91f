"""A real browser at the running product. Any error on a page or in its console fails the test."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ROOT = Path(__file__).resolve().parents[2]


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/e2e" in str(item.path):
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        pytest.fail("Chromium is missing: scripts/install-system-packages installs it")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield opened
        opened.close()


@pytest.fixture
def open_page(browser: Browser, live_server) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a page of its own session: `open_page(user)`, `open_page(user, phone=True)`."""
    cache.clear()  # sign-ins are limited per minute and address: those of one test are not the next one's
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def open_one(user=None, *, phone: bool = False, **options) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            viewport=PHONE if phone else DESKTOP,
            has_touch=phone,
            is_mobile=phone,
            **options,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
        page.on(
            "console",
            lambda message: faults.append(f"{page.url}: {message.text}") if message.type == "error" else None,
        )
        page.on(
            "response",
            lambda answer: faults.append(f"{answer.status} {answer.url}") if answer.status >= 500 else None,
        )
        if user is not None:
            context.add_cookies([session_of(user, live_server.url)])
        return page

    open_one.faults = faults  # a test that provokes an error on purpose clears it here
    yield open_one
    for context in contexts:
        context.close()
    let_requests_end()
    assert faults == []


def session_of(user, url: str) -> dict[str, str]:
    """The cookie of somebody who has signed in; the form itself is tried once, in test_frame."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    name = django_settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": url}


def let_requests_end() -> None:
    """Wait until the server has done with what closed pages had asked: emptying the tables meanwhile would deadlock."""
    quiet, deadline = 0, time.monotonic() + 10
    while quiet < 3 and time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle'"
                " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
            quiet = quiet + 1 if cursor.fetchone()[0] == 0 else 0
        time.sleep(0.05)


@pytest.fixture
def worker(transactional_db, settings) -> Iterator[Callable[[], subprocess.Popen]]:
    """Return a function that starts a real worker process on this test's database and files."""
    database = connection.settings_dict
    host, port = database["HOST"] or "localhost", database["PORT"] or "5432"
    environment = {
        **os.environ,
        "DATABASE_URL": f"postgresql:///{database['NAME']}?host={host}&port={port}&user={database['USER']}",
        "PGPASSWORD": database["PASSWORD"] or os.environ.get("PGPASSWORD", ""),
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
        "SECRET_KEY": django_settings.SECRET_KEY,
    }
    started: list[subprocess.Popen] = []

    def start() -> subprocess.Popen:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), "procrastinate", "worker", "--concurrency", "1"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
