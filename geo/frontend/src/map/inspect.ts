/** What lies at a place: asked of the server, told in the drawer, lit up on the map. */
import type { Drawer } from "../elements/drawer";
import { copyText } from "../lib/clipboard";
import { el } from "../lib/dom";
import { gettext } from "../lib/i18n";
import { icon } from "../lib/icons";
import { errorText, requestJson } from "../lib/request";
import { token } from "../lib/theme";
import { tell } from "./told";
import type { Told } from "./types";

const COORDINATE_DECIMALS = 6;

function coordinates(at: L.LatLng): string {
  return `${at.lng.toFixed(COORDINATE_DECIMALS)}°E  ${at.lat.toFixed(COORDINATE_DECIMALS)}°N`;
}

export class Inspector {
  private asking: AbortController | null = null;
  private readonly title: HTMLElement | null;
  private readonly body: HTMLElement | null;
  private readonly highlight: L.GeoJSON;

  /** `layersNow` names the layers that are seen at the map's zoom. */
  constructor(
    private readonly map: L.Map,
    private readonly drawer: Drawer,
    private readonly url: string,
    private readonly layersNow: () => string[],
    /** The filter that one layer follows, as its tiles do; nothing without one. */
    private readonly narrowed: URLSearchParams,
  ) {
    this.title = drawer.querySelector<HTMLElement>("[data-drawer-title]");
    this.body = drawer.querySelector<HTMLElement>("[data-drawer-body]");
    this.highlight = L.geoJSON(undefined, {
      interactive: false,
      style: () => ({ color: token("map-selected"), weight: 4, fillOpacity: 0.08 }),
      pointToLayer: (_feature, at) => L.circleMarker(at, { radius: 15 }),
    }).addTo(map);
  }

  /** Tell what lies at a place; `moving` lets the map give way to the drawer, which a place from a link must not. */
  async identify(at: L.LatLng, moving: boolean): Promise<void> {
    const { title, body } = this;
    if (!title || !body) return;
    this.asking?.abort();
    const mine = (this.asking = new AbortController());
    this.highlight.clearLayers();
    title.textContent = gettext("所选位置");
    body.replaceChildren(el("div", { class: "stack" }, el("div", { class: "skeleton" }), el("div", { class: "skeleton" })));
    this.drawer.open();
    const names = this.layersNow();
    const query = new URLSearchParams({ lon: String(at.lng), lat: String(at.lat), zoom: String(this.map.getZoom()), layers: names.join(",") });
    for (const [name, value] of this.narrowed) query.append(name, value);
    try {
      const { results } = names.length > 0
        ? await requestJson<{ results: Told[] }>(`${this.url}?${query}`, { signal: mine.signal })
        : { results: [] };
      if (mine.signal.aborted) return;
      body.replaceChildren(placeRow(at));
      if (results.length === 0) {
        body.append(
          el("div", { class: "state" }, icon("search"), el("h3", {}, gettext("此处没有内容")), el("p", { class: "state__text" }, gettext("点选图上的建筑、图斑、案件或边界，或打开更多图层。"))),
        );
      }
      results.forEach((told, index) => body.append(tell(told, index === 0, (one) => this.lightUp(one))));
      const first = results[0];
      if (first) this.lightUp(first);
      if (moving) this.uncover(at);
      body.focus({ preventScroll: true });
    } catch (error) {
      if (mine.signal.aborted) return;
      const again = el("button", { class: "button", type: "button" }, icon("refresh"), gettext("重试"));
      again.addEventListener("click", () => void this.identify(at, moving));
      body.replaceChildren(el("div", { class: "state state--error", role: "alert" }, icon("alert"), el("p", {}, errorText(error)), again));
    }
  }

  /** Forget what was asked and lit up. */
  clear(): void {
    this.asking?.abort();
    this.highlight.clearLayers();
  }

  private lightUp(told: Told): void {
    this.highlight.clearLayers();
    this.highlight.addData(told.geometry);
  }

  /** Move the map so that a place is not under the drawer. */
  private uncover(at: L.LatLng): void {
    const whole = this.map.getSize();
    const covered = this.drawer.getBoundingClientRect();
    const below = covered.width >= whole.x;
    const margin = L.point(40, 80);
    this.map.panInside(at, {
      paddingTopLeft: margin,
      paddingBottomRight: below ? L.point(40, covered.height + 40) : L.point(covered.width + 40, 40),
    });
  }
}

function placeRow(at: L.LatLng): HTMLElement {
  const copy = el("button", { class: "button button--quiet", type: "button" }, gettext("复制"));
  copy.addEventListener("click", () => void copyText(`${at.lng.toFixed(COORDINATE_DECIMALS)},${at.lat.toFixed(COORDINATE_DECIMALS)}`, gettext("坐标已复制。")));
  return el("p", { class: "told__place" }, el("span", { class: "code" }, coordinates(at)), el("span", { class: "muted" }, "CGCS2000"), copy);
}
