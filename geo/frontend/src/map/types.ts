/** What the server tells the map page (geo/views/map.py) and what identify answers (geo/views/identify.py). */
import type { Geometry } from "geojson";
import type { IconName } from "../lib/icons";

export interface LayerConfig {
  name: string;
  label: string;
  minZoom: number;
  shown: boolean;
  /** Many of them are chosen at a time. */
  selectable: boolean;
  tiles: string;
}

export interface SnapshotConfig {
  title: string;
  /** west, south, east, north */
  bounds: [number, number, number, number];
  resolutionM: number;
  tiles: string;
}

export interface FlightConfig {
  date: string;
  label: string;
  snapshots: SnapshotConfig[];
}

/** A base map of an outside service (geo/base_maps.py). */
export interface BaseConfig {
  name: string;
  label: string;
  /** Ground first, names over it. */
  tiles: string[];
  subdomains: string;
  maxNativeZoom: number;
  attribution: string;
}

export interface MapConfig {
  layers: LayerConfig[];
  /** Nothing where no key is configured. */
  bases: BaseConfig[];
  flights: FlightConfig[];
  /** Whether this post may look at aerial imagery at all. */
  seesFlights: boolean;
  bounds: [number, number, number, number] | null;
  /** Where the rows lie that the address narrows a layer to. */
  frame: [number, number, number, number] | null;
  /** The layer that the address narrows, or nothing. */
  narrowed: string;
  /** Its filter, as identify asks for it. */
  narrowedQuery: string;
  /** Where this person was last, on whatever device. */
  lastPlace: { lon: number; lat: number; zoom: number; at: number } | null;
  keepPlace: string;
  person: number;
  identify: string;
  measure: string;
  goto: string;
  selection: string;
  sheet: string;
  /** Who signs a printed sheet. */
  maker: string;
}

export interface Told {
  layer: string;
  layer_label: string;
  id: number;
  geometry: Geometry;
  title: string;
  state: { key: string; label: string; tone: string; icon: IconName } | null;
  facts: [string, string][];
  pictures: { url: string; alt: string }[];
  url: string;
  url_label: string;
}
