"""Cases over the API: read only, GeoJSON, in the asker's area."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from rest_framework import serializers

from geo.api.filters import PlaceFilter
from geo.api.serializers import NamesForThoseWhoMayKnow
from geo.api.views import ScopedRows
from geo.roles import Act
from inspections.case_table import with_figures
from inspections.models import Case


class CaseFeature(NamesForThoseWhoMayKnow):
    """A case with what was determined, what stands now, and the limit of the stage whose turn it is."""

    name_of_person = "person_in_charge"
    county_code = serializers.CharField(source="county.code", read_only=True)
    determined_m2 = serializers.DecimalField(max_digits=14, decimal_places=2, read_only=True, allow_null=True)
    standing_m2 = serializers.DecimalField(max_digits=14, decimal_places=2, read_only=True, allow_null=True)
    due_at = serializers.DateTimeField(read_only=True, allow_null=True)
    stage = serializers.CharField(source="stage_kind", read_only=True, allow_null=True)
    overdue = serializers.BooleanField(source="is_late", read_only=True)

    class Meta:
        model = Case
        geo_field = "location"
        id_field = "number"
        fields = [
            "number",
            "title",
            "state",
            "address",
            "grounds",
            "person_in_charge",
            "unit_code",
            "unit_name",
            "county_code",
            "determined_m2",
            "standing_m2",
            "due_at",
            "stage",
            "overdue",
            "opened_at",
            "closed_at",
            "location",
        ]


class CaseFilter(PlaceFilter):
    """`?bbox`, `?unit`, `?state`, `?opened_after`, `?opened_before`."""

    geometry_field = "location"
    opened = django_filters.DateFromToRangeFilter(field_name="opened_at")

    class Meta:
        model = Case
        fields = ["state"]


class CaseRows(ScopedRows):
    """Cases in the asker's area, newest first."""

    model, acts, joined = Case, (Act.SEE_CASES,), ("unit", "county")
    serializer_class, filterset_class = CaseFeature, CaseFilter
    lookup_field, lookup_url_kwarg = "number", "case_number"

    def get_queryset(self) -> "QuerySet[Any]":
        return with_figures(super().get_queryset()).order_by("-pk")


case_api_list = CaseRows.as_view({"get": "list"})
case_api_detail = CaseRows.as_view({"get": "retrieve"})
