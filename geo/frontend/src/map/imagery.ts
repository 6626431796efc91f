/** The snapshots of one date as raster tiles below the other layers. */
import type { TileWatch } from "./tile-watch";
import type { FlightConfig } from "./types";

const MAX_ZOOM = 21;
/** Beyond the pixels of the image the browser enlarges: no new tiles are asked. */
const EQUATOR_PIXEL_M = 156_543.034;

export class ImageryTiles {
  private readonly group = L.layerGroup();
  private opacity = 1;

  constructor(
    map: L.Map,
    private readonly watch: TileWatch,
    private readonly pane = "tilePane",
  ) {
    this.group.addTo(map);
  }

  show(flight: FlightConfig | undefined): void {
    this.group.clearLayers();
    for (const snapshot of flight?.snapshots ?? []) {
      const [west, south, east, north] = snapshot.bounds;
      const groundPixelM = EQUATOR_PIXEL_M * Math.cos(((south + north) / 2) * (Math.PI / 180));
      const fullZoom = Math.ceil(Math.log2(groundPixelM / snapshot.resolutionM));
      // The server's images have 512 pixels: on an ordinary screen one covers four tiles, on a dense one it is sharp.
      const dense = window.devicePixelRatio > 1;
      const tiles = L.tileLayer(snapshot.tiles, {
        tileSize: dense ? 256 : 512,
        zoomOffset: dense ? 0 : -1,
        maxZoom: MAX_ZOOM,
        maxNativeZoom: Math.min(MAX_ZOOM, fullZoom + 1),
        bounds: [
          [south, west],
          [north, east],
        ],
        opacity: this.opacity,
        pane: this.pane,
        zIndex: 1,
        updateWhenZooming: false,
      });
      this.watch.followImages(tiles);
      this.group.addLayer(tiles);
    }
  }

  setOpacity(opacity: number): void {
    this.opacity = opacity;
    this.group.eachLayer((layer) => (layer as L.TileLayer).setOpacity(opacity));
  }
}
