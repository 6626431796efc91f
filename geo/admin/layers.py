"""Units and the layers that lie in them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _

from geo.admin.base import ReadOnlyAdmin
from geo.admin.drawing import DrawnAdmin
from geo.importers.layers.base import to_shapely
from geo.importers.layers.links import link_to_units, units_touched
from geo.models import (
    ArchiveArea,
    Building,
    CensusZone,
    ControlArea,
    FinishedCensus,
    ImportJob,
    ImportMapping,
    ImportRun,
    Permit,
    SpecialArea,
    Unit,
)

PLACE = ("unit", "special_area")


class TouchingUnitsMixin:
    """A boundary that crosses units: those that it touches are stored when it is written."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)  # type: ignore[misc]
        if not change or "boundary" in form.changed_data:
            form.instance.units.set(units_touched(to_shapely(form.instance.boundary)))


class NamesPeopleMixin:
    """Who lives there or holds it is neither shown to staff nor found by them; superusers alone see it here."""

    person_field: str

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        fields = super().get_fields(request, obj)  # type: ignore[misc]
        return [name for name in fields if request.user.is_superuser or name != self.person_field]

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        fields = super().get_search_fields(request)  # type: ignore[misc]
        return [name for name in fields if request.user.is_superuser or name != self.person_field]


@admin.register(Unit)
class UnitAdmin(DrawnAdmin):
    geometry_field = "boundary"
    area_field = "boundary_area_m2"
    list_display = ("code", "name", "level", "parent", "population")
    list_filter = ("level",)
    list_select_related = ("parent",)
    search_fields = ("code", "name")
    autocomplete_fields = ("parent",)
    fields = ("code", "name", "level", "parent", "population", "measured_area", "boundary")

    def get_readonly_fields(self, request: HttpRequest, obj: Unit | None = None) -> list[str]:
        # Everything below a unit carries its code in its path, and every scope is a prefix of paths.
        fixed = [] if obj is None else ["code", "level", "parent"]
        return [*super().get_readonly_fields(request, obj), *fixed]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if not change or "boundary" in form.changed_data:
            link_to_units([form.instance.pk])


@admin.register(SpecialArea)
class SpecialAreaAdmin(TouchingUnitsMixin, DrawnAdmin):
    geometry_field = "boundary"
    list_display = ("code", "name")
    search_fields = ("code", "name")
    fields = ("code", "name", "units", "boundary")
    readonly_fields = ("units",)


@admin.register(ControlArea)
class ControlAreaAdmin(TouchingUnitsMixin, DrawnAdmin):
    geometry_field = "boundary"
    list_display = ("code", "name", "min_area_m2")
    search_fields = ("code", "name")
    fields = ("code", "name", "min_area_m2", "units", "boundary")
    readonly_fields = ("units",)


@admin.register(ArchiveArea)
class ArchiveAreaAdmin(TouchingUnitsMixin, DrawnAdmin):
    geometry_field = "boundary"
    area_field = "boundary_area_m2"
    is_located = True
    list_display = ("code", "name", "kind", "interval_days", "next_due", "unit")
    list_filter = ("kind",)
    list_select_related = ("unit",)
    search_fields = ("code", "name")
    date_hierarchy = "next_due"
    readonly_fields = (*PLACE, "last_aerial_on", "last_ground_on", "next_due", "units")
    fields = (
        ("code", "name"),
        "kind",
        ("interval_days", "first_due"),
        ("last_aerial_on", "last_ground_on", "next_due"),
        "measured_area",
        PLACE,
        "units",
        "boundary",
    )


@admin.register(Building)
class BuildingAdmin(NamesPeopleMixin, DrawnAdmin):
    person_field = "household"
    geometry_field = "footprint"
    area_field = "footprint_area_m2"
    is_located = True
    list_display = ("code", "name", "use", "storeys", "status", "footprint_area_m2", "unit")
    list_filter = ("status", "use", "structure", "no_compensation")
    list_select_related = ("unit",)
    search_fields = ("code", "name", "address", "household")
    readonly_fields = (*PLACE, "updated_at")
    fields = (
        ("code", "name"),
        ("use", "structure"),
        ("storeys", "built_year"),
        "household",
        "address",
        ("status", "no_compensation"),
        ("source", "measured_area"),
        PLACE,
        "footprint",
        "updated_at",
    )


@admin.register(Permit)
class PermitAdmin(NamesPeopleMixin, DrawnAdmin):
    person_field = "holder"
    geometry_field = "footprint"
    area_field = "footprint_area_m2"
    is_located = True
    list_display = ("number", "kind", "valid_from", "valid_until", "revoked", "permitted_area_m2", "unit")
    list_filter = ("kind", "revoked")
    list_select_related = ("unit",)
    search_fields = ("number", "holder")
    date_hierarchy = "valid_from"
    readonly_fields = (*PLACE, "updated_at")
    fields = (
        ("number", "kind"),
        "holder",
        ("valid_from", "valid_until", "revoked"),
        ("permitted_area_m2", "measured_area"),
        PLACE,
        "footprint",
        "updated_at",
    )


class OpenCensusForm:
    """A new zone, or an old one given another version, does not enter a finished census (R-808)."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()  # type: ignore[misc]
        place = getattr(self, "place", None)
        if place is not None:
            unit = Unit.objects.get(pk=place.unit_id)
            if FinishedCensus.objects.touching(unit, cleaned.get("version") or "").exists():
                fault = _("%(unit)s 的普查版本 %(version)s 已完成，请用新的版本。")
                words = {"unit": unit.name, "version": cleaned["version"]}
                self.add_error("version", fault % words)  # type: ignore[attr-defined]
        return cleaned


@admin.register(CensusZone)
class CensusZoneAdmin(DrawnAdmin):
    geometry_field = "boundary"
    area_field = "boundary_area_m2"
    is_located = True
    list_display = ("code", "name", "level", "version", "households", "unit")
    list_filter = ("version", "level")
    list_select_related = ("unit",)
    search_fields = ("code", "name")
    readonly_fields = PLACE
    fields = (("version", "level"), ("code", "name"), ("households", "measured_area"), PLACE, "boundary")

    def get_form(self, request: HttpRequest, obj: CensusZone | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (OpenCensusForm, form), {})

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        # Deleting a choice of rows asks about no single one: with a finished zone among them it would end in an error.
        return {name: act for name, act in super().get_actions(request).items() if name != "delete_selected"}

    def has_change_permission(self, request: HttpRequest, obj: CensusZone | None = None) -> bool:
        """A finished version is looked at only (R-808)."""
        return super().has_change_permission(request, obj) and not _is_finished(obj)

    def has_delete_permission(self, request: HttpRequest, obj: CensusZone | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not _is_finished(obj)


def _is_finished(zone: CensusZone | None) -> bool:
    return zone is not None and FinishedCensus.objects.touching(zone.unit, zone.version).exists()


@admin.register(FinishedCensus)
class FinishedCensusAdmin(ReadOnlyAdmin):
    list_display = ("version", "unit", "zone_count", "finished_by", "finished_at")
    list_filter = ("version",)
    list_select_related = ("unit", "finished_by")


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnlyAdmin):
    list_display = (
        "layer",
        "file_name",
        "created_count",
        "updated_count",
        "unchanged_count",
        "imported_by",
        "imported_at",
    )
    list_filter = ("layer",)
    list_select_related = ("imported_by",)
    search_fields = ("file_name", "sha256")
    date_hierarchy = "imported_at"


@admin.register(ImportJob)
class ImportJobAdmin(ReadOnlyAdmin):
    list_display = ("layer", "file_name", "state", "sent_by", "sent_at")
    list_filter = ("layer", "state")
    list_select_related = ("sent_by",)
    search_fields = ("file_name", "sha256")
    date_hierarchy = "sent_at"


@admin.register(ImportMapping)
class ImportMappingAdmin(ReadOnlyAdmin):
    list_display = ("layer", "user", "unit", "saved_at")
    list_filter = ("layer",)
    list_select_related = ("user", "unit")
