"""Pictures of every page of a running demo: `python scripts/take_screenshots.py http://127.0.0.1:8000/ [--only WORD]`.

Pages are found in the URL configuration, and each is opened by the post whose work it is; of things with states one of
each state is shown. Exit code 1 when a page errs, logs an error or is wider than its screen.
"""

import argparse
import html
import logging
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import django
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright's loop runs in this thread
django.setup()
logging.disable(logging.WARNING)

from contact_sheets import sheet_of, write_sheets  # noqa: E402
from django.conf import settings  # noqa: E402
from django.test import Client  # noqa: E402

from geo.models import (  # noqa: E402
    ArchiveArea,
    Building,
    ChangeFlag,
    ControlArea,
    DiffRun,
    ImportJob,
    Posting,
    Snapshot,
    Unit,
    User,
)
from geo.roles import Role  # noqa: E402
from tests.architecture.test_every_address import ADDRESSES, Address  # noqa: E402
from tests.architecture.world import Plot  # noqa: E402
from tests.e2e.conftest import DESKTOP, PHONE, QUIET  # noqa: E402
from tests.every_page import TOO_WIDE, pages_of, settle  # noqa: E402

FOLDER = ROOT / "build" / "screenshots"
TALLEST_PX = 2_600  # of a page; a long table says nothing new below
REPAINTED_MS = 250  # after the colours change: maps draw themselves anew
LANGUAGES = {"zh": ("zh-hans", "zh-CN"), "en": ("en", "en-GB")}
SIZES = {"desk": DESKTOP, "phone": PHONE}

# Whose work a page is: the first that fits the address. Then the others are tried in the order of the roles.
WORK_OF = (
    ("drawing/versions", Role.CENSUS),
    ("drawing", Role.PLANNER),
    ("archive-areas", Role.PLANNER),
    ("imports", Role.PLANNER),
    ("field", Role.INSPECTOR),
    ("review", Role.SUPERVISOR),
    ("tasks", Role.SUPERVISOR),
    ("inspections", Role.SUPERVISOR),
    ("deadlines", Role.TOWNSHIP),
    ("snapshots", Role.CENTRE),
    ("diffs", Role.CENTRE),
    ("imagery", Role.CENTRE),
    ("account/", Role.FINANCE),
    ("clinics", Role.HEALTH),
    ("", Role.OFFICE),
)
STRANGERS_PAGES = ["/accounts/login/"]
PAGES_OF_EVERYBODY = ["/no-such-page/", "/accounts/password/change/", "/accounts/logout/"]


@dataclass(frozen=True)
class Shown:
    """One page and who opens it."""

    path: str
    person: User | None

    @property
    def name(self) -> str:
        """A file's name."""
        words = self.path.strip("/").replace("?", "-").replace("=", "-").replace("/", "_") or "home"
        return words if self.person is None else f"{words}@{self.person.username}"


def people() -> dict[str, User]:
    """The first person of each post."""
    found: dict[str, User] = {}
    for posting in Posting.objects.in_force().select_related("user").order_by("pk"):
        found.setdefault(posting.role, posting.user)
    return found


def one_of_each(rows: Any, field: str) -> list[Any]:
    """Of each value of a field the row that has most to show: the oldest."""
    return list({getattr(row, field): row for row in rows.order_by("-pk")}.values())


def plots_of(user: User) -> Iterator[Plot]:
    """What this person may see, as the walk over all addresses names it: one of each kind, then the other states."""
    from clinics_map.models import Facility
    from inspections.models import Case, Inspection, InspectionTask, PenaltyDecision

    posting = user.postings.select_related("unit").first()
    unit = posting.unit or posting.special_area.units.first()
    sheet = Unit.objects.under(unit).filter(level="township").first() or unit
    case = Case.objects.for_user(user).filter(building__isnull=False).first() or Case.objects.for_user(user).first()
    flags = ChangeFlag.objects.for_user(user)
    first = {
        "unit_code": sheet.code,
        "building_id": (case and case.building_id) or _key(Building.objects.for_user(user)),
        "facility_id": _key(Facility.objects.for_user(user)),
        "area_id": _key(ArchiveArea.objects.for_user(user)),
        "control_area_id": _key(ControlArea.objects.for_user(user)),
        "snapshot_id": _key(Snapshot.objects.for_user(user)),
        "run_id": _key(DiffRun.objects.for_user(user)),
        "flag_id": _key(flags.pending()) or _key(flags),
        "open_flag_id": _key(flags.pending()),
        "case_number": case.number if case else "none",
        "task_id": _key(InspectionTask.objects.mine(user)) or _key(InspectionTask.objects.for_user(user)),
        "inspection_id": _key(Inspection.objects.for_user(user)),
        "decision_id": _key(PenaltyDecision.objects.for_user(user)),
        "import_id": _key(ImportJob.objects.for_user(user)),
        "person_id": user.pk,
        "control_area_code": "none",
    }
    names = [name for address in ADDRESSES for name in address.arguments]
    spot = tuple(unit.boundary.point_on_surface.coords)
    others = [
        {"unit_code": (Unit.objects.under(sheet).filter(level="community").first() or sheet).code},
        *({"case_number": row.number} for row in one_of_each(Case.objects.for_user(user), "state")),
        *({"decision_id": row.pk} for row in one_of_each(PenaltyDecision.objects.for_user(user), "state")),
        *({"import_id": row.pk} for row in one_of_each(ImportJob.objects.for_user(user), "state")),
        *({"snapshot_id": row.pk} for row in one_of_each(Snapshot.objects.for_user(user), "state")),
        *({"run_id": row.pk} for row in one_of_each(DiffRun.objects.for_user(user), "state")),
    ]
    for more in ({}, *others):
        yield Plot(sheet, "", spot, {**dict.fromkeys(names, 0), **first, **more})


def _key(rows: Any) -> int:
    row = rows.order_by("pk").first()
    return row.pk if row else 0


def posts_for(address: Address) -> list[str]:
    """The roles in the order in which they are asked to open an address."""
    own = next(role for start, role in WORK_OF if address.route.startswith(start))
    return [own, *(role for role in Role.values if role != own)]


def all_pages() -> list[Shown]:
    """Every page, with the first post in the order that gets it."""
    persons = people()
    clients = {role: client_of(person) for role, person in persons.items()}
    plots = {role: list(plots_of(person)) for role, person in persons.items()}
    shown: dict[str, Shown] = {path: Shown(path, None) for path in STRANGERS_PAGES}
    starts = {role: clients[role].get("/").get("Location", "") for role in clients}
    for address in ADDRESSES:
        for role in posts_for(address):
            if role not in clients:
                continue
            paths = pages_of(clients[role], plots[role], [address])
            for path in paths:
                shown.setdefault(path, Shown(path, persons[role]))
            if paths:
                break
    # The page on which a post begins, as that post sees it.
    for role, start in starts.items():
        if start and shown.get(start, Shown("", None)).person != persons[role]:
            shown[f"{start} {role}"] = Shown(start, persons[role])
    for path in PAGES_OF_EVERYBODY:
        shown[path] = Shown(path, persons[Role.OFFICE])
    return list(shown.values())


def client_of(user: User) -> Client:
    """A client of the running demo's database, signed in."""
    client = Client(raise_request_exception=False, SERVER_NAME="localhost")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def place_of(person: User | None) -> dict[str, Any]:
    """Where the phone says that somebody stands: in the middle of their first task, or of their unit."""
    from inspections.models import InspectionTask

    if person is None:
        return {}
    task = InspectionTask.objects.mine(person).first()
    posting = person.postings.select_related("unit", "special_area").first()
    ground = (posting.unit or posting.special_area).boundary
    lon, lat = (task.location if task else ground.point_on_surface).coords
    return {"geolocation": {"longitude": lon, "latitude": lat, "accuracy": 6}, "permissions": ["geolocation"]}


class Camera:
    """Takes the pictures of one language and size, and notes what is wrong."""

    def __init__(self, browser: Browser, address: str, language: str, size: str) -> None:
        self.browser, self.address, self.language, self.size = browser, address, language, size
        self.contexts: dict[str, BrowserContext] = {}
        self.faults: list[str] = []

    def page_for(self, person: User | None) -> Page:
        """A page of this person's own session."""
        key = person.username if person else ""
        if key not in self.contexts:
            code, locale = LANGUAGES[self.language]
            phone = self.size == "phone"
            context = self.browser.new_context(
                base_url=self.address,
                locale=locale,
                timezone_id="Asia/Shanghai",
                viewport=SIZES[self.size],
                has_touch=phone,
                is_mobile=phone,
                reduced_motion="reduce",
                **place_of(person),
            )
            cookies = {settings.LANGUAGE_COOKIE_NAME: code}
            if person:
                cookies["sessionid"] = client_of(person).cookies["sessionid"].value
            context.add_cookies(
                [{"name": name, "value": value, "url": self.address} for name, value in cookies.items()]
            )
            self.contexts[key] = context
        return self.contexts[key].new_page()

    def take(self, shown: Shown) -> list[Path]:
        """Open one page and take it light and dark."""
        page, where = self.page_for(shown.person), f"{shown.name} ({self.size}, {self.language})"
        expected = {404} if shown.path == "/no-such-page/" else set()
        said: list[str] = []
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        answer = page.goto(shown.path, wait_until="load")
        settle(page)
        if answer is not None and answer.status >= 400 and answer.status not in expected:
            said.append(f"status {answer.status}")
        if too_wide := page.evaluate(TOO_WIDE):
            said.append(too_wide)
        # As tall as the page: what sticks to an edge of the screen stands at the end of the picture, not in its middle.
        size = SIZES[self.size]
        height = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": size["width"], "height": max(size["height"], min(height, TALLEST_PX))})
        taken = []
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            page.wait_for_timeout(REPAINTED_MS)
            path = FOLDER / f"{self.size}-{theme}-{self.language}" / f"{shown.name}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=path)
            taken.append(path)
        self.faults += [f"{where}: {words}" for words in said if not (expected and "404" in words)]
        page.close()
        return taken


def write_index(pictures: dict[str, list[Path]]) -> None:
    """One page with all pictures, a row a page."""
    rows = []
    for name, paths in pictures.items():
        shown = [(html.escape(str(path.relative_to(FOLDER))), path.parent.name) for path in paths]
        images = "".join(
            f'<a href="{source}"><img loading="lazy" height="320" alt="" src="{source}"><br>{kind}</a>'
            for source, kind in shown
        )
        rows.append(f"<h2>{html.escape(name)}</h2><div>{images}</div>")
    style = "body{font-family:sans-serif}div{display:flex;gap:8px;overflow:auto}img{border:1px solid #999}"
    head = f'<!doctype html><meta charset="utf-8"><title>Pages</title><style>{style}</style>'
    (FOLDER / "index.html").write_text(head + "\n".join(rows), encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("--only", default="", help="a word of the names of the pages that are wanted")
    parser.add_argument("--sheets", action="store_true", help="also sheets of twelve pages a picture")
    parser.add_argument("--sheet", type=Path, help="also one picture of the best pages, for the documents")
    asked = parser.parse_args()
    pages = [shown for shown in all_pages() if asked.only in shown.name]
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("Chromium is missing: scripts/install-system-packages installs it")
    pictures: dict[str, list[Path]] = {shown.name: [] for shown in pages}
    faults: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        for language in LANGUAGES:
            for size in SIZES:
                camera = Camera(browser, asked.address, language, size)
                for shown in pages:
                    pictures[shown.name] += camera.take(shown)
                faults += camera.faults
                print(f"{size}, {language}: {len(pages)} pages, {len(camera.faults)} faults", flush=True)
        browser.close()
    print("\n".join(faults), file=sys.stderr)
    write_index(pictures)
    if asked.sheets:
        write_sheets(pictures, FOLDER / "sheets")
    if asked.sheet:
        sheet_of(FOLDER, asked.sheet)
    print(f"{FOLDER.relative_to(ROOT)}/index.html")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
