/** Names on the map: text with a halo, the same in every tile that it touches so that its parts meet at the seams. */
import type { VectorTileFeature } from "@mapbox/vector-tile";
import { token } from "../lib/theme";
import { pointsOf, type Pen } from "./vector-layer";

export interface LabelLook {
  attribute: string;
  sizePx: number;
  colour: string;
  bold?: boolean;
  /** Pixels below the point, for names of markers. */
  below?: number;
}

export function writeLabel(pen: Pen, feature: VectorTileFeature, look: LabelLook): void {
  const text = feature.properties[look.attribute];
  if (text === undefined || text === "") return;
  const { ctx } = pen;
  ctx.font = `${look.bold ? "600 " : ""}${look.sizePx}px ${token("font")}`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.lineJoin = "round";
  ctx.lineWidth = 3;
  ctx.strokeStyle = token("map-halo");
  ctx.fillStyle = look.colour;
  for (const { x, y } of pointsOf(pen, feature)) {
    ctx.strokeText(String(text), x, y + (look.below ?? 0));
    ctx.fillText(String(text), x, y + (look.below ?? 0));
  }
}
