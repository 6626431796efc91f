/**
 * Names over all layers, on one canvas of the whole view: what matters more is written first, markers and counts are
 * kept free, what would overlap gives way a little or is left out. Drawn anew when the map has moved or a tile came; hidden while a zoom is under way.
 */
import type { VectorTileFeature } from "@mapbox/vector-tile";
import { token } from "../lib/theme";
import { bubbleAt, countOf } from "./clusters";
import type { VectorTiles } from "./vector-layer";

export interface LabelLook {
  attribute: string;
  sizePx: number;
  colour: string;
  bold?: boolean;
  /** Pixels below the point, for names of markers. */
  below?: number;
  /** Whether the name may stand a little above or below its place: of an area, not of a marker. */
  gives?: boolean;
}

/** How a label is written at a zoom; nothing when it is not. */
export type Looks = (label: VectorTileFeature, zoom: number) => LabelLook[];

export interface LabelSource {
  name: string;
  tiles: VectorTiles;
  looks: Looks;
}

export interface LabelBox {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

const REDRAW_AFTER_MS = 60;
const SPACING_PX = 6; // two names closer than a letter read as one
const LINE_HEIGHT = 1.4;
/** How far a name gives way, in heights of its line. */
const GIVING_WAY = [0, -1.1, 1.1];
const MARKER_PX = 8;

export class LabelOverlay {
  private readonly canvas = document.createElement("canvas");
  private timer = 0;

  /** Sources in the order of what matters: the first is written first. What `markers` hold is kept free of names. */
  constructor(
    private readonly map: L.Map,
    private readonly sources: LabelSource[],
    private readonly markers: VectorTiles[],
  ) {
    const pane = map.createPane("labels");
    pane.style.zIndex = "450";
    pane.style.pointerEvents = "none";
    this.canvas.className = "map-labels leaflet-zoom-hide";
    this.canvas.setAttribute("aria-hidden", "true");
    pane.append(this.canvas);
    map.on("moveend zoomend resize", () => this.draw());
    for (const tiles of [...markers, ...sources.map((source) => source.tiles)]) tiles.onPainted = () => this.schedule();
  }

  schedule(): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.draw(), REDRAW_AFTER_MS);
  }

  draw(): void {
    const size = this.map.getSize();
    const density = window.devicePixelRatio || 1;
    const corner = this.map.containerPointToLayerPoint([0, 0]);
    L.DomUtil.setPosition(this.canvas, corner);
    this.canvas.width = size.x * density;
    this.canvas.height = size.y * density;
    this.canvas.style.width = `${size.x}px`;
    this.canvas.style.height = `${size.y}px`;
    const ctx = this.canvas.getContext("2d");
    if (!ctx) return;
    ctx.scale(density, density);
    const origin = this.map.getPixelOrigin().add(corner);
    const taken = this.marked(origin);
    for (const { tiles, looks } of this.sources) {
      if (!this.map.hasLayer(tiles.layer)) continue;
      const written = new Set<number>();
      for (const { feature, at, zoom } of tiles.labels()) {
        if (zoom !== this.map.getZoom() || (feature.id !== undefined && written.has(feature.id))) continue;
        const { x, y } = at.subtract(origin);
        const fits = looks(feature, zoom).every((look) => writeName(ctx, feature, x, y, look, taken));
        if (fits && feature.id !== undefined) written.add(feature.id);
      }
    }
  }

  /** Where counts and markers stand: these are read before any name. */
  private marked(origin: L.Point): LabelBox[] {
    const boxes: LabelBox[] = [];
    for (const tiles of this.markers) {
      if (!this.map.hasLayer(tiles.layer)) continue;
      for (const { feature, inTile, corner, zoom } of tiles.points()) {
        if (zoom !== this.map.getZoom()) continue;
        const count = countOf(feature);
        const drawn = count > 1 ? bubbleAt(inTile.x, inTile.y, count) : { ...inTile, radius: MARKER_PX };
        const { x, y } = corner.add([drawn.x, drawn.y]).subtract(origin);
        boxes.push({ left: x - drawn.radius, right: x + drawn.radius, top: y - drawn.radius, bottom: y + drawn.radius });
      }
    }
    return boxes;
  }
}

/** Write one line where there is room; tells whether there was. */
export function writeName(
  ctx: CanvasRenderingContext2D,
  feature: VectorTileFeature,
  x: number,
  y: number,
  look: LabelLook,
  taken: LabelBox[],
): boolean {
  const value = feature.properties[look.attribute];
  if (value === undefined || value === "") return true;
  const text = String(value);
  ctx.font = `${look.bold ? "600 " : ""}${look.sizePx}px ${token("font")}`;
  const half = ctx.measureText(text).width / 2 + SPACING_PX;
  const high = look.sizePx * LINE_HEIGHT;
  const free = (middle: number): LabelBox | null => {
    const box = { left: x - half, right: x + half, top: middle - high / 2, bottom: middle + high / 2 };
    const overlaps = (other: LabelBox) => box.left < other.right && box.right > other.left && box.top < other.bottom && box.bottom > other.top;
    return taken.some(overlaps) ? null : box;
  };
  const wanted = y + (look.below ?? 0);
  const middle = (look.gives ? GIVING_WAY : [0]).map((lines) => wanted + lines * high).find((at) => free(at) !== null);
  const box = middle === undefined ? null : free(middle);
  if (middle === undefined || !box) return false;
  taken.push(box);
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.lineJoin = "round";
  ctx.lineWidth = 3.5;
  ctx.strokeStyle = token("map-halo");
  ctx.fillStyle = look.colour;
  ctx.strokeText(text, x, middle);
  ctx.fillText(text, x, middle);
  return true;
}
