/**
 * <ck-nav>: places that do not fit beside each other go into its menu "更多", at every width. Without script the list
 * scrolls sideways.
 */
class Nav extends HTMLElement {
  private readonly list = this.querySelector("ul");
  private readonly more = this.querySelector<HTMLElement>("[data-more]");
  private readonly inside = this.querySelector<HTMLElement>("[data-more-list]");

  connectedCallback(): void {
    if (!this.list || !this.more || !this.inside) return;
    new ResizeObserver(() => this.fit()).observe(this);
    void document.fonts.ready.then(() => this.fit());
  }

  private fit(): void {
    const { list, more, inside } = this;
    if (!list || !more || !inside) return;
    const items = [...list.children].filter((item): item is HTMLElement => item instanceof HTMLElement);
    for (const item of items) item.hidden = false;
    more.hidden = true;
    if (list.scrollWidth <= list.clientWidth) return;
    more.hidden = false; // and takes its room
    const end = list.getBoundingClientRect().right;
    // The place one is at stays in sight.
    const here = items.find((item) => item.querySelector("[aria-current]"));
    const leaving = items.filter((item) => item !== here).reverse();
    const away: HTMLElement[] = [];
    while (leaving.length > 0 && (items.filter((item) => !item.hidden).at(-1)?.getBoundingClientRect().right ?? 0) > end) {
      const item = leaving.shift();
      if (!item) break;
      item.hidden = true;
      away.unshift(item);
    }
    inside.replaceChildren(
      ...away.map((item) => {
        const link = item.querySelector("a")?.cloneNode(true) as HTMLElement;
        link.className = "menu__item";
        return link;
      }),
    );
  }
}

customElements.define("ck-nav", Nav);
