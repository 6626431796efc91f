"""What all administration pages share: the area of the person, rows that nobody edits, and the history of a row."""

import datetime
import math
from typing import Any, NamedTuple

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

from geo.models import User

HISTORY_LENGTH = 200


class RecordedEvent(NamedTuple):
    """One event of a row: when, what, who, and the fields that changed with their values before and after."""

    at: datetime.datetime
    what: str
    who: str
    changes: list[tuple[str, Any, Any]]


def recorded_events(row: models.Model) -> list[RecordedEvent]:
    """Return the newest events of a tracked row, newest first, with the names that people know."""
    newest = Events.objects.tracks(row).order_by("-pgh_created_at")[:HISTORY_LENGTH]
    # Events of one transaction have one time; their numbers (texts in this view of all event tables) tell the order.
    events = sorted(newest, key=lambda event: (event.pgh_created_at, int(event.pgh_id)), reverse=True)
    numbers = {(event.pgh_context or {}).get("user") for event in events} - {None}
    names = {user.pk: str(user) for user in User.objects.filter(pk__in=numbers)}
    words = {"insert": _("新建"), "update": _("修改"), "delete": _("删除")}
    labels = {field.attname: str(field.verbose_name) for field in row._meta.concrete_fields}
    return [
        RecordedEvent(
            at=event.pgh_created_at,
            what=str(words.get(event.pgh_label, event.pgh_label)),
            who=names.get((event.pgh_context or {}).get("user"), "–"),
            changes=[
                (labels.get(name, name), before, after) for name, (before, after) in (event.pgh_diff or {}).items()
            ],
        )
        for event in events
    ]


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

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return [self.rounded(name) for name in super().get_list_display(request)]

    def rounded(self, name: Any) -> Any:
        """Return a column of square metres that shows one decimal; any other column as it is."""
        if not (isinstance(name, str) and name.endswith("_m2")):
            return name
        label = self.opts.get_field(name).verbose_name

        @admin.display(description=label, ordering=name)
        def square_metres(row: models.Model) -> str:
            value = getattr(row, name)
            return "–" if value is None else f"{value:,.1f}"

        square_metres.__name__ = f"{name}_rounded"
        return square_metres

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
        context = {
            **self.admin_site.each_context(request),
            "title": _("变更历史：%(row)s") % {"row": row},
            "events": recorded_events(row) if tracked else [],
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


class DatedSetAdmin(AddOnlyAdmin):
    """Figures of a unit from a day on: a changed figure is a new version with its own day, by whoever made it."""

    list_display = ("unit", "effective_from", "note", "made_by", "made_at")
    list_select_related = ("unit", "made_by")
    search_fields = ("unit__name", "unit__code", "note")
    date_hierarchy = "effective_from"
    autocomplete_fields = ("unit",)
    fields = ("unit", "effective_from", "values", "note")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.made_by = request.user
        super().save_model(request, obj, form, change)


class ReadOnlyAdmin(AddOnlyAdmin):
    """Rows that only the product's own actions write. Their geometry is drawn, not spelled out."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: models.Model | None = None) -> list[Any]:
        # What has no word for people is machinery: paths, locks, working plans.
        fields = [
            field
            for field in (*self.opts.fields, *self.opts.many_to_many)
            if field.verbose_name != field.name.replace("_", " ")
        ]
        names = ["drawn_outline" if isinstance(field, GeometryField) else field.name for field in fields]
        return [self.rounded(name) for name in dict.fromkeys(names)]

    def get_readonly_fields(self, request: HttpRequest, obj: models.Model | None = None) -> list[Any]:
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
