/** What the server put into a field page. */
import type { Geometry } from "geojson";

export interface TaskSpot {
  id: number;
  title: string;
  lon: number;
  lat: number;
  due: string | null;
}

export interface Spot {
  lon: number;
  lat: number;
  label: string;
  accuracyM: number | null;
}

export interface Places {
  subject: Geometry | null;
  phone: Spot[];
  pin: Spot[];
  photos: Spot[];
  exif: Spot[];
}

/** The page of one inspection has this; the phone pages have PageData. */
export interface PlacesData {
  places: Places;
}

export interface PageData {
  user: number;
  urls: { home: string; inspection: string; photo: string; worker: string; signIn: string };
  tasks?: TaskSpot[];
  key?: string;
  title?: string;
  task?: { id: number; lon: number; lat: number; outline: Geometry | null } | null;
  /** Outlines of buildings around, to find one's way without imagery. */
  ground?: Geometry[];
}

function read(): unknown {
  const text = document.getElementById("field-data")?.textContent;
  return text ? (JSON.parse(text) as unknown) : null;
}

export function pageData(): PageData | null {
  const data = read();
  return data && typeof data === "object" && "urls" in data ? (data as PageData) : null;
}

export function placesData(): PlacesData | null {
  const data = read();
  return data && typeof data === "object" && "places" in data ? (data as PlacesData) : null;
}
