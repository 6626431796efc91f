"""What is typed about saved filters, and what the map says of its place."""

from django import forms
from django.utils.translation import gettext_lazy as _

from geo.models import FilterPage

LONGEST_QUERY = 500  # the column's


class SaveFilterForm(forms.Form):
    """A name for the filter that the table shows."""

    page = forms.ChoiceField(choices=FilterPage.choices)
    name = forms.CharField(label=_("名称"), max_length=40)
    query = forms.CharField(max_length=LONGEST_QUERY)


class ChangeFilterForm(forms.Form):
    """One thing to do with a saved filter."""

    do = forms.ChoiceField(
        choices=[("rename", ""), ("delete", ""), ("default", ""), ("no_default", "")],
    )
    name = forms.CharField(required=False, max_length=40)


class PlaceForm(forms.Form):
    """The middle of a map."""

    lon = forms.FloatField(min_value=-180, max_value=180)
    lat = forms.FloatField(min_value=-85, max_value=85)
    zoom = forms.IntegerField(min_value=0, max_value=22)
