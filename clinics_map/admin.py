"""The administrators' interface of health facilities."""

from django.contrib import admin

from clinics_map.models import Catchment, CatchmentCommunity, Facility, StandardSet
from geo.admin.base import DatedSetAdmin, ReadOnlyAdmin
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
class StandardSetAdmin(DatedSetAdmin):
    """The figures of R-701 and R-705."""


@admin.register(CatchmentCommunity)
class CatchmentCommunityAdmin(ReadOnlyAdmin):
    """Drawn on the clinic's page."""

    list_display = ("facility", "community")
    list_select_related = ("facility", "community")
    search_fields = ("facility__code", "facility__name", "community__name")


@admin.register(Catchment)
class CatchmentAdmin(ReadOnlyAdmin):
    """Drawn on the township's sheet."""

    list_display = ("code", "facility", "boundary_area_m2", "unit")
    list_select_related = ("facility", "unit")
    search_fields = ("code", "facility__name")
