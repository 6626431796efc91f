"""What can be drawn: census blocks in a community, census areas in a township, control areas in a jurisdiction."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from geo.models import CensusZone, CensusZoneLevel, ControlArea, UnitLevel, User
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

    @property
    def event_model(self) -> Any:
        """The table that keeps what every row was."""
        return self.model.pgh_event_models["insert"]  # type: ignore[attr-defined]


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
        Theme("control_area", _("重点区域"), Act.EDIT_MAP, ControlArea, tuple(UnitLevel.values)),
    )
}


def themes_for(user: User) -> list[Theme]:
    """The themes that this person may draw somewhere."""
    return [theme for theme in THEMES.values() if user.can(theme.act)]
