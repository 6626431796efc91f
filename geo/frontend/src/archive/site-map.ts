/** <ck-site-map>: a small map of one place, the shapes of the page over the aerial snapshots of a chosen date. */
import type { Geometry } from "geojson";
import { el, jsonScript } from "../lib/dom";
import { gettext } from "../lib/i18n";
import { ImageryTiles } from "../map/imagery";
import { TileWatch } from "../map/tile-watch";
import type { FlightConfig } from "../map/types";
import { radiusOf, styleOf } from "./looks";

interface SiteShape {
  geometry: Geometry;
  look: string;
  label: string;
}

interface SiteMapConfig {
  /** west, south, east, north */
  bounds: [number, number, number, number];
  shapes: SiteShape[];
  flights: FlightConfig[];
}

const MAX_ZOOM = 21;
/** Closer than this a single house fills the map and nobody sees where it stands. */
const OPENING_ZOOM = 19;

class SiteMap extends HTMLElement {
  private started = false;

  connectedCallback(): void {
    const place = this.querySelector<HTMLElement>(".site-map__map");
    if (this.started || !place) return;
    this.started = true;
    const config = jsonScript<SiteMapConfig>("site-map-config");
    const map = L.map(place, { maxZoom: MAX_ZOOM, zoomSnap: 0.5, attributionControl: false, zoomControl: false, scrollWheelZoom: false });
    L.control.zoom({ position: "topright", zoomInTitle: gettext("放大"), zoomOutTitle: gettext("缩小") }).addTo(map);
    L.control.scale({ imperial: false, position: "bottomleft" }).addTo(map);
    const [west, south, east, north] = config.bounds;
    map.fitBounds([[south, west], [north, east]], { maxZoom: OPENING_ZOOM, padding: [24, 24] });
    const tellSize = () => {
      // For the print style, which has to keep the middle of the map in the middle of a narrower sheet.
      const { x, y } = map.getSize();
      place.style.setProperty("--map-width", `${x}px`);
      place.style.setProperty("--map-height", `${y}px`);
    };
    tellSize();
    map.on("resize", tellSize);
    const imagery = new ImageryTiles(map, new TileWatch(map));
    imagery.show(config.flights[0]);
    const shapes = L.featureGroup().addTo(map);
    const draw = () => {
      shapes.clearLayers();
      for (const shape of config.shapes) shapes.addLayer(this.drawn(shape));
    };
    draw();
    this.querySelector("select")?.addEventListener("change", (event) => {
      const date = (event.target as HTMLSelectElement).value;
      imagery.show(config.flights.find((flight) => flight.date === date));
    });
    document.addEventListener("chengkan:theme", draw);
  }

  private drawn(shape: SiteShape): L.Layer {
    const style = styleOf(shape.look);
    const layer = L.geoJSON(shape.geometry, {
      style: () => style,
      pointToLayer: (_feature, at) => L.circleMarker(at, { ...style, radius: radiusOf(shape.look) }),
    });
    // Text, not markup: names come from registers.
    if (shape.label) layer.bindTooltip(el("span", {}, shape.label), { sticky: true });
    return layer;
  }
}

customElements.define("ck-site-map", SiteMap);
