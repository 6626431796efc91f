from importlib import import_module

from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class GeoConfig(AppConfig):
    name = "geo"
    verbose_name = _("空间底图")

    def ready(self) -> None:
        # geo's own layers; the siblings' ones are registered by their own apps.
        import_module("geo.tiles.layers").register_geo_layers()
        # Detector models that were installed or learned on site lie beside the other private files.
        import_module("geo.imagery.shelf").add_folder(lambda: settings.PRIVATE_ROOT / "models")
