"""Addresses of private files."""

from django.urls import path

from inspections.views.files import photo_file

urlpatterns = [
    path("files/photo/<int:photo_id>/<str:variant>", photo_file, name="photo-file"),
]
