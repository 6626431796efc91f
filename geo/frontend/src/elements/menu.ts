/** <ck-menu><details class="menu">…</details></ck-menu>: closes on Escape, on a click outside and when the focus leaves. */
class Menu extends HTMLElement {
  connectedCallback(): void {
    document.addEventListener("click", this.onOutside);
    this.addEventListener("keydown", this.onKeydown);
    this.addEventListener("focusout", this.onFocusOut);
  }

  disconnectedCallback(): void {
    document.removeEventListener("click", this.onOutside);
    this.removeEventListener("keydown", this.onKeydown);
    this.removeEventListener("focusout", this.onFocusOut);
  }

  private get details(): HTMLDetailsElement | null {
    return this.querySelector("details");
  }

  private readonly onOutside = (event: Event): void => {
    if (event.target instanceof Node && !this.contains(event.target)) this.details?.removeAttribute("open");
  };

  private readonly onFocusOut = (event: FocusEvent): void => {
    if (event.relatedTarget instanceof Node && !this.contains(event.relatedTarget)) this.details?.removeAttribute("open");
  };

  private readonly onKeydown = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || !this.details?.open) return;
    event.stopPropagation();
    this.details.open = false;
    this.querySelector("summary")?.focus();
  };
}

customElements.define("ck-menu", Menu);
