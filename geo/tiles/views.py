"""/tiles/: vector tiles of the layers and raster tiles of the snapshots, each for what the asker may see."""

import hashlib

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags, quote_etag
from django.views.decorators.http import require_safe

from geo.access import get_scoped
from geo.models import Snapshot
from geo.roles import Act
from geo.tiles.grid import NoSuchTile, Tile
from geo.tiles.guards import may_read
from geo.tiles.raster import area_within, snapshot_tile
from geo.tiles.registry import LayerFault, layer_named
from geo.tiles.vector import vector_tile

# Rows change while people work: a tile is asked for anew after this time, and mostly answered by 304.
VECTOR_FRESH_S = 20
# The pixels of a snapshot never change; what a person may see of them seldom does.
RASTER_FRESH_S = 3_600
CONTENT_TYPES = {"png": "image/png", "webp": "image/webp"}


@require_safe
@may_read(*Act)
def vector(request: HttpRequest, layer: str, z: int, x: int, y: int) -> HttpResponseBase:
    """Answer a Mapbox vector tile, 204 when empty, 404 for a layer that there is not (for this person)."""
    try:
        found = layer_named(layer)
    except LayerFault as fault:
        raise Http404 from fault
    if not found.is_for(request.user):
        raise Http404
    content = vector_tile(found.narrowed(request.GET), request.user, _tile_or_404(z, x, y))
    etag = quote_etag(hashlib.sha256(content).hexdigest()[:32])
    if etag in parse_etags(request.headers.get("If-None-Match", "")):
        return _kept(HttpResponse(status=304), etag, VECTOR_FRESH_S)
    status = 200 if content else 204
    return _kept(
        HttpResponse(content, status=status, content_type="application/vnd.mapbox-vector-tile"), etag, VECTOR_FRESH_S
    )


@require_safe
@may_read(Act.SEE_SNAPSHOTS)
def raster(request: HttpRequest, snapshot_id: int, z: int, x: int, y: int, extension: str) -> HttpResponseBase:
    """Answer an image of 512 pixels, transparent outside of the asker's jurisdiction; 204 when empty."""
    tile = _tile_or_404(z, x, y)
    snapshot = get_scoped(Snapshot.objects.for_user(request.user).ready(), pk=snapshot_id)
    if not snapshot.web_file.is_file():
        raise Http404
    scope = request.user.scope(Act.SEE_SNAPSHOTS)
    # The cut is part of the version: a boundary that was read in anew is another tile.
    within = None if scope.everything else area_within(scope, tile)
    cut = "all" if scope.everything else within.wkb_hex if within is not None else "none"
    version = f"{snapshot.sha256}|{snapshot.web_file.stat().st_mtime_ns}|{cut}|{tile}|{extension}"
    etag = quote_etag(hashlib.sha256(version.encode()).hexdigest()[:32])
    if etag in parse_etags(request.headers.get("If-None-Match", "")):
        return _kept(HttpResponse(status=304), etag, RASTER_FRESH_S)
    if request.method == "HEAD":
        # A cache in front asks whether this person may have which version: that needs no drawing (docker/nginx.conf).
        return _kept(HttpResponse(content_type=CONTENT_TYPES[extension]), etag, RASTER_FRESH_S)
    content = None
    if scope.everything or within is not None:
        content = snapshot_tile(snapshot.web_file, tile, within=within, image_format=extension)
    status = 204 if content is None else 200
    return _kept(
        HttpResponse(content or b"", status=status, content_type=CONTENT_TYPES[extension]), etag, RASTER_FRESH_S
    )


def _tile_or_404(z: int, x: int, y: int) -> Tile:
    try:
        return Tile(z, x, y)
    except NoSuchTile as fault:
        raise Http404 from fault


def _kept(response: HttpResponse, etag: str, fresh_s: int) -> HttpResponse:
    """Let the asker's own browser keep a tile, for the person who is signed in there."""
    response["ETag"] = etag
    response["Cache-Control"] = f"private, max-age={fresh_s}"
    patch_vary_headers(response, ["Cookie"])
    return response
