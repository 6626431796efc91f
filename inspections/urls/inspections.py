"""Addresses of what came back from the field."""

from django.urls import path

from inspections.views.inspections import inspection_case, inspection_detail, inspection_list

urlpatterns = [
    path("inspections/", inspection_list, name="inspection-list"),
    path("inspections/<int:inspection_id>/", inspection_detail, name="inspection-detail"),
    path("inspections/<int:inspection_id>/case/", inspection_case, name="inspection-case"),
]
