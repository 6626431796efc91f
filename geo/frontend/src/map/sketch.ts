/** A line or outline that grows by clicks, as measuring and selecting share it: what is set, what follows the pointer. */
import { token } from "../lib/theme";

export type SketchKind = "length" | "area";

/** A second click so near and so soon is the other half of a double click. Fingers are less exact. */
const DOUBLE_MS = 450;
const DOUBLE_PX = matchMedia("(pointer: coarse)").matches ? 24 : 5;

export class Sketch {
  readonly places: L.LatLng[] = [];
  /** Whether lines join the places; a box draws its own. */
  lined = true;
  private readonly group = L.layerGroup();
  private readonly shape: L.Polyline;
  private readonly pointer: L.Polyline;
  private readonly dots = L.layerGroup();
  private lastAt = 0;

  constructor(
    private readonly map: L.Map,
    readonly kind: SketchKind,
  ) {
    const look = { color: token("map-selected"), weight: 3, interactive: false, fillOpacity: 0.12 };
    this.shape = kind === "area" ? (L.polygon([], look) as L.Layer as L.Polyline) : L.polyline([], look);
    this.pointer = L.polyline([], { ...look, weight: 2, dashArray: "6 6" });
    this.group.addLayer(this.shape).addLayer(this.pointer).addLayer(this.dots).addTo(map);
  }

  /** Set the next place; false for the second half of a double click. */
  add(at: L.LatLng): boolean {
    const last = this.places[this.places.length - 1];
    const now = performance.now();
    const near = last && this.map.latLngToContainerPoint(last).distanceTo(this.map.latLngToContainerPoint(at)) <= DOUBLE_PX;
    if (near && now - this.lastAt < DOUBLE_MS) return false;
    this.lastAt = now;
    this.places.push(at);
    this.draw();
    return true;
  }

  undo(): boolean {
    const taken = this.places.pop();
    this.draw();
    return taken !== undefined;
  }

  /** Show where the next place would be. */
  follow(at: L.LatLng | null): void {
    const last = this.places[this.places.length - 1];
    if (!at || !last) this.pointer.setLatLngs([]);
    else {
      const first = this.places[0];
      const back = this.kind === "area" && first && this.places.length > 1 ? [first] : [];
      this.pointer.setLatLngs([last, at, ...back]);
    }
  }

  clear(): void {
    this.places.length = 0;
    this.draw();
  }

  remove(): void {
    this.group.remove();
  }

  private draw(): void {
    this.shape.setLatLngs(this.lined ? [...this.places] : []);
    this.pointer.setLatLngs([]);
    this.dots.clearLayers();
    const look = { radius: 4, weight: 2, color: token("map-selected"), fillColor: token("map-halo"), fillOpacity: 1, interactive: false };
    for (const place of this.places) this.dots.addLayer(L.circleMarker(place, look));
  }
}

export interface DrawingActs {
  /** Set a place at the map's middle. */
  place: () => void;
  finish: () => void;
  undo: () => void;
  /** False while nothing is drawn: Escape then belongs to somebody else. */
  clear: (() => void) | false;
}

/** The keys that all tools with a sketch share; whether the key was one of them. */
export function drawingKey(event: KeyboardEvent, acts: DrawingActs): boolean {
  if (event.key === " ") acts.place();
  else if (event.key === "Enter") acts.finish();
  else if (event.key === "Backspace" || event.key === "Delete") acts.undo();
  else if (event.key === "Escape" && acts.clear) acts.clear();
  else return false;
  return true;
}
