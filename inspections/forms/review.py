"""What a supervisor's decision may hold, as it comes from the desk."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from inspections.models import RejectReason, ReviewOutcome


class DecisionForm(forms.Form):
    """A decision about the flag on the desk."""

    outcome = forms.ChoiceField(choices=[("", ""), *ReviewOutcome.choices], required=False)
    reason = forms.ChoiceField(choices=[("", ""), *RejectReason.choices], required=False)
    note = forms.CharField(max_length=500, required=False)
    outline = forms.CharField(max_length=20_000, required=False)  # corrected rings, JSON in pixels of the picture

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not values.get("outcome"):  # the button of a reason says both
            if not values.get("reason"):
                raise forms.ValidationError(_("没有收到可用的结论"))
            values["outcome"] = ReviewOutcome.REJECTED
        return values


class QueueForm(forms.Form):
    """Which part of the queue a supervisor works through: one run, and the flags put off for now."""

    run = forms.IntegerField(required=False, min_value=1)
    skip = forms.CharField(required=False, max_length=2000)
    flags = forms.CharField(required=False, max_length=2000)  # these alone, as chosen on the map

    def clean_skip(self) -> list[int]:
        return _numbers(self.cleaned_data["skip"])

    def clean_flags(self) -> list[int]:
        return _numbers(self.cleaned_data["flags"])


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",") if part.strip().isdecimal()]


class BatchForm(forms.Form):
    """Flags chosen in the grid, and the one reason for all of them."""

    flag_ids = forms.TypedMultipleChoiceField(coerce=int)
    reason = forms.ChoiceField(choices=RejectReason.choices)
    note = forms.CharField(max_length=500, required=False)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        # Which of them exist for this person is the action's matter; here they are numbers.
        self.fields["flag_ids"].choices = [(value, value) for value in data.getlist("flag_ids") if value.isdigit()]


class OpinionForm(forms.Form):
    """Whom to ask about a flag, and what."""

    colleague_id = forms.IntegerField(min_value=1)
    note = forms.CharField(max_length=500)
