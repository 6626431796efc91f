/**
 * <ck-compare>: two aligned pictures of one place. `data-mode`: "swipe" (a curtain), "blink" (one after the other) or
 * "side" (beside each other). The curtain is a range input, so that mouse, touch and keyboard move it alike.
 */
import { Curtain } from "../lib/curtain";

export type CompareMode = "swipe" | "blink" | "side";
export const MODES: readonly CompareMode[] = ["swipe", "blink", "side"];
const BLINK_MS = 700;

export class Compare extends HTMLElement {
  #timer = 0;
  #curtain: Curtain | null = null;

  connectedCallback(): void {
    const width = Number(this.getAttribute("width"));
    const height = Number(this.getAttribute("height"));
    if (width > 0 && height > 0) this.style.setProperty("--ratio", String(width / height));
    const range = this.querySelector<HTMLInputElement>(".compare__range");
    const cut = (percent: number) => this.style.setProperty("--cut", `${percent}%`);
    if (range) this.#curtain = new Curtain(range, cut);
    else cut(50);
    this.mode = this.mode;
  }

  disconnectedCallback(): void {
    clearInterval(this.#timer);
  }

  get mode(): CompareMode {
    const mode = this.dataset.mode as CompareMode;
    return MODES.includes(mode) ? mode : "swipe";
  }

  set mode(mode: CompareMode) {
    this.dataset.mode = mode;
    clearInterval(this.#timer);
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (mode === "blink" && !still) this.#timer = window.setInterval(() => this.toggle(), BLINK_MS);
  }

  set outlined(shown: boolean) {
    this.classList.toggle("compare--plain", !shown);
  }

  /** Show the other date: at once in the blinking mode, else by moving the curtain to the other end. */
  toggle(): void {
    if (this.mode === "swipe") this.#curtain?.toggle();
    else this.classList.toggle("compare--before");
  }

  move(steps: number): void {
    this.#curtain?.move(steps);
  }
}

customElements.define("ck-compare", Compare);
