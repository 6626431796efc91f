"""/styleguide/: every component with an example, for administrators and, in debug, for everybody."""

import datetime
from dataclasses import dataclass
from decimal import Decimal

from django import forms
from django.conf import settings
from django.contrib.gis.geos import Polygon
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from geo.access import public
from geo.crs import STORAGE_SRID
from geo.models import ChangeFlag, DiffRun, Snapshot
from geo.saved_filters import Shelf
from geo.site_map import Shape, site_map
from geo.templatetags.chengkan import ICONS

SAMPLE_GROUND = Polygon.from_bbox((113.60, 34.70, 113.61, 34.71))
SAMPLE_GROUND.srid = STORAGE_SRID
TONES = ("found", "determined", "overdue", "demolition", "closed", "authorised")


@dataclass(frozen=True)
class SampleCase:
    """A made-up row for the table."""

    number: str
    state: str
    state_label: str
    place: str
    area_m2: float
    due_at: datetime.datetime
    amount_yuan: Decimal


class SampleForm(forms.Form):
    """A form with one fault of each kind."""

    name = forms.CharField(label="名称", help_text="写在航拍影像目录里的名字")
    captured_on = forms.DateField(label="拍摄日期", widget=forms.DateInput(attrs={"type": "date"}))
    sensor = forms.CharField(label="传感器", required=False)
    kind = forms.ChoiceField(label="种类", choices=[("new", "新增"), ("enlarged", "扩建")])
    note = forms.CharField(label="说明", required=False, widget=forms.Textarea(attrs={"rows": 3}))
    agree = forms.BooleanField(label="已现场核实", help_text="没有核实不能提交")


def _sample_run(now: datetime.datetime) -> DiffRun:
    before, after = (Snapshot(captured_on=(now - datetime.timedelta(days=days)).date()) for days in (120, 30))
    return DiffRun(pk=1, before=before, after=after)


@public
def styleguide(request: HttpRequest) -> HttpResponse:
    """Show the design system; nothing of the city is on it."""
    if not (settings.DEBUG or request.user.is_staff):
        raise Http404
    now = timezone.now()
    hours = datetime.timedelta(hours=1)
    cases = [
        SampleCase("A2026-0003", "determined", "已认定", "城东乡李家村", 128.4, now - 74 * hours, Decimal("38520")),
        SampleCase("A2026-0007", "demolishing", "拆除中", "南关街道", 64.0, now + 27 * hours, Decimal("19200")),
        SampleCase("A2026-0012", "closed", "已拆除结案", "开发区", 1240.7, now + 150 * hours, Decimal("372210")),
    ]
    events = [
        {"title": "认定为私搭乱建", "at": now, "by": "王明", "text": "未取得规划许可证。", "tone": "determined"},
        {"title": "影像比对发现", "at": now - 48 * hours, "by": "系统", "text": "", "tone": "found"},
    ]
    photo = {"url": "#", "thumb_url": "/static/icon.svg", "taken_at": now, "by": "李强"}
    photos = [
        {**photo, "alt": "东侧", "accuracy_m": 6, "warning": ""},
        {**photo, "alt": "正面", "accuracy_m": 48, "warning": "位置相差 210 m"},
    ]
    return render(
        request,
        "styleguide.html",
        {
            "icons": sorted(ICONS),
            "tones": TONES,
            "facts": [
                ("案件编号", "A2026-0003"),
                ("地点", "城东乡李家村"),
                ("当事人", ""),
                ("立案时间", "2026年11月2日"),
            ],
            "cases": cases,
            "total_m2": sum(case.area_m2 for case in cases),
            "total_yuan": sum(case.amount_yuan for case in cases),
            "events": events,
            "photos": photos,
            "state_choices": [("determined", "已认定", 3), ("demolishing", "拆除中", 1), ("closed", "已拆除结案", 12)],
            "tabs": [
                {"url": "#", "label": _("案情"), "current": True, "count": None},
                {"url": "#", "label": _("照片"), "current": False, "count": 4},
            ],
            "shelf": Shelf(page="cases", rows=[], query="due=overdue", current=None),
            "flag": ChangeFlag(run=_sample_run(now), index=3, kind="new", area_m2=128.4, area_uncertainty_m2=6.1),
            "site_map": site_map(
                [Shape(SAMPLE_GROUND, "catchment", "示例")], user=None, frame=SAMPLE_GROUND, imagery=False
            ),
            "form": SampleForm({"name": "", "captured_on": "", "kind": "new"}),
            "page": Paginator(range(95), 20).page(2),
        },
    )
