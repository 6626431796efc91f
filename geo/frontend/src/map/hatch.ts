/** Hatches tell kinds of change apart without colour. Patterns are anchored to the tile's corner: 512 is a multiple of 8. */
const CELL_PX = 8;

export type Hatch = "rising" | "falling" | "cross" | "level" | "dots" | "grid";

const STROKES: Record<Exclude<Hatch, "dots">, [number, number, number, number][]> = {
  rising: [
    [-1, 9, 9, -1],
    [-1, 1, 1, -1],
    [7, 9, 9, 7],
  ],
  falling: [
    [-1, -1, 9, 9],
    [7, -1, 9, 1],
    [-1, 7, 1, 9],
  ],
  cross: [
    [-1, 9, 9, -1],
    [-1, -1, 9, 9],
  ],
  level: [[-1, 4, 9, 4]],
  grid: [
    [-1, 4, 9, 4],
    [4, -1, 4, 9],
  ],
};

const made = new Map<string, HTMLCanvasElement>();

/** A repeating pattern in a colour, drawn at the screen's own density. */
export function hatch(ctx: CanvasRenderingContext2D, kind: Hatch, colour: string): CanvasPattern | string {
  const density = Math.max(1, Math.round(window.devicePixelRatio || 1));
  const key = `${kind} ${colour} ${density}`;
  let cell = made.get(key);
  if (!cell) {
    cell = document.createElement("canvas");
    cell.width = cell.height = CELL_PX * density;
    const pen = cell.getContext("2d");
    if (!pen) return colour;
    pen.scale(density, density);
    pen.strokeStyle = pen.fillStyle = colour;
    pen.lineWidth = 1.5;
    if (kind === "dots") {
      pen.fillRect(1, 1, 2, 2);
      pen.fillRect(5, 5, 2, 2);
    } else {
      for (const [x1, y1, x2, y2] of STROKES[kind]) {
        pen.beginPath();
        pen.moveTo(x1, y1);
        pen.lineTo(x2, y2);
        pen.stroke();
      }
    }
    made.set(key, cell);
  }
  const pattern = ctx.createPattern(cell, "repeat");
  if (!pattern) return colour;
  pattern.setTransform(new DOMMatrix().scale(1 / density));
  return pattern;
}
