"""Addresses of reviews, the field app, cases, penalties and the housing archive."""

from django.urls import include, path

urlpatterns = [
    path("", include("inspections.urls.review")),
    path("", include("inspections.urls.field")),
    path("", include("inspections.urls.files")),
    path("", include("inspections.urls.desks")),
    path("", include("inspections.urls.cases")),
    path("", include("inspections.urls.penalties")),
    path("", include("inspections.urls.buildings")),
    path("", include("inspections.urls.archive_areas")),
    path("", include("inspections.urls.search")),
]
