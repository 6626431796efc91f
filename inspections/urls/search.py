"""Address of the global search."""

from django.urls import path

from inspections.views.search import search_page

urlpatterns = [path("search/", search_page, name="search")]
