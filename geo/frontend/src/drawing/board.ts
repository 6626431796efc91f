/** The map of a sheet: imagery, parent, neighbours, one layer per zone, and what is laid over them to be looked at. */
import type { MultiPolygon, Polygon } from "geojson";
import { gettext } from "../lib/i18n";
import { token } from "../lib/theme";
import { ImageryTiles } from "../map/imagery";
import { TileWatch } from "../map/tile-watch";
import { hideOverlapping } from "./declutter";
import type { Draft, DrawingConfig, Shape, SheetData } from "./types";

const MIN_ZOOM = 6;
const MAX_ZOOM = 21;
/** Pixels within which a drawn vertex jumps to a neighbour; a finger needs more than a mouse. */
const SNAP_PX = matchMedia("(pointer: coarse)").matches ? 26 : 16;
const LABELS_FROM_ZOOM = 15;

export type OverlayKind = "faults" | "gaps" | "compare";

export function shapeOf(layer: L.Polygon): Shape {
  // All digits: a rounded node is no longer its neighbour's.
  return layer.toGeoJSON(false).geometry as Polygon | MultiPolygon;
}

interface Look {
  selected: boolean;
  changed: boolean;
  faulty: boolean;
}

export class Board {
  readonly map: L.Map;
  private readonly zones = new Map<string, { layer: L.Polygon; shape: Shape }>();
  private readonly ground = L.featureGroup();
  private readonly overlays: Record<OverlayKind, L.GeoJSON>;
  onPick: (key: string) => void = () => undefined;

  constructor(private readonly config: DrawingConfig) {
    const options = { minZoom: MIN_ZOOM, maxZoom: MAX_ZOOM, zoomControl: false, attributionControl: false, doubleClickZoom: false };
    this.map = L.map("map", options);
    L.control.zoom({ position: "bottomright", zoomInTitle: gettext("放大"), zoomOutTitle: gettext("缩小") }).addTo(this.map);
    L.control.scale({ imperial: false, position: "bottomleft", maxWidth: 140 }).addTo(this.map);
    const imagery = new ImageryTiles(this.map, new TileWatch(this.map));
    const [west, south, east, north] = config.bounds;
    this.map.fitBounds([[south, west], [north, east]]);
    imagery.show(config.flights[0]);
    imagery.setOpacity(0.6);
    this.map.pm.setGlobalOptions({ snappable: true, snapDistance: SNAP_PX, allowSelfIntersection: true, continueDrawing: false, tooltips: false });
    this.ground.addTo(this.map);
    this.overlays = {
      compare: this.overlay({ color: token("map-demolished"), weight: 3, dashArray: "8 6", fill: false }),
      gaps: this.overlay({ color: token("found-solid"), weight: 2, fillOpacity: 0.35 }),
      faults: this.overlay({ color: token("determined-solid"), weight: 3, fillOpacity: 0.5 }),
    };
    this.map.on("zoomend", () => this.tellZoom());
    this.tellZoom();
  }

  private overlay(style: L.PathOptions): L.GeoJSON {
    const options = { interactive: false, pmIgnore: true, snapIgnore: true, style: () => style };
    return L.geoJSON(undefined, options as L.GeoJSONOptions).addTo(this.map);
  }

  private tellZoom(): void {
    this.map.getContainer().classList.toggle("map--labels", this.map.getZoom() >= LABELS_FROM_ZOOM);
    this.declutter();
  }

  /** The parent and the zones of the units beside: they are snapped to and never changed. */
  showGround(data: SheetData): void {
    this.ground.clearLayers();
    const add = (shape: Shape, style: L.PathOptions) => {
      const options = { interactive: false, style: () => style };
      L.geoJSON(shape, options as L.GeoJSONOptions).eachLayer((layer) => this.ground.addLayer(layer));
    };
    for (const shape of data.around) add(shape, { color: token("map-zone"), weight: 1, opacity: 0.5, fill: false, dashArray: "2 4" });
    add(data.parent, { color: token("map-community"), weight: 5, opacity: 0.7, fill: false });
    this.ground.bringToBack();
    for (const { name, lon, lat } of data.places) {
      const look = { radius: 7, color: token("map-halo"), weight: 2, fillColor: token("map-clinic"), fillOpacity: 1, interactive: false, pmIgnore: true };
      const mark = L.circleMarker([lat, lon], look);
      mark.bindTooltip(name, { permanent: true, direction: "right", offset: [8, 0], className: "drawing__label", interactive: false });
      this.ground.addLayer(mark);
    }
  }

  /** Bring the zones' layers in line with the drafts. */
  render(drafts: readonly Draft[], lookOf: (draft: Draft) => Look): void {
    const wanted = new Set(drafts.map((draft) => draft.key));
    for (const [key, { layer }] of this.zones) {
      if (!wanted.has(key)) {
        layer.remove();
        this.zones.delete(key);
      }
    }
    for (const draft of drafts) {
      let held = this.zones.get(draft.key);
      if (held && held.shape !== draft.geometry) {
        held.layer.pm.disable();
        held.layer.remove();
        held = undefined;
      }
      if (!held) {
        held = { layer: this.makeLayer(draft), shape: draft.geometry };
        this.zones.set(draft.key, held);
      }
      held.layer.setStyle(this.styleOf(lookOf(draft)));
      if (lookOf(draft).selected) held.layer.bringToFront();
      held.layer.setTooltipContent(draft.name || draft.code || gettext("新图形"));
    }
    this.declutter();
  }

  /** Of names that would lie on each other the first one stays. */
  private declutter(): void {
    requestAnimationFrame(() => {
      const named: L.Layer[] = [...[...this.zones.values()].map(({ layer }) => layer), ...this.ground.getLayers()];
      const tooltips = named.flatMap((layer) => layer.getTooltip()?.getElement() ?? []);
      hideOverlapping(tooltips);
    });
  }

  private styleOf({ selected, changed, faulty }: Look): L.PathOptions {
    const color = faulty ? token("determined-solid") : selected ? token("map-selected") : changed ? token("accent") : token("map-zone");
    return { color, weight: selected ? 4 : changed ? 3 : 2, fillOpacity: selected ? 0.2 : changed ? 0.18 : 0.08 };
  }

  private makeLayer(draft: Draft): L.Polygon {
    const [first] = L.geoJSON(draft.geometry).getLayers();
    const layer = first as L.Polygon;
    // Leaflet's own centre of gravity is off by tens of metres for a house: it multiplies metres of the whole globe.
    if (!this.config.tiles) layer.getCenter = () => layer.getBounds().getCenter();
    layer.bindTooltip("", { permanent: true, direction: "center", className: "drawing__label", interactive: false });
    layer.on("click", () => this.onPick(draft.key));
    return layer.addTo(this.map);
  }

  layerOf(key: string): L.Polygon | undefined {
    return this.zones.get(key)?.layer;
  }

  /** The layer holds this shape already, because it was changed on the map. */
  acknowledge(key: string, shape: Shape): void {
    const held = this.zones.get(key);
    if (held) held.shape = shape;
  }

  lay(kind: OverlayKind, shapes: Shape[]): void {
    this.overlays[kind].clearLayers();
    for (const shape of shapes) this.overlays[kind].addData(shape);
    this.overlays[kind].bringToFront();
  }

  zoomTo(shape: Shape): void {
    const bounds = L.geoJSON(shape).getBounds();
    this.map.fitBounds(bounds, { padding: [60, 60], maxZoom: 19 });
  }
}
