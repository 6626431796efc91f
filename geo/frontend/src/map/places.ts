/** Coordinates of a place in every system, to be copied; and the way to a place whose coordinates one has. */
import { copyText } from "../lib/clipboard";
import { el } from "../lib/dom";
import { gettext, interpolate } from "../lib/i18n";
import { icon } from "../lib/icons";
import { errorText, requestJson } from "../lib/request";
import { token } from "../lib/theme";
import { SYSTEM_NAMES, write } from "./systems";
import type { Tool } from "./workbench";

interface Found {
  lon: number;
  lat: number;
  note: string;
}

/** What is typed is looked at from close by; who is closer already stays there. */
const GOTO_ZOOM = 17;
const MARGIN_PX = 60;

export class Places implements Tool {
  readonly name = "places";
  readonly title = gettext("坐标");
  private readonly pin = L.layerGroup();
  private readonly list = el("dl", { class: "map-places" });
  private readonly note = el("p", { class: "map-tray__note", id: "goto-note", role: "status" });
  private readonly text = el("input", { class: "input", name: "q", autocomplete: "off", maxlength: 120, placeholder: "113.6253, 34.7466", "aria-describedby": "goto-note", "aria-label": gettext("坐标：经度,纬度，度分秒，或三度带平面坐标") });
  private readonly system = el("select", { class: "input", name: "system", "aria-label": gettext("坐标系") });
  private asking: AbortController | null = null;

  constructor(
    private readonly map: L.Map,
    private readonly url: string,
  ) {
    for (const [value, label] of [["cgcs2000", "CGCS2000"], ["wgs84", "WGS84"], ["gcj02", "GCJ-02"]] as const) this.system.append(new Option(label, value));
  }

  start(tray: HTMLElement): void {
    const form = el("form", { class: "map-goto", role: "search", "aria-label": gettext("按坐标定位") }, this.text, this.system, el("button", { class: "button button--primary", type: "submit" }, icon("target"), gettext("前往")));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.go();
    });
    this.pin.addTo(this.map);
    this.say(gettext("点图上一处看它的坐标（长按或右键也可以），或输入坐标前往。"));
    this.list.replaceChildren();
    tray.append(form, this.note, this.list);
    if (!matchMedia("(pointer: coarse)").matches) this.text.focus({ preventScroll: true });
  }

  stop(): void {
    this.asking?.abort();
    this.pin.clearLayers();
    this.pin.remove();
  }

  click(at: L.LatLng): void {
    this.say("");
    this.show(at);
  }

  key(event: KeyboardEvent): boolean {
    if (event.key !== " ") return false;
    this.click(this.map.getCenter());
    return true;
  }

  /** Mark a place and write it in every system. */
  private show(at: L.LatLng): void {
    const colour = token("map-selected");
    this.pin.clearLayers();
    this.pin.addLayer(L.circleMarker(at, { radius: 9, color: token("map-halo"), weight: 5, fill: false, interactive: false }));
    this.pin.addLayer(L.circleMarker(at, { radius: 9, color: colour, weight: 3, fillColor: colour, fillOpacity: 0.2, interactive: false }));
    this.list.replaceChildren();
    for (const name of SYSTEM_NAMES) {
      const { label, text, plain } = write(name, at);
      const copy = el("button", { class: "button button--quiet button--icon", type: "button", "aria-label": interpolate(gettext("复制%(system)s坐标"), { system: label }) }, icon("copy"));
      copy.addEventListener("click", () => void copyText(plain, gettext("坐标已复制。")));
      this.list.append(el("div", {}, el("dt", {}, label), el("dd", {}, el("span", {}, text), plain !== "" && copy)));
    }
  }

  private async go(): Promise<void> {
    this.asking?.abort();
    const mine = (this.asking = new AbortController());
    const query = new URLSearchParams({ q: this.text.value, system: this.system.value, near: String(this.map.getCenter().wrap().lng) });
    this.say(gettext("正在定位……"));
    try {
      const found = await requestJson<Found>(`${this.url}?${query}`, { signal: mine.signal });
      const at = L.latLng(found.lat, found.lon);
      this.say(found.note);
      this.map.setView(at, Math.max(this.map.getZoom(), GOTO_ZOOM), { animate: false });
      this.show(at);
      this.uncover(at);
    } catch (error) {
      if (!mine.signal.aborted) this.say(errorText(error), true);
    }
  }

  /** The tray stands over the map's lower half on a phone. */
  private uncover(at: L.LatLng): void {
    const below = this.map.getContainer().getBoundingClientRect().bottom - (this.list.closest(".map-tray")?.getBoundingClientRect().top ?? 0);
    this.map.panInside(at, { paddingTopLeft: [MARGIN_PX, MARGIN_PX], paddingBottomRight: [MARGIN_PX, below + MARGIN_PX], animate: false });
  }

  private say(words: string, wrong = false): void {
    this.note.textContent = words;
    this.note.classList.toggle("map-tray__note--wrong", wrong);
    if (wrong) this.text.setAttribute("aria-invalid", "true");
    else this.text.removeAttribute("aria-invalid");
  }
}
