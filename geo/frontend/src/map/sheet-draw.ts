/** A sheet of paper with the map: title, frame, scale bar, north arrow, legend, dates, and who made it. */
import { formatNumber } from "../lib/format";
import { gettext, interpolate } from "../lib/i18n";
import { token } from "../lib/theme";
import { writeName, type LabelBox, type Looks } from "./labels";
import { signsOf } from "./legend";
import { barLengthM, DOTS_PER_INCH, PX_PER_MM, type Frame } from "./sheet-frame";
import type { ImageTile, PaintedTile } from "./sheet-tiles";
import { featuresOf, TILE_PX, type Paint } from "./vector-layer";

export interface SheetLayer {
  name: string;
  label: string;
  paint: Paint;
  opacity: number;
  looks: Looks | undefined;
  tiles: PaintedTile[];
}

export interface Sheet {
  frame: Frame;
  scale: number;
  title: string;
  /** Date of the imagery, scale, coordinate system, maker: one line each. */
  notes: string[];
  images: ImageTile[];
  imageOpacity: number;
  layers: SheetLayer[];
  /** Names by what matters: the first is written first. */
  names: string[];
}

/** Words on the sheet in CSS pixels from its upper left corner, `y` at their middle: what a PDF writes as text. */
export interface Written {
  words: string;
  x: number;
  y: number;
  sizePx: number;
  align: "left" | "center" | "right";
  bold: boolean;
}

const NOTES_MM = 74;
const SIGN_MM = { width: 48, height: 5.6 };

/** Draw a sheet; with `written`, the words around the map are put there instead of onto the picture. */
export function drawSheet(sheet: Sheet, written?: Written[]): HTMLCanvasElement {
  const { paper } = sheet.frame;
  const canvas = document.createElement("canvas");
  canvas.width = Math.round((paper.widthMm / 25.4) * DOTS_PER_INCH);
  canvas.height = Math.round((paper.heightMm / 25.4) * DOTS_PER_INCH);
  const ctx = canvas.getContext("2d");
  if (!ctx) throw new Error("no canvas of this size");
  ctx.scale(DOTS_PER_INCH / 96, DOTS_PER_INCH / 96);
  // Paper is white, whatever the screen is; nothing is shown before this is taken back.
  const { dataset } = document.documentElement;
  const theme = dataset.theme;
  dataset.theme = "light";
  try {
    ctx.fillStyle = token("surface");
    ctx.fillRect(0, 0, paper.widthMm * PX_PER_MM, paper.heightMm * PX_PER_MM);
    drawMap(ctx, sheet);
    drawAround({ ctx, written }, sheet);
  } finally {
    if (theme === undefined) delete dataset.theme;
    else dataset.theme = theme;
  }
  return canvas;
}

function drawMap(ctx: CanvasRenderingContext2D, { frame, images, imageOpacity, layers, names }: Sheet): void {
  const { x, y, width, height } = frame.box;
  ctx.save();
  ctx.beginPath();
  ctx.rect(x, y, width, height);
  ctx.clip();
  ctx.fillStyle = token("map-ground");
  ctx.fillRect(x, y, width, height);
  ctx.globalAlpha = imageOpacity;
  for (const tile of images) ctx.drawImage(tile.image, tile.x, tile.y, tile.width, tile.height);
  ctx.globalAlpha = 1;
  for (const layer of layers) {
    const painted = document.createElement("canvas");
    painted.width = ctx.canvas.width;
    painted.height = ctx.canvas.height;
    const own = painted.getContext("2d");
    if (!own) continue;
    for (const place of layer.tiles) {
      const content = place.tile.layers[layer.name];
      if (!content) continue;
      own.save();
      own.setTransform(ctx.getTransform());
      own.translate(place.x, place.y);
      own.scale(place.width / TILE_PX, place.height / TILE_PX);
      own.beginPath();
      own.rect(0, 0, TILE_PX, TILE_PX);
      own.clip();
      layer.paint({ ctx: own, scale: TILE_PX / content.extent, zoom: frame.zoom }, featuresOf(content));
      own.restore();
    }
    ctx.save();
    ctx.resetTransform();
    ctx.globalAlpha = layer.opacity;
    ctx.drawImage(painted, 0, 0);
    ctx.restore();
  }
  drawNames(ctx, frame, names.flatMap((name) => layers.find((layer) => layer.name === name) ?? []));
  ctx.restore();
  ctx.strokeStyle = token("ink");
  ctx.lineWidth = 1.5;
  ctx.strokeRect(x, y, width, height);
}

function drawNames(ctx: CanvasRenderingContext2D, frame: Frame, layers: SheetLayer[]): void {
  const taken: LabelBox[] = [];
  for (const { name, looks, tiles } of layers) {
    const written = new Set<number>();
    for (const place of tiles) {
      const content = place.tile.layers[`${name}_labels`];
      for (const feature of featuresOf(content)) {
        if (feature.id !== undefined && written.has(feature.id)) continue;
        const [point] = feature.loadGeometry().flat();
        if (!point || !content || !looks) continue;
        const at = { x: place.x + (point.x / content.extent) * place.width, y: place.y + (point.y / content.extent) * place.height };
        const fits = looks(feature, frame.zoom).every((look) => writeName(ctx, feature, at.x, at.y, look, taken));
        if (fits && feature.id !== undefined) written.add(feature.id);
      }
    }
  }
}

interface Paperwork {
  ctx: CanvasRenderingContext2D;
  written: Written[] | undefined;
}

function text({ ctx, written }: Paperwork, words: string, x: number, y: number, sizePx: number, align: Written["align"] = "left", bold = false, mostPx?: number): void {
  ctx.font = `${bold ? "600 " : ""}${sizePx}px ${token("font")}`;
  if (written) {
    const wide = mostPx ? ctx.measureText(words).width : 0;
    written.push({ words, x, y, sizePx: mostPx && wide > mostPx ? (sizePx * mostPx) / wide : sizePx, align, bold });
    return;
  }
  ctx.textAlign = align;
  ctx.textBaseline = "middle";
  ctx.fillStyle = token("ink");
  ctx.fillText(words, x, y, mostPx);
}

function drawAround(work: Paperwork, sheet: Sheet): void {
  const { frame, title, notes } = sheet;
  const { box, paper } = frame;
  text(work, title, (paper.widthMm * PX_PER_MM) / 2, box.y / 2 + 4, 26, "center", true);
  drawNorth(work.ctx, box.x + box.width - 26, box.y + 16);
  const top = box.y + box.height + 14;
  drawBar(work, box.x, top, sheet.scale);
  notes.forEach((note, index) => text(work, note, box.x, top + 36 + index * 19, 12, "left", false, NOTES_MM * PX_PER_MM));
  drawLegend(work, sheet, box.x + (NOTES_MM + 4) * PX_PER_MM, top, box.x + box.width);
}

function drawNorth(ctx: CanvasRenderingContext2D, x: number, y: number): void {
  ctx.beginPath();
  ctx.moveTo(x, y);
  ctx.lineTo(x + 11, y + 34);
  ctx.lineTo(x, y + 27);
  ctx.lineTo(x - 11, y + 34);
  ctx.closePath();
  ctx.fillStyle = token("ink");
  ctx.strokeStyle = token("surface");
  ctx.lineWidth = 4;
  ctx.stroke();
  ctx.fill();
  ctx.lineWidth = 3;
  ctx.font = `600 15px ${token("font")}`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.strokeText(gettext("北"), x, y + 46);
  ctx.fillText(gettext("北"), x, y + 46);
}

function drawBar(work: Paperwork, x: number, y: number, scale: number): void {
  const { ctx } = work;
  const lengthM = barLengthM(scale);
  const whole = ((lengthM * 1000) / scale) * PX_PER_MM;
  ctx.strokeStyle = ctx.fillStyle = token("ink");
  ctx.lineWidth = 1;
  for (let part = 0; part < 4; part += 1) {
    ctx.fillStyle = token(part % 2 ? "surface" : "ink");
    ctx.fillRect(x + (part * whole) / 4, y, whole / 4, 6);
  }
  ctx.strokeRect(x, y, whole, 6);
  text(work, "0", x, y + 16, 11);
  text(work, lengthM >= 1000 ? `${formatNumber(lengthM / 1000)} km` : `${formatNumber(lengthM)} m`, x + whole, y + 16, 11, "center");
}

function drawLegend(work: Paperwork, { layers, frame }: Sheet, left: number, top: number, right: number): void {
  const { ctx } = work;
  const [wide, high] = [SIGN_MM.width * PX_PER_MM, SIGN_MM.height * PX_PER_MM];
  const columns = Math.max(1, Math.floor((right - left) / wide));
  const rows = Math.floor((frame.paper.heightMm * PX_PER_MM - top - 10) / high);
  const signs = layers.flatMap((layer) => signsOf(layer.name));
  const fits = signs.slice(0, columns * rows);
  fits.forEach((sign, index) => {
    const x = left + Math.floor(index / rows) * wide;
    const y = top + (index % rows) * high;
    ctx.save();
    ctx.translate(x, y - 3);
    sign.draw(ctx);
    ctx.restore();
    text(work, sign.label, x + 34, y + 6, 11);
  });
  if (fits.length < signs.length) text(work, interpolate(gettext("另有 %(count)s 种图例未列"), { count: signs.length - fits.length }), right, top + rows * high, 10, "right");
}
