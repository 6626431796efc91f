"""Addresses of the start page and the map."""

from django.urls import path

from geo.views.home import home
from geo.views.map import map_page
from geo.views.selecting import selection, selection_export
from geo.views.sheet import sheet_pdf
from geo.views.styleguide import styleguide

urlpatterns = [
    path("", home, name="home"),
    path("map/", map_page, name="map"),
    path("map/selection/", selection, name="map-selection"),
    path("map/selection/export.xlsx", selection_export, name="map-selection-export"),
    path("map/sheet.pdf", sheet_pdf, name="map-sheet"),
    path("styleguide/", styleguide, name="styleguide"),
]
