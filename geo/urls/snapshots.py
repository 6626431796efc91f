"""Addresses of the aerial snapshots."""

from django.urls import path

from geo.views import snapshots

urlpatterns = [
    path("snapshots/", snapshots.snapshot_list, name="snapshot-list"),
    path("snapshots/new/", snapshots.snapshot_new, name="snapshot-new"),
    path("snapshots/<int:snapshot_id>/", snapshots.snapshot_detail, name="snapshot-detail"),
    path("snapshots/<int:snapshot_id>/remove/", snapshots.snapshot_remove, name="snapshot-remove"),
    path("files/snapshot/<int:snapshot_id>/<str:variant>/", snapshots.snapshot_file, name="snapshot-file"),
]
