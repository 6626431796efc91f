"""The resident housing archive 居民住房管理档案 (R-108): its table, its ledger, and the page of one building."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from geo.access import get_scoped, may
from geo.downloads import xlsx_answer
from geo.models import Building, BuildingStatus, BuildingStructure, BuildingUse
from geo.roles import Act
from geo.unit_choices import unit_choices
from inspections.building_page import building_context
from inspections.building_table import (
    FILTERS,
    building_ledger,
    filtered,
    sorted_as_asked,
    told,
    totals_of,
)

BUILDINGS_A_PAGE = 50
# 20,000 rows take about 6 s to write on one core; a township's archive is smaller, and a request must end.
MOST_EXPORTED = 20_000


class CountedPaginator(Paginator):
    """Pages of rows that the totals have counted already."""

    def __init__(self, rows, per_page: int, *, count: int) -> None:
        super().__init__(rows, per_page)
        self.count = count


@require_safe
@may(Act.SEE_MAP)
def building_list(request: HttpRequest) -> HttpResponse:
    """The archive of the person's area."""
    asked, user = request.GET, request.user
    buildings = filtered(Building.objects.for_user(user), asked, user=user)
    totals = totals_of(buildings)
    rows = sorted_as_asked(buildings, asked).select_related("unit")
    page = CountedPaginator(rows, BUILDINGS_A_PAGE, count=totals.count).get_page(asked.get("page"))
    selects = [
        ("unit", _("单位"), unit_choices(user, chosen=asked.get("unit", ""))),
        ("use", _("用途"), BuildingUse.choices),
        ("structure", _("结构"), BuildingStructure.choices),
    ]
    context = {
        "page": page,
        "rows": told(list(page.object_list), user=user),
        "totals": totals,
        "selects": [(name, label, choices, asked.get(name, "")) for name, label, choices in selects],
        "statuses": BuildingStatus.choices,
        "permits": [("yes", _("有许可")), ("no", _("无许可"))],
        "marks": [*([("open", _("有未结案件"))] if user.can(Act.SEE_CASES) else []), ("barred", _("拆迁不予补偿"))],
        "kept": [(name, asked[name]) for name in ("status", "permit", "case", "sort") if asked.get(name)],
        "words": asked.get("q", ""),
        "query": asked.urlencode(),
        "is_filtered": any(asked.get(name) for name in FILTERS),
        "sees_households": user.can(Act.SEE_HOUSEHOLDS),
    }
    return render(request, "buildings/list.html", context)


@require_safe
@may(Act.SEE_MAP)
def building_export(request: HttpRequest) -> HttpResponse:
    """The same buildings as a ledger 台账."""
    now = timezone.now()
    buildings = filtered(Building.objects.for_user(request.user), request.GET, user=request.user)
    count = buildings.count()
    if count > MOST_EXPORTED:
        text = _("没有导出：共 %(count)s 栋，一次最多导出 %(most)s 栋。请先按单位或其他条件筛选。")
        messages.warning(request, text % {"count": f"{count:,}", "most": f"{MOST_EXPORTED:,}"})
        return redirect(f"/buildings/?{request.GET.urlencode()}")
    content = building_ledger(sorted_as_asked(buildings, request.GET), user=request.user, as_of=now)
    name = f"buildings-{timezone.localtime(now):%Y%m%d-%H%M}"
    return xlsx_answer(content, name=name)


@require_safe
@may(Act.SEE_MAP)
def building_detail(request: HttpRequest, building_id: int) -> HttpResponse:
    """One building with everything that is known of it."""
    rows = Building.objects.for_user(request.user).select_related("unit__parent", "special_area")
    building = get_scoped(rows, pk=building_id)
    return render(request, "buildings/detail.html", building_context(building, user=request.user))
