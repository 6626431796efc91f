/**
 * <ck-ticks data-name="case"><form id="bulk">…<output></output></form></ck-ticks>: what is ticked in the table below
 * (checkboxes of that name, bound to the form), counted; [data-tick-all] ticks the page.
 */
import { interpolate, ngettext } from "../lib/i18n";

class Ticks extends HTMLElement {
  private readonly change = (event: Event): void => this.follow(event.target);

  connectedCallback(): void {
    document.addEventListener("change", this.change);
    this.tell();
  }

  disconnectedCallback(): void {
    document.removeEventListener("change", this.change);
  }

  private boxes(): HTMLInputElement[] {
    return [...document.querySelectorAll<HTMLInputElement>(`input[type=checkbox][name="${this.dataset.name ?? ""}"]:not(:disabled)`)];
  }

  private follow(target: EventTarget | null): void {
    if (!(target instanceof HTMLInputElement) || target.type !== "checkbox") return;
    if (target.dataset.tickAll === this.dataset.name) for (const box of this.boxes()) box.checked = target.checked;
    this.tell();
  }

  private tell(): void {
    const boxes = this.boxes();
    const ticked = boxes.filter((box) => box.checked).length;
    const output = this.querySelector("output");
    if (output) output.textContent = ticked ? interpolate(ngettext("已选 %(count)s 项", "已选 %(count)s 项", ticked), { count: ticked }) : "";
    for (const button of this.querySelectorAll("button")) button.disabled = !ticked;
    const all = document.querySelector<HTMLInputElement>(`[data-tick-all="${this.dataset.name ?? ""}"]`);
    if (!all) return;
    all.checked = ticked > 0 && ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
  }
}

customElements.define("ck-ticks", Ticks);
