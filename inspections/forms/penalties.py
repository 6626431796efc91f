"""Forms of penalties and of the special account."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo.models import Unit, UnitLevel, User
from geo.roles import Act
from geo.templatetags.formatting import month_text
from inspections.actions.account import SPENDING
from inspections.models import Case
from inspections.rules.clock import Month, local_day
from inspections.rules.errors import InvalidMonth

MONTHS_BACK = 12


class MonthField(forms.ChoiceField):
    """The current month and the twelve before it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=lambda: _recent_months(), **kwargs)

    def clean(self, value: Any) -> Month:
        try:
            return Month.parse(super().clean(value))
        except InvalidMonth as error:
            raise ValidationError(_("请选择月份。")) from error


class DraftForm(forms.Form):
    month = MonthField(label=gettext_lazy("月份"))
    county = forms.ModelChoiceField(
        queryset=None, label=gettext_lazy("县（区）"), required=False, empty_label=gettext_lazy("全部")
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["county"].queryset = Unit.objects.for_user(user, Act.DRAFT_PENALTIES).filter(level=UnitLevel.COUNTY)


class CorrectionForm(forms.Form):
    case_number = forms.CharField(label=gettext_lazy("案件编号"), max_length=30)
    corrects = MonthField(label=gettext_lazy("更正哪个月"))
    right_area_m2 = forms.DecimalField(
        label=gettext_lazy("该月应计面积（m²）"),
        min_value=Decimal(0),
        max_digits=12,
        decimal_places=2,
        help_text=gettext_lazy("不应计的填 0；差额作为新的一行计入本决定书。"),
    )
    reason = forms.CharField(label=gettext_lazy("更正原因"), widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, county: Unit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.county = county

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        number = cleaned.get("case_number", "").strip()
        cleaned["case"] = Case.objects.filter(county=self.county, number=number).first()
        if number and cleaned["case"] is None:
            self.add_error(
                "case_number",
                _("%(unit)s没有编号为 %(number)s 的案件。") % {"unit": self.county.name, "number": number},
            )
        return cleaned


class SpendForm(forms.Form):
    purpose = forms.ChoiceField(
        label=gettext_lazy("用途"), choices=[(account.value, account.label) for account in SPENDING]
    )
    amount = forms.DecimalField(
        label=gettext_lazy("金额（元）"), min_value=Decimal("0.01"), max_digits=14, decimal_places=2
    )
    memo = forms.CharField(label=gettext_lazy("摘要"), max_length=200)


class ReverseForm(forms.Form):
    memo = forms.CharField(label=gettext_lazy("冲销原因"), max_length=200)


def _recent_months() -> list[tuple[str, str]]:
    month = Month.of(local_day(timezone.now()))
    months = []
    for _step in range(MONTHS_BACK + 1):
        months.append((str(month), month_text(month.first_day)))
        month = month.previous()
    return months
