/** The one panel: imagery by date, layers with legend and opacity. Collapsible; starts open on a desk. */
import { byId, el } from "../lib/dom";
import { gettext, interpolate } from "../lib/i18n";
import { signsOf, swatch } from "./legend";
import type { FlightConfig, LayerConfig } from "./types";

export interface PanelEvents {
  onLayer(name: string, shown: boolean): void;
  onLayerOpacity(name: string, opacity: number): void;
  onFlight(date: string): void;
  onFlightOpacity(opacity: number): void;
  /** A slider was let go. */
  onOpacityChosen(): void;
}

const DESK = "(min-width: 48rem)";

function opacitySlider(label: string, opacity: number, onInput: (opacity: number) => void, onChosen: () => void): HTMLElement {
  const range = el("input", { type: "range", min: 10, max: 100, step: 5 });
  range.value = String(Math.round(opacity * 100));
  range.addEventListener("input", () => onInput(Number(range.value) / 100));
  range.addEventListener("change", onChosen);
  return el("label", { class: "map-panel__opacity" }, el("span", {}, gettext("不透明度")), range, el("span", { class: "visually-hidden" }, label));
}

export function setUpToggle(): void {
  const panel = byId("map-panel", HTMLElement);
  const body = byId("map-panel-body", HTMLElement);
  const toggle = panel.querySelector<HTMLButtonElement>(".map-panel__toggle");
  if (!toggle) return;
  const show = (open: boolean) => {
    body.hidden = !open;
    toggle.setAttribute("aria-expanded", String(open));
  };
  toggle.addEventListener("click", () => show(body.hidden !== false));
  panel.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || body.hidden) return;
    show(false);
    toggle.focus();
  });
  show(matchMedia(DESK).matches);
}

export function fillFlights(flights: FlightConfig[], chosen: string, opacity: number, events: PanelEvents): void {
  const holder = byId("map-flights", HTMLElement);
  if (flights.length === 0) {
    holder.replaceChildren(
      el("p", { class: "muted" }, gettext("您的辖区还没有航拍影像。影像入库后可在这里按日期查看。")),
    );
    return;
  }
  const rows = [{ date: "", label: gettext("不显示影像"), count: 0 }].concat(
    flights.map(({ date, label, snapshots }) => ({ date, label, count: snapshots.length })),
  );
  const list = el("div", { class: "map-panel__flights", role: "radiogroup", "aria-label": gettext("航拍影像日期") });
  for (const { date, label, count } of rows) {
    const radio = el("input", { type: "radio", name: "flight", value: date, checked: date === chosen });
    radio.addEventListener("change", () => events.onFlight(date));
    const several = count > 1 ? el("span", { class: "muted" }, interpolate(gettext("%(count)s 幅"), { count })) : null;
    list.append(el("label", { class: "choice" }, radio, el("span", {}, label), several));
  }
  holder.replaceChildren(list, opacitySlider(gettext("航拍影像"), opacity, events.onFlightOpacity, events.onOpacityChosen));
}

/** The date was chosen elsewhere: its radio follows, without the list being made anew. */
export function markFlight(date: string): void {
  for (const radio of document.querySelectorAll<HTMLInputElement>("#map-flights input[name=flight]")) radio.checked = radio.value === date;
}

export function fillLayers(layers: LayerConfig[], shown: Set<string>, opacities: Record<string, number>, events: PanelEvents): void {
  const holder = byId("map-layers", HTMLElement);
  holder.replaceChildren();
  for (const layer of [...layers].reverse()) {
    const signs = signsOf(layer.name);
    const check = el("input", { type: "checkbox", value: layer.name, checked: shown.has(layer.name) });
    check.addEventListener("change", () => events.onLayer(layer.name, check.checked));
    const legend = el("ul", { class: "legend" });
    for (const sign of signs) legend.append(el("li", {}, swatch(sign), el("span", {}, sign.label)));
    const more = el(
      "details",
      { class: "map-panel__more" },
      el("summary", { "aria-label": interpolate(gettext("%(layer)s的图例和不透明度"), { layer: layer.label }) }),
      legend,
      opacitySlider(layer.label, opacities[layer.name] ?? 1, (opacity) => events.onLayerOpacity(layer.name, opacity), events.onOpacityChosen),
    );
    const sample = signs[0] ? swatch(signs[0]) : null;
    const hint = el("span", { class: "map-panel__hint muted", "data-min-zoom": layer.minZoom }, gettext("放大后显示"));
    hint.hidden = true;
    holder.append(
      el("li", { class: "map-panel__layer" }, el("label", { class: "choice" }, check, sample, el("span", {}, layer.label), hint), more),
    );
  }
}

/** Say of each layer whether the map is too far out for it. */
export function tellZoom(zoom: number): void {
  for (const hint of document.querySelectorAll<HTMLElement>(".map-panel__hint")) {
    hint.hidden = zoom >= Number(hint.dataset.minZoom);
  }
}
