/** A place on CGCS2000, written in each system that people ask for. */
import { gettext, interpolate } from "../lib/i18n";
import { gaussKruger, gcj02, sexagesimal } from "../lib/crs";

export type SystemName = "degrees" | "sexagesimal" | "metres" | "wgs84" | "gcj02";

export interface Written {
  name: SystemName;
  label: string;
  /** For reading. */
  text: string;
  /** For the clipboard, and for typing into "go to". */
  plain: string;
}

const DECIMALS = 6; // a decimetre
const METRES_DECIMALS = 2;
const STORAGE_KEY = "chengkan.map.system";

export const SYSTEM_LABELS: Record<SystemName, () => string> = {
  degrees: () => gettext("CGCS2000 经纬度"),
  sexagesimal: () => gettext("CGCS2000 度分秒"),
  metres: () => gettext("CGCS2000 三度带"),
  wgs84: () => gettext("WGS84"),
  gcj02: () => gettext("GCJ-02（约差 1 m）"),
};
export const SYSTEM_NAMES = Object.keys(SYSTEM_LABELS) as SystemName[];

function pair(lon: number, lat: number): { text: string; plain: string } {
  const [east, north] = [lon.toFixed(DECIMALS), lat.toFixed(DECIMALS)];
  return { text: `${east}°E  ${north}°N`, plain: `${east},${north}` };
}

export function write(name: SystemName, at: L.LatLng): Written {
  const place = { lon: at.lng, lat: at.lat };
  const label = SYSTEM_LABELS[name]();
  if (name === "gcj02") {
    const shifted = gcj02(place);
    return { name, label, ...pair(shifted.lon, shifted.lat) };
  }
  if (name === "sexagesimal") {
    const text = `${sexagesimal(at.lng)}E  ${sexagesimal(at.lat)}N`;
    return { name, label, text, plain: text.replace("  ", " ") };
  }
  if (name === "metres") {
    const metres = gaussKruger(place);
    if (!metres) return { name, label, text: gettext("不在三度带范围内"), plain: "" };
    const [north, east] = [metres.northing.toFixed(METRES_DECIMALS), metres.easting.toFixed(METRES_DECIMALS)];
    const prefixed = `${metres.zone}${east.padStart(9, "0")}`;
    return { name, label: interpolate(gettext("%(system)s第 %(zone)s 带"), { system: label, zone: metres.zone }), text: `X ${north}  Y ${prefixed}`, plain: `${north},${prefixed}` };
  }
  return { name, label, ...pair(at.lng, at.lat) };
}

export function keptSystem(): SystemName {
  try {
    const kept = localStorage.getItem(STORAGE_KEY) as SystemName | null;
    return kept && SYSTEM_NAMES.includes(kept) ? kept : "degrees";
  } catch {
    return "degrees";
  }
}

export function keepSystem(name: SystemName): void {
  try {
    localStorage.setItem(STORAGE_KEY, name);
  } catch {
    // A private window forgets.
  }
}
