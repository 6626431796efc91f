"""Addresses of the archive areas 建档区域 (R-107)."""

from django.urls import path

from inspections.views import archive_areas

urlpatterns = [
    path("archive-areas/", archive_areas.archive_area_list, name="archive-area-list"),
    path("archive-areas/export.xlsx", archive_areas.archive_area_export, name="archive-area-export"),
    path("archive-areas/calendar/", archive_areas.archive_area_calendar, name="archive-area-calendar"),
    path("archive-areas/<int:area_id>/", archive_areas.archive_area_detail, name="archive-area-detail"),
    path(
        "archive-areas/<int:area_id>/pictures/<int:snapshot_id>.webp",
        archive_areas.archive_area_picture,
        name="archive-area-picture",
    ),
]
