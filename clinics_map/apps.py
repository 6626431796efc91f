from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ClinicsMapConfig(AppConfig):
    name = "clinics_map"
    verbose_name = _("卫生室与覆盖")

    def ready(self) -> None:
        # Layers of this app make themselves known to the tile registry of geo, which cannot know us.
        if find_spec("clinics_map.tiles"):
            import_module("clinics_map.tiles")
