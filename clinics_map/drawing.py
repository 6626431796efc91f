"""Catchments on the drawing page: a township's sheet, one outline for each clinic, along the communities' borders."""

from typing import Any

import shapely
from django.utils.translation import gettext_lazy as _
from shapely.geometry import MultiPolygon
from shapely.geometry.base import BaseGeometry

from clinics_map.actions.catchments import write_catchment
from clinics_map.catchments import CLINIC_KINDS, settled_in
from clinics_map.models import Catchment, CatchmentPiece, Facility
from clinics_map.people import within_each
from geo.actions.snapshots import as_shapely
from geo.drawing.holders import Holder, Place
from geo.drawing.sheets import Sheet
from geo.drawing.themes import Theme, register_theme
from geo.models import Unit, UnitLevel
from geo.roles import Act
from geo.zoning.plane import areal

THEME = "catchment"


class ClinicsAsHolders:
    """A catchment belongs to a clinic of the township, whose code it bears."""

    related = ("facility",)

    def free(self, sheet: Sheet) -> list[Holder]:
        """The clinics without a drawn catchment, each with the communities that it serves now."""
        clinics = self._clinics(sheet).filter(drawn=None).order_by("code")
        pieces: dict[int, list[BaseGeometry]] = {}
        for key, boundary in CatchmentPiece.objects.filter(facility__in=clinics).values_list("facility", "boundary"):
            pieces.setdefault(key, []).append(as_shapely(boundary))
        return [
            Holder(clinic.code, clinic.name, areal(shapely.union_all(served)) if served else None)
            for clinic in clinics
            for served in [pieces.get(clinic.pk, [])]
        ]

    def places(self, sheet: Sheet) -> list[Place]:
        """Where the clinics stand."""
        return [Place(clinic.name, clinic.location.x, clinic.location.y) for clinic in self._clinics(sheet)]

    def borders(self, sheet: Sheet) -> list[BaseGeometry]:
        """The township's communities: planners mostly draw along them."""
        return [as_shapely(unit.boundary) for unit in self._communities(sheet)]

    def write(self, sheet: Sheet, row: Any | None, code: str, outline: MultiPolygon) -> None:
        """Store the catchment of the clinic with this code."""
        clinic = row.facility if row is not None else self._clinics(sheet).get(code=code)
        write_catchment(facility=clinic, outline=outline, row=row)

    def people(self, sheet: Sheet, shapes: list[BaseGeometry]) -> list[int]:
        """The township's registered people by their homes."""
        return within_each(settled_in(self._communities(sheet)), shapes)

    def _clinics(self, sheet: Sheet) -> Any:
        mine = Facility.objects.for_user(sheet.user, Act.EDIT_MAP)
        return mine.filter(kind__in=CLINIC_KINDS, unit__path__startswith=sheet.unit.path)

    def _communities(self, sheet: Sheet) -> Any:
        return Unit.objects.under(sheet.unit).filter(level=UnitLevel.COMMUNITY).order_by("code")


register_theme(
    Theme(
        THEME,
        _("服务范围"),
        Act.EDIT_MAP,
        Catchment,
        (UnitLevel.TOWNSHIP,),
        tiles=True,
        named=False,
        holders=ClinicsAsHolders(),
    )
)
