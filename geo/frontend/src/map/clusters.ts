/** What the server gathered far out (geo/tiles/clusters.py): a bubble with the count, and where a click meets one. */
import type { VectorTileFeature } from "@mapbox/vector-tile";
import { token } from "../lib/theme";
import { pointsOf, TILE_PX, type Pen } from "./vector-layer";

/** As CELLS_PER_SIDE of the server: a bubble keeps within its cell, so that no two touch. */
const CELL_PX = TILE_PX / 8;
const LEAST_RADIUS_PX = 13;
const MOST_RADIUS_PX = 22;
const REACH_PX = 4;

export interface Bubble {
  x: number;
  y: number;
  radius: number;
}

export interface Gathered {
  count: number;
  /** Of these, how many wait for somebody. */
  hot: number;
}

export const countOf = (feature: VectorTileFeature): number => Number(feature.properties["count"] ?? 1);

function within(value: number, radius: number): number {
  const start = Math.floor(value / CELL_PX) * CELL_PX;
  return Math.min(Math.max(value, start + radius + 1), start + CELL_PX - radius - 1);
}

/** Where a bubble is drawn for a point of the tile, in the tile's screen pixels. */
export function bubbleAt(x: number, y: number, count: number): Bubble {
  const radius = Math.min(MOST_RADIUS_PX, LEAST_RADIUS_PX + 3 * Math.log10(count));
  return { x: within(x, radius), y: within(y, radius), radius };
}

/** 1,234 → 1.2k: four digits do not fit. */
export function shortCount(count: number): string {
  return count < 1000 ? String(count) : `${(count / 1000).toFixed(count < 10_000 ? 1 : 0)}k`;
}

/** The ring tells the share of those that wait for somebody. */
export function paintRing(ctx: CanvasRenderingContext2D, { x, y, radius }: Bubble, { count, hot: waiting }: Gathered, hot: string): void {
  const share = waiting / count;
  const circle = (from: number, to: number, colour: string, width: number) => {
    ctx.beginPath();
    ctx.arc(x, y, radius - width / 2, from, to);
    ctx.lineWidth = width;
    ctx.strokeStyle = colour;
    ctx.stroke();
  };
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, 2 * Math.PI);
  ctx.fillStyle = token("surface");
  ctx.fill();
  circle(0, 2 * Math.PI, token("authorised-solid"), 3);
  if (share > 0) circle(-Math.PI / 2, -Math.PI / 2 + 2 * Math.PI * share, hot, 5);
  ctx.fillStyle = token("ink");
  ctx.font = `600 12px ${token("font")}`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillText(shortCount(count), x, y + 0.5);
}

export function paintBubble(ctx: CanvasRenderingContext2D, bubble: Bubble, feature: VectorTileFeature, hot: string): void {
  paintRing(ctx, bubble, { count: countOf(feature), hot: Number(feature.properties["hot"] ?? 0) }, hot);
}

export const meets = (bubble: Bubble, x: number, y: number): boolean => Math.hypot(bubble.x - x, bubble.y - y) <= bubble.radius + REACH_PX;

/** Draw what was gathered, give back what stands alone. */
export function paintClusters(pen: Pen, features: VectorTileFeature[], hot: string): VectorTileFeature[] {
  const alone: VectorTileFeature[] = [];
  for (const feature of features) {
    const count = countOf(feature);
    if (count < 2) alone.push(feature);
    else for (const { x, y } of pointsOf(pen, feature)) paintBubble(pen.ctx, bubbleAt(x, y, count), feature, hot);
  }
  return alone;
}
