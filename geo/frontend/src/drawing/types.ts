/** What the server tells the drawing page (geo/drawing/telling.py, geo/views/drawing_config.py). */
import type { MultiPolygon, Polygon } from "geojson";
import type { FlightConfig } from "../map/types";

export type Shape = MultiPolygon | Polygon;

/** One field of the form beside the outline (geo/drawing/fields.py); values are text, "1" and "0" for yes and no. */
export interface FieldConfig {
  name: string;
  label: string;
  kind: "text" | "whole" | "number" | "date" | "choice" | "yes_no";
  required: boolean;
  choices: [string, string][];
}

export type Values = Record<string, string>;

export interface DrawingConfig {
  sheet: string;
  person: number;
  addresses: Record<"data" | "check" | "split" | "merge" | "save" | "versions" | "version", string>;
  tiles: boolean;
  /** A finished census version: looked at, not changed. */
  finished: boolean;
  named: boolean;
  /** Zones of one census, with households. */
  households: boolean;
  /** Zones that belong to something there is already, as catchments to clinics. */
  held: boolean;
  fields: FieldConfig[];
  bounds: [number, number, number, number];
  unit: string;
  flights: FlightConfig[];
}

export interface Inside {
  buildings: number;
  households: number;
  people: number | null;
}

export interface StoredZone {
  id: number;
  token: number;
  code: string;
  name: string;
  households: number | null;
  fields: Values;
  geometry: Shape;
  areaText: string;
  inside: Inside | null;
}

export interface Gap {
  geometry: Shape;
  areaText: string;
  people: number | null;
}

/** Something without a zone yet, and the outline that one may begin with. */
export interface Holder {
  code: string;
  name: string;
  geometry: Shape | null;
}

export interface SheetData {
  zones: StoredZone[];
  parent: Shape;
  around: Shape[];
  gaps: Gap[];
  freeCodes: string[];
  holders: Holder[];
  /** Where holders stand, with a zone or without. */
  places: { name: string; lon: number; lat: number }[];
}

export interface Fault {
  kind: string;
  text: string;
  keys: string[];
  geometry: Shape | null;
  areaText: string;
}

export interface Checked {
  zones: { key: string; geometry: Shape; areaText: string; inside: Inside | null }[];
  faults: Fault[];
  gaps: Gap[];
}

export interface Conflict {
  key: string;
  theirs: StoredZone | null;
  by: string;
  at: string;
}

export interface Version {
  number: number;
  at: string;
  by: string;
  added: string[];
  changed: string[];
  removed: string[];
}

/** A zone as it is on the page; without `id` it is new. */
export interface Draft {
  key: string;
  id: number | null;
  token: number | null;
  code: string;
  name: string;
  households: number | null;
  fields: Values;
  geometry: Shape;
}
