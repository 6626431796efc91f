/** What the server put into a field page. */
import type { Geometry } from "geojson";

export interface TaskSpot {
  id: number;
  title: string;
  lon: number;
  lat: number;
  due: string | null;
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

export function pageData(): PageData | null {
  const text = document.getElementById("field-data")?.textContent;
  return text ? (JSON.parse(text) as PageData) : null;
}
