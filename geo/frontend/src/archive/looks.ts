/** How the shapes of a small map look, by the names that geo/site_map.py is given. A state differs by more than colour. */
import { token } from "../lib/theme";

const LOOKS: Record<string, () => L.PathOptions> = {
  building: () => ({ color: token("map-selected"), weight: 3, fillOpacity: 0.12 }),
  permit: () => ({ color: token("map-permit"), weight: 2, dashArray: "8 5", fill: false }),
  case: () => ({ color: token("map-new"), weight: 3, fillOpacity: 0.2 }),
  photo: () => ({ color: token("map-halo"), weight: 2, fillColor: token("demolition-solid"), fillOpacity: 1 }),
  area: () => ({ color: token("map-archive"), weight: 3, fillOpacity: 0.06 }),
  clinic: () => ({ color: token("map-halo"), weight: 2, fillColor: token("map-clinic"), fillOpacity: 1 }),
  chosen: () => ({ color: token("map-selected"), weight: 4, fillColor: token("map-clinic"), fillOpacity: 1 }),
  catchment: () => ({ color: token("closed-solid"), weight: 3, fillOpacity: 0.15 }),
  covered: () => ({ color: token("closed-solid"), weight: 1, fillOpacity: 0.2 }),
  uncovered: () => ({ color: token("determined-solid"), weight: 3, dashArray: "6 5", fillOpacity: 0.35 }),
};
const POINT_RADIUS_PX: Record<string, number> = { photo: 6, clinic: 6, chosen: 9 };

export function styleOf(look: string): L.PathOptions {
  return LOOKS[look]?.() ?? {};
}

export function radiusOf(look: string): number {
  return POINT_RADIUS_PX[look] ?? 8;
}
