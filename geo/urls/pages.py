"""Addresses of the start page and the map."""

from django.urls import path

from geo.views.home import home

urlpatterns = [path("", home, name="home")]
