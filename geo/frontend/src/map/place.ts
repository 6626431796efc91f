/**
 * Where the map is and what it shows: kept in the address (#zoom/lat/lon/date/layers) for sharing, and on this device
 * for coming back. `?lon=…&lat=…&zoom=…` in a link from another page opens a place and tells what lies there.
 */
const STORAGE_KEY = "chengkan.map";
const COORDINATE_DECIMALS = 6;

export interface View {
  zoom: number;
  lat: number;
  lon: number;
}

export interface Shown {
  /** Date of the imagery; "" for none. */
  date: string | null;
  layers: string[] | null;
}

export interface Kept extends Shown {
  view: View | null;
}

function parseView(zoom: string | undefined, lat: string | undefined, lon: string | undefined): View | null {
  const view = { zoom: Number(zoom), lat: Number(lat), lon: Number(lon) };
  const sound = Object.values(view).every(Number.isFinite) && Math.abs(view.lat) <= 85 && Math.abs(view.lon) <= 180;
  return zoom && lat && lon && sound ? view : null;
}

function fromAddress(): Kept {
  const [zoom, lat, lon, date, layers] = location.hash.replace(/^#/, "").split("/");
  return {
    view: parseView(zoom, lat, lon),
    date: date === undefined ? null : date === "-" ? "" : date,
    layers: layers === undefined ? null : layers.split(",").filter(Boolean),
  };
}

function fromDevice(): Kept {
  try {
    const kept = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? "{}") as Partial<Kept>;
    return { view: kept.view ?? null, date: kept.date ?? null, layers: kept.layers ?? null };
  } catch {
    return { view: null, date: null, layers: null };
  }
}

/** The place another page asked for by `?lon=&lat=&zoom=`. */
export function askedPlace(): View | null {
  const query = new URLSearchParams(location.search);
  return parseView(query.get("zoom") ?? "18", query.get("lat") ?? undefined, query.get("lon") ?? undefined);
}

export function recall(): Kept {
  const address = fromAddress();
  const device = fromDevice();
  return {
    view: address.view ?? device.view,
    date: address.date ?? device.date,
    layers: address.layers ?? device.layers,
  };
}

export function remember(view: View, shown: { date: string; layers: string[] }): void {
  const { zoom, lat, lon } = view;
  const place = [zoom, lat.toFixed(COORDINATE_DECIMALS), lon.toFixed(COORDINATE_DECIMALS)].join("/");
  history.replaceState(history.state, "", `#${place}/${shown.date || "-"}/${shown.layers.join(",")}`);
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify({ view, ...shown }));
  } catch {
    // A private window forgets.
  }
}
