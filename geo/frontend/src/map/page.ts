/** The map page: layers, imagery by date, what lies at a click, and where one is. */
import "../styles/map.css";
import "../styles/map-time.css";
import "../styles/map-tools.css";
import { Drawer } from "../elements/drawer";
import { byId, jsonScript } from "../lib/dom";
import { gettext } from "../lib/i18n";
import * as areas from "./paint-areas";
import * as findings from "./paint-findings";
import { fillFlights, fillLayers, markFlight, setUpToggle, tellZoom, type PanelEvents } from "./panel";
import { askedPlace, IMAGERY, recall, remember } from "./place";
import { Base } from "./base";
import { Choose } from "./choose";
import { Flights } from "./flights";
import { enterCluster } from "./gathered";
import { Inspector } from "./inspect";
import { LabelOverlay } from "./labels";
import { LastPlace } from "./last-place";
import { Measure } from "./measure";
import { NAMES } from "./names";
import { Places } from "./places";
import { Readout } from "./readout";
import { SheetTool } from "./sheet";
import { TileWatch } from "./tile-watch";
import { Time } from "./time";
import type { MapConfig } from "./types";
import { createVectorLayer, type Paint, type VectorTiles } from "./vector-layer";
import { Workbench } from "./workbench";

const PAINTS: Record<string, Paint> = {
  units: areas.paintUnits,
  special_areas: areas.paintSpecialAreas,
  control_areas: areas.paintControlAreas,
  archive_areas: areas.paintArchiveAreas,
  catchments: areas.paintCatchments,
  uncovered_homes: areas.paintUncovered,
  census_zones: areas.paintZones,
  buildings: areas.paintBuildings,
  permits: areas.paintPermits,
  flags: findings.paintFlags,
  cases: findings.paintCases,
  clinics: findings.paintClinics,
};
/** Layers whose points are read before any name. */
const MARKERS = ["flags", "cases"];
const MIN_ZOOM = 6;
const MAX_ZOOM = 21;
/** As near as the map goes by itself to a single row. */
const NEAR_ZOOM = 18;

const config = jsonScript<MapConfig>("map-config");
const kept = recall();
const shown = new Set(kept.layers ?? config.layers.filter((layer) => layer.shown).map((layer) => layer.name));
if (config.narrowed) shown.add(config.narrowed);
const lastPlace = new LastPlace(config.keepPlace, config.person);
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
if (config.bases.length > 0) new Base(map, config.bases).fill(byId("map-bases", HTMLElement));
const flights = new Flights(map, watch, config.flights, kept);
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
  MARKERS.flatMap((name) => layers.get(name) ?? []),
);

const drawer = byId("map-drawer", Drawer);
const inspector = new Inspector(map, drawer, config.identify, () =>
  [...shown].filter((name) => map.getZoom() >= (config.layers.find((layer) => layer.name === name)?.minZoom ?? 0)),
  new URLSearchParams(config.narrowedQuery),
);
const workbench = new Workbench(map, () => drawer.close());
for (const kind of ["length", "area"] as const) workbench.add(new Measure(map, kind, config.measure));
const places = new Places(map, config.goto);
workbench.add(places);
workbench.add(new Choose(map, drawer, config.selection, () => config.layers.filter(({ name, selectable }) => selectable && shown.has(name)).map(({ name }) => name)));
const time = new Time(flights);
if (config.seesFlights) workbench.add(time);
workbench.add(
  new SheetTool(map, config.sheet, config.maker, flights, PAINTS, () => ({
    layers: config.layers.filter(({ name }) => shown.has(name)),
    opacities,
    imageOpacity: opacities[IMAGERY] ?? 1,
  })),
);
flights.onChosen = (asStep) => keep(asStep);
flights.onShown = () => {
  markFlight(flights.date);
  time.follow();
};

function select(at: L.LatLng): void {
  if (enterCluster(map, [...layers.values()].reverse(), at)) return;
  selected = { lat: at.lat, lon: at.lng };
  keep(true);
  void inspector.identify(at, true);
}

function keep(asStep = false): void {
  const centre = map.getCenter();
  const view = { zoom: map.getZoom(), lat: centre.lat, lon: centre.lng };
  const { date, swipe } = flights;
  remember(view, { date, swipe, layers: [...shown], opacities, selected }, asStep);
}

function applyOpacities(): void {
  for (const [name, tiles] of layers) tiles.layer.setOpacity(opacities[name] ?? 1);
  flights.setOpacity(opacities[IMAGERY] ?? 1);
}

function fillPanel(): void {
  if (config.seesFlights) fillFlights(config.flights, flights.date, opacities[IMAGERY] ?? 1, events);
  fillLayers(config.layers.filter((layer) => layers.has(layer.name)), shown, opacities, events);
  tellZoom(map.getZoom());
}

/** Show what the address says: after back, forward, or another link pasted into the same page. */
function restore(): void {
  const asked = recall();
  opacities = asked.opacities;
  shown.clear();
  for (const name of asked.layers ?? []) if (layers.has(name)) shown.add(name);
  for (const [name, tiles] of layers) {
    if (!shown.has(name)) tiles.layer.remove();
    else if (!map.hasLayer(tiles.layer)) tiles.layer.addTo(map);
  }
  flights.show(asked);
  applyOpacities();
  fillPanel();
  // First the selection: the move below writes the address anew.
  selected = asked.selected;
  if (asked.view) map.setView([asked.view.lat, asked.view.lon], asked.view.zoom, { animate: false });
  if (selected) void inspector.identify(L.latLng(selected.lat, selected.lon), false);
  else drawer.close();
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
  onFlight: (chosen) => flights.choose(chosen, true),
  onFlightOpacity(opacity) {
    opacities = { ...opacities, [IMAGERY]: opacity };
    flights.setOpacity(opacity);
  },
  onOpacityChosen: () => keep(true),
};

function start(): void {
  const asked = askedPlace();
  const arrived = location.hash.length > 1;
  const view = asked ?? (arrived ? kept.view : (config.frame ? null : lastPlace.choose(config.lastPlace, kept.view)));
  const bounds = config.frame ?? config.bounds;
  if (view) map.setView([view.lat, view.lon], view.zoom);
  else if (bounds) {
    const [west, south, east, north] = bounds;
    map.fitBounds([
      [south, west],
      [north, east],
    ], { maxZoom: NEAR_ZOOM });
  } else map.setView([34.7, 113.6], 12);

  setUpToggle();
  fillPanel();
  flights.show(kept);
  if (flights.swipe) workbench.begin(time.name);
  for (const [name, tiles] of layers) if (shown.has(name)) tiles.layer.addTo(map);
  applyOpacities();

  window.addEventListener("popstate", restore);
  map.on("moveend", () => {
    keep();
    const { lat, lng } = map.getCenter();
    lastPlace.follow({ lat, lon: lng, zoom: map.getZoom() });
  });
  map.on("zoomend", () => tellZoom(map.getZoom()));
  map.on("click", (event) => {
    if (!workbench.takes(event.latlng)) select(event.latlng);
  });
  map.on("contextmenu", (event) => {
    if (workbench.working && workbench.working !== places.name) return; // a line half drawn is not thrown away
    workbench.begin(places.name);
    places.click(event.latlng);
  });
  map.getContainer().addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target === map.getContainer()) select(map.getCenter());
    if (event.key === "Escape") drawer.close();
  });
  drawer.addEventListener("drawer:close", () => {
    inspector.clear();
    if (!selected) return;
    selected = null;
    keep(true);
  });
  const restyle = () => {
    for (const tiles of layers.values()) tiles.repaint();
    fillPanel();
  };
  document.addEventListener("chengkan:theme", restyle);
  new Readout(map);
  if (asked) selected = { lat: asked.lat, lon: asked.lon };
  keep(); // so that the way back ends at what was shown first, not at what this device saw last
  if (selected) void inspector.identify(L.latLng(selected.lat, selected.lon), asked !== null);
}

start();
