/** The map page: layers, imagery by date, what lies at a click, and where one is. */
import "../styles/map.css";
import { Drawer } from "../elements/drawer";
import { toast } from "../elements/toasts";
import { byId, el, jsonScript } from "../lib/dom";
import { icon } from "../lib/icons";
import { gettext } from "../lib/i18n";
import { errorText, requestJson } from "../lib/request";
import { token } from "../lib/theme";
import * as areas from "./paint-areas";
import * as findings from "./paint-findings";
import { fillFlights, fillLayers, setUpToggle, tellZoom, type PanelEvents } from "./panel";
import { askedPlace, IMAGERY, recall, remember } from "./place";
import { ImageryTiles } from "./imagery";
import { LabelOverlay } from "./labels";
import { NAMES } from "./names";
import { tell } from "./told";
import { TileWatch } from "./tile-watch";
import type { MapConfig, Told } from "./types";
import { createVectorLayer, type Paint, type VectorTiles } from "./vector-layer";

const PAINTS: Record<string, Paint> = {
  units: areas.paintUnits,
  special_areas: areas.paintSpecialAreas,
  control_areas: areas.paintControlAreas,
  census_zones: areas.paintZones,
  buildings: areas.paintBuildings,
  permits: areas.paintPermits,
  flags: findings.paintFlags,
  cases: findings.paintCases,
  clinics: findings.paintClinics,
};
const MIN_ZOOM = 6;
const MAX_ZOOM = 21;
const COORDINATE_DECIMALS = 6;

const config = jsonScript<MapConfig>("map-config");
const kept = recall();
const shown = new Set(kept.layers ?? config.layers.filter((layer) => layer.shown).map((layer) => layer.name));
const newest = config.flights[0]?.date ?? "";
const known = (asked: string | null) => asked !== null && (asked === "" || config.flights.some((flight) => flight.date === asked));
let date = known(kept.date) && kept.date !== null ? kept.date : newest;
let opacities = kept.opacities;
let selected = kept.selected;

const map = L.map("map", {
  minZoom: MIN_ZOOM,
  maxZoom: MAX_ZOOM,
  zoomControl: false,
  attributionControl: false,
  preferCanvas: true,
});
L.control.zoom({ position: "topright", zoomInTitle: gettext("放大"), zoomOutTitle: gettext("缩小") }).addTo(map);
L.control.scale({ imperial: false, position: "bottomleft", maxWidth: 140 }).addTo(map);

const watch = new TileWatch(map);
const imagery = new ImageryTiles(map, watch);
const layers = new Map<string, VectorTiles>();
for (const layer of config.layers) {
  const paint = PAINTS[layer.name];
  if (!paint) continue;
  const tiles = createVectorLayer({
    name: layer.name,
    url: layer.tiles,
    paint,
    minZoom: layer.minZoom,
    maxZoom: MAX_ZOOM,
    zIndex: 100 + layers.size,
  });
  watch.follow(tiles.layer);
  layers.set(layer.name, tiles);
}

new LabelOverlay(
  map,
  Object.entries(NAMES).flatMap(([name, looks]) => {
    const tiles = layers.get(name);
    return tiles ? [{ name, tiles, looks }] : [];
  }),
);

const drawer = byId("map-drawer", Drawer);
const drawerTitle = drawer.querySelector<HTMLElement>("[data-drawer-title]");
const drawerBody = drawer.querySelector<HTMLElement>("[data-drawer-body]");
const highlight = L.geoJSON(undefined, {
  interactive: false,
  style: () => ({ color: token("map-selected"), weight: 4, fillOpacity: 0.08 }),
  pointToLayer: (_feature, at) => L.circleMarker(at, { radius: 15 }),
}).addTo(map);

function lightUp(told: Told): void {
  highlight.clearLayers();
  highlight.addData(told.geometry);
}

function coordinates(at: L.LatLng): string {
  return `${at.lng.toFixed(COORDINATE_DECIMALS)}°E  ${at.lat.toFixed(COORDINATE_DECIMALS)}°N`;
}

/** Move the map so that a place is not under the drawer. */
function uncover(at: L.LatLng): void {
  const whole = map.getSize();
  const covered = drawer.getBoundingClientRect();
  const below = covered.width >= whole.x;
  const margin = L.point(40, 80);
  map.panInside(at, {
    paddingTopLeft: margin,
    paddingBottomRight: below ? L.point(40, covered.height + 40) : L.point(covered.width + 40, 40),
  });
}

let asking: AbortController | null = null;

function select(at: L.LatLng): void {
  selected = { lat: at.lat, lon: at.lng };
  keep(true);
  void identify(at, true);
}

/** Tell what lies at a place; `moving` lets the map give way to the drawer, which a place from a link must not. */
async function identify(at: L.LatLng, moving: boolean): Promise<void> {
  if (!drawerTitle || !drawerBody) return;
  asking?.abort();
  const mine = (asking = new AbortController());
  highlight.clearLayers();
  drawerTitle.textContent = gettext("所选位置");
  drawerBody.replaceChildren(el("div", { class: "stack" }, el("div", { class: "skeleton" }), el("div", { class: "skeleton" })));
  drawer.open();
  const names = [...shown].filter((name) => map.getZoom() >= (config.layers.find((layer) => layer.name === name)?.minZoom ?? 0));
  const query = new URLSearchParams({ lon: String(at.lng), lat: String(at.lat), zoom: String(map.getZoom()), layers: names.join(",") });
  try {
    const { results } = names.length > 0
      ? await requestJson<{ results: Told[] }>(`${config.identify}?${query}`, { signal: mine.signal })
      : { results: [] };
    if (mine.signal.aborted) return;
    drawerBody.replaceChildren(placeRow(at));
    if (results.length === 0) {
      drawerBody.append(
        el("div", { class: "state" }, icon("search"), el("h3", {}, gettext("此处没有内容")), el("p", { class: "state__text" }, gettext("点选图上的建筑、图斑、案件或边界，或打开更多图层。"))),
      );
    }
    results.forEach((told, index) => drawerBody.append(tell(told, index === 0, lightUp)));
    const first = results[0];
    if (first) lightUp(first);
    if (moving) uncover(at);
    drawerBody.focus({ preventScroll: true });
  } catch (error) {
    if (mine.signal.aborted) return;
    const again = el("button", { class: "button", type: "button" }, icon("refresh"), gettext("重试"));
    again.addEventListener("click", () => void identify(at, moving));
    drawerBody.replaceChildren(el("div", { class: "state state--error", role: "alert" }, icon("alert"), el("p", {}, errorText(error)), again));
  }
}

function placeRow(at: L.LatLng): HTMLElement {
  const copy = el("button", { class: "button button--quiet", type: "button" }, gettext("复制"));
  copy.addEventListener("click", () => {
    void navigator.clipboard
      ?.writeText(`${at.lng.toFixed(COORDINATE_DECIMALS)},${at.lat.toFixed(COORDINATE_DECIMALS)}`)
      .then(() => toast(gettext("坐标已复制。")), () => toast(gettext("浏览器不允许复制。")));
  });
  return el("p", { class: "told__place" }, el("span", { class: "code" }, coordinates(at)), el("span", { class: "muted" }, "CGCS2000"), copy);
}

function keep(asStep = false): void {
  const centre = map.getCenter();
  const view = { zoom: map.getZoom(), lat: centre.lat, lon: centre.lng };
  remember(view, { date, layers: [...shown], opacities, selected }, asStep);
}

function applyOpacities(): void {
  for (const [name, tiles] of layers) tiles.layer.setOpacity(opacities[name] ?? 1);
  imagery.setOpacity(opacities[IMAGERY] ?? 1);
}

function fillPanel(): void {
  fillFlights(config.flights, date, opacities[IMAGERY] ?? 1, events);
  fillLayers(config.layers.filter((layer) => layers.has(layer.name)), shown, opacities, events);
  tellZoom(map.getZoom());
}

/** Show what the address says: after back, forward, or another link pasted into the same page. */
function restore(): void {
  const asked = recall();
  date = known(asked.date) && asked.date !== null ? asked.date : newest;
  opacities = asked.opacities;
  shown.clear();
  for (const name of asked.layers ?? []) if (layers.has(name)) shown.add(name);
  for (const [name, tiles] of layers) {
    if (!shown.has(name)) tiles.layer.remove();
    else if (!map.hasLayer(tiles.layer)) tiles.layer.addTo(map);
  }
  imagery.show(config.flights.find((flight) => flight.date === date));
  applyOpacities();
  fillPanel();
  // First the selection: the move below writes the address anew.
  selected = asked.selected;
  if (asked.view) map.setView([asked.view.lat, asked.view.lon], asked.view.zoom, { animate: false });
  if (selected) void identify(L.latLng(selected.lat, selected.lon), false);
  else drawer.close();
}

const readout = byId("map-readout", HTMLOutputElement);
function tellPlace(at: L.LatLng): void {
  readout.textContent = `${coordinates(at)}  CGCS2000`;
}

const events: PanelEvents = {
  onLayer(name, isShown) {
    const tiles = layers.get(name);
    if (isShown) {
      shown.add(name);
      tiles?.layer.addTo(map);
    } else {
      shown.delete(name);
      tiles?.layer.remove();
    }
    keep(true);
  },
  onLayerOpacity(name, opacity) {
    opacities = { ...opacities, [name]: opacity };
    layers.get(name)?.layer.setOpacity(opacity);
  },
  onFlight(chosen) {
    date = chosen;
    imagery.show(config.flights.find((flight) => flight.date === chosen));
    keep(true);
  },
  onFlightOpacity(opacity) {
    opacities = { ...opacities, [IMAGERY]: opacity };
    imagery.setOpacity(opacity);
  },
  onOpacityChosen: () => keep(true),
};

function start(): void {
  const asked = askedPlace();
  const view = asked ?? kept.view;
  if (view) map.setView([view.lat, view.lon], view.zoom);
  else if (config.bounds) {
    const [west, south, east, north] = config.bounds;
    map.fitBounds([
      [south, west],
      [north, east],
    ]);
  } else map.setView([34.7, 113.6], 12);

  setUpToggle();
  fillPanel();
  imagery.show(config.flights.find((flight) => flight.date === date));
  for (const [name, tiles] of layers) if (shown.has(name)) tiles.layer.addTo(map);
  applyOpacities();

  window.addEventListener("popstate", restore);
  map.on("moveend", () => keep());
  map.on("zoomend", () => tellZoom(map.getZoom()));
  map.on("click", (event) => select(event.latlng));
  map.on("mousemove", (event) => tellPlace(event.latlng));
  map.on("move", () => tellPlace(map.getCenter()));
  map.getContainer().addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target === map.getContainer()) select(map.getCenter());
    if (event.key === "Escape") drawer.close();
  });
  drawer.addEventListener("drawer:close", () => {
    asking?.abort();
    highlight.clearLayers();
    if (!selected) return;
    selected = null;
    keep(true);
  });
  const restyle = () => {
    for (const tiles of layers.values()) tiles.repaint();
    fillPanel();
  };
  document.addEventListener("chengkan:theme", restyle);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", restyle);
  tellPlace(map.getCenter());
  if (asked) selected = { lat: asked.lat, lon: asked.lon };
  keep(); // so that the way back ends at what was shown first, not at what this device saw last
  if (selected) void identify(L.latLng(selected.lat, selected.lon), asked !== null);
}

start();
