"""What can be drawn: census blocks in a community, census areas in a township, areas of a jurisdiction, and records.

An app adds its own from a module that it imports when it is ready: geo knows none of its siblings.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from geo.drawing.fields import Field, fields_of
from geo.drawing.holders import Holders
from geo.importers.layers.archive_areas import ArchiveAreaImporter
from geo.importers.layers.base import LayerImporter
from geo.importers.layers.buildings import BuildingImporter
from geo.importers.layers.control_areas import ControlAreaImporter
from geo.importers.layers.permits import PermitImporter
from geo.models import ArchiveArea, Building, CensusZone, CensusZoneLevel, ControlArea, Permit, UnitLevel, User
from geo.roles import Act


@dataclass(frozen=True)
class Theme:
    """One kind of zone. `tiles`: its zones may not overlap and should leave nothing of their parent (R-801)."""

    name: str
    label: str | Promise
    act: Act
    model: type[Model]
    unit_levels: tuple[str, ...]  # of the units whose zones make a sheet
    tiles: bool = False
    zone_level: str = ""
    crosses: bool = False  # may cross units: those that it touches are stored with it
    located: bool = False  # lies in the unit of its middle, and that is stored with it
    importer: type[LayerImporter] | None = None  # whose rules hold for what is written beside the outline
    fields: tuple[Field, ...] = ()
    geometry: str = "boundary"
    area_field: str = ""  # where its measured area is stored
    code: str = "code"
    named: bool = True
    code_prefix: str = ""
    holders: Holders | None = None  # whose zones these are, where they belong to something

    @property
    def is_census(self) -> bool:
        """A layer of zones by census versions (R-808)."""
        return bool(self.zone_level)

    @property
    def event_model(self) -> Any:
        """The table that keeps what every row was."""
        return self.model.pgh_event_models["insert"]  # type: ignore[attr-defined]

    @property
    def is_record(self) -> bool:
        """A single thing with walls of its own: neighbours neither give it nodes nor take them."""
        return self.located and not self.crosses


THEMES = {
    theme.name: theme
    for theme in (
        Theme(
            "census_block",
            _("普查小区"),
            Act.DRAW_ZONES,
            CensusZone,
            (UnitLevel.COMMUNITY,),
            tiles=True,
            zone_level=CensusZoneLevel.BLOCK,
        ),
        Theme(
            "census_area",
            _("普查区"),
            Act.DRAW_ZONES,
            CensusZone,
            (UnitLevel.TOWNSHIP,),
            tiles=True,
            zone_level=CensusZoneLevel.AREA,
        ),
        Theme(
            "control_area",
            _("重点区域"),
            Act.EDIT_MAP,
            ControlArea,
            tuple(UnitLevel.values),
            crosses=True,
            importer=ControlAreaImporter,
            fields=fields_of(ControlAreaImporter, "min_area_m2"),
            code_prefix="KZ",
        ),
        Theme(
            "archive_area",
            _("建档区域"),
            Act.EDIT_MAP,
            ArchiveArea,
            tuple(UnitLevel.values),
            crosses=True,
            located=True,
            importer=ArchiveAreaImporter,
            fields=fields_of(ArchiveAreaImporter, "kind", "interval_days", "first_due"),
            area_field="boundary_area_m2",
            code_prefix="DA",
        ),
        Theme(
            "building",
            _("建筑"),
            Act.EDIT_MAP,
            Building,
            (UnitLevel.COMMUNITY,),
            located=True,
            importer=BuildingImporter,
            fields=fields_of(
                BuildingImporter,
                *("use", "storeys", "structure", "household", "built_year", "address", "status", "source"),
            ),
            geometry="footprint",
            area_field="footprint_area_m2",
            code_prefix="FW",
        ),
        Theme(
            "permit",
            _("许可"),
            Act.EDIT_MAP,
            Permit,
            (UnitLevel.COMMUNITY,),
            located=True,
            importer=PermitImporter,
            fields=fields_of(
                PermitImporter, *("kind", "holder", "valid_from", "valid_until", "permitted_area_m2", "revoked")
            ),
            geometry="footprint",
            area_field="footprint_area_m2",
            code="number",
            named=False,
        ),
    )
}


def register_theme(theme: Theme) -> None:
    """Make a theme of another app known."""
    THEMES[theme.name] = theme


def themes_for(user: User) -> list[Theme]:
    """The themes that this person may draw somewhere."""
    return [theme for theme in THEMES.values() if user.can(theme.act)]
