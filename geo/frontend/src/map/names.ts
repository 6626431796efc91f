/** Which names are written at which zoom, and how. In the order of what matters. */
import type { VectorTileFeature } from "@mapbox/vector-tile";
import { token } from "../lib/theme";
import { LEVELS } from "./paint-areas";
import type { LabelLook, Looks } from "./labels";

const CODES_FROM_ZOOM = 16;
const CLINICS_NAMED_FROM_ZOOM = 15;

function unitLooks(label: VectorTileFeature, zoom: number): LabelLook[] {
  const level = LEVELS[Number(label.properties["level"])];
  if (!level || zoom < level.named[0] || zoom > level.named[1]) return [];
  const colour = token(level.ink ?? level.colour);
  const name: LabelLook = { attribute: "name", sizePx: level.sizePx, colour, bold: true, gives: true };
  return zoom >= CODES_FROM_ZOOM ? [{ ...name, gives: false }, { attribute: "code", sizePx: 11, colour, below: 16 }] : [name];
}

export const NAMES: Record<string, Looks> = {
  cases: () => [{ attribute: "number", sizePx: 12, colour: token("ink"), bold: true, below: 20 }],
  units: unitLooks,
  special_areas: () => [{ attribute: "name", sizePx: 15, colour: token("map-special"), bold: true, below: 22, gives: true }],
  control_areas: () => [{ attribute: "name", sizePx: 13, colour: token("map-control"), below: -20, gives: true }],
  archive_areas: () => [{ attribute: "name", sizePx: 12, colour: token("map-archive"), below: 18, gives: true }],
  // Nearer, the clinic itself bears the name.
  catchments: (_label, zoom) => (zoom < CLINICS_NAMED_FROM_ZOOM ? [{ attribute: "name", sizePx: 12, colour: token("map-catchment"), gives: true }] : []),
  clinics: () => [{ attribute: "name", sizePx: 12, colour: token("ink"), below: 18 }],
  census_zones: () => [{ attribute: "code", sizePx: 11, colour: token("map-zone") }],
  permits: () => [{ attribute: "number", sizePx: 11, colour: token("map-permit") }],
  buildings: () => [{ attribute: "code", sizePx: 10, colour: token("ink") }],
};
