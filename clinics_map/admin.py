"""The administrators' interface of health facilities."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from clinics_map.models import CatchmentCommunity, Facility, StandardSet
from geo.admin.base import AddOnlyAdmin, ReadOnlyAdmin
from geo.admin.drawing import DrawnAdmin


@admin.register(Facility)
class FacilityAdmin(DrawnAdmin):
    geometry_field = "location"
    is_located = True
    list_display = ("code", "name", "kind", "parent", "building_area_m2", "population_served", "unit")
    list_filter = ("kind",)
    list_select_related = ("parent", "unit")
    search_fields = ("code", "name")
    autocomplete_fields = ("parent", "building")
    readonly_fields = ("unit", "special_area", "updated_at")
    fields = (
        ("code", "name"),
        ("kind", "parent"),
        ("building", "building_area_m2"),
        ("population_served", "registered_population", "other_residents"),
        "staff",
        ("unit", "special_area"),
        "location",
        "updated_at",
    )


@admin.register(StandardSet)
class StandardSetAdmin(AddOnlyAdmin):
    """A changed figure is a new version with its own day."""

    list_display = ("unit", "effective_from", "note", "made_by", "made_at")
    list_select_related = ("unit", "made_by")
    search_fields = ("unit__name", "unit__code", "note")
    date_hierarchy = "effective_from"
    autocomplete_fields = ("unit",)
    fields = ("unit", "effective_from", "values", "note")

    def save_model(self, request: HttpRequest, obj: StandardSet, form: Any, change: bool) -> None:
        obj.made_by = request.user
        super().save_model(request, obj, form, change)


@admin.register(CatchmentCommunity)
class CatchmentCommunityAdmin(ReadOnlyAdmin):
    """Drawn on the clinic's page."""

    list_display = ("facility", "community")
    list_select_related = ("facility", "community")
    search_fields = ("facility__code", "facility__name", "community__name")
