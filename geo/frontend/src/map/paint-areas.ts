/** How areas are drawn: administrative boundaries by level, special and control areas, census zones, permits, buildings. */
import type { VectorTileFeature } from "@mapbox/vector-tile";
import { token } from "../lib/theme";
import { paintClusters } from "./clusters";
import { hatch } from "./hatch";
import { isPoint, pointsOf, trace, type Paint, type Pen } from "./vector-layer";

export interface LevelLook {
  colour: string;
  /** Of the name, where the line's colour is too light to read. */
  ink?: string;
  widthPx: number;
  bandPx: number;
  dash: number[];
  sizePx: number;
  /** Zooms at which the name of a unit of this level is of use. */
  named: [number, number];
}

/** City, county, township, community: the higher the level, the stronger the line. */
export const LEVELS: LevelLook[] = [
  { colour: "map-city", widthPx: 3, bandPx: 12, dash: [], sizePx: 17, named: [0, 10] },
  { colour: "map-county", widthPx: 2.25, bandPx: 9, dash: [], sizePx: 16, named: [9, 13] },
  { colour: "map-township", ink: "map-county", widthPx: 1.5, bandPx: 0, dash: [], sizePx: 14, named: [13, 15] },
  { colour: "map-community", ink: "map-county", widthPx: 1, bandPx: 0, dash: [6, 3], sizePx: 13, named: [15, 30] },
];
const COMMUNITY_LEVEL = 3;
/** No wider than what a tile holds of its neighbour (EDGE_MARGIN_PX of the server), else its edge is seen. */
const CATCHMENT_BANDS_PX = [2, 4, 7];
export const CATCHMENT_TINTS = ["map-catchment", "map-catchment-2", "map-catchment-3"];
const COMMUNITIES_FROM_ZOOM = 13;

function outline(pen: Pen, features: VectorTileFeature[], colour: string, widthPx: number, dash: number[] = []): void {
  const { ctx } = pen;
  ctx.strokeStyle = colour;
  ctx.lineWidth = widthPx;
  ctx.lineJoin = "round";
  ctx.setLineDash(dash);
  ctx.beginPath();
  for (const feature of features) trace(pen, feature);
  ctx.stroke();
  ctx.setLineDash([]);
}

function fill(pen: Pen, features: VectorTileFeature[], style: string | CanvasPattern, alpha = 1): void {
  const { ctx } = pen;
  ctx.globalAlpha = alpha;
  ctx.fillStyle = style;
  ctx.beginPath();
  for (const feature of features) trace(pen, feature);
  ctx.fill("nonzero");
  ctx.globalAlpha = 1;
}

/** A soft band inside the boundary, as on administrative wall maps. */
function band(pen: Pen, feature: VectorTileFeature, colour: string, widthPx: number): void {
  const { ctx } = pen;
  ctx.save();
  ctx.beginPath();
  trace(pen, feature);
  ctx.clip();
  ctx.globalAlpha = 0.22;
  ctx.strokeStyle = colour;
  ctx.lineWidth = widthPx * 2;
  ctx.lineJoin = "round";
  ctx.beginPath();
  trace(pen, feature);
  ctx.stroke();
  ctx.restore();
}

export const paintUnits: Paint = (pen, features) => {
  for (let level = LEVELS.length - 1; level >= 0; level -= 1) {
    const look = LEVELS[level];
    if (!look || (level === COMMUNITY_LEVEL && pen.zoom < COMMUNITIES_FROM_ZOOM)) continue;
    const ofLevel = features.filter((feature) => feature.properties["level"] === level);
    const colour = token(look.colour);
    if (look.bandPx > 0) for (const feature of ofLevel) band(pen, feature, colour, look.bandPx);
    outline(pen, ofLevel, colour, look.widthPx, look.dash);
  }
};

export const paintSpecialAreas: Paint = (pen, features) => {
  const colour = token("map-special");
  for (const feature of features) band(pen, feature, colour, 7);
  outline(pen, features, colour, 2, [14, 4, 3, 4]);
};

export const paintControlAreas: Paint = (pen, features) => {
  const colour = token("map-control");
  for (const feature of features) band(pen, feature, colour, 5);
  outline(pen, features, colour, 1.75, [10, 5]);
};

/** Late ones are filled: they wait for somebody. */
export const paintArchiveAreas: Paint = (pen, features) => {
  const colour = token("map-archive");
  const late = features.filter((feature) => feature.properties["late"] === 1);
  fill(pen, late, hatch(pen.ctx, "level", token("overdue-solid")), 0.6);
  fill(pen, features, colour, 0.1);
  outline(pen, features, colour, 2, [3, 3]);
};

export const paintZones: Paint = (pen, features) => {
  const colour = token("map-zone");
  const areas = features.filter((feature) => feature.properties["level"] === 0);
  const blocks = features.filter((feature) => feature.properties["level"] !== 0);
  fill(pen, areas, colour, 0.06);
  outline(pen, blocks, colour, 1);
  outline(pen, areas, colour, 2.25);
};

/** Bands from dark at the border to light inside, a tint by clinic: who serves a place is told without its name. */
export const paintCatchments: Paint = (pen, features) => {
  for (const feature of features) {
    const colour = token(CATCHMENT_TINTS[Number(feature.properties["clinic"]) % CATCHMENT_TINTS.length]!);
    fill(pen, [feature], colour, 0.1);
    for (const widthPx of CATCHMENT_BANDS_PX) band(pen, feature, colour, widthPx);
  }
  outline(pen, features, token("map-catchment"), 1.5);
};

/** One dot is one home without a clinic. */
export const paintUncovered: Paint = (pen, features) => {
  const { ctx } = pen;
  for (const feature of paintClusters(pen, features, token("map-uncovered"))) {
    for (const { x, y } of pointsOf(pen, feature)) {
      ctx.beginPath();
      ctx.arc(x, y, pen.zoom >= 16 ? 4 : 2.5, 0, 2 * Math.PI);
      ctx.fillStyle = token("map-uncovered");
      ctx.fill();
      ctx.lineWidth = 1;
      ctx.strokeStyle = token("map-halo");
      ctx.stroke();
    }
  }
};

export const paintBuildings: Paint = (pen, features) => {
  const { ctx } = pen;
  const colour = token("map-building");
  ctx.fillStyle = colour;
  for (const feature of features.filter(isPoint)) {
    for (const { x, y } of pointsOf(pen, feature)) ctx.fillRect(x - 1, y - 1, 2, 2);
  }
  const shapes = features.filter((feature) => !isPoint(feature));
  const rising = shapes.filter((feature) => feature.properties["status"] === "under_construction");
  fill(pen, shapes, token("map-building-fill"), 0.25);
  if (rising.length > 0) fill(pen, rising, hatch(ctx, "level", colour), 0.8);
  outline(pen, shapes, colour, pen.zoom >= 17 ? 1.25 : 0.75);
};

export const paintPermits: Paint = (pen, features) => {
  const { ctx } = pen;
  const colour = token("map-permit");
  ctx.fillStyle = colour;
  for (const feature of features.filter(isPoint)) {
    for (const { x, y } of pointsOf(pen, feature)) ctx.fillRect(x - 2, y - 2, 4, 4);
  }
  const shapes = features.filter((feature) => !isPoint(feature));
  const valid = shapes.filter((feature) => feature.properties["revoked"] !== true);
  const revoked = shapes.filter((feature) => feature.properties["revoked"] === true);
  fill(pen, valid, hatch(ctx, "dots", colour), 0.55);
  outline(pen, valid, colour, 1.5);
  outline(pen, revoked, token("authorised-solid"), 1.5, [3, 3]);
};
