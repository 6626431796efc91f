"""Layers that an administrator may draw: the area is measured and the place looked up when a row is written."""

from typing import Any

import shapely
from django import forms
from django.contrib import admin
from django.contrib.gis.geos import GEOSGeometry
from django.db.models import Field
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from leaflet.admin import LeafletGeoAdminMixin

from geo.admin.base import ScopedAdmin
from geo.errors import GeoError
from geo.measure import area_m2
from geo.models import Snapshot, Unit, User

SNAPSHOTS_SHOWN = 6


def measured_m2(geometry: GEOSGeometry) -> float:
    """Return the area of a drawn polygon in m²; raises GeoError for a shape that has none."""
    return area_m2(shapely.from_wkb(bytes(geometry.wkb))).area_m2


def snapshot_tiles(user: User) -> list[tuple[str, str, dict[str, Any]]]:
    """Return the newest snapshots that the person may see, as base layers of django-leaflet."""
    layers = []
    for snapshot in Snapshot.objects.for_user(user).ready().order_by("-captured_on", "-pk")[:SNAPSHOTS_SHOWN]:
        address = reverse("raster-tile", args=[snapshot.pk, 0, 0, 0, "webp"])
        layers.append((str(snapshot), address.replace("/0/0/0.", "/{z}/{x}/{y}."), {"attribution": ""}))
    return layers


class DrawnForm(forms.ModelForm):
    """Checks the drawn geometry, measures it, and finds the unit that it lies in."""

    geometry_field: str
    area_field: str | None = None
    is_located = False

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        geometry = cleaned.get(self.geometry_field)
        if geometry is None:
            return cleaned
        if geometry.geom_type != "Point":
            try:
                self.instance_area_m2 = measured_m2(geometry)
            except GeoError as error:
                self.add_error(self.geometry_field, _("图形无法量算：%(reason)s") % {"reason": error})
        if self.is_located:
            self.place = Unit.objects.place_of(geometry)
            if self.place is None:
                self.add_error(self.geometry_field, _("图形不在任何行政单位的范围内。"))
        return cleaned


class DrawnAdmin(LeafletGeoAdminMixin, ScopedAdmin):
    """A layer with its map (django-leaflet)."""

    geometry_field: str
    area_field: str | None = None
    is_located = False

    class Media:
        js = ("admin-map/close_up.js",)

    def formfield_for_dbfield(self, db_field: Field, request: HttpRequest | None = None, **kwargs: Any) -> Any:
        """The newest snapshots lie under the drawing, so that a house is drawn on its own photograph."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if request is not None and db_field.name == self.geometry_field:
            field.widget.settings_overrides = {"TILES": snapshot_tiles(request.user)}
        return field

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Whoever may not draw sees the shape without the map."""
        fields = list(super().get_fields(request, obj))
        if not self.has_change_permission(request, obj):
            fields[fields.index(self.geometry_field)] = "drawn_outline"
        return fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [*super().get_readonly_fields(request, obj), "drawn_outline", "measured_area"]

    @admin.display(description=_("量算面积"))
    def measured_area(self, row: Any) -> str:
        """The area that was measured when the shape was last drawn."""
        area = getattr(row, self.area_field) if self.area_field else None
        return "–" if area is None else f"{area:,.1f} m²"

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm]:
        members = {
            "geometry_field": self.geometry_field,
            "area_field": self.area_field,
            "is_located": self.is_located,
        }
        kwargs["form"] = type("DrawnFormOf" + self.opts.object_name, (DrawnForm,), members)
        return super().get_form(request, obj, change=change, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: DrawnForm, change: bool) -> None:
        if change and self.geometry_field not in form.changed_data:
            # The map hands an untouched geometry back with its last digits rounded.
            kept = type(obj)._default_manager.values_list(self.geometry_field, flat=True).get(pk=obj.pk)
            setattr(obj, self.geometry_field, kept)
        else:
            if self.area_field:
                setattr(obj, self.area_field, form.instance_area_m2)
            if self.is_located:
                obj.unit_id, obj.special_area_id = form.place.unit_id, form.place.special_area_id
        super().save_model(request, obj, form, change)
