"""Addresses that the map's tools ask, below /api/."""

from django.urls import path

from geo.views.measuring import measure

urlpatterns = [path("measure/", measure, name="measure")]
