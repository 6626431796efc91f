"""Base maps below everything of our own. Without a key there is none: offices run on closed networks (ADR 0007).

天地图 Tianditu is the national map service. Its `_w` tiles lie in the web's Mercator on CGCS2000 and are not shifted as
GCJ-02 maps are. A key "for browsers" is bound to the address of the site, which is why the page may carry it.
"""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SUBDOMAINS = "01234567"
MAX_NATIVE_ZOOM = 18
ADDRESS = (
    "https://t{{s}}.tianditu.gov.cn/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER={layer}"
    "&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}&tk={key}"
)


@dataclass(frozen=True)
class BaseMap:
    """A style: its ground, and the names that are written over it."""

    name: str
    label: str | Promise
    layers: tuple[str, str]


BASE_MAPS = (
    BaseMap("tianditu-image", _("天地图影像"), ("img", "cia")),
    BaseMap("tianditu-vector", _("天地图地图"), ("vec", "cva")),
)


def base_maps() -> list[dict[str, Any]]:
    """What the map page may lay below its layers, as plain values; nothing without a key."""
    key = settings.TIANDITU_KEY
    if not key:
        return []
    return [
        {
            "name": base.name,
            "label": str(base.label),
            "tiles": [ADDRESS.format(layer=layer, key=key) for layer in base.layers],
            "subdomains": SUBDOMAINS,
            "maxNativeZoom": MAX_NATIVE_ZOOM,
            "attribution": str(_("底图：天地图")),
        }
        for base in BASE_MAPS
    ]
