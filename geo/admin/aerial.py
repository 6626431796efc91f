"""Snapshots, diff runs and flags: only the product's own actions write them."""

from django.contrib import admin

from geo.admin.base import ReadOnlyAdmin
from geo.models import ChangeFlag, DetectorChoice, DetectorModel, DiffBlock, DiffRun, Snapshot


@admin.register(Snapshot)
class SnapshotAdmin(ReadOnlyAdmin):
    list_display = ("title", "captured_on", "state", "resolution_m", "source_crs", "operator", "loaded_at")
    list_filter = ("state",)
    search_fields = ("title", "file_name", "sha256")
    date_hierarchy = "captured_on"


@admin.register(DiffRun)
class DiffRunAdmin(ReadOnlyAdmin):
    list_display = ("pk", "before", "after", "state", "flag_count", "algorithm", "requested_by", "requested_at")
    list_filter = ("state", "algorithm")
    list_select_related = ("before", "after", "requested_by")
    search_fields = ("before__title", "after__title")


@admin.register(DiffBlock)
class DiffBlockAdmin(ReadOnlyAdmin):
    list_display = ("run", "index", "state", "attempts", "seconds", "done_at")
    list_filter = ("state",)
    list_select_related = ("run",)
    search_fields = ("=run__pk", "error")


@admin.register(ChangeFlag)
class ChangeFlagAdmin(ReadOnlyAdmin):
    list_display = ("number", "kind", "area_m2", "confidence", "state", "unit", "found_at")
    list_filter = ("state", "kind")
    list_select_related = ("unit",)
    search_fields = ("=run__pk", "unit__name", "building__code", "permit__number")
    date_hierarchy = "found_at"


@admin.register(DetectorModel)
class DetectorModelAdmin(ReadOnlyAdmin):
    list_display = ("name", "title", "origin", "state", "parent", "version", "added_by", "added_at")
    list_filter = ("state", "origin")
    list_select_related = ("added_by",)
    search_fields = ("name", "title")


@admin.register(DetectorChoice)
class DetectorChoiceAdmin(ReadOnlyAdmin):
    list_display = ("detector", "version", "chosen_by", "chosen_at")
    list_select_related = ("chosen_by",)
    search_fields = ("detector",)
