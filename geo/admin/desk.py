"""What people keep for themselves: looked at here, written on their own pages."""

from django.contrib import admin

from geo.admin.base import ReadOnlyAdmin
from geo.models import MapPlace, Notice, SavedFilter


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    list_display = ("to", "kind", "unit", "made_at", "read_at")
    list_filter = ("kind",)
    list_select_related = ("to", "unit")
    search_fields = ("to__username", "key")
    date_hierarchy = "made_at"


@admin.register(SavedFilter)
class SavedFilterAdmin(ReadOnlyAdmin):
    list_display = ("user", "page", "name", "is_default")
    list_filter = ("page",)
    list_select_related = ("user",)
    search_fields = ("user__username", "name")


@admin.register(MapPlace)
class MapPlaceAdmin(ReadOnlyAdmin):
    list_display = ("user", "zoom", "moved_at")
    list_select_related = ("user",)
    search_fields = ("user__username",)
