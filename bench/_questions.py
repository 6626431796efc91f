"""What bench/pages.py asks: every page that a post opens in its day, the tiles under its map, and what the map asks."""

import json
import math
from dataclasses import dataclass

from bench._town import SIDE, City
from geo.models import ArchiveArea, Building, ChangeFlag, ImportJob
from geo.tiles.registry import layer_names
from inspections.models import Case, Inspection, InspectionTask, PenaltyDecision

PAGE_MS, TILE_MS = 300, 200
PAPER_MS = 3_000  # of ledgers and papers: asked for a few times a day, and somebody waits for the file
DENSE_ZOOM, FULLEST_ZOOM, FAR_ZOOM = 16, 14, 11


@dataclass(frozen=True)
class Question:
    """One request of one post. `body` makes it a POST; `limit_ms` is what it may take."""

    post: str
    path: str
    name: str
    body: str = ""
    content_type: str = "application/json"
    limit_ms: int = PAGE_MS


def questions(city: City) -> list[Question]:
    """All questions, in the order of the table."""
    return [*_pages(city), *_map(city), *_tiles(city), *_api(city)]


def _pages(city: City) -> list[Question]:
    county = city.counties[0]
    case = Case.objects.filter(unit__path__startswith=city.townships[0].path, state="determined").first()
    flag = ChangeFlag.objects.filter(state="pending", unit__path__startswith=county.path).first()
    task = InspectionTask.objects.mine(city.people["inspector"]).first()
    building = Building.objects.filter(cases=case).first() or Building.objects.first()
    decision = PenaltyDecision.objects.filter(state="draft").first()
    community = city.communities[0]
    rows = [
        ("inspector", "/field/", "my tasks"),
        ("inspector", f"/field/{task.pk}/", "one task"),
        ("supervisor", "/review/", "first flag"),
        ("supervisor", f"/review/{flag.pk}/", "one flag"),
        ("supervisor", "/review/batch/", "flags together"),
        ("supervisor", "/review/checks/", "spot checks"),
        ("township", "/deadlines/", "deadlines"),
        ("county", "/deadlines/", "deadlines"),
        ("bureau", "/deadlines/", "deadlines"),
        ("brigade", "/deadlines/", "deadlines"),
        ("office", "/month/", "the month"),
        ("centre", "/imagery/", "imagery desk"),
        ("office", "/inbox/", "inbox"),
        ("office", "/api/inbox/unread/", "unread count"),
        ("office", "/cases/", "cases"),
        ("office", "/cases/?state=open&due=overdue", "cases, overdue"),
        ("office", f"/cases/?unit={county.code}&source=aerial&sort=-area", "cases, filtered"),
        ("office", "/cases/?q=彩钢棚", "cases, words"),
        ("office", "/cases/board/", "board of cases"),
        ("office", "/cases/export.xlsx", "ledger of cases"),
        ("office", f"/cases/{case.number}/", "one case"),
        ("township", f"/cases/{case.number}/", "one case"),
        ("supervisor", "/tasks/", "tasks"),
        ("supervisor", "/tasks/?due=overdue", "tasks, overdue"),
        ("supervisor", "/tasks/board/", "board of tasks"),
        ("supervisor", "/tasks/export.xlsx", "ledger of tasks"),
        ("supervisor", f"/tasks/new/?flag={flag.pk}", "new task"),
        ("supervisor", f"/tasks/assign/?case={case.number}", "give out many"),
        ("supervisor", "/inspections/", "inspections"),
        ("supervisor", f"/inspections/{Inspection.objects.first().pk}/", "one inspection"),
        ("office", "/penalties/", "penalties"),
        ("finance", "/penalties/", "penalties"),
        ("office", f"/penalties/{decision.pk}/", "one decision"),
        ("office", f"/penalties/{decision.pk}/pdf/", "its paper"),
        ("finance", "/account/", "account"),
        ("finance", "/account/export.xlsx", "ledger of account"),
        ("office", "/buildings/", "buildings"),
        ("office", f"/buildings/?unit={county.code}&use=commercial", "buildings, filtered"),
        ("office", "/buildings/?q=建业路12号", "buildings, words"),
        ("office", "/buildings/?case=with", "buildings with case"),
        ("office", "/buildings/?permit=without", "buildings, no permit"),
        ("township", "/buildings/?permit=without", "buildings, no permit"),
        ("office", f"/buildings/{building.pk}/", "one building"),
        ("township", "/buildings/export.xlsx", "ledger of buildings"),
        ("planner", "/archive-areas/", "archive areas"),
        ("planner", "/archive-areas/calendar/", "their calendar"),
        ("planner", f"/archive-areas/{ArchiveArea.objects.first().pk}/", "one archive area"),
        ("planner", "/imports/", "imports"),
        ("planner", f"/imports/{ImportJob.objects.first().pk}/", "one import"),
        ("centre", "/snapshots/", "snapshots"),
        ("centre", f"/snapshots/{city.snapshots[-1].pk}/", "one snapshot"),
        ("centre", "/diffs/", "runs"),
        ("centre", f"/diffs/{city.runs[-1].pk}/", "one run"),
        ("centre", "/diffs/new/", "new run"),
        ("planner", "/drawing/", "drawing"),
        ("planner", f"/drawing/census_block/{community.code}/", "drawing sheet"),
        ("planner", f"/drawing/census_block/{community.code}/data/", "its shapes"),
        ("planner", f"/drawing/archive_area/{county.code}/data/", "areas of a county"),
        ("planner", f"/drawing/catchment/{city.townships[0].code}/data/", "catchments"),
        ("census", f"/drawing/versions/{community.code}/", "census versions"),
        ("health", "/clinics/", "clinics"),
        ("office", "/search/?q=建业路", "search"),
        ("office", f"/search/?q={case.number}", "search, a number"),
    ]
    return [
        Question(post, path, name, limit_ms=PAPER_MS if path.split("?")[0].endswith((".xlsx", "/pdf/")) else PAGE_MS)
        for post, path, name in rows
    ]


def _tile(lon: float, lat: float, zoom: int) -> str:
    side = 2**zoom
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * side
    return f"{zoom}/{int((lon + 180) / 360 * side)}/{int(y)}"


def _map(city: City) -> list[Question]:
    west, south, _east, _north = city.communities[0].boundary.extent
    spot = f"lon={west + 0.00005}&lat={south + 0.00005}"

    def outline(sides: float, *layers: str) -> str:
        east, north = west + sides * SIDE, south + sides * SIDE
        corners = [[west, south], [east, south], [east, north], [west, north]]
        return json.dumps({"points": corners, "layers": layers or ["buildings", "flags", "cases", "permits"]})

    return [
        Question("office", "/map/", "map"),
        Question("inspector", "/map/", "map"),
        Question("office", f"/api/identify/?{spot}&zoom=17", "identify"),
        Question("office", f"/api/identify/?{spot}&zoom=13", "identify, far out"),
        Question("office", "/map/selection/", "selection, 500 houses", outline(1)),
        Question("office", "/map/selection/", "selection, 5,000", outline(3.2), limit_ms=600),
        Question("office", "/api/goto/?q=34.71,113.62&system=cgcs2000&near=113.6", "go to a place"),
    ]


def _tiles(city: City) -> list[Question]:
    west, south, _east, _north = city.communities[11].boundary.extent
    rows = []
    for layer in layer_names():
        for zoom in (DENSE_ZOOM, FULLEST_ZOOM, FAR_ZOOM):
            path = f"/tiles/v/{layer}/{_tile(west + SIDE / 2, south + SIDE / 2, zoom)}.mvt"
            rows.append(Question("office", path, f"tile of {layer}, {zoom}", limit_ms=TILE_MS))
    for layer in ("buildings", "flags", "cases"):
        path = f"/tiles/v/{layer}/{_tile(west + SIDE / 2, south + SIDE / 2, FULLEST_ZOOM)}.mvt"
        rows.append(Question("county", path, f"tile of {layer}, {FULLEST_ZOOM}", limit_ms=TILE_MS))
    return rows


def _api(city: City) -> list[Question]:
    west, south, east, north = city.communities[0].boundary.extent
    names = ("units", "buildings", "permits", "control-areas", "snapshots", "flags", "cases")
    rows = [Question("office", f"/api/{name}/", f"API, {name}") for name in names]
    box = f"/api/buildings/?bbox={west},{south},{east},{north}"
    return [*rows, Question("office", box, "API, buildings of a box")]
