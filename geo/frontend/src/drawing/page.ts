/** The drawing page: a sheet of zones on the map, its tools, what the server says of every step, saving and versions. */
import "@geoman-io/leaflet-geoman-free";
import "@geoman-io/leaflet-geoman-free/dist/leaflet-geoman.css";
import "../styles/map.css";
import "./drawing.css";
import { toast } from "../elements/toasts";
import { byId, el, jsonScript } from "../lib/dom";
import { gettext, interpolate } from "../lib/i18n";
import { errorText, HttpError, requestJson } from "../lib/request";
import { Board } from "./board";
import { Checker } from "./checker";
import { showConflicts } from "./conflicts";
import { History } from "./history";
import { Keeper } from "./kept";
import { showFaults, showGaps, showHolders, showPreview, showZones, ZonePanel, type Measured } from "./panel";
import { Proposals } from "./proposals";
import { Drafts, type ChangeSent } from "./state";
import { setUpToolbar, tellTool } from "./toolbar";
import { Tools } from "./tools";
import { followed, stepOf } from "./topology";
import type { Checked, Conflict, Draft, DrawingConfig, Fault, Gap, Holder, Shape, SheetData, StoredZone } from "./types";

const config = jsonScript<DrawingConfig>("drawing-config");
const board = new Board(config);
const keeper = new Keeper(config);
const measured = new Map<string, Measured>();
let data: SheetData = { zones: [], parent: { type: "MultiPolygon", coordinates: [] }, around: [], gaps: [], freeCodes: [], holders: [], places: [] };
let faults: Fault[] = [];
let gaps: Gap[] = [];
let gapsShown = true;
let selected: string | null = null;
let kept: Draft[] = [];

const drafts = new Drafts(changed);
const proposals = new Proposals(config, drafts, () => data, { onSelect: select, onRefused: refuse });
const tools = new Tools(
  board,
  {
    onTool: (tool) => tellTool(tool, tools.drawing),
    onSelect: select,
    onDrawn: (shape) => proposals.draw(shape),
    onEdited: edited,
    onPreview: (key, shape) => preview(key, shape),
    onCut: (key, line) => void proposals.cut(key, line),
    onMerge: (first, second) => void proposals.merge(first, second),
  },
  () => drafts.all,
  () => selected,
);
const checker = new Checker(config.addresses.check, checkedNow, (error) => toast(errorText(error), { tone: "determined", forMs: 8000 }));
const panel = new ZonePanel(config, {
  onChange: (draft) => drafts.put(draft),
  onRemove: (draft) => drafts.commit(drafts.all.filter((one) => one.key !== draft.key)),
}, unheld);
const history = new History(config, {
  onLook: (zones) => board.lay("compare", (zones ?? []).map((zone) => zone.geometry)),
  onRestore: restore,
});
const toolbar = setUpToolbar(tools, { undo: () => drafts.undo(), redo: () => drafts.redo(), save: () => void save() });

/** What has no zone on the page yet. */
function unheld(): Holder[] {
  const taken = new Set(drafts.all.map((draft) => draft.code));
  return data.holders.filter((holder) => !taken.has(holder.code));
}

function select(key: string | null): void {
  selected = key;
  render();
}

function refuse(text: string): void {
  toast(text, { tone: "determined", forMs: 10_000 });
}

/** The drafts changed: show them, keep them, ask what they would become. */
function changed(): void {
  if (selected && !drafts.get(selected)) selected = null;
  const changes = drafts.changes();
  keeper.keep(drafts.all, changes.length > 0);
  if (changes.length > 0) checker.ask(changes);
  else {
    checker.stop();
    faults = [];
    gaps = data.gaps;
    for (const zone of data.zones) measured.set(`z${zone.id}`, zone);
  }
  render();
}

function checkedNow(checked: Checked): void {
  // An answer about an outline that is closed by now must not take the place of its form.
  const previewing = tools.drawing && checked.zones.some((zone) => zone.key === "drawing");
  for (const zone of checked.zones) {
    if (zone.key !== "drawing") measured.set(zone.key, zone);
    else if (previewing) showPreview(zone);
  }
  // What is still to be filled in is asked once the outline is closed.
  faults = checked.faults.filter((fault) => fault.geometry !== null || !fault.keys.includes("drawing"));
  gaps = checked.gaps;
  render(previewing);
}

function edited(key: string, shape: Shape): void {
  const draft = drafts.get(key);
  if (!draft) return;
  const step = stepOf(draft.geometry, shape);
  board.acknowledge(key, shape);
  const next = { ...draft, geometry: shape };
  drafts.commit(drafts.all.map((one) => (one.key === key ? next : step && config.tiles ? followed(one, step) : one)));
}

function preview(key: string, shape: Shape): void {
  const draft = drafts.get(key) ?? { key, id: null, token: null, code: unheld()[0]?.code ?? data.freeCodes[0] ?? "", name: "", households: null, fields: {}, geometry: shape };
  const step = stepOf(draft.geometry, shape);
  const changes = new Map<string, ChangeSent>(drafts.changes().map((change) => [change.key, change]));
  for (const one of drafts.all) {
    const next = step && config.tiles ? followed(one, step) : one;
    if (next !== one) changes.set(one.key, next);
  }
  changes.set(key, { ...draft, geometry: shape });
  checker.ask([...changes.values()]);
}

function render(previewing = false): void {
  const faulty = new Set(faults.flatMap((fault) => fault.keys));
  board.render(drafts.all, (draft) => ({ selected: draft.key === selected, changed: drafts.isChanged(draft), faulty: faulty.has(draft.key) }));
  board.lay("faults", faults.flatMap((fault) => fault.geometry ?? []));
  board.lay("gaps", gapsShown ? gaps.map((gap) => gap.geometry) : []);
  if (!previewing) panel.show((selected && drafts.get(selected)) || null, measured.get(selected ?? ""));
  showFaults(faults, (fault) => fault.geometry && board.zoomTo(fault.geometry));
  if (config.tiles) showGaps(gaps, (gap) => board.zoomTo(gap.geometry), gapsShown, (shown) => ((gapsShown = shown), render()));
  showZones(drafts.all, (draft) => drafts.isChanged(draft), selected, (key) => {
    select(key);
    const draft = drafts.get(key);
    if (draft) board.zoomTo(draft.geometry);
  });
  if (config.held) showHolders(unheld(), (holder) => holder.geometry && proposals.take(holder.code, holder.name, holder.geometry));
  toolbar.tell({ canUndo: drafts.canUndo, canRedo: drafts.canRedo, canSave: drafts.changes().length > 0 });
  tools.editSelected();
}

/** Bring a version back as a draft: what was changed since, what was added and what was taken away. */
function restore(zones: StoredZone[]): void {
  const back = zones.map((zone): Draft => {
    const now = drafts.get(`z${zone.id}`);
    const { code, name, households, fields, geometry } = zone;
    return now ? { ...now, name, households, fields, geometry } : { key: drafts.newKey(), id: null, token: null, code, name, households, fields, geometry };
  });
  const keys = new Set(back.map((draft) => draft.key));
  drafts.commit(config.tiles ? back : [...drafts.all.filter((draft) => !keys.has(draft.key)), ...back]);
  board.lay("compare", []);
  toast(gettext("已取回此版本，核对后保存。"), { act: { label: gettext("撤销"), run: () => drafts.undo() } });
}

function show(fresh: SheetData): void {
  data = fresh;
  board.showGround(fresh);
  for (const zone of fresh.zones) measured.set(`z${zone.id}`, zone);
}

async function save(): Promise<void> {
  const changes = drafts.changes();
  if (changes.length === 0 || config.finished) return;
  if (tools.tool !== "select") tools.set("select");
  checker.stop();
  toolbar.busy(true);
  try {
    const fresh = await requestJson<SheetData>(config.addresses.save, { method: "POST", body: { changes } });
    show(fresh);
    drafts.load(fresh);
    byId("drawing-conflicts", HTMLElement).replaceChildren();
    history.refresh();
    toast(interpolate(gettext("已保存，%(unit)s 有了新版本。"), { unit: config.unit }), { tone: "closed" });
  } catch (error) {
    await failed(error);
  } finally {
    toolbar.busy(false);
    render();
  }
}

async function failed(error: unknown): Promise<void> {
  refuse(errorText(error));
  if (!(error instanceof HttpError) || typeof error.body !== "object" || error.body === null) return;
  if (error.status === 409 && "conflicts" in error.body) {
    const conflicts = error.body.conflicts as Conflict[];
    const fresh = await requestJson<SheetData>(config.addresses.data);
    show(fresh);
    drafts.rebase(fresh);
    showConflicts(conflicts, { nameOf, onLook, onOverwrite: (conflict) => drafts.startFrom(conflict.key, conflict.theirs), onCopy });
  } else if ("faults" in error.body) {
    checkedNow(error.body as Checked);
    const first = faults.find((fault) => fault.geometry)?.geometry;
    if (first) board.zoomTo(first);
  }
}

function nameOf(key: string): string {
  const stored = data.zones.find((zone) => `z${zone.id}` === key);
  const zone = drafts.get(key) ?? stored;
  return zone?.name || zone?.code || gettext("新图形");
}

function onLook(conflict: Conflict): void {
  if (!conflict.theirs) return;
  board.lay("compare", [conflict.theirs.geometry]);
  board.zoomTo(conflict.theirs.geometry);
}

function onCopy(conflict: Conflict): void {
  const mine = drafts.get(conflict.key);
  if (mine) keeper.copies.push(mine);
  drafts.takeTheirs(conflict.key, conflict.theirs);
  board.lay("compare", []);
  offer();
}

function offer(): void {
  keeper.offer(kept, {
    onRestore: () => {
      drafts.commit(kept);
      kept = [];
      offer();
    },
    onForget: () => {
      kept = [];
      keeper.keep([], false);
      offer();
    },
    onUse: (copy) => {
      keeper.copies = keeper.copies.filter((one) => one !== copy);
      const now = drafts.get(copy.key);
      drafts.put(now ? { ...now, name: copy.name, households: copy.households, fields: copy.fields, geometry: copy.geometry } : { ...copy, id: null, token: null });
      offer();
    },
  });
}

async function start(): Promise<void> {
  try {
    const fresh = await requestJson<SheetData>(config.addresses.data);
    kept = config.finished ? [] : (keeper.recall()?.drafts ?? []);
    const before = kept;
    show(fresh);
    drafts.load(fresh);
    if (before.length > 0) keeper.keep(before, true); // until it is taken up or forgotten
    if (!config.finished) offer();
    const asked = new URLSearchParams(location.search).get("zone");
    const draft = asked ? drafts.get(`z${asked}`) : undefined;
    if (draft) {
      select(draft.key);
      board.zoomTo(draft.geometry);
    }
  } catch (error) {
    const again = el("button", { class: "button", type: "button" }, gettext("重试"));
    again.addEventListener("click", () => void start());
    byId("drawing-zone", HTMLElement).replaceChildren(el("div", { class: "state state--error", role: "alert" }, el("p", {}, errorText(error)), again));
    byId("drawing-zones", HTMLElement).replaceChildren();
  }
}

void start();
