/**
 * <ck-compare>: two aligned pictures of one place. `data-mode`: "swipe" (a curtain), "blink" (one after the other) or
 * "side" (beside each other). The curtain is a range input, so that mouse, touch and keyboard move it alike.
 */
export type CompareMode = "swipe" | "blink" | "side";
export const MODES: readonly CompareMode[] = ["swipe", "blink", "side"];
const BLINK_MS = 700;
const STEP_PERCENT = 5;

export class Compare extends HTMLElement {
  #timer = 0;

  connectedCallback(): void {
    const width = Number(this.getAttribute("width"));
    const height = Number(this.getAttribute("height"));
    if (width > 0 && height > 0) this.style.setProperty("--ratio", String(width / height));
    this.#range?.addEventListener("input", () => this.#cut());
    this.#cut();
    this.mode = this.mode;
  }

  disconnectedCallback(): void {
    clearInterval(this.#timer);
  }

  get #range(): HTMLInputElement | null {
    return this.querySelector<HTMLInputElement>(".compare__range");
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
    if (this.mode === "swipe") {
      const range = this.#range;
      if (range) this.#set(Number(range.value) < 50 ? 100 : 0);
    } else {
      this.classList.toggle("compare--before");
    }
  }

  move(steps: number): void {
    const range = this.#range;
    if (range) this.#set(Number(range.value) + steps * STEP_PERCENT);
  }

  #set(percent: number): void {
    const range = this.#range;
    if (!range) return;
    range.value = String(Math.min(100, Math.max(0, percent)));
    this.#cut();
  }

  #cut(): void {
    this.style.setProperty("--cut", `${this.#range?.value ?? 50}%`);
  }
}

customElements.define("ck-compare", Compare);
