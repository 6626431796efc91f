/** Choosing many things at once, in a box of two corners or in an outline; the list comes from the server. */
import type { Drawer } from "../elements/drawer";
import { el } from "../lib/dom";
import { gettext, interpolate } from "../lib/i18n";
import { icon } from "../lib/icons";
import { errorText, send } from "../lib/request";
import { token } from "../lib/theme";
import { drawingKey, Sketch } from "./sketch";
import type { Tool } from "./workbench";

type Mode = "box" | "outline";

const LEAST_OUTLINE = 3;
const LOOK_ZOOM = 18;

function cornersOf(a: L.LatLng, b: L.LatLng): L.LatLng[] {
  return [a, L.latLng(a.lat, b.lng), b, L.latLng(b.lat, a.lng)];
}

export class Choose implements Tool {
  readonly name = "choose";
  readonly title = gettext("选择多个");
  private mode: Mode = "box";
  private sketch: Sketch | null = null;
  private readonly box = L.polygon([], { interactive: false });
  private readonly mark = L.layerGroup();
  private readonly note = el("p", { class: "map-tray__note", role: "status" });
  private readonly acts = el("div", { class: "map-tray__acts" });
  private asking: AbortController | null = null;
  private done = false;

  /** `layersNow` names what is shown and may be chosen from. */
  constructor(
    private readonly map: L.Map,
    private readonly drawer: Drawer,
    private readonly url: string,
    private readonly layersNow: () => string[],
  ) {
    drawer.addEventListener("click", (event) => this.look(event));
    drawer.addEventListener("drawer:close", () => this.mark.clearLayers());
  }

  start(tray: HTMLElement): void {
    const modes = el("div", { class: "map-choose", role: "radiogroup", "aria-label": gettext("选择方式") });
    for (const [mode, label] of [["box", gettext("框选")], ["outline", gettext("多边形")]] as const) {
      const radio = el("input", { type: "radio", name: "choose-mode", value: mode, checked: mode === this.mode });
      radio.addEventListener("change", () => {
        this.mode = mode;
        this.reset();
      });
      modes.append(el("label", { class: "choice" }, radio, el("span", {}, label)));
    }
    tray.append(modes, this.note, this.acts);
    this.sketch = new Sketch(this.map, "area");
    this.box.setStyle({ color: token("map-selected"), weight: 3, fillOpacity: 0.12 }).addTo(this.map);
    this.mark.addTo(this.map);
    this.reset();
  }

  stop(): void {
    this.asking?.abort();
    this.sketch?.remove();
    this.sketch = null;
    this.box.remove();
    this.mark.clearLayers();
    this.mark.remove();
  }

  click(at: L.LatLng): void {
    if (this.done) this.reset();
    const { sketch } = this;
    if (!sketch?.add(at)) return;
    if (this.mode === "box" && sketch.places.length === 2) void this.finish();
    else this.tell();
  }

  doubleClick(): void {
    if (this.mode === "outline" && !this.done) void this.finish();
  }

  move(at: L.LatLng): void {
    const first = this.sketch?.places[0];
    if (this.done || !first) return;
    if (this.mode === "outline") this.sketch?.follow(at);
    else this.box.setLatLngs(cornersOf(first, at));
  }

  key(event: KeyboardEvent): boolean {
    return drawingKey(event, {
      place: () => this.click(this.map.getCenter()),
      finish: () => void this.finish(),
      undo: () => this.undo(),
      clear: (this.sketch?.places.length ?? 0) > 0 && (() => this.reset()),
    });
  }

  private reset(): void {
    this.asking?.abort();
    this.done = false;
    if (this.sketch) this.sketch.lined = this.mode === "outline";
    this.sketch?.clear();
    this.box.setLatLngs([]);
    this.tell();
  }

  private undo(): void {
    this.done = false;
    this.box.setLatLngs([]);
    this.sketch?.undo();
    this.tell();
  }

  private tell(): void {
    const count = this.sketch?.places.length ?? 0;
    if (this.mode === "box") this.note.textContent = count === 0 ? gettext("点方框的一个角，再点对角。") : gettext("再点对角。");
    else if (count === 0) this.note.textContent = gettext("依次点范围的各个角，双击、回车或“完成”结束。");
    else this.note.textContent = interpolate(gettext("已点 %(count)s 个点。"), { count });
    this.showActs();
  }

  private showActs(): void {
    const count = this.sketch?.places.length ?? 0;
    const button = (name: "check" | "undo" | "close", label: string, run: () => void, shown: boolean) => {
      const made = el("button", { class: name === "check" ? "button button--primary" : "button", type: "button" }, icon(name), label);
      made.addEventListener("click", run);
      return shown && made;
    };
    this.acts.replaceChildren(
      ...[
        button("check", gettext("完成"), () => void this.finish(), this.mode === "outline" && !this.done && count >= LEAST_OUTLINE),
        button("undo", gettext("撤销一点"), () => this.undo(), count > 0 && !this.done),
        button("close", gettext("重新选择"), () => this.reset(), count > 0),
      ].filter((made) => made !== false),
    );
  }

  private async finish(): Promise<void> {
    const { sketch } = this;
    if (!sketch || this.done) return;
    const [a, b] = sketch.places;
    const places = this.mode === "box" && a && b ? cornersOf(a, b) : sketch.places;
    if (places.length < LEAST_OUTLINE) {
      this.note.textContent = this.mode === "box" ? gettext("再点对角。") : interpolate(gettext("至少需要 %(count)s 个点。"), { count: LEAST_OUTLINE });
      return;
    }
    if (this.mode === "box") this.box.setLatLngs(places);
    sketch.follow(null);
    this.done = true;
    this.asking?.abort();
    const mine = (this.asking = new AbortController());
    this.note.textContent = gettext("正在查找……");
    this.showActs();
    try {
      const body = { points: places.map(({ lng, lat }) => [lng, lat]), layers: this.layersNow() };
      const response = await send(this.url, { method: "POST", body, signal: mine.signal, headers: { Accept: "text/html" } });
      this.show(await response.text());
      this.note.textContent = gettext("结果在列表中。点图可重新选择。");
    } catch (error) {
      if (mine.signal.aborted) return;
      this.done = false;
      this.note.textContent = interpolate(gettext("没有选成：%(reason)s"), { reason: errorText(error) });
      this.showActs();
    }
  }

  private show(html: string): void {
    const title = this.drawer.querySelector<HTMLElement>("[data-drawer-title]");
    const body = this.drawer.querySelector<HTMLElement>("[data-drawer-body]");
    if (!title || !body) return;
    title.textContent = gettext("选中的内容");
    body.replaceChildren(document.createRange().createContextualFragment(html));
    this.drawer.open();
    body.focus({ preventScroll: true });
  }

  /** A row's button shows where it is. */
  private look(event: Event): void {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-lon]") : null;
    if (!button) return;
    const at = L.latLng(Number(button.dataset.lat), Number(button.dataset.lon));
    this.mark.clearLayers();
    this.mark.addLayer(L.circleMarker(at, { radius: 15, color: token("map-selected"), weight: 4, fill: false, interactive: false })).addTo(this.map);
    this.map.setView(at, Math.max(this.map.getZoom(), LOOK_ZOOM));
    const whole = this.map.getSize();
    const covered = this.drawer.getBoundingClientRect();
    this.map.panBy(covered.width >= whole.x ? [0, covered.height / 2] : [covered.width / 2, 0], { animate: false });
  }
}
