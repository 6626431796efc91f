/**
 * Names over all layers, on one canvas of the whole view: what matters more is written first, what would overlap is
 * left out. Drawn anew when the map has moved or a tile came; hidden while a zoom is under way.
 */
import type { VectorTileFeature } from "@mapbox/vector-tile";
import { token } from "../lib/theme";
import type { VectorTiles } from "./vector-layer";

export interface LabelLook {
  attribute: string;
  sizePx: number;
  colour: string;
  bold?: boolean;
  /** Pixels below the point, for names of markers. */
  below?: number;
}

export interface LabelSource {
  name: string;
  tiles: VectorTiles;
  /** How a label is written at a zoom; nothing when it is not. */
  looks: (label: VectorTileFeature, zoom: number) => LabelLook[];
}

interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

const REDRAW_AFTER_MS = 60;
const SPACING_PX = 3;

export class LabelOverlay {
  private readonly canvas = document.createElement("canvas");
  private timer = 0;

  /** Sources in the order of what matters: the first is written first. */
  constructor(
    private readonly map: L.Map,
    private readonly sources: LabelSource[],
  ) {
    const pane = map.createPane("labels");
    pane.style.zIndex = "450";
    pane.style.pointerEvents = "none";
    this.canvas.className = "map-labels leaflet-zoom-hide";
    this.canvas.setAttribute("aria-hidden", "true");
    pane.append(this.canvas);
    map.on("moveend zoomend resize", () => this.draw());
    for (const { tiles } of sources) tiles.onPainted = () => this.schedule();
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
    const taken: Box[] = [];
    const origin = this.map.getPixelOrigin().add(corner);
    for (const { tiles, looks } of this.sources) {
      if (!this.map.hasLayer(tiles.layer)) continue;
      const written = new Set<number>();
      for (const { feature, at, zoom } of tiles.labels()) {
        if (zoom !== this.map.getZoom() || (feature.id !== undefined && written.has(feature.id))) continue;
        const { x, y } = at.subtract(origin);
        const fits = looks(feature, zoom).every((look) => write(ctx, feature, x, y, look, taken));
        if (fits && feature.id !== undefined) written.add(feature.id);
      }
    }
  }
}

/** Write one line where there is room; tells whether there was. */
function write(
  ctx: CanvasRenderingContext2D,
  feature: VectorTileFeature,
  x: number,
  y: number,
  look: LabelLook,
  taken: Box[],
): boolean {
  const value = feature.properties[look.attribute];
  if (value === undefined || value === "") return true;
  const text = String(value);
  const middle = y + (look.below ?? 0);
  ctx.font = `${look.bold ? "600 " : ""}${look.sizePx}px ${token("font")}`;
  const half = ctx.measureText(text).width / 2 + SPACING_PX;
  const box = { left: x - half, right: x + half, top: middle - look.sizePx * 0.6, bottom: middle + look.sizePx * 0.6 };
  const overlaps = (other: Box) =>
    box.left < other.right && box.right > other.left && box.top < other.bottom && box.bottom > other.top;
  if (taken.some(overlaps)) return false;
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
