/**
 * The systems of the map's read-out, forward only: what moves with the pointer cannot ask the server. The same formulas
 * as geo.crs (which PROJ computes); tests/geo/test_frontend_crs.py holds both against each other.
 */
export interface Projected {
  /** The 3-degree zone, 25 to 45. */
  zone: number;
  /** Metres, without the zone number. */
  easting: number;
  northing: number;
}

export interface Degrees {
  lon: number;
  lat: number;
}

const SEMI_MAJOR_M = 6_378_137;
const FLATTENING = 1 / 298.257222101;
const FIRST_ZONE = 25;
const LAST_ZONE = 45;
const FALSE_EASTING_M = 500_000;
const radians = (degrees: number): number => (degrees * Math.PI) / 180;
const degrees = (angle: number): number => (angle * 180) / Math.PI;

// Krüger's series to the fourth power of the third flattening: below 0.1 mm within a zone (Karney, J. Geodesy 85, 2011).
const N = FLATTENING / (2 - FLATTENING);
const RECTIFYING_RADIUS_M = (SEMI_MAJOR_M / (1 + N)) * (1 + N ** 2 / 4 + N ** 4 / 64);
const ALPHA = [
  N / 2 - (2 * N ** 2) / 3 + (5 * N ** 3) / 16 + (41 * N ** 4) / 180,
  (13 * N ** 2) / 48 - (3 * N ** 3) / 5 + (557 * N ** 4) / 1440,
  (61 * N ** 3) / 240 - (103 * N ** 4) / 140,
  (49_561 * N ** 4) / 161_280,
];
const ECCENTRICITY = Math.sqrt(FLATTENING * (2 - FLATTENING));

/** CGCS2000 3-degree Gauss-Krüger; null where China has no zone. */
export function gaussKruger({ lon, lat }: Degrees): Projected | null {
  const zone = Math.floor((lon + 1.5) / 3);
  if (zone < FIRST_ZONE || zone > LAST_ZONE) return null;
  const away = radians(lon - 3 * zone);
  const sine = Math.sin(radians(lat));
  const conformal = Math.sinh(Math.atanh(sine) - ECCENTRICITY * Math.atanh(ECCENTRICITY * sine));
  const xi = Math.atan2(conformal, Math.cos(away));
  const eta = Math.atanh(Math.sin(away) / Math.hypot(1, conformal));
  let north = xi;
  let east = eta;
  ALPHA.forEach((alpha, index) => {
    const times = 2 * (index + 1);
    north += alpha * Math.sin(times * xi) * Math.cosh(times * eta);
    east += alpha * Math.cos(times * xi) * Math.sinh(times * eta);
  });
  return { zone, easting: FALSE_EASTING_M + RECTIFYING_RADIUS_M * east, northing: RECTIFYING_RADIUS_M * north };
}

// GCJ-02, on Krasovsky 1940: see geo.crs.
const GCJ_SEMI_MAJOR_M = 6_378_245;
const GCJ_E2 = 0.006693421622965943;

export function gcj02({ lon, lat }: Degrees): Degrees {
  if (lon < 72.004 || lon > 137.8347 || lat < 0.8293 || lat > 55.8271) return { lon, lat };
  const x = lon - 105;
  const y = lat - 35;
  const { sin, cos, sqrt, abs, PI } = Math;
  const root = sqrt(abs(x));
  const common = 20 * sin(6 * x * PI) + 20 * sin(2 * x * PI);
  let north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root;
  north += ((common + 20 * sin(y * PI) + 40 * sin((y / 3) * PI)) * 2) / 3;
  north += ((160 * sin((y / 12) * PI) + 320 * sin((y * PI) / 30)) * 2) / 3;
  let east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root;
  east += ((common + 20 * sin(x * PI) + 40 * sin((x / 3) * PI)) * 2) / 3;
  east += ((150 * sin((x / 12) * PI) + 300 * sin((x / 30) * PI)) * 2) / 3;
  const magic = 1 - GCJ_E2 * sin(radians(lat)) ** 2;
  const meridian = (GCJ_SEMI_MAJOR_M * (1 - GCJ_E2)) / (magic * sqrt(magic));
  const parallel = (GCJ_SEMI_MAJOR_M / sqrt(magic)) * cos(radians(lat));
  return { lon: lon + degrees(east / parallel), lat: lat + degrees(north / meridian) };
}

/** 113°36'44.44", rounded so that no 60 is written. */
export function sexagesimal(value: number): string {
  const hundredths = Math.round(Math.abs(value) * 360_000);
  const seconds = ((hundredths % 6_000) / 100).toFixed(2).padStart(5, "0");
  const minutes = String(Math.floor(hundredths / 6_000) % 60).padStart(2, "0");
  return `${value < 0 ? "-" : ""}${Math.floor(hundredths / 360_000)}°${minutes}'${seconds}"`;
}
