"""What all administration pages share: the area of the person, rows that nobody edits, and the history of a row."""

import math
from typing import Any

from django.contrib import admin
from django.contrib.gis.db.models import GeometryField
from django.contrib.gis.geos import GEOSGeometry
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from pghistory.models import Events
from unfold.admin import ModelAdmin

HISTORY_LENGTH = 200


class ScopedAdmin(ModelAdmin):
    """Superusers see and write everything; other staff read what lies in their own area.

    Of a kind of row that has no `for_user()` other staff see nothing.
    """

    list_filter_submit = True
    list_per_page = 50
    show_full_result_count = False
    warn_unsaved_form = True

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        return self.rows_of(request, super().get_queryset(request))

    @staticmethod
    def rows_of(request: HttpRequest, rows: models.QuerySet) -> models.QuerySet:
        """Return the part of `rows` that this person may see; fail-closed for kinds without `for_user()`."""
        if request.user.is_superuser:
            return rows
        return rows.for_user(request.user) if hasattr(rows, "for_user") else rows.none()

    def formfield_for_foreignkey(self, db_field: models.ForeignKey, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs.setdefault("queryset", self.rows_of(request, db_field.remote_field.model._default_manager.all()))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active and request.user.is_superuser

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return request.user.is_active and request.user.is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return request.user.is_active and request.user.is_superuser

    @admin.display(description=_("图形"))
    def drawn_outline(self, row: models.Model) -> SafeString | str:
        """Draw the first geometry that the row has, north up; a point is written as its coordinates."""
        for field in self.opts.fields:
            if isinstance(field, GeometryField) and (geometry := getattr(row, field.attname)):
                return outline(geometry)
        return "–"

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show what the database's own triggers recorded, not only what was done on these pages."""
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        tracked = hasattr(self.model, "pgh_event_models")
        events = Events.objects.tracks(row).order_by("-pgh_created_at")[:HISTORY_LENGTH] if tracked else []
        context = {
            **self.admin_site.each_context(request),
            "title": _("变更历史：%(row)s") % {"row": row},
            "events": events,
            "tracked": tracked,
            "opts": self.opts,
            "object": row,
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/chengkan/history.html", context)


class AddOnlyAdmin(ScopedAdmin):
    """A row is made once and then stands; a change is a new row."""

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class ReadOnlyAdmin(AddOnlyAdmin):
    """Rows that only the product's own actions write. Their geometry is drawn, not spelled out."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: models.Model | None = None) -> list[str]:
        names = []
        for field in (*self.opts.fields, *self.opts.many_to_many):
            if field.primary_key:
                continue
            names.append("drawn_outline" if isinstance(field, GeometryField) else field.name)
        return list(dict.fromkeys(names))

    def get_readonly_fields(self, request: HttpRequest, obj: models.Model | None = None) -> list[str]:
        return self.get_fields(request, obj)


def outline(geometry: GEOSGeometry, size_px: int = 240) -> SafeString:
    """Return a small drawing of a polygon in degrees, stretched by latitude as on a map."""
    if geometry.geom_type == "Point":
        return format_html("{} °E, {} °N", f"{geometry.x:.6f}", f"{geometry.y:.6f}")
    west, south, east, north = geometry.extent
    shrink = math.cos(math.radians((south + north) / 2))
    scale = size_px / max((east - west) * shrink, north - south)
    polygons = geometry if geometry.geom_type == "MultiPolygon" else [geometry]
    path = "".join(
        "M"
        + "L".join(f"{(x - west) * shrink * scale:.1f} {(north - y) * scale:.1f}" for x, y, *_z in ring.coords)
        + "Z"
        for polygon in polygons
        for ring in polygon
    )
    return format_html(
        '<svg role="img" aria-label="{}" width="{}" height="{}" viewBox="-2 -2 {} {}">'
        '<path d="{}" fill="currentColor" fill-opacity=".15" fill-rule="evenodd" stroke="currentColor"/></svg>',
        _("轮廓"),
        size_px,
        size_px,
        size_px + 4,
        size_px + 4,
        path,
    )
