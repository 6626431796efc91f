/** The base map of an outside service, below everything of our own; which one is kept on this device. */
import { el } from "../lib/dom";
import { gettext } from "../lib/i18n";
import type { BaseConfig } from "./types";

const STORAGE_KEY = "chengkan.map.base";
const PANE = "base";
const PANE_Z = "180"; // below the imagery (flights.ts)
const MAX_ZOOM = 21;

export class Base {
  private readonly group = L.layerGroup();
  private readonly source = el("p", { class: "map-source no-print" });
  private readonly note = el("p", { class: "muted", role: "status" });
  private chosen: string;

  constructor(
    map: L.Map,
    private readonly list: BaseConfig[],
  ) {
    map.createPane(PANE).style.zIndex = PANE_Z;
    this.group.addTo(map);
    map.getContainer().append(this.source);
    this.chosen = kept();
    this.show();
  }

  /** The choice as a part of the panel. */
  fill(holder: HTMLElement): void {
    const rows = [{ name: "", label: gettext("无底图") }, ...this.list];
    const group = el("div", { class: "map-panel__flights", role: "radiogroup", "aria-label": gettext("底图") });
    for (const { name, label } of rows) {
      const radio = el("input", { type: "radio", name: "base", value: name, checked: name === (this.base?.name ?? "") });
      radio.addEventListener("change", () => this.choose(name));
      group.append(el("label", { class: "choice" }, radio, el("span", {}, label)));
    }
    holder.replaceChildren(el("h2", { class: "map-panel__title" }, gettext("底图")), group, this.note);
  }

  private get base(): BaseConfig | undefined {
    return this.list.find(({ name }) => name === this.chosen);
  }

  private choose(name: string): void {
    this.chosen = name;
    try {
      localStorage.setItem(STORAGE_KEY, name);
    } catch {
      // A private window forgets.
    }
    this.show();
  }

  private show(): void {
    const { base } = this;
    this.group.clearLayers();
    this.note.textContent = "";
    this.source.textContent = base?.attribution ?? "";
    this.source.hidden = !base;
    for (const address of base?.tiles ?? []) {
      const { subdomains, maxNativeZoom } = base!;
      const tiles = L.tileLayer(address, { subdomains, maxNativeZoom, maxZoom: MAX_ZOOM, pane: PANE, updateWhenZooming: false });
      tiles.on("tileerror", () => (this.note.textContent = gettext("底图没有加载：此设备连不到天地图，或密钥不可用。其他图层不受影响。")));
      tiles.on("tileload", () => (this.note.textContent = ""));
      this.group.addLayer(tiles);
    }
  }
}

function kept(): string {
  try {
    return localStorage.getItem(STORAGE_KEY) ?? "";
  } catch {
    return "";
  }
}
