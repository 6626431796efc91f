"""The administrators' interface of health facilities."""

from django.contrib import admin

from clinics_map.models import Facility
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
        "population_served",
        ("unit", "special_area"),
        "location",
        "updated_at",
    )
