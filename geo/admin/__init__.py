"""The administrators' interface of the spatial base (django-unfold); all others work on the pages."""

from django.contrib import admin
from django.contrib.auth.models import Group

from geo.admin import aerial, desk, layers, people

__all__ = ["aerial", "desk", "layers", "people"]

# Rights come from postings (geo.roles); Django's groups would be a second, silent source of them.
admin.site.unregister(Group)
