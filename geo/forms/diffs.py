"""The form that starts a comparison."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from geo.actions.diffs import LITTLE_OVERLAP, overlap_share
from geo.models import Snapshot, User
from geo.templatetags.formatting import date_text


class _SnapshotChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Snapshot) -> str:
        resolution = f"{obj.resolution_m:.2f} m" if obj.resolution_m else ""
        return f"{date_text(obj.captured_on)} · {obj.title} · {resolution}"


class DiffForm(forms.Form):
    """Two dates. Little common ground is warned of once, and then taken as meant."""

    before = _SnapshotChoice(label=_("前期影像"), queryset=Snapshot.objects.none(), empty_label=_("请选择"))
    after = _SnapshotChoice(label=_("后期影像"), queryset=Snapshot.objects.none(), empty_label=_("请选择"))
    little_overlap_meant = forms.BooleanField(label=_("重叠很少，仍要比对"), required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ready = Snapshot.objects.for_user(user).ready().order_by("-captured_on", "-pk")
        for name in ("before", "after"):
            self.fields[name].queryset = ready
        self.warns = False

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        before, after = values.get("before"), values.get("after")
        if not (before and after):
            return values
        if before == after:
            self.add_error("after", _("请选择另一期影像"))
        elif not before.captured_on < after.captured_on:
            self.add_error("after", _("后期影像的拍摄日期须晚于前期"))
        else:
            share = overlap_share(before, after)
            if share == 0.0:
                self.add_error("after", _("两期影像没有重叠，无法比对"))
            elif share < LITTLE_OVERLAP and not values.get("little_overlap_meant"):
                self.warns = True
                self.add_error(
                    "little_overlap_meant", _("两期影像只有 %(share)s 重叠，请确认没有选错") % {"share": f"{share:.0%}"}
                )
        return values
