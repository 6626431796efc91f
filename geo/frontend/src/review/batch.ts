/**
 * <ck-review-batch>: the queue as a grid. Arrow keys go from card to card, space chooses, A chooses all or none, Shift
 * and a click choose a stretch. Keys on buttons ([data-shortcut]) press them; so they do in <ck-review-keys>.
 */
import { gettext, interpolate } from "../lib/i18n";

class ReviewKeys extends HTMLElement {
  connectedCallback(): void {
    document.addEventListener("keydown", this.onKey);
  }

  disconnectedCallback(): void {
    document.removeEventListener("keydown", this.onKey);
  }

  protected onKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || document.querySelector("dialog[open]")) return;
    const target = event.target as HTMLElement;
    if (target.matches("input:not([type=checkbox]), textarea, select")) return;
    const button = this.querySelector<HTMLButtonElement>(`[data-shortcut="${CSS.escape(event.key.toLowerCase())}"]`);
    if (button && !button.disabled) {
      button.click();
      event.preventDefault();
    } else if (this.more(event)) event.preventDefault();
  };

  /** Further keys; true when one was used. */
  protected more(_event: KeyboardEvent): boolean {
    return false;
  }
}

class ReviewBatch extends ReviewKeys {
  #last = -1;

  override connectedCallback(): void {
    super.connectedCallback();
    this.addEventListener("click", this.#onClick);
    this.addEventListener("change", () => this.#tell());
    this.#tell();
  }

  get #boxes(): HTMLInputElement[] {
    return [...this.querySelectorAll<HTMLInputElement>("input[name=flag_ids]")];
  }

  #onClick = (event: MouseEvent): void => {
    const boxes = this.#boxes;
    const at = boxes.indexOf(event.target as HTMLInputElement);
    if (at >= 0) {
      if (event.shiftKey && this.#last >= 0) {
        const [from, to] = [Math.min(at, this.#last), Math.max(at, this.#last)];
        for (const box of boxes.slice(from, to + 1)) box.checked = boxes[at]!.checked;
      }
      this.#last = at;
      this.#tell();
    } else if (event.target instanceof Element && event.target.closest("[data-choose-all]")) {
      const all = boxes.some((box) => !box.checked);
      for (const box of boxes) box.checked = all;
      this.#tell();
    }
  };

  protected override more(event: KeyboardEvent): boolean {
    const boxes = this.#boxes;
    const at = boxes.indexOf(event.target as HTMLInputElement);
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: this.#columns, ArrowUp: -this.#columns }[event.key];
    if (step === undefined || boxes.length === 0) return false;
    const next = at < 0 ? 0 : Math.min(boxes.length - 1, Math.max(0, at + step));
    boxes[next]?.focus();
    return true;
  }

  get #columns(): number {
    const cards = [...this.querySelectorAll<HTMLElement>(".review-batch__card")];
    const top = cards[0]?.offsetTop;
    return Math.max(1, cards.filter((card) => card.offsetTop === top).length);
  }

  #tell(): void {
    const count = this.#boxes.filter((box) => box.checked).length;
    const place = this.querySelector("[data-chosen]");
    if (place) place.textContent = interpolate(gettext("已选 %(count)s 个"), { count });
    for (const button of this.querySelectorAll<HTMLButtonElement>("button[name=reason]")) button.disabled = count === 0;
  }
}

customElements.define("ck-review-keys", ReviewKeys);
customElements.define("ck-review-batch", ReviewBatch);
