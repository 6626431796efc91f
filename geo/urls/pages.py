"""Addresses of the start page and the map."""

from django.urls import path

from geo.views.home import home
from geo.views.map import map_page

urlpatterns = [
    path("", home, name="home"),
    path("map/", map_page, name="map"),
]
