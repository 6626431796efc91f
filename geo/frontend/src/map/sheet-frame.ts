/**
 * Where the map lies on a sheet of paper at a true scale. The web map stretches the ellipsoid a little differently to the
 * east and to the north (0.45 % at 35°): both are taken back at the sheet's middle, so that a ruler fits either way.
 */
export interface Paper {
  /** As the server knows it: geo/views/sheet.py. */
  name: string;
  widthMm: number;
  heightMm: number;
}

export const PAPERS: Paper[] = [
  { name: "A4", widthMm: 297, heightMm: 210 },
  { name: "A4-upright", widthMm: 210, heightMm: 297 },
  { name: "A3", widthMm: 420, heightMm: 297 },
  { name: "A3-upright", widthMm: 297, heightMm: 420 },
];
export const SCALES = [500, 1_000, 2_000, 5_000, 10_000, 25_000, 50_000, 100_000];
export const DOTS_PER_INCH = 200; // an A3 is 3307 × 2339 pixels; more than the imagery shows at 1:500
export const PX_PER_MM = 96 / 25.4; // of CSS, in which signs and letters are sized
const MARGIN_MM = 10;
const HEAD_MM = 24;
const FOOT_MM = 44;
const SEMI_MAJOR_M = 6_378_137;
const E2 = 0.00669438002290079;
const LEAST_ZOOM = 6;
const MOST_ZOOM = 21;

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Frame {
  paper: Paper;
  /** The map on the sheet, in CSS pixels. */
  box: Box;
  /** West, north, east, south as parts of the web map's square (0…1). */
  world: { west: number; north: number; east: number; south: number };
  /** The zoom whose tiles are drawn. */
  zoom: number;
}

export function toWorld(lon: number, lat: number): { x: number; y: number } {
  const y = (1 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / Math.PI) / 2;
  return { x: (lon + 180) / 360, y };
}

export function toLonLat(x: number, y: number): { lon: number; lat: number } {
  return { lon: x * 360 - 180, lat: (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI };
}

export function frameOf(paper: Paper, scale: number, lon: number, lat: number): Frame {
  const box = {
    x: MARGIN_MM * PX_PER_MM,
    y: HEAD_MM * PX_PER_MM,
    width: (paper.widthMm - 2 * MARGIN_MM) * PX_PER_MM,
    height: (paper.heightMm - HEAD_MM - FOOT_MM) * PX_PER_MM,
  };
  const sine = Math.sin((lat * Math.PI) / 180);
  const cosine = Math.cos((lat * Math.PI) / 180);
  const across = SEMI_MAJOR_M / Math.sqrt(1 - E2 * sine ** 2);
  const along = (across * (1 - E2)) / (1 - E2 * sine ** 2);
  // CSS pixels on the sheet per side of the web map's square.
  const perMetre = (1000 / scale) * PX_PER_MM;
  const [wide, high] = [2 * Math.PI * across * cosine * perMetre, 2 * Math.PI * along * cosine * perMetre];
  const middle = toWorld(lon, lat);
  const [halfX, halfY] = [box.width / 2 / wide, box.height / 2 / high];
  const world = { west: middle.x - halfX, east: middle.x + halfX, north: middle.y - halfY, south: middle.y + halfY };
  const zoom = Math.min(MOST_ZOOM, Math.max(LEAST_ZOOM, Math.round(Math.log2(wide / 256))));
  return { paper, box, world, zoom };
}

/** Panels lie over the map's edges. */
const FREE_SHARE = 0.8;

/** The scale at which the sheet's frame fills what is free of the screen. */
export function scaleFor(paper: Paper, widthM: number, heightM: number): number {
  const across = (widthM * 1000) / (paper.widthMm - 2 * MARGIN_MM);
  const down = (heightM * 1000) / (paper.heightMm - HEAD_MM - FOOT_MM);
  return [...SCALES].reverse().find((scale) => scale <= FREE_SHARE * Math.min(across, down)) ?? SCALES[0] ?? 1;
}

/** A round length for the scale bar that is at most 60 mm long. */
export function barLengthM(scale: number): number {
  const most = (60 * scale) / 1000;
  const power = 10 ** Math.floor(Math.log10(most));
  return [5, 2, 1].map((digit) => digit * power).find((length) => length <= most) ?? power;
}

/** Tiles of a zoom that the frame touches, each with its place on the sheet. */
export function tilesIn({ world, box }: Frame, zoom: number): (Box & { column: number; row: number })[] {
  const count = 2 ** zoom;
  const wide = box.width / ((world.east - world.west) * count);
  const high = box.height / ((world.south - world.north) * count);
  const found = [];
  for (let column = Math.floor(world.west * count); column <= Math.floor(world.east * count); column += 1) {
    for (let row = Math.floor(world.north * count); row <= Math.floor(world.south * count); row += 1) {
      if (row < 0 || row >= count || column < 0 || column >= count) continue;
      const x = box.x + (column - world.west * count) * wide;
      const y = box.y + (row - world.north * count) * high;
      found.push({ column, row, x, y, width: wide, height: high });
    }
  }
  return found;
}
