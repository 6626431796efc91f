"""Addresses for those who build the product, in debug only."""

from django.urls import path

from geo.views.styleguide import styleguide

urlpatterns = [path("styleguide/", styleguide, name="styleguide")]
