"""The form of a clinic's catchment."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinics_map.actions.catchments import communities_beside
from clinics_map.models import Facility
from geo.models import Unit


class CatchmentForm(forms.Form):
    """The communities that a clinic serves beside its own."""

    communities = forms.ModelMultipleChoiceField(
        Unit.objects.none(), required=False, label=_("另外服务的社区"), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, facility: Facility, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["communities"]
        field.queryset = communities_beside(facility)  # type: ignore[attr-defined]
        field.initial = list(facility.catchment.values_list("community", flat=True))
