"""Where a person can go: the places of the header and the bottom bar, each for an act of theirs."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from geo.roles import IMPORTS, Act, Role

BOTTOM_BAR_PLACES = 5


@dataclass(frozen=True)
class Place:
    """A page of the navigation, shown to those who may do `act` somewhere."""

    label: str | Promise
    icon: str
    url_name: str
    act: Act | tuple[Act, ...]  # one of several
    # Addresses that count as inside this place.
    prefixes: tuple[str, ...] = ()


# In the order of the working day; the first few are the phone's bottom bar, the others stand in its user menu.
PLACES = (
    Place(_("我的任务"), "camera", "field-home", Act.INSPECT, ("/field/",)),
    Place(_("影像审核"), "compare", "review-queue", Act.REVIEW_FLAGS, ("/review/",)),
    Place(_("案件"), "file", "case-list", Act.SEE_CASES, ("/cases/",)),
    Place(_("地图"), "map", "map", Act.SEE_MAP, ("/map/",)),
    Place(_("绘制"), "ruler", "drawing-list", Act.DRAW_ZONES, ("/drawing/",)),
    Place(_("巡查记录"), "list", "inspection-list", Act.SEE_INSPECTIONS, ("/inspections/",)),
    Place(_("任务派发"), "users", "task-list", Act.ASSIGN_INSPECTIONS, ("/tasks/",)),
    Place(_("补偿金"), "money", "penalty-list", Act.SEE_PENALTIES, ("/penalties/",)),
    Place(_("专户"), "archive", "account", Act.SEE_ACCOUNT, ("/account/",)),
    Place(_("航拍影像"), "image", "snapshot-list", Act.SEE_SNAPSHOTS, ("/snapshots/",)),
    Place(_("影像比对"), "layers", "diff-list", Act.SEE_FLAGS, ("/diffs/", "/detectors/")),
    Place(_("房屋档案"), "building", "building-list", Act.SEE_MAP, ("/buildings/",)),
    Place(_("数据导入"), "upload", "import-list", IMPORTS, ("/imports/",)),
    Place(_("区域建档"), "calendar", "archive-area-list", Act.SEE_ARCHIVE_AREAS, ("/archive-areas/",)),
    Place(_("卫生室"), "clinic", "clinic-list", Act.SEE_CLINICS, ("/clinics/",)),
)
# Where posts begin that work in several of the places: one page of what waits for them, a click on the brand away.
DESKS = (
    Place(_("我的期限"), "clock", "deadline-desk", Act.SEE_CASES),
    Place(_("本月"), "calendar", "month-desk", Act.ISSUE_PENALTIES),
    Place(_("影像与比对"), "image", "imagery-desk", Act.LOAD_SNAPSHOTS),
)
# What each post opens on; a person of several posts opens on the first of their places that is such a start.
STARTS = {
    Role.INSPECTOR: "field-home",
    Role.SUPERVISOR: "review-queue",
    Role.TOWNSHIP: "deadline-desk",
    Role.COUNTY: "deadline-desk",
    Role.BUREAU: "deadline-desk",
    Role.BRIGADE: "deadline-desk",
    Role.OFFICE: "month-desk",
    Role.FINANCE: "penalty-list",
    Role.CENTRE: "imagery-desk",
    Role.PLANNER: "map",
    Role.HEALTH: "clinic-list",
    Role.CENSUS: "drawing-list",
}


@dataclass(frozen=True)
class Link:
    """A place with its address."""

    label: str | Promise
    icon: str
    url: str
    current: bool


def links_for(request: HttpRequest, places: Sequence[Place] = PLACES) -> list[Link]:
    """Return the places that the signed-in person may enter; none for a visitor."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return []
    links = []
    for place in places:
        acts = place.act if isinstance(place.act, tuple) else (place.act,)
        if not any(user.can(act) for act in acts):
            continue
        try:
            url = reverse(place.url_name)
        except NoReverseMatch:  # an app that is switched off
            continue
        inside = request.path == url or any(request.path.startswith(prefix) for prefix in place.prefixes)
        links.append(Link(place.label, place.icon, url, inside))
    return links


def start_of(request: HttpRequest) -> str:
    """Return the address of the signed-in person's own work, or nothing for somebody without a post."""
    starts = {STARTS[Role(role)] for role in request.user.roles}
    begins = [place for place in (*PLACES[:2], *DESKS, *PLACES[2:]) if place.url_name in starts]
    links = links_for(request, begins) or links_for(request)
    return links[0].url if links else ""
