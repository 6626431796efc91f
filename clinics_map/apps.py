from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ClinicsMapConfig(AppConfig):
    name = "clinics_map"
    verbose_name = _("卫生室与覆盖")

    def ready(self) -> None:
        # What of this app is on the map and can be drawn makes itself known to geo, which cannot know us.
        for module in ("clinics_map.tiles", "clinics_map.drawing"):
            if find_spec(module):
                import_module(module)
