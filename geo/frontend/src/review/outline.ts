/**
 * <ck-outline>: the machine's outline with corners that can be moved by mouse, touch and keys, over the later picture.
 * The area is asked of the server after every change; `value` is what goes with a confirmation.
 */
import { gettext, interpolate } from "../lib/i18n";
import { errorText, requestJson } from "../lib/request";

type Corner = [number, number];
type Rings = Corner[][];

const SVG = "http://www.w3.org/2000/svg";
const ASK_AFTER_MS = 120;
/** On the screen: the dot that is seen, and what a finger reaches (48 px across). */
const DOT_PX = 6;
const REACH_PX = 24;
const MIDDLE_PX = 4;
const FAR_STEP_PX = 10;
const STEPS: Record<string, Corner> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class OutlineEditor extends HTMLElement {
  #machine: Rings = [];
  #rings: Rings = [];
  #past: Rings[] = [];
  #svg: SVGSVGElement | null = null;
  #timer = 0;
  #article: HTMLElement | null = null;

  connectedCallback(): void {
    this.#article = this.closest("article");
    if (!this.#svg) {
      this.#machine = JSON.parse(this.dataset.rings || "[]") as Rings;
      this.#rings = structuredClone(this.#machine);
      this.#svg = document.createElementNS(SVG, "svg");
      this.#svg.setAttribute("class", "compare__edit");
      this.#svg.setAttribute("viewBox", `0 0 ${this.getAttribute("width")} ${this.getAttribute("height")}`);
      this.#svg.setAttribute("hidden", "");
      this.#svg.addEventListener("pointerdown", this.#onGrab);
      this.#svg.addEventListener("keydown", this.#onKey);
      this.append(this.#svg);
    }
    this.#article?.addEventListener("click", this.#onClick);
  }

  disconnectedCallback(): void {
    this.#article?.removeEventListener("click", this.#onClick);
    clearTimeout(this.#timer);
  }

  get editing(): boolean {
    return this.#svg !== null && !this.#svg.hasAttribute("hidden");
  }

  /** The corrected rings as JSON; empty when they are still the machine's. */
  get value(): string {
    const text = JSON.stringify(this.#rings);
    return text === JSON.stringify(this.#machine) ? "" : text;
  }

  #onClick = (event: Event): void => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>("button") : null;
    if (button?.hasAttribute("data-edit")) this.#toggle();
    else if (button?.hasAttribute("data-edit-undo")) this.#back();
    else if (button?.hasAttribute("data-edit-reset")) this.#change(() => (this.#rings = structuredClone(this.#machine)));
  };

  #toggle(): void {
    const editing = !this.editing;
    this.#svg?.toggleAttribute("hidden", !editing);
    this.closest("ck-compare")?.classList.toggle("compare--editing", editing || this.value !== "");
    this.#article?.querySelector("[data-edit]")?.setAttribute("aria-pressed", String(editing));
    const tools = this.#article?.querySelector<HTMLElement>("[data-edit-tools]");
    if (tools) tools.hidden = !editing && this.value === "";
    if (!editing && this.value) this.#svg?.removeAttribute("hidden"); // what goes with the decision stays in sight
    if (editing) {
      this.#draw();
      this.#ask();
      this.#svg?.querySelector<SVGGElement>(".compare__corner")?.focus();
    }
  }

  #change(work: () => void): void {
    this.#past.push(structuredClone(this.#rings));
    work();
    this.#draw();
    this.#ask();
  }

  #back(): void {
    const before = this.#past.pop();
    if (!before) return;
    this.#rings = before;
    this.#draw();
    this.#ask();
  }

  #ask(): void {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#measure(), ASK_AFTER_MS);
  }

  async #measure(): Promise<void> {
    const place = this.#article?.querySelector("[data-edit-area]");
    const asked = JSON.stringify(this.#rings);
    // The machine counted the pixels; its outline alone would be measured otherwise.
    const machine = this.#article?.querySelector("[data-machine-area] > span")?.textContent;
    if (place && machine && asked === JSON.stringify(this.#machine)) {
      place.textContent = machine;
      return;
    }
    try {
      const body = new URLSearchParams({ outline: asked });
      const answer = await requestJson<{ told?: string; refused?: string }>(this.dataset.measure!, { method: "POST", body });
      if (place && asked === JSON.stringify(this.#rings)) place.textContent = answer.told ?? answer.refused ?? "";
    } catch (error) {
      if (place) place.textContent = errorText(error);
    }
  }

  /** User units per pixel on the screen. */
  get #scale(): number {
    const width = this.#svg?.getBoundingClientRect().width ?? 0;
    return width > 0 ? Number(this.getAttribute("width")) / width : 1;
  }

  #draw(focus?: string): void {
    const svg = this.#svg!;
    const kept = focus ?? (document.activeElement instanceof SVGElement ? document.activeElement.dataset.at : undefined);
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", this.#rings.map((ring) => `M${ring.map((corner) => corner.join(" ")).join("L")}Z`).join(""));
    svg.replaceChildren(path);
    this.#rings.forEach((ring, r) =>
      ring.forEach((corner, c) => {
        const next = ring[(c + 1) % ring.length]!;
        svg.append(this.#handle(corner, `${r}.${c}`, DOT_PX, interpolate(gettext("拐点 %(number)s"), { number: c + 1 })));
        const middle: Corner = [(corner[0] + next[0]) / 2, (corner[1] + next[1]) / 2];
        svg.append(this.#handle(middle, `${r}.${c}+`, MIDDLE_PX, interpolate(gettext("拐点 %(number)s 之后加拐点"), { number: c + 1 })));
      }),
    );
    if (kept) svg.querySelector<SVGGElement>(`[data-at="${kept}"]`)?.focus();
    const tools = this.#article;
    for (const name of ["[data-edit-undo]", "[data-edit-reset]"]) {
      const button = tools?.querySelector<HTMLButtonElement>(name);
      if (button) button.disabled = name === "[data-edit-undo]" ? this.#past.length === 0 : this.value === "";
    }
  }

  #handle([x, y]: Corner, at: string, dot: number, label: string): SVGGElement {
    const handle = document.createElementNS(SVG, "g");
    const middle = at.endsWith("+");
    handle.setAttribute("class", `compare__corner${middle ? " compare__corner--middle" : ""}`);
    handle.setAttribute("tabindex", "0");
    handle.setAttribute("role", "button");
    handle.setAttribute("aria-label", label);
    handle.dataset.at = at;
    for (const [name, radius] of [["compare__reach", middle ? REACH_PX / 2 : REACH_PX], ["compare__dot", dot]] as const) {
      const circle = document.createElementNS(SVG, "circle");
      circle.setAttribute("class", name);
      circle.setAttribute("cx", String(x));
      circle.setAttribute("cy", String(y));
      circle.setAttribute("r", String(radius * this.#scale));
      handle.append(circle);
    }
    return handle;
  }

  #onGrab = (event: PointerEvent): void => {
    const handle = event.target instanceof Element ? event.target.closest<SVGGElement>(".compare__corner") : null;
    if (!handle || event.button !== 0) return;
    event.preventDefault();
    const before = structuredClone(this.#rings);
    const at = this.#corner(handle.dataset.at!);
    let moved = false;
    const move = (now: PointerEvent) => {
      if (now.pointerId !== event.pointerId) return;
      if (!moved) this.#past.push(before);
      moved = true;
      const box = this.#svg!.getBoundingClientRect();
      this.#set(at, [(now.clientX - box.left) * this.#scale, (now.clientY - box.top) * this.#scale]);
      this.#draw(at);
      this.#ask();
    };
    const end = () => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", end);
      removeEventListener("pointercancel", end);
      if (!moved) this.#rings = before;
      this.#draw(moved ? at : handle.dataset.at);
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", end);
    addEventListener("pointercancel", end);
  };

  /** The address of a corner; that of a middle makes one there first. */
  #corner(at: string): string {
    if (!at.endsWith("+")) return at;
    const [r, c] = at.slice(0, -1).split(".").map(Number) as Corner;
    const ring = this.#rings[r]!;
    const next = ring[(c + 1) % ring.length]!;
    ring.splice(c + 1, 0, [(ring[c]![0] + next[0]) / 2, (ring[c]![1] + next[1]) / 2]);
    return `${r}.${c + 1}`;
  }

  #set(at: string, [x, y]: Corner): void {
    const [r, c] = at.split(".").map(Number) as Corner;
    const width = Number(this.getAttribute("width"));
    const height = Number(this.getAttribute("height"));
    const round = (value: number, most: number) => Math.round(Math.min(most, Math.max(0, value)) * 100) / 100;
    this.#rings[r]![c] = [round(x, width), round(y, height)];
  }

  #onKey = (event: KeyboardEvent): void => {
    const at = event.target instanceof SVGElement ? event.target.dataset.at : undefined;
    if (!at) return;
    const [r, c] = at.replace("+", "").split(".").map(Number) as Corner;
    const ring = this.#rings[r]!;
    const step = STEPS[event.key];
    if (step && !at.endsWith("+")) {
      const far = event.shiftKey ? FAR_STEP_PX : 1;
      this.#change(() => this.#set(at, [ring[c]![0] + step[0] * far, ring[c]![1] + step[1] * far]));
    } else if ((event.key === "Delete" || event.key === "Backspace") && !at.endsWith("+") && ring.length > 3) {
      this.#change(() => ring.splice(c, 1));
    } else if ((event.key === "Enter" || event.key === " ") && at.endsWith("+")) {
      this.#change(() => this.#corner(at));
      this.#draw(`${r}.${c + 1}`);
    } else if (event.key === "Escape") this.#toggle();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
}

customElements.define("ck-outline", OutlineEditor);
