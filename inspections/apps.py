from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InspectionsConfig(AppConfig):
    name = "inspections"
    verbose_name = _("巡查与案件")

    def ready(self) -> None:
        # Layers of this app make themselves known to the tile registry of geo, which cannot know us.
        if find_spec("inspections.tiles"):
            import_module("inspections.tiles")
        import_module("inspections.archive_watch").watch()
