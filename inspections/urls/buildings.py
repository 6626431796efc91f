"""Addresses of the resident housing archive 居民住房管理档案 (R-108)."""

from django.urls import path

from inspections.views import buildings

urlpatterns = [
    path("buildings/", buildings.building_list, name="building-list"),
    path("buildings/export.xlsx", buildings.building_export, name="building-export"),
    path("buildings/<int:building_id>/", buildings.building_detail, name="building-detail"),
]
