/**
 * Shared sides move together: when one vertex of a zone is moved, put in or taken out, the zones with the same node or
 * the same side follow. Nodes are compared bit for bit, as the server keeps them.
 */
import type { Position } from "geojson";
import type { Draft, Shape } from "./types";

type Step =
  | { kind: "moved"; from: Position; to: Position }
  | { kind: "added"; before: Position; after: Position; node: Position }
  | { kind: "removed"; node: Position };

const same = (a: Position | undefined, b: Position | undefined): boolean => a !== undefined && b !== undefined && a[0] === b[0] && a[1] === b[1];

export function ringsOf(shape: Shape): Position[][] {
  return shape.type === "Polygon" ? shape.coordinates : shape.coordinates.flat();
}

/** Open rings: without the closing vertex. */
function open(ring: Position[]): Position[] {
  return ring.length > 1 && same(ring[0], ring[ring.length - 1]) ? ring.slice(0, -1) : ring;
}

/** What happened to one ring, when it was one step; a drag of a new vertex is an addition. */
export function stepOf(before: Shape, after: Shape): Step | null {
  const old = ringsOf(before).map(open);
  const now = ringsOf(after).map(open);
  if (old.length !== now.length) return null;
  const changed = old.flatMap((ring, i) => (ring.length !== now[i]?.length || ring.some((place, j) => !same(place, now[i]?.[j])) ? [i] : []));
  const index = changed[0];
  if (changed.length !== 1 || index === undefined) return null;
  const was = old[index] ?? [];
  const is = now[index] ?? [];
  const at = is.findIndex((place, i) => !same(place, was[i]));
  if (is.length === was.length) {
    const [from, to] = [was[at], is[at]];
    const alone = is.every((place, i) => i === at || same(place, was[i]));
    return from && to && alone ? { kind: "moved", from, to } : null;
  }
  if (is.length === was.length + 1) {
    const place = at === -1 ? is.length - 1 : at;
    const [node, prior, next] = [is[place], is[(place - 1 + is.length) % is.length], is[(place + 1) % is.length]];
    return node && prior && next ? { kind: "added", before: prior, after: next, node } : null;
  }
  if (is.length === was.length - 1) {
    const gone = was.find((place) => !is.some((other) => same(other, place)));
    return gone ? { kind: "removed", node: gone } : null;
  }
  return null;
}

function follow(ring: Position[], step: Step): Position[] {
  const places = open(ring);
  let next = places;
  if (step.kind === "moved") next = places.map((place) => (same(place, step.from) ? step.to : place));
  else if (step.kind === "removed") next = places.filter((place) => !same(place, step.node));
  else {
    next = places.flatMap((place, i) => {
      const following = places[(i + 1) % places.length];
      const forward = same(place, step.before) && same(following, step.after);
      const backward = same(place, step.after) && same(following, step.before);
      return forward || backward ? [place, step.node] : [place];
    });
  }
  const first = next[0];
  if (next.length < 3 || !first) return ring;
  return next.length === places.length && next.every((place, i) => same(place, places[i])) ? ring : [...next, first];
}

/** The neighbour after the step; the same object when it has no part in it. */
export function followed(neighbour: Draft, step: Step): Draft {
  const shape = neighbour.geometry;
  const polygons = shape.type === "Polygon" ? [shape.coordinates] : shape.coordinates;
  const next = polygons.map((polygon) => polygon.map((ring) => follow(ring, step)));
  const changed = next.some((polygon, i) => polygon.some((ring, j) => ring !== polygons[i]?.[j]));
  return changed ? { ...neighbour, geometry: { type: "MultiPolygon", coordinates: next } } : neighbour;
}

/** Whether a place lies inside a shape (even-odd). */
export function contains(shape: Shape, [x = 0, y = 0]: Position): boolean {
  let inside = false;
  for (const ring of ringsOf(shape)) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [xi = 0, yi = 0] = ring[i] ?? [];
      const [xj = 0, yj = 0] = ring[j] ?? [];
      if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
    }
  }
  return inside;
}
