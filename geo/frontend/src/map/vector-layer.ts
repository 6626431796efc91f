/**
 * A Leaflet layer of Mapbox vector tiles drawn on canvases: sharp at any pixel density, styled by a paint function,
 * redrawn without asking the server when the theme changes. Tiles are 512 px wide to keep requests few.
 */
import { VectorTile, type VectorTileFeature, type VectorTileLayer } from "@mapbox/vector-tile";
import { PbfReader } from "pbf";
import { NetworkError, send } from "../lib/request";

export const TILE_PX = 512;

export interface Pen {
  ctx: CanvasRenderingContext2D;
  /** Screen pixels per unit of the tile. */
  scale: number;
  /** The map's zoom. */
  zoom: number;
}

export type Paint = (pen: Pen, features: VectorTileFeature[]) => void;

/** A name, and where it belongs in pixels of the world at the tile's zoom. */
export interface PlacedLabel {
  feature: VectorTileFeature;
  at: L.Point;
  zoom: number;
}

/** A point feature: where in its tile, and the tile's corner in pixels of the world. */
export interface PlacedPoint {
  feature: VectorTileFeature;
  inTile: { x: number; y: number };
  corner: L.Point;
  zoom: number;
}

interface Drawn {
  canvas: HTMLCanvasElement;
  tile: VectorTile;
  coords: L.Coords;
}

interface LayerOptions extends L.GridLayerOptions {
  name: string;
  url: string;
  paint: Paint;
}

export function featuresOf(layer: VectorTileLayer | undefined): VectorTileFeature[] {
  return layer ? Array.from({ length: layer.length }, (_, index) => layer.feature(index)) : [];
}

/** Trace a feature's lines and rings into the current path. */
export function trace({ ctx, scale }: Pen, feature: VectorTileFeature): void {
  for (const ring of feature.loadGeometry()) {
    ring.forEach((point, index) => {
      if (index === 0) ctx.moveTo(point.x * scale, point.y * scale);
      else ctx.lineTo(point.x * scale, point.y * scale);
    });
  }
}

/** The points of a point feature, in screen pixels of the tile. */
export function pointsOf({ scale }: Pen, feature: VectorTileFeature): { x: number; y: number }[] {
  return feature
    .loadGeometry()
    .flat()
    .map((point) => ({ x: point.x * scale, y: point.y * scale }));
}

const POINT = 1;
export const isPoint = (feature: VectorTileFeature): boolean => feature.type === POINT;

export function createVectorLayer(options: LayerOptions): VectorTiles {
  return new VectorTiles(options);
}

export class VectorTiles {
  readonly layer: L.GridLayer;
  onPainted: () => void = () => undefined;
  private readonly drawn = new Map<HTMLElement, Drawn>();
  private readonly asking = new Map<HTMLElement, AbortController>();

  constructor(private readonly options: LayerOptions) {
    const Grid = L.GridLayer.extend({
      createTile: (coords: L.Coords, done: L.DoneCallback) => this.createTile(coords, done),
    }) as new (options: L.GridLayerOptions) => L.GridLayer;
    this.layer = new Grid({ ...options, tileSize: TILE_PX, updateWhenZooming: false, keepBuffer: 1 });
    this.layer.on("tileunload", (event) => {
      const { tile } = event as L.TileEvent;
      this.asking.get(tile)?.abort();
      this.asking.delete(tile);
      if (this.drawn.delete(tile)) this.onPainted();
    });
    this.layer.on("remove", () => this.onPainted());
  }

  /** Paint all tiles anew from what was fetched. */
  repaint(): void {
    for (const drawn of this.drawn.values()) this.paint(drawn);
  }

  /** The names of all tiles at hand. */
  *labels(): Generator<PlacedLabel> {
    for (const { tile, coords } of this.drawn.values()) {
      const layer = tile.layers[`${this.options.name}_labels`];
      for (const feature of featuresOf(layer)) {
        const scale = TILE_PX / (layer?.extent ?? 1);
        for (const point of feature.loadGeometry().flat()) {
          const at = L.point(coords.x * TILE_PX + point.x * scale, coords.y * TILE_PX + point.y * scale);
          yield { feature, at, zoom: coords.z };
        }
      }
    }
  }

  /** The points of all tiles at hand (markers, clusters), each with its place in pixels of the world and of its tile. */
  *points(): Generator<PlacedPoint> {
    for (const { tile, coords } of this.drawn.values()) {
      const layer = tile.layers[this.options.name];
      if (!layer) continue;
      const scale = TILE_PX / layer.extent;
      const corner = L.point(coords.x * TILE_PX, coords.y * TILE_PX);
      for (const feature of featuresOf(layer).filter(isPoint)) {
        for (const { x, y } of feature.loadGeometry().flat()) {
          yield { feature, inTile: { x: x * scale, y: y * scale }, corner, zoom: coords.z };
        }
      }
    }
  }

  private createTile(coords: L.Coords, done: L.DoneCallback): HTMLElement {
    const canvas = document.createElement("canvas");
    const density = window.devicePixelRatio || 1;
    canvas.width = canvas.height = Math.round(TILE_PX * density);
    canvas.dataset.layer = this.options.name;
    const asking = new AbortController();
    this.asking.set(canvas, asking);
    // Tiles of 512 px show zoom z by the grid of zoom z - 1; Leaflet's column and row are those of that grid already.
    const url = L.Util.template(this.options.url, { x: coords.x, y: coords.y, z: coords.z - 1 });
    void this.load(url, canvas, coords, asking.signal, done);
    return canvas;
  }

  private async load(
    url: string,
    canvas: HTMLCanvasElement,
    coords: L.Coords,
    signal: AbortSignal,
    done: L.DoneCallback,
  ): Promise<void> {
    try {
      const response = await send(url, { signal, headers: { Accept: "*/*" } });
      if (response.status !== 204) {
        const tile = new VectorTile(new PbfReader(new Uint8Array(await response.arrayBuffer())));
        const drawn = { canvas, tile, coords };
        this.drawn.set(canvas, drawn);
        this.paint(drawn);
      }
      done(undefined, canvas);
    } catch (error) {
      if (!signal.aborted) done(error instanceof Error ? error : new NetworkError(String(error)), canvas);
    } finally {
      this.asking.delete(canvas);
    }
  }

  private paint({ canvas, tile, coords }: Drawn): void {
    const ctx = canvas.getContext("2d");
    if (!ctx) return;
    const density = canvas.width / TILE_PX;
    ctx.setTransform(density, 0, 0, density, 0, 0);
    ctx.clearRect(0, 0, TILE_PX, TILE_PX);
    const layer = tile.layers[this.options.name];
    if (layer) this.options.paint({ ctx, scale: TILE_PX / layer.extent, zoom: coords.z }, featuresOf(layer));
    this.onPainted();
  }
}
