/** A click on a count goes in until it falls apart. */
import { bubbleAt, countOf, meets } from "./clusters";
import type { VectorTiles } from "./vector-layer";

const ZOOMS_IN = 2;

/** Whether a gathered point lies at this place; then the map goes there. */
export function enterCluster(map: L.Map, layers: Iterable<VectorTiles>, at: L.LatLng): boolean {
  const clicked = map.project(at);
  for (const tiles of layers) {
    if (!map.hasLayer(tiles.layer)) continue;
    for (const { feature, inTile, corner, zoom } of tiles.points()) {
      const count = countOf(feature);
      if (count < 2 || zoom !== map.getZoom()) continue;
      const bubble = bubbleAt(inTile.x, inTile.y, count);
      const { x, y } = clicked.subtract(corner);
      if (!meets(bubble, x, y)) continue;
      map.setView(map.unproject(corner.add([inTile.x, inTile.y])), zoom + ZOOMS_IN);
      return true;
    }
  }
  return false;
}
