/**
 * <ck-tabs> with [role=tab][aria-controls] buttons and their panels: arrows move, the chosen panel shows.
 * The chosen tab is kept in the address (#panel-id), so that a link opens the same place.
 */
class Tabs extends HTMLElement {
  connectedCallback(): void {
    this.addEventListener("click", this.onClick);
    this.addEventListener("keydown", this.onKeydown);
    const fromAddress = this.tabs.find((tab) => `#${tab.getAttribute("aria-controls") ?? ""}` === location.hash);
    const first = fromAddress ?? this.tabs.find((tab) => tab.getAttribute("aria-selected") === "true") ?? this.tabs[0];
    if (first) this.choose(first);
  }

  private get tabs(): HTMLElement[] {
    return [...this.querySelectorAll<HTMLElement>("[role=tab]")];
  }

  private choose(chosen: HTMLElement): void {
    for (const tab of this.tabs) {
      const isChosen = tab === chosen;
      tab.setAttribute("aria-selected", String(isChosen));
      tab.tabIndex = isChosen ? 0 : -1;
      const panel = document.getElementById(tab.getAttribute("aria-controls") ?? "");
      if (panel) panel.hidden = !isChosen;
    }
  }

  private readonly onClick = (event: Event): void => {
    const tab = event.target instanceof Element ? event.target.closest<HTMLElement>("[role=tab]") : null;
    if (!tab) return;
    this.choose(tab);
    history.replaceState(history.state, "", `#${tab.getAttribute("aria-controls") ?? ""}`);
  };

  private readonly onKeydown = (event: KeyboardEvent): void => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    const at = this.tabs.indexOf(event.target as HTMLElement);
    if (step === 0 || at < 0) return;
    const next = this.tabs[(at + step + this.tabs.length) % this.tabs.length];
    next?.focus();
    next?.click();
  };
}

customElements.define("ck-tabs", Tabs);
