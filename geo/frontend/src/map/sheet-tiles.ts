/** What a sheet of paper shows, fetched anew at its own scale: images of the snapshots and vector tiles of the layers. */
import { VectorTile } from "@mapbox/vector-tile";
import { PbfReader } from "pbf";
import { send } from "../lib/request";
import { DOTS_PER_INCH, tilesIn, toWorld, type Box, type Frame } from "./sheet-frame";
import type { FlightConfig, SnapshotConfig } from "./types";

/** The server's images have 512 pixels, as those of the map: src/map/imagery.ts. */
const IMAGE_PX = 512;
const EQUATOR_PIXEL_M = 156_543.034;
const MOST_AT_ONCE = 6;

export interface ImageTile extends Box {
  image: ImageBitmap;
}

export interface PaintedTile extends Box {
  tile: VectorTile;
}

/** At most so many requests at a time; the first failure fails the whole: a sheet with holes is not handed out. */
async function all<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const waiting = [...items.entries()];
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) results[next[0]] = await work(next[1]);
  };
  await Promise.all(Array.from({ length: MOST_AT_ONCE }, worker));
  return results;
}

const address = (template: string, zoom: number, column: number, row: number): string => L.Util.template(template, { z: zoom, x: column, y: row });

/** The zoom at which an image's pixels are those of the sheet, no finer than those of the snapshot. */
function imageZoom(frame: Frame, snapshot: SnapshotConfig): number {
  const [, south, , north] = snapshot.bounds;
  const ground = EQUATOR_PIXEL_M * Math.cos((((south + north) / 2) * Math.PI) / 180);
  const full = Math.ceil(Math.log2(ground / snapshot.resolutionM));
  const pixels = (frame.box.width / (frame.world.east - frame.world.west)) * (DOTS_PER_INCH / 96);
  return Math.max(0, Math.min(Math.ceil(Math.log2(pixels / IMAGE_PX)), full));
}

function overlaps(tile: { column: number; row: number }, zoom: number, [west, south, east, north]: SnapshotConfig["bounds"]): boolean {
  const [a, b] = [toWorld(west, north), toWorld(east, south)];
  const count = 2 ** zoom;
  return tile.column + 1 > a.x * count && tile.column < b.x * count && tile.row + 1 > a.y * count && tile.row < b.y * count;
}

export async function imagesOf(frame: Frame, flight: FlightConfig | undefined): Promise<ImageTile[]> {
  const wanted = (flight?.snapshots ?? []).flatMap((snapshot) => {
    const zoom = imageZoom(frame, snapshot);
    const tiles = tilesIn(frame, zoom).filter((tile) => overlaps(tile, zoom, snapshot.bounds));
    return tiles.map((tile) => ({ tile, url: address(snapshot.tiles, zoom, tile.column, tile.row) }));
  });
  const found = await all(wanted, async ({ tile, url }) => {
    const response = await send(url, { headers: { Accept: "image/*" } });
    return response.status === 204 ? null : { ...tile, image: await createImageBitmap(await response.blob()) };
  });
  return found.filter((tile) => tile !== null);
}

export async function vectorsOf(frame: Frame, url: string): Promise<PaintedTile[]> {
  // Tiles of 512 px show a zoom by the grid of the one below: src/map/vector-layer.ts.
  const zoom = frame.zoom - 1;
  const found = await all(tilesIn(frame, zoom), async (place) => {
    const response = await send(address(url, zoom, place.column, place.row), { headers: { Accept: "*/*" } });
    if (response.status === 204) return null;
    return { ...place, tile: new VectorTile(new PbfReader(new Uint8Array(await response.arrayBuffer()))) };
  });
  return found.filter((tile) => tile !== null);
}
