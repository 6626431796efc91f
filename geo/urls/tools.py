"""Addresses that the map's tools ask, below /api/."""

from django.urls import path

from geo.views.goto import goto
from geo.views.measuring import measure

urlpatterns = [
    path("measure/", measure, name="measure"),
    path("goto/", goto, name="goto"),
]
