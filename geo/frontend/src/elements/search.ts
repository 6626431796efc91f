/**
 * <ck-search data-list="…"><a href="/search/"></a><dialog>…</dialog></ck-search>: opens by the link, by / and by Ctrl+K;
 * asks the server for a list box while one types. Without script the link leads to the page.
 */
import { el } from "../lib/dom";
import { icon } from "../lib/icons";
import { errorText, send } from "../lib/request";

/** A quick typist's pause between two letters; Chinese input methods send whole words. */
const PAUSE_MS = 180;
const SELECTED = "[aria-selected=true]";

class Search extends HTMLElement {
  private asked = 0;
  private timer = 0;
  private words = "";

  private get dialog(): HTMLDialogElement {
    return this.querySelector("dialog")!;
  }

  private get field(): HTMLInputElement {
    return this.querySelector("input")!;
  }

  private get results(): HTMLElement {
    return this.querySelector<HTMLElement>("[data-results]")!;
  }

  private get options(): HTMLAnchorElement[] {
    return [...this.results.querySelectorAll<HTMLAnchorElement>("[role=option]")];
  }

  connectedCallback(): void {
    document.addEventListener("keydown", this.onShortcut);
    this.querySelector("a")?.addEventListener("click", this.onLink);
    this.dialog.addEventListener("click", this.onClick);
    this.field.addEventListener("input", this.onInput);
    this.field.addEventListener("keydown", this.onKey);
    this.querySelector("form")?.addEventListener("submit", this.onSubmit);
  }

  disconnectedCallback(): void {
    document.removeEventListener("keydown", this.onShortcut);
    window.clearTimeout(this.timer);
  }

  open(): void {
    if (this.dialog.open) return;
    this.dialog.showModal();
    this.field.select();
  }

  /** / writes a slash where one writes; Ctrl+K is the search everywhere. */
  private readonly onShortcut = (event: KeyboardEvent): void => {
    const target = event.target as HTMLElement;
    const writes = target.isContentEditable || target.matches("input, textarea, select");
    const slash = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !writes;
    const k = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
    if ((!slash && !k) || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    this.open();
  };

  private readonly onLink = (event: MouseEvent): void => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return; // a new tab gets the page
    event.preventDefault();
    this.open();
  };

  private readonly onClick = (event: MouseEvent): void => {
    const target = event.target as Element;
    if (target === this.dialog || target.closest("[data-close]")) this.dialog.close();
    else if (target.closest("[data-again]")) void this.ask();
  };

  private readonly onInput = (event: Event): void => {
    if ((event as InputEvent).isComposing) return; // letters of an input method are no word yet
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.ask(), PAUSE_MS);
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    if (event.isComposing) return;
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      this.move(step);
    }
  };

  private readonly onSubmit = (event: Event): void => {
    const chosen = this.results.querySelector<HTMLAnchorElement>(SELECTED);
    if (!chosen) return; // Enter without a choice opens the page of all results
    event.preventDefault();
    chosen.click();
  };

  private move(step: number): void {
    const { options } = this;
    if (options.length === 0) return;
    const now = options.findIndex((option) => option.matches(SELECTED));
    const next = options[(now < 0 ? (step > 0 ? 0 : options.length - 1) : now + step + options.length) % options.length];
    options.forEach((option) => option.setAttribute("aria-selected", String(option === next)));
    if (!next) return;
    this.field.setAttribute("aria-activedescendant", next.id);
    next.scrollIntoView({ block: "nearest" });
  }

  private async ask(): Promise<void> {
    this.words = this.field.value.trim();
    this.asked += 1;
    const mine = this.asked;
    if (!this.words) {
      this.fill("");
      return;
    }
    this.progress.hidden = false;
    try {
      const answer = await send(`${this.dataset.list!}?q=${encodeURIComponent(this.words)}`, { headers: { Accept: "text/html" } });
      const html = await answer.text();
      if (mine === this.asked) this.fill(html);
    } catch (error) {
      if (mine === this.asked) this.fail(errorText(error));
    } finally {
      if (mine === this.asked) this.progress.hidden = true;
    }
  }

  private get progress(): HTMLProgressElement {
    return this.querySelector("progress")!;
  }

  private fill(html: string): void {
    this.results.innerHTML = html;
    this.options.forEach((option, index) => (option.id = `search-option-${index}`));
    this.field.removeAttribute("aria-activedescendant");
    this.field.setAttribute("aria-expanded", String(this.options.length > 0));
  }

  private fail(text: string): void {
    this.fill("");
    const again = el("button", { class: "button", type: "button", "data-again": "" }, icon("refresh"), text);
    this.results.replaceChildren(el("div", { class: "search__none", role: "alert" }, again));
  }
}

customElements.define("ck-search", Search);
