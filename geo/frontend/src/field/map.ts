/** A small map that needs no tiles: outlines, tasks, the phone's position with its circle of accuracy, a movable pin. */
import type { Geometry } from "geojson";
import type * as Leaflet from "leaflet";
import { gettext } from "../lib/i18n";
import { token } from "../lib/theme";
import type { Spot, TaskSpot } from "./data";
import { qualityOf } from "./position";
import type { Pin, Reading } from "./store";

type LeafletModule = typeof Leaflet;

/** Leaflet comes from django-leaflet as a script of the page; null when it could not be loaded. */
function leaflet(): LeafletModule | null {
  return (window as unknown as { L?: LeafletModule }).L ?? null;
}

const QUALITY_TOKEN = { none: "authorised-solid", good: "closed-solid", fair: "found-solid", poor: "determined-solid" };
const CLOSE_ZOOM = 19;
/** Farther off than this, showing both would show neither. */
const NEAR_SUBJECT_M = 400;

export class SmallMap {
  private readonly map: Leaflet.Map;
  private readonly L: LeafletModule;
  private circle: Leaflet.Circle | null = null;
  private dot: Leaflet.CircleMarker | null = null;
  private pin: Leaflet.Marker | null = null;
  private framed = false;
  private subjectBounds: Leaflet.LatLngBounds | null = null;
  private readonly shown: Leaflet.LatLngBounds[] = [];

  static on(element: HTMLElement): SmallMap | null {
    const L = leaflet();
    return L ? new SmallMap(L, element) : null;
  }

  private constructor(L: LeafletModule, element: HTMLElement) {
    this.L = L;
    this.map = L.map(element, { attributionControl: false, maxZoom: 21, zoomSnap: 0.5, zoomAnimation: false });
    L.control.scale({ imperial: false }).addTo(this.map);
    this.map.setView([0, 0], 2); // layers can only be added to a map that looks somewhere
  }

  ground(outlines: Geometry[]): void {
    const style = { color: token("map-building"), weight: 1, fillColor: token("map-building-fill"), fillOpacity: 0.8 };
    for (const outline of outlines) this.L.geoJSON(outline, { style, interactive: false }).addTo(this.map);
  }

  subject(outline: Geometry | null, spot: Pin): void {
    const style = { color: token("map-new"), weight: 3, fillOpacity: 0.2 };
    if (outline) {
      const layer = this.L.geoJSON(outline, { style, interactive: false }).addTo(this.map);
      this.subjectBounds = layer.getBounds().pad(1);
    } else {
      this.L.circleMarker([spot.lat, spot.lon], { ...style, radius: 10, interactive: false }).addTo(this.map);
      this.subjectBounds = this.L.latLng(spot.lat, spot.lon).toBounds(80);
    }
    this.frame(this.subjectBounds);
  }

  tasks(spots: TaskSpot[], open: (spot: TaskSpot) => void): void {
    for (const spot of spots) {
      const overdue = spot.due !== null && Date.parse(spot.due) < Date.now();
      const colour = token(overdue ? "overdue-solid" : "accent");
      this.L.circleMarker([spot.lat, spot.lon], { radius: 11, color: token("map-halo"), weight: 2, fillColor: colour, fillOpacity: 1 })
        .bindTooltip(spot.title)
        .on("click", () => open(spot))
        .addTo(this.map);
    }
    if (spots.length) this.frame(this.L.latLngBounds(spots.map((spot) => [spot.lat, spot.lon])).pad(0.3));
  }

  /** Show the phone; the first reading frames the map when nothing else has, or takes the subject in if it is near. */
  phone(reading: Reading | null): void {
    if (!reading) return;
    const at: Leaflet.LatLngTuple = [reading.lat, reading.lon];
    const isFirst = this.dot === null;
    const colour = token(QUALITY_TOKEN[qualityOf(reading)]);
    if (!this.circle || !this.dot) {
      this.circle = this.L.circle(at, { radius: reading.accuracyM, weight: 1, fillOpacity: 0.15, interactive: false }).addTo(this.map);
      this.dot = this.L.circleMarker(at, { radius: 7, weight: 3, color: token("map-halo"), fillOpacity: 1, interactive: false }).addTo(this.map);
    }
    this.circle.setLatLng(at).setRadius(reading.accuracyM).setStyle({ color: colour, fillColor: colour });
    this.dot.setLatLng(at).setStyle({ fillColor: colour });
    if (!this.framed) this.frame(this.L.latLng(at).toBounds(120));
    else if (isFirst && this.subjectBounds && this.map.distance(at, this.subjectBounds.getCenter()) < NEAR_SUBJECT_M) {
      this.frame(this.subjectBounds.extend(at));
    }
  }

  /** A pin that a finger can move; `moved` gets every place where it was put down. */
  movablePin(at: Pin, moved: (pin: Pin) => void): void {
    this.removePin();
    const picture = this.L.divIcon({ className: "field-pin", iconSize: [48, 48], iconAnchor: [24, 44] });
    this.pin = this.L.marker([at.lat, at.lon], { draggable: true, icon: picture, keyboard: true, alt: gettext("修正后的位置") });
    const tell = (place: Leaflet.LatLng) => moved({ lat: place.lat, lon: place.lng });
    this.pin.on("dragend", () => this.pin && tell(this.pin.getLatLng()));
    this.map.on("click", (event: Leaflet.LeafletMouseEvent) => {
      this.pin?.setLatLng(event.latlng);
      tell(event.latlng);
    });
    this.pin.addTo(this.map);
    this.map.setView([at.lat, at.lon], Math.max(this.map.getZoom() || 0, CLOSE_ZOOM));
  }

  removePin(): void {
    this.pin?.remove();
    this.pin = null;
    this.map.off("click");
  }

  outline(geometry: Geometry): void {
    const style = { color: token("map-new"), weight: 3, fillOpacity: 0.2 };
    const pointToLayer = (_: unknown, at: Leaflet.LatLng) => this.L.circleMarker(at, { ...style, radius: 12 });
    this.shown.push(this.L.geoJSON(geometry, { style, pointToLayer, interactive: false }).addTo(this.map).getBounds());
  }

  spots(spots: Spot[], colourToken: string): void {
    const colour = token(colourToken);
    for (const spot of spots) {
      const at: Leaflet.LatLngTuple = [spot.lat, spot.lon];
      if (spot.accuracyM) {
        const radius = spot.accuracyM;
        this.L.circle(at, { radius, weight: 1, color: colour, fillOpacity: 0.1, interactive: false }).addTo(this.map);
      }
      const look = { radius: 8, weight: 2, color: token("map-halo"), fillColor: colour, fillOpacity: 1 };
      this.L.circleMarker(at, look).bindTooltip(spot.label).addTo(this.map);
      this.shown.push(this.L.latLngBounds([at]));
    }
  }

  /** Show everything that was added by `outline` and `spots`. */
  frameAll(): void {
    const [first, ...others] = this.shown;
    if (!first) return;
    this.frame(others.reduce((all, one) => all.extend(one), this.L.latLngBounds(first.getSouthWest(), first.getNorthEast())).pad(0.3));
  }

  private frame(bounds: Leaflet.LatLngBounds): void {
    this.map.fitBounds(bounds, { maxZoom: CLOSE_ZOOM });
    this.framed = true;
  }
}
