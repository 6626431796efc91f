/** How findings are drawn: change flags by kind and confidence, cases by state, health facilities. */
import type { VectorTileFeature } from "@mapbox/vector-tile";
import paths from "../../../templatetags/icons.json";
import type { IconName } from "../lib/icons";
import { token } from "../lib/theme";
import { paintClusters } from "./clusters";
import { hatch, type Hatch } from "./hatch";
import { isPoint, pointsOf, trace, type Paint } from "./vector-layer";

export interface KindLook {
  colour: string;
  hatch: Hatch;
}

/** Kinds of change differ by hatch as well as by colour. */
export const KINDS: Record<string, KindLook> = {
  new: { colour: "map-new", hatch: "rising" },
  enlarged: { colour: "map-enlarged", hatch: "cross" },
  rebuilt: { colour: "map-altered", hatch: "grid" },
  storey_added: { colour: "map-altered", hatch: "level" },
  demolished: { colour: "map-demolished", hatch: "falling" },
  unclear: { colour: "authorised-solid", hatch: "dots" },
};
const UNKNOWN_KIND: KindLook = { colour: "authorised-solid", hatch: "dots" };

/** A flag that was decided against is only an outline. */
const STANDING_STATES = new Set(["pending", "confirmed"]);

export interface StateLook {
  tone: string;
  icon: IconName;
}

/** As geo/templatetags/tones.py has it. */
export const CASE_STATES: Record<string, StateLook> = {
  found: { tone: "found", icon: "alert" },
  routed: { tone: "found", icon: "arrow-right" },
  determined: { tone: "determined", icon: "gavel" },
  overdue: { tone: "overdue", icon: "clock" },
  demolishing: { tone: "demolition", icon: "demolition" },
  closed: { tone: "closed", icon: "check" },
  authorised: { tone: "authorised", icon: "ban" },
  withdrawn: { tone: "authorised", icon: "undo" },
};
const UNKNOWN_STATE: StateLook = { tone: "authorised", icon: "info" };
const BIG_MARKERS_FROM_ZOOM = 14;

/** Opacity of a flag's fill: sure ones stand out, weak ones are still seen. */
export const flagAlpha = (confidence: number): number => 0.12 + 0.5 * confidence;

export const paintFlags: Paint = (pen, features) => {
  const { ctx } = pen;
  for (const feature of paintClusters(pen, features, token("map-new"))) {
    const look = KINDS[String(feature.properties["kind"])] ?? UNKNOWN_KIND;
    const state = String(feature.properties["state"]);
    const confidence = Number(feature.properties["confidence"]);
    const standing = STANDING_STATES.has(state);
    const colour = token(standing ? look.colour : "authorised-solid");
    if (isPoint(feature)) {
      for (const { x, y } of pointsOf(pen, feature)) {
        ctx.beginPath();
        ctx.rect(x - 4, y - 4, 8, 8);
        ctx.globalAlpha = standing ? 0.35 + 0.65 * confidence : 0.5;
        ctx.fillStyle = colour;
        ctx.fill();
        ctx.globalAlpha = 1;
        ctx.lineWidth = 1.25;
        ctx.strokeStyle = token("map-halo");
        ctx.stroke();
      }
      continue;
    }
    ctx.beginPath();
    trace(pen, feature);
    if (standing) {
      ctx.globalAlpha = flagAlpha(confidence);
      ctx.fillStyle = colour;
      ctx.fill();
      ctx.globalAlpha = 1;
      ctx.fillStyle = hatch(ctx, look.hatch, colour);
      ctx.fill();
    }
    ctx.strokeStyle = colour;
    ctx.lineWidth = state === "confirmed" ? 3 : 1.75;
    ctx.setLineDash(standing ? [] : [4, 3]);
    ctx.stroke();
    ctx.setLineDash([]);
  }
};

/** A round marker with the state's icon; what is overdue is square, so that it is told without colour too. */
export function marker(ctx: CanvasRenderingContext2D, x: number, y: number, look: StateLook, radiusPx: number): void {
  const square = look.tone === "overdue";
  ctx.beginPath();
  if (square) ctx.rect(x - radiusPx, y - radiusPx, 2 * radiusPx, 2 * radiusPx);
  else ctx.arc(x, y, radiusPx, 0, 2 * Math.PI);
  ctx.fillStyle = token(`${look.tone}-solid`);
  ctx.fill();
  ctx.lineWidth = 1.5;
  ctx.strokeStyle = "#ffffff";
  ctx.stroke();
  if (radiusPx < 7) return;
  const scale = (radiusPx * 1.3) / 24;
  ctx.save();
  ctx.translate(x - 12 * scale, y - 12 * scale);
  ctx.scale(scale, scale);
  ctx.lineWidth = 2.5;
  ctx.lineCap = ctx.lineJoin = "round";
  ctx.stroke(new Path2D(paths[look.icon]));
  ctx.restore();
}

export function caseLook(properties: VectorTileFeature["properties"]): StateLook {
  const state = properties["overdue"] === true ? "overdue" : String(properties["state"]);
  return CASE_STATES[state] ?? UNKNOWN_STATE;
}

export const paintCases: Paint = (pen, features) => {
  const radius = pen.zoom >= BIG_MARKERS_FROM_ZOOM ? 10 : 5;
  for (const feature of paintClusters(pen, features, token("overdue-solid"))) {
    for (const { x, y } of pointsOf(pen, feature)) marker(pen.ctx, x, y, caseLook(feature.properties), radius);
  }
};

export function cross(ctx: CanvasRenderingContext2D, x: number, y: number, radiusPx: number): void {
  ctx.beginPath();
  ctx.roundRect(x - radiusPx, y - radiusPx, 2 * radiusPx, 2 * radiusPx, 3);
  ctx.fillStyle = "#ffffff";
  ctx.fill();
  ctx.lineWidth = 1.5;
  ctx.strokeStyle = token("determined-solid");
  ctx.stroke();
  ctx.fillStyle = token("determined-solid");
  ctx.fillRect(x - radiusPx * 0.6, y - radiusPx * 0.2, radiusPx * 1.2, radiusPx * 0.4);
  ctx.fillRect(x - radiusPx * 0.2, y - radiusPx * 0.6, radiusPx * 0.4, radiusPx * 1.2);
}

export const paintClinics: Paint = (pen, features) => {
  const radius = pen.zoom >= BIG_MARKERS_FROM_ZOOM ? 9 : 6;
  for (const feature of features) {
    for (const { x, y } of pointsOf(pen, feature)) cross(pen.ctx, x, y, radius);
  }
};
