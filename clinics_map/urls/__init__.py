"""Addresses of clinics and of who is served by them."""

from django.urls import path

from clinics_map.views import clinics

urlpatterns = [
    path("clinics/", clinics.clinic_list, name="clinic-list"),
    path("clinics/<int:facility_id>/", clinics.clinic_detail, name="clinic-detail"),
    path("clinics/<int:facility_id>/catchment/", clinics.clinic_catchment, name="clinic-catchment"),
]
