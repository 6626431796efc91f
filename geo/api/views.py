"""The read-only API of the spatial base: lists and single rows as GeoJSON, everything through for_user()."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.viewsets import ReadOnlyModelViewSet
from rest_framework_gis.pagination import GeoJsonPagination

from geo.api import filters, serializers
from geo.api.permissions import MayAct
from geo.models import Building, ChangeFlag, ControlArea, Permit, Snapshot, Unit
from geo.roles import Act

MOST_ROWS_PER_PAGE = 1_000


class Pages(GeoJsonPagination):
    """A feature collection with `count`, `next` and `previous`; `?page=2&page_size=200`."""

    page_size = 100
    max_page_size = MOST_ROWS_PER_PAGE


class ScopedRows(ReadOnlyModelViewSet):
    """Rows of the asker's jurisdiction; another's row does not exist."""

    permission_classes = [MayAct]
    pagination_class = Pages
    acts: tuple[Act, ...] = ()
    model: Any = None
    joined: tuple[str, ...] = ()

    def get_queryset(self) -> "QuerySet[Any]":
        # The schema is drawn without anybody asking: it sees no rows.
        if getattr(self, "swagger_fake_view", False):
            return self.model.objects.none()
        return self.model.objects.for_user(self.request.user).select_related(*self.joined)


class UnitRows(ScopedRows):
    """Administrative units."""

    model, acts, joined = Unit, (Act.SEE_MAP,), ("parent",)
    serializer_class, filterset_class = serializers.UnitSerializer, filters.UnitFilter
    lookup_field, lookup_url_kwarg = "code", "unit_code"


class BuildingRows(ScopedRows):
    """Buildings; the household's name only for those who may know it."""

    model, acts, joined = Building, (Act.SEE_MAP,), ("unit",)
    serializer_class, filterset_class = serializers.BuildingSerializer, filters.BuildingFilter
    lookup_url_kwarg = "building_id"


class PermitRows(ScopedRows):
    """Permits; the holder's name only for those who may know it."""

    model, acts, joined = Permit, (Act.SEE_MAP,), ("unit",)
    serializer_class, filterset_class = serializers.PermitSerializer, filters.PermitFilter
    lookup_url_kwarg = "permit_id"


class ControlAreaRows(ScopedRows):
    """Control areas that touch the asker's jurisdiction."""

    model, acts = ControlArea, (Act.SEE_MAP,)
    serializer_class, filterset_class = serializers.ControlAreaSerializer, filters.ControlAreaFilter
    lookup_url_kwarg = "control_area_id"


class SnapshotRows(ScopedRows):
    """Aerial snapshots that cover the asker's jurisdiction."""

    model, acts = Snapshot, (Act.SEE_SNAPSHOTS,)
    serializer_class, filterset_class = serializers.SnapshotSerializer, filters.SnapshotFilter
    lookup_url_kwarg = "snapshot_id"


class FlagRows(ScopedRows):
    """Change flags, those replaced by a newer run left out."""

    model, acts, joined = ChangeFlag, (Act.SEE_FLAGS,), ("unit", "run")
    serializer_class, filterset_class = serializers.FlagSerializer, filters.FlagFilter
    lookup_url_kwarg = "flag_id"

    def get_queryset(self) -> "QuerySet[Any]":
        return super().get_queryset().standing()
