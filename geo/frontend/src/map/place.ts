/**
 * Where the map is and what it shows: kept in the address for sharing, and on this device for coming back.
 * #zoom/lat/lon/date/layers/selection; a date or layer that is not opaque carries its percentage (`flags*40`).
 * With a curtain the date is `right~left~percent`: `2026-09-22~2026-03-18~40`.
 * `?lon=…&lat=…&zoom=…` in a link from another page opens a place and tells what lies there.
 */
const STORAGE_KEY = "chengkan.map";
const OPACITY_MARK = "*";
const CURTAIN_MARK = "~";
const LEAST_OPACITY_PERCENT = 10; // the sliders' end: a layer that a link hides entirely would look broken
const COORDINATE_DECIMALS = 6;

export interface View {
  zoom: number;
  lat: number;
  lon: number;
}

/** A second date left of a curtain. */
export interface Swipe {
  date: string;
  /** Of the map's width, from the left. */
  percent: number;
}

export interface Shown {
  /** Date of the imagery; "" for none. */
  date: string | null;
  swipe: Swipe | null;
  layers: string[] | null;
  /** 0…1 by layer name, IMAGERY for the flight; what is not named is opaque. */
  opacities: Record<string, number>;
  /** The place that was asked about. */
  selected: { lat: number; lon: number } | null;
}

export interface Kept extends Shown {
  view: View | null;
}

export const IMAGERY = "imagery";

function parseView(zoom: string | undefined, lat: string | undefined, lon: string | undefined): View | null {
  const view = { zoom: Number(zoom), lat: Number(lat), lon: Number(lon) };
  const sound = Object.values(view).every(Number.isFinite) && Math.abs(view.lat) <= 85 && Math.abs(view.lon) <= 180;
  return zoom && lat && lon && sound ? view : null;
}

/** `name*40` → the name, its opacity noted when the number is sound. */
function parseOpacity(text: string, key: string | null, opacities: Record<string, number>): string {
  const [name = "", percent] = text.split(OPACITY_MARK);
  const number = Number(percent);
  if (percent && number >= LEAST_OPACITY_PERCENT && number < 100) opacities[key ?? name] = number / 100;
  return name;
}

function writeOpacity(name: string, opacity: number | undefined): string {
  return opacity === undefined || opacity >= 1 ? name : `${name}${OPACITY_MARK}${Math.round(opacity * 100)}`;
}

function parseSwipe(date: string | undefined, percent: string | undefined): Swipe | null {
  const number = Number(percent ?? "50");
  return date && number >= 0 && number <= 100 ? { date, percent: number } : null;
}

function writeFlights({ date, swipe, opacities }: Shown): string {
  const right = writeOpacity(date || "-", opacities[IMAGERY]);
  return swipe ? [right, swipe.date, Math.round(swipe.percent)].join(CURTAIN_MARK) : right;
}

function fromAddress(): Kept {
  const [zoom, lat, lon, flight, layers, selection] = location.hash.replace(/^#/, "").split("/");
  const opacities: Record<string, number> = {};
  const [right, left, percent] = (flight ?? "").split(CURTAIN_MARK);
  const date = flight === undefined ? null : parseOpacity(right ?? "", IMAGERY, opacities).replace(/^-$/, "");
  const [selectedLat, selectedLon] = (selection ?? "").split(",");
  return {
    view: parseView(zoom, lat, lon),
    date,
    swipe: parseSwipe(left, percent),
    layers: layers === undefined ? null : layers.split(",").filter(Boolean).map((text) => parseOpacity(text, null, opacities)),
    opacities,
    selected: parseView(zoom, selectedLat, selectedLon),
  };
}

function fromDevice(): Kept {
  try {
    const kept = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? "{}") as Partial<Kept>;
    return { view: kept.view ?? null, date: kept.date ?? null, swipe: null, layers: kept.layers ?? null, opacities: {}, selected: null };
  } catch {
    return { view: null, date: null, swipe: null, layers: null, opacities: {}, selected: null };
  }
}

/** The place another page asked for by `?lon=&lat=&zoom=`; once the map has moved on, its own address counts. */
export function askedPlace(): View | null {
  if (location.hash) return null;
  const query = new URLSearchParams(location.search);
  return parseView(query.get("zoom") ?? "18", query.get("lat") ?? undefined, query.get("lon") ?? undefined);
}

export function recall(): Kept {
  const address = fromAddress();
  const device = fromDevice();
  return {
    view: address.view ?? device.view,
    date: address.date ?? device.date,
    swipe: address.swipe,
    layers: address.layers ?? device.layers,
    opacities: address.opacities,
    selected: address.selected,
  };
}

/** Write the address: a choice is a step to come back to (`asStep`), a move of the map only refines the last one. */
export function remember(view: View, shown: Shown, asStep: boolean): void {
  const at = (lat: number, lon: number) => [lat.toFixed(COORDINATE_DECIMALS), lon.toFixed(COORDINATE_DECIMALS)];
  const { selected } = shown;
  const layers = (shown.layers ?? []).map((name) => writeOpacity(name, shown.opacities[name])).join(",");
  const parts = [view.zoom, ...at(view.lat, view.lon), writeFlights(shown), layers];
  if (selected) parts.push(at(selected.lat, selected.lon).join(","));
  const address = `#${parts.join("/")}`;
  if (asStep && address !== location.hash) history.pushState(null, "", address);
  else history.replaceState(history.state, "", address);
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify({ view, date: shown.date, layers: shown.layers }));
  } catch {
    // A private window forgets.
  }
}
