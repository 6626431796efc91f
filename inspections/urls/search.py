"""Addresses of the global search."""

from django.urls import path

from inspections.views.search import search_list, search_page

urlpatterns = [
    path("search/", search_page, name="search"),
    path("search/list/", search_list, name="search-list"),
]
