/** The map of one inspection: where the phone was, where the pin was put, where the cameras say they were. */
import { gettext } from "../lib/i18n";
import type { Places, Spot } from "./data";
import { make } from "./dom";
import { SmallMap } from "./map";

const KINDS = [
  { key: "phone", colour: "closed-solid" },
  { key: "pin", colour: "overdue-solid" },
  { key: "photos", colour: "demolition-solid" },
  { key: "exif", colour: "found-solid" },
] as const;

export function showPlaces(element: HTMLElement, places: Places): void {
  const map = SmallMap.on(element);
  const legend = element.parentElement?.querySelector("[data-legend]");
  if (places.subject) {
    map?.outline(places.subject);
    legend?.append(make("li", {}, make("span", { class: "places-legend__dot", "data-colour": "map-new" }), gettext("检查对象")));
  }
  for (const { key, colour } of KINDS) {
    const spots: Spot[] = places[key];
    map?.spots(spots, colour);
    for (const spot of spots) {
      const dot = make("span", { class: "places-legend__dot", "data-colour": colour });
      const words = `${spot.label}：${spot.lat.toFixed(6)}°N ${spot.lon.toFixed(6)}°E${spot.accuracyM == null ? "" : ` ± ${Math.round(spot.accuracyM)} m`}`;
      legend?.append(make("li", {}, dot, words));
    }
  }
  map?.frameAll();
}
