/**
 * <ck-drawer label="…"> holds what is selected: right on a desk, bottom sheet on the phone.
 * open()/close() or the `open` attribute; Escape closes and gives the focus back. Emits `drawer:close`.
 * A button inside with data-drawer-close closes it, one with data-drawer-size makes the sheet tall and back.
 */
export class Drawer extends HTMLElement {
  private returnFocusTo: HTMLElement | null = null;

  connectedCallback(): void {
    this.setAttribute("role", "complementary");
    const label = this.getAttribute("label");
    if (label) this.setAttribute("aria-label", label);
    this.addEventListener("click", this.onClick);
    this.addEventListener("keydown", this.onKeydown);
  }

  disconnectedCallback(): void {
    this.removeEventListener("click", this.onClick);
    this.removeEventListener("keydown", this.onKeydown);
  }

  get isOpen(): boolean {
    return this.hasAttribute("open");
  }

  open(): void {
    if (!this.isOpen) this.returnFocusTo = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    this.setAttribute("open", "");
  }

  close(): void {
    if (!this.isOpen) return;
    this.removeAttribute("open");
    this.removeAttribute("size");
    if (this.contains(document.activeElement) || document.activeElement === document.body) this.returnFocusTo?.focus();
    this.dispatchEvent(new CustomEvent("drawer:close", { bubbles: true }));
  }

  private readonly onClick = (event: Event): void => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (!button) return;
    if (button.hasAttribute("data-drawer-close")) this.close();
    if (button.hasAttribute("data-drawer-size")) {
      const tall = this.getAttribute("size") === "tall";
      if (tall) this.removeAttribute("size");
      else this.setAttribute("size", "tall");
      button.setAttribute("aria-expanded", String(!tall));
    }
  };

  private readonly onKeydown = (event: KeyboardEvent): void => {
    if (event.key === "Escape") {
      event.stopPropagation();
      this.close();
    }
  };
}

customElements.define("ck-drawer", Drawer);
