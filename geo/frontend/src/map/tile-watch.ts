/** Tells whether tiles are on their way, and when some did not come: what is shown then, and a way to ask again. */
import { byId } from "../lib/dom";
import { gettext } from "../lib/i18n";

const SHOW_LOADING_AFTER_MS = 400;

export class TileWatch {
  private readonly followed: L.GridLayer[] = [];
  private readonly loading = new Set<L.GridLayer>();
  private readonly bar = byId("map-loading", HTMLProgressElement);
  private readonly status = byId("map-status", HTMLElement);
  private timer = 0;

  constructor(private readonly map: L.Map) {
    this.status.querySelector("[data-status-retry]")?.addEventListener("click", () => this.again());
    window.addEventListener("online", () => this.again());
  }

  follow(layer: L.GridLayer): void {
    this.followed.push(layer);
    this.followLoading(layer);
    layer.on("tileerror", () => this.tellFault());
  }

  /** Images fail in silence where there is nothing (204): only being offline is told. */
  followImages(layer: L.GridLayer): void {
    this.followLoading(layer);
    layer.on("tileerror", () => {
      if (!navigator.onLine) this.tellFault();
    });
  }

  private followLoading(layer: L.GridLayer): void {
    layer.on("loading", () => {
      this.loading.add(layer);
      this.tellLoading();
    });
    layer.on("load remove", () => {
      this.loading.delete(layer);
      this.tellLoading();
    });
  }

  private tellLoading(): void {
    clearTimeout(this.timer);
    if (this.loading.size === 0) this.bar.hidden = true;
    else this.timer = window.setTimeout(() => (this.bar.hidden = this.loading.size === 0), SHOW_LOADING_AFTER_MS);
  }

  private tellFault(): void {
    const words = this.status.querySelector("[data-status-text]");
    if (words) {
      words.textContent = navigator.onLine
        ? gettext("部分图层没有加载，图上内容不全。")
        : gettext("网络已断开，图上只有已加载的内容。");
    }
    this.status.hidden = false;
  }

  private again(): void {
    if (this.status.hidden) return;
    this.status.hidden = true;
    for (const layer of this.followed) if (this.map.hasLayer(layer)) layer.redraw();
  }
}
