"""Addresses of the inbox, saved filters and the place of one's map."""

from django.urls import path

from geo.views.desk import filter_change, filter_save, map_place
from geo.views.imagery_desk import imagery_desk
from geo.views.inbox import inbox, inbox_count, inbox_read, notice_open

urlpatterns = [
    path("inbox/", inbox, name="inbox"),
    path("inbox/read/", inbox_read, name="inbox-read"),
    path("inbox/<int:notice_id>/", notice_open, name="notice-open"),
    path("api/inbox/unread/", inbox_count, name="inbox-count"),
    path("filters/", filter_save, name="filter-save"),
    path("filters/<int:filter_id>/", filter_change, name="filter-change"),
    path("map/place/", map_place, name="map-place"),
    path("imagery/", imagery_desk, name="imagery-desk"),
]
