"""Forms of the acts on a case. Each knows its case and who asks, so that it offers only what can be chosen."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo.models import Permit, User
from geo.roles import Act, Bureau
from geo.templatetags.formatting import area_text, moment_text
from inspections.actions.case_guards import brigade_measurements, bureaux_at, may_on
from inspections.actions.demolition import photos_of
from inspections.models import Case, DeterminationOutcome, Ground, MeasurementKind, SourceKind

MOMENT_FORMAT = "%Y-%m-%dT%H:%M"


class MomentInput(forms.DateTimeInput):
    """The browser's own date and time."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format=MOMENT_FORMAT)


class CaseForm(forms.Form):
    """Base: the case and the person. A refusal of the action becomes an error of the form."""

    def __init__(self, *args: Any, case: Case, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.case, self.user = case, user
        self.prepare()

    def prepare(self) -> None:
        """Fill choices and initial values from the case."""


class RouteForm(CaseForm):
    grounds = forms.MultipleChoiceField(
        label=gettext_lazy("事由（可多选）"), choices=Ground.choices, widget=forms.CheckboxSelectMultiple
    )

    def prepare(self) -> None:
        self.fields["grounds"].initial = self.case.grounds


class ConfirmAerialForm(CaseForm):
    measurement = forms.ModelChoiceField(queryset=None, label=gettext_lazy("影像量算"), empty_label=None)

    def prepare(self) -> None:
        field = self.fields["measurement"]
        field.queryset = self.case.measurements.filter(kind=MeasurementKind.AERIAL).order_by("-measured_at")
        field.label_from_instance = _measurement_words


class TypedForm(CaseForm):
    length_m = forms.DecimalField(
        label=gettext_lazy("长（m）"), min_value=Decimal("0.1"), max_digits=8, decimal_places=2
    )
    width_m = forms.DecimalField(
        label=gettext_lazy("宽（m）"), min_value=Decimal("0.1"), max_digits=8, decimal_places=2
    )
    measured_at = forms.DateTimeField(label=gettext_lazy("量算时间"), required=False, widget=MomentInput)


class WalkForm(CaseForm):
    vertices = forms.CharField(
        label=gettext_lazy("拐点"),
        help_text=gettext_lazy("每行一个拐点，按行走顺序：经度, 纬度, 定位精度（m）。首尾不必重复。"),
        widget=forms.Textarea(attrs={"rows": 6, "placeholder": "113.605012, 34.705031, 3.2"}),
    )
    measured_at = forms.DateTimeField(label=gettext_lazy("量算时间"), required=False, widget=MomentInput)

    def clean_vertices(self) -> list[tuple[float, float, float]]:
        vertices = []
        for number, line in enumerate(self.cleaned_data["vertices"].strip().splitlines(), start=1):
            parts = line.replace("，", ",").replace(",", " ").split()
            try:
                lon, lat, accuracy_m = (float(Decimal(part)) for part in parts)
            except (ValueError, InvalidOperation) as error:
                raise ValidationError(
                    _("第 %(number)d 行不是“经度, 纬度, 精度”：%(line)s"), params={"number": number, "line": line}
                ) from error
            vertices.append((lon, lat, accuracy_m))
        return vertices


class DetermineForm(CaseForm):
    bureau = forms.ChoiceField(label=gettext_lazy("认定部门"))
    outcome = forms.ChoiceField(
        label=gettext_lazy("结论"), choices=DeterminationOutcome.choices, widget=forms.RadioSelect
    )
    measurement = forms.ModelChoiceField(
        queryset=None,
        label=gettext_lazy("依据的量算"),
        required=False,
        help_text=gettext_lazy("认定为私搭乱建时必选；只列出市规划监察支队量算或确认的面积。"),
    )
    area_m2 = forms.DecimalField(
        label=gettext_lazy("认定面积（m²）"),
        required=False,
        max_digits=12,
        decimal_places=2,
        help_text=gettext_lazy("不填即为量算面积；只认定超出许可的部分时填写。"),
    )
    permit_number = forms.CharField(
        label=gettext_lazy("许可证号"), required=False, max_length=60, help_text=gettext_lazy("许可合法时必填。")
    )
    reason = forms.CharField(label=gettext_lazy("理由"), widget=forms.Textarea(attrs={"rows": 3}))
    determined_at = forms.DateTimeField(
        label=gettext_lazy("认定时间"), required=False, widget=MomentInput, help_text=gettext_lazy("不填即为现在。")
    )
    document = forms.CharField(
        label=gettext_lazy("原认定文号"),
        required=False,
        max_length=60,
        help_text=gettext_lazy("只在补录移交之前已作出的书面认定时填写。"),
    )

    def prepare(self) -> None:
        routed = set(self.case.routings.values_list("bureau", flat=True))
        own = bureaux_at(self.user, case=self.case) & routed
        self.fields["bureau"].choices = [(value, label) for value, label in Bureau.choices if value in own]
        rows = self.case.measurements.select_related("measured_by").order_by("-measured_at")
        self.fields["measurement"].queryset = rows.filter(pk__in=brigade_measurements(self.case, rows))
        self.fields["measurement"].label_from_instance = _measurement_words

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        number = cleaned.get("permit_number", "").strip()
        cleaned["permit"] = None
        if number:
            cleaned["permit"] = Permit.objects.for_user(self.user).filter(number=number).first()
            if cleaned["permit"] is None:
                self.add_error("permit_number", _("没有编号为 %(number)s 的许可证。") % {"number": number})
        return cleaned


class PlanForm(CaseForm):
    planned_on = forms.DateField(label=gettext_lazy("计划日期"), widget=forms.DateInput(attrs={"type": "date"}))
    forces = forms.CharField(label=gettext_lazy("力量部署"), widget=forms.Textarea(attrs={"rows": 2}))
    risks = forms.CharField(label=gettext_lazy("风险评估"), widget=forms.Textarea(attrs={"rows": 2}))
    stability_measures = forms.CharField(label=gettext_lazy("维稳措施"), widget=forms.Textarea(attrs={"rows": 2}))


class DemolishForm(CaseForm):
    remaining_m2 = forms.DecimalField(
        label=gettext_lazy("剩余面积（m²）"),
        min_value=Decimal(0),
        max_digits=12,
        decimal_places=2,
        help_text=gettext_lazy("全部拆除填 0，案件随即结案；部分拆除填剩余面积，此后按剩余面积计算。"),
    )
    demolished_at = forms.DateTimeField(label=gettext_lazy("拆除时间"), widget=MomentInput)
    photos = forms.ModelMultipleChoiceField(
        queryset=None,
        label=gettext_lazy("拆除后的现场照片"),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("在手机上打开本案件的任务拍摄；须在拆除之后、在现场拍摄。"),
    )
    note = forms.CharField(label=gettext_lazy("说明"), required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def prepare(self) -> None:
        latest = self.case.determinations.order_by("pk").last()
        photos = photos_of(self.case, user=self.user).select_related("inspection__task", "taken_by")
        if latest is not None:
            photos = photos.filter(taken_at__gt=latest.determined_at)
        self.fields["photos"].queryset = photos.order_by("-taken_at")
        if not photos.exists():
            self.fields["photos"].help_text = _("还没有认定之后拍摄的照片。请先派发巡查，或在手机上到现场拍摄。")
        self.fields["photos"].label_from_instance = _photo_label


class SourceForm(CaseForm):
    kind = forms.ChoiceField(label=gettext_lazy("来源"), choices=SourceKind.choices)
    note = forms.CharField(label=gettext_lazy("发现了什么"), widget=forms.Textarea(attrs={"rows": 3}))

    def prepare(self) -> None:
        # A finding from the air comes with its flag, from the review desk.
        self.fields["kind"].choices = [pair for pair in SourceKind.choices if pair[0] != SourceKind.AERIAL]


class DescribeForm(CaseForm):
    title = forms.CharField(label=gettext_lazy("标题"), max_length=120)
    address = forms.CharField(label=gettext_lazy("地点"), max_length=200, required=False)
    person_in_charge = forms.CharField(label=gettext_lazy("当事人"), max_length=80, required=False)

    def prepare(self) -> None:
        for name in ("title", "address", "person_in_charge"):
            self.fields[name].initial = getattr(self.case, name)
        if not may_on(self.user, Act.SEE_HOUSEHOLDS, case=self.case):
            del self.fields["person_in_charge"]


class DiscardForm(CaseForm):
    reason = forms.CharField(label=gettext_lazy("理由"), widget=forms.Textarea(attrs={"rows": 2}))


def _photo_label(photo: Any) -> str:
    """The picture itself, when and by whom: whoever ticks it has seen it."""
    return format_html(
        '<img src="{}" alt="" width="80" height="60" loading="lazy"> {} · {}',
        reverse("photo-file", args=[photo.pk, "thumbnail"]),
        moment_text(photo.taken_at),
        photo.taken_by,
    )


def _measurement_words(row: Any) -> str:
    who = f" · {row.measured_by}" if row.measured_by else ""
    return (
        f"{row.get_kind_display()} {area_text(row.area_m2, row.uncertainty_m2)} · {moment_text(row.measured_at)}{who}"
    )
