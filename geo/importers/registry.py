"""The layers that can be imported, by name. Apps above geo add theirs in their own module `importers`."""

from __future__ import annotations

from django.utils.module_loading import autodiscover_modules

from geo.importers.layers.archive_areas import ArchiveAreaImporter
from geo.importers.layers.base import LayerImporter
from geo.importers.layers.buildings import BuildingImporter
from geo.importers.layers.census_zones import CensusZoneImporter
from geo.importers.layers.control_areas import ControlAreaImporter
from geo.importers.layers.permits import PermitImporter
from geo.importers.layers.special_areas import SpecialAreaImporter
from geo.importers.layers.units import UnitImporter

# In the order in which they rest on each other.
_IMPORTERS: dict[str, type[LayerImporter]] = {
    importer.schema.name: importer
    for importer in (
        UnitImporter,
        SpecialAreaImporter,
        ControlAreaImporter,
        ArchiveAreaImporter,
        BuildingImporter,
        PermitImporter,
        CensusZoneImporter,
    )
}


def register(importer: type[LayerImporter]) -> type[LayerImporter]:
    """Add a layer after those known so far; a class decorator."""
    _IMPORTERS[importer.schema.name] = importer
    return importer


def importers() -> dict[str, type[LayerImporter]]:
    """Return every layer's importer by the layer's name, those of all apps, in the order of loading."""
    autodiscover_modules("importers")
    return dict(_IMPORTERS)
