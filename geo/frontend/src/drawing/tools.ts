/** What the pointer does: select, draw, edit the sides, cut, merge. One tool at a time. */
import type { LineString, Position } from "geojson";
import { Board, shapeOf } from "./board";
import { contains } from "./topology";
import type { Draft, Shape } from "./types";

export type Tool = "select" | "draw" | "edit" | "split" | "merge";

export interface ToolEvents {
  onTool(tool: Tool): void;
  onSelect(key: string | null): void;
  onDrawn(shape: Shape): void;
  onEdited(key: string, shape: Shape): void;
  /** While the pointer moves: nothing is kept yet. */
  onPreview(key: string, shape: Shape): void;
  onCut(key: string, line: LineString): void;
  onMerge(first: string, second: string): void;
}

/** A vertex so near a side (in pixels) lies on it. */
const ON_SIDE_PX = 4;
const PREVIEW_KEY = "drawing";

type Working = L.Polyline;

function placesOf(line: Working): L.LatLng[] {
  return line.getLatLngs() as L.LatLng[];
}

export class Tools {
  tool: Tool = "select";
  private editing: L.Polygon | null = null;
  private working: Working | null = null;

  constructor(
    private readonly board: Board,
    private readonly events: ToolEvents,
    private readonly drafts: () => readonly Draft[],
    private readonly selected: () => string | null,
  ) {
    const map = board.map;
    board.onPick = (key) => this.pick(key);
    map.on("pm:drawstart", ({ workingLayer }) => this.follow(workingLayer as Working));
    map.on("pm:create", ({ layer, shape }) => {
      layer.remove();
      this.working = null;
      if (shape === "Polygon") {
        const drawn = shapeOf(layer as L.Polygon);
        this.set("select");
        this.events.onDrawn(drawn);
      } else if (shape === "Line") this.cutBy(layer as Working);
    });
    map.getContainer().addEventListener("keydown", (event) => this.atCentre(event));
  }

  get drawing(): boolean {
    return this.tool === "draw" || this.tool === "split";
  }

  set(tool: Tool): void {
    this.stopEditing();
    this.board.map.pm.disableDraw();
    this.working = null;
    this.tool = tool;
    this.events.onTool(tool);
    if (tool === "draw") this.board.map.pm.enableDraw("Polygon");
    if (tool === "split") this.board.map.pm.enableDraw("Line");
    if (tool === "edit") this.editSelected();
  }

  /** End a line or outline without going back to a vertex: for fingers and keys. */
  finish(): void {
    const draw = this.board.map.pm.Draw as unknown as Record<string, { _finishShape(): void }>;
    draw[this.tool === "draw" ? "Polygon" : "Line"]?._finishShape();
  }

  /** Handles on the sides of the chosen zone; again after its layer was made anew. */
  editSelected(): void {
    if (this.tool !== "edit") return;
    const key = this.selected();
    const layer = key ? this.board.layerOf(key) : undefined;
    if (!key || !layer || layer === this.editing) return;
    this.stopEditing();
    this.editing = layer;
    layer.pm.enable({ draggable: false, snappable: true });
    layer.on("pm:markerdrag", () => this.events.onPreview(key, shapeOf(layer)));
    layer.on("pm:edit", () => this.events.onEdited(key, shapeOf(layer)));
  }

  private stopEditing(): void {
    this.editing?.off("pm:markerdrag pm:edit");
    this.editing?.pm.disable();
    this.editing = null;
  }

  private pick(key: string): void {
    if (this.drawing) return;
    const before = this.selected();
    if (this.tool === "merge" && before && before !== key) {
      this.set("select");
      this.events.onMerge(before, key);
      return;
    }
    this.events.onSelect(key);
    if (this.tool === "edit") this.editSelected();
  }

  private follow(working: Working): void {
    this.working = working;
    working.on("pm:vertexadded", () => {
      const places = placesOf(working);
      if (this.tool === "draw" && places.length >= 3) {
        const ring = places.map(({ lng, lat }): Position => [lng, lat]);
        this.events.onPreview(PREVIEW_KEY, { type: "Polygon", coordinates: [[...ring, ring[0] ?? []]] });
      }
      // The cut is whole as soon as it leaves the zone: no further click is asked. After Geoman's own work on the vertex.
      if (this.tool === "split" && places.length >= 2) setTimeout(() => this.finishWhenAcross(working));
    });
  }

  private finishWhenAcross(working: Working): void {
    if (this.working !== working || this.tool !== "split") return;
    const places = placesOf(working);
    const zone = this.zoneUnder(places);
    const [first, last] = [places[0], places[places.length - 1]];
    if (zone && first && last && !this.clearlyInside(zone, first) && !this.clearlyInside(zone, last)) this.finish();
  }

  private cutBy(layer: Working): void {
    const places = placesOf(layer);
    const zone = this.zoneUnder(places);
    this.set("select");
    if (zone) this.events.onCut(zone.key, layer.toGeoJSON(false).geometry as LineString);
    else this.events.onCut("", layer.toGeoJSON(false).geometry as LineString);
  }

  /** The zone that a line runs through: the chosen one when it does, else the one under the middle of a piece of it. */
  private zoneUnder(places: L.LatLng[]): Draft | undefined {
    const middles = places.slice(1).flatMap((place, i) => {
      const from = places[i] ?? place;
      return [0.5, 0.25, 0.75].map((share): Position => [from.lng + (place.lng - from.lng) * share, from.lat + (place.lat - from.lat) * share]);
    });
    const under = this.drafts().filter((draft) => middles.some((place) => contains(draft.geometry, place)));
    return under.find((draft) => draft.key === this.selected()) ?? under.find((draft) => contains(draft.geometry, middles[0] ?? [])) ?? under[0];
  }

  private clearlyInside(zone: Draft, place: L.LatLng): boolean {
    if (!contains(zone.geometry, [place.lng, place.lat])) return false;
    const map = this.board.map;
    const nearest = this.board.layerOf(zone.key)?.closestLayerPoint(map.latLngToLayerPoint(place)) as L.Point | null | undefined;
    return !nearest || nearest.distanceTo(map.latLngToLayerPoint(place)) > ON_SIDE_PX;
  }

  /** Keys: Enter puts a vertex where the middle of the map is. */
  private atCentre(event: KeyboardEvent): void {
    if (event.key !== "Enter" || !this.drawing || event.target !== this.board.map.getContainer()) return;
    event.preventDefault();
    const latlng = this.board.map.getCenter();
    const layerPoint = this.board.map.latLngToLayerPoint(latlng);
    const containerPoint = this.board.map.latLngToContainerPoint(latlng);
    for (const type of ["mousemove", "click"]) this.board.map.fire(type, { latlng, layerPoint, containerPoint, originalEvent: event });
  }
}
