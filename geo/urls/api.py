"""Addresses of the API, below /api/."""

from django.urls import URLPattern, path
from drf_spectacular.views import SpectacularAPIView

from geo.api import views
from geo.api.views import ScopedRows
from geo.views.identify import identify


def rows(address: str, key: str, view: type[ScopedRows], name: str) -> list[URLPattern]:
    """Return the addresses of a list and of one of its rows."""
    return [
        path(f"{address}/", view.as_view({"get": "list"}), name=f"api-{name}-list"),
        path(f"{address}/<{key}>/", view.as_view({"get": "retrieve"}), name=f"api-{name}-detail"),
    ]


urlpatterns = [
    path("identify/", identify, name="identify"),
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    *rows("units", "str:unit_code", views.UnitRows, "unit"),
    *rows("buildings", "int:building_id", views.BuildingRows, "building"),
    *rows("permits", "int:permit_id", views.PermitRows, "permit"),
    *rows("control-areas", "int:control_area_id", views.ControlAreaRows, "control-area"),
    *rows("snapshots", "int:snapshot_id", views.SnapshotRows, "snapshot"),
    *rows("flags", "int:flag_id", views.FlagRows, "flag"),
]
