/** What each layer's signs mean, drawn by the same code as the map. */
import { gettext } from "../lib/i18n";
import { token } from "../lib/theme";
import { paintRing } from "./clusters";
import { hatch } from "./hatch";
import { CASE_STATES, cross, flagAlpha, KINDS, marker } from "./paint-findings";

const WIDTH_PX = 28;
const HEIGHT_PX = 18;

type Draw = (ctx: CanvasRenderingContext2D) => void;

export interface Sign {
  label: string;
  draw: Draw;
}

function line(colour: string, widthPx: number, dash: number[] = [], bandPx = 0): Draw {
  return (ctx) => {
    ctx.strokeStyle = token(colour);
    if (bandPx > 0) {
      ctx.globalAlpha = 0.22;
      ctx.lineWidth = bandPx;
      ctx.strokeRect(0, HEIGHT_PX / 2 + bandPx / 2, WIDTH_PX, 0.01);
      ctx.globalAlpha = 1;
    }
    ctx.lineWidth = widthPx;
    ctx.setLineDash(dash);
    ctx.beginPath();
    ctx.moveTo(0, HEIGHT_PX / 2);
    ctx.lineTo(WIDTH_PX, HEIGHT_PX / 2);
    ctx.stroke();
    ctx.setLineDash([]);
  };
}

function box(colour: string, inside: (ctx: CanvasRenderingContext2D) => void, widthPx = 1.5, dash: number[] = []): Draw {
  return (ctx) => {
    ctx.beginPath();
    ctx.rect(3, 2, WIDTH_PX - 6, HEIGHT_PX - 4);
    inside(ctx);
    ctx.globalAlpha = 1;
    ctx.strokeStyle = token(colour);
    ctx.lineWidth = widthPx;
    ctx.setLineDash(dash);
    ctx.stroke();
    ctx.setLineDash([]);
  };
}

function kindBox(kind: string): Draw {
  const look = KINDS[kind];
  if (!look) return () => undefined;
  return box(look.colour, (ctx) => {
    const colour = token(look.colour);
    ctx.globalAlpha = flagAlpha(0.6);
    ctx.fillStyle = colour;
    ctx.fill();
    ctx.globalAlpha = 1;
    ctx.fillStyle = hatch(ctx, look.hatch, colour);
    ctx.fill();
  });
}

function stateMarker(state: string): Draw {
  const look = CASE_STATES[state];
  return (ctx) => {
    if (look) marker(ctx, WIDTH_PX / 2, HEIGHT_PX / 2, look, 8);
  };
}

/** What the server gathered far out: here five, two of which wait for somebody. */
function gathered(hot: string): Draw {
  return (ctx) => {
    ctx.save();
    ctx.scale(0.68, 0.68);
    paintRing(ctx, { x: WIDTH_PX / 2 / 0.68, y: HEIGHT_PX / 2 / 0.68, radius: 13 }, { count: 5, hot: 2 }, token(hot));
    ctx.restore();
  };
}

const filled = (colour: string, alpha: number) => (ctx: CanvasRenderingContext2D) => {
  ctx.globalAlpha = alpha;
  ctx.fillStyle = token(colour);
  ctx.fill();
};

export function signsOf(layer: string): Sign[] {
  switch (layer) {
    case "units":
      return [
        { label: gettext("市界"), draw: line("map-city", 3, [], 8) },
        { label: gettext("县(区)界"), draw: line("map-county", 2.25, [], 6) },
        { label: gettext("乡镇/街道界"), draw: line("map-township", 1.5) },
        { label: gettext("社区(村)界"), draw: line("map-community", 1, [6, 3]) },
      ];
    case "special_areas":
      return [{ label: gettext("特殊区域"), draw: line("map-special", 2, [14, 4, 3, 4], 6) }];
    case "control_areas":
      return [{ label: gettext("重点区域"), draw: line("map-control", 1.75, [10, 5], 5) }];
    case "archive_areas":
      return [
        { label: gettext("建档区域"), draw: line("map-archive", 2, [3, 3]) },
        {
          label: gettext("建档区域（逾期）"),
          draw: box("map-archive", (ctx) => {
            ctx.fillStyle = hatch(ctx, "level", token("overdue-solid"));
            ctx.fill();
          }),
        },
      ];
    case "census_zones":
      return [
        { label: gettext("普查区"), draw: line("map-zone", 2.25) },
        { label: gettext("普查小区"), draw: line("map-zone", 1) },
      ];
    case "buildings":
      return [
        { label: gettext("现存"), draw: box("map-building", filled("map-building-fill", 0.6), 1) },
        {
          label: gettext("在建"),
          draw: box("map-building", (ctx) => {
            ctx.fillStyle = hatch(ctx, "level", token("map-building"));
            ctx.fill();
          }),
        },
      ];
    case "permits":
      return [
        {
          label: gettext("许可范围"),
          draw: box("map-permit", (ctx) => {
            ctx.fillStyle = hatch(ctx, "dots", token("map-permit"));
            ctx.fill();
          }),
        },
        { label: gettext("已撤销"), draw: box("authorised-solid", () => undefined, 1.5, [3, 3]) },
      ];
    case "flags":
      return [
        { label: gettext("新增"), draw: kindBox("new") },
        { label: gettext("扩建"), draw: kindBox("enlarged") },
        { label: gettext("翻建"), draw: kindBox("rebuilt") },
        { label: gettext("加层"), draw: kindBox("storey_added") },
        { label: gettext("拆除"), draw: kindBox("demolished") },
        { label: gettext("待辨"), draw: kindBox("unclear") },
        { label: gettext("多个图斑，环为待审核"), draw: gathered("map-new") },
        { label: gettext("已排除或许可内"), draw: box("authorised-solid", () => undefined, 1.75, [4, 3]) },
      ];
    case "cases":
      return [
        { label: gettext("已发现"), draw: stateMarker("found") },
        { label: gettext("认定中"), draw: stateMarker("routed") },
        { label: gettext("已认定"), draw: stateMarker("determined") },
        { label: gettext("已逾期"), draw: stateMarker("overdue") },
        { label: gettext("拆除中"), draw: stateMarker("demolishing") },
        { label: gettext("已拆除结案"), draw: stateMarker("closed") },
        { label: gettext("许可合法"), draw: stateMarker("authorised") },
        { label: gettext("已撤销"), draw: stateMarker("withdrawn") },
        { label: gettext("多个案件，环为已逾期"), draw: gathered("overdue-solid") },
      ];
    case "catchments":
      return [{ label: gettext("服务范围（颜色区分机构）"), draw: box("map-catchment", filled("map-catchment", 0.25), 1.5) }];
    case "uncovered_homes":
      return [
        {
          label: gettext("不在服务范围内的住宅"),
          draw: (ctx) => {
            ctx.beginPath();
            ctx.arc(WIDTH_PX / 2, HEIGHT_PX / 2, 4, 0, 2 * Math.PI);
            ctx.fillStyle = token("map-uncovered");
            ctx.fill();
          },
        },
        { label: gettext("多处住宅"), draw: gathered("map-uncovered") },
      ];
    case "clinics":
      return [{ label: gettext("医疗卫生机构"), draw: (ctx) => cross(ctx, WIDTH_PX / 2, HEIGHT_PX / 2, 8) }];
    default:
      return [];
  }
}

/** A drawing of a sign; draw it anew when the theme changes. */
export function swatch(sign: Sign): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  const density = window.devicePixelRatio || 1;
  canvas.width = WIDTH_PX * density;
  canvas.height = HEIGHT_PX * density;
  canvas.className = "swatch";
  canvas.setAttribute("aria-hidden", "true");
  const ctx = canvas.getContext("2d");
  if (ctx) {
    ctx.scale(density, density);
    sign.draw(ctx);
  }
  return canvas;
}
