"""Addresses of the spatial base."""

from django.urls import include, path

urlpatterns = [
    path("", include("geo.urls.pages")),
    path("", include("geo.urls.desk")),
    path("", include("geo.urls.snapshots")),
    path("", include("geo.urls.diffs")),
    path("", include("geo.urls.drawing")),
    path("", include("geo.urls.imports")),
    path("tiles/", include("geo.urls.tiles")),
    path("api/", include("geo.urls.api")),
    path("api/", include("geo.urls.tools")),
]
