/** The side of the page: the chosen zone with its fields, faults and gaps in place, the list of all zones. */
import { byId, el } from "../lib/dom";
import { gettext, interpolate } from "../lib/i18n";
import { icon } from "../lib/icons";
import { valueField } from "./fields";
import type { Draft, DrawingConfig, Fault, Gap, Holder, Inside } from "./types";

export interface Measured {
  areaText: string;
  inside: Inside | null;
}

function fact(label: string, value: string): HTMLElement {
  return el("div", {}, el("dt", {}, label), el("dd", {}, value));
}

export function factsOf(measured: Measured | undefined): HTMLElement {
  const facts = el("dl", { class: "facts" });
  facts.append(fact(gettext("面积"), measured?.areaText ?? gettext("量算中…")));
  if (measured?.inside) {
    const { people } = measured.inside;
    if (people !== null) facts.append(fact(gettext("人口（推算）"), interpolate(gettext("%(count)s 人"), { count: people.toLocaleString("en") })));
    facts.append(fact(gettext("建筑"), interpolate(gettext("%(count)s 栋"), { count: measured.inside.buildings })));
    facts.append(fact(gettext("登记户"), interpolate(gettext("%(count)s 户"), { count: measured.inside.households })));
  }
  return facts;
}

interface FieldSpec {
  label: string;
  value: string;
  readonly?: boolean;
  number?: boolean;
  onValue(value: string): void;
}

function field({ label, value, readonly, number, onValue }: FieldSpec): HTMLElement {
  const input = el("input", { class: "input", value, readonly: readonly ?? false, inputmode: number ? "numeric" : null, maxlength: number ? 7 : 80, autocomplete: "off" });
  input.addEventListener("change", () => onValue(input.value.trim()));
  return el("label", { class: "field" }, el("span", { class: "field__label" }, label), input);
}

export interface ZoneEvents {
  onChange(draft: Draft): void;
  onRemove(draft: Draft): void;
}

/** The chosen zone. Its fields are made anew only when the zone or its content changed, not while somebody types. */
export class ZonePanel {
  private readonly holder = byId("drawing-zone", HTMLElement);
  private shown: Draft | null = null;

  constructor(
    private readonly config: DrawingConfig,
    private readonly events: ZoneEvents,
    private readonly holders: () => readonly Holder[],
  ) {}

  show(draft: Draft | null, measured: Measured | undefined): void {
    const facts = draft ? factsOf(measured) : null;
    const old = this.holder.querySelector(".facts");
    if (draft && this.shown && facts && old && this.shown.key === draft.key && this.sameFields(draft)) {
      this.shown = draft;
      old.replaceWith(facts);
      return;
    }
    this.shown = draft;
    if (!draft || !facts) {
      this.holder.replaceChildren(el("p", { class: "muted" }, gettext("点选一个图形，或从下面的列表选择。")));
      return;
    }
    this.holder.replaceChildren(el("h2", {}, draft.name || draft.code || gettext("新图形")), facts, ...this.fields(draft), this.acts(draft));
    if (!this.config.finished) return;
    for (const input of this.holder.querySelectorAll<HTMLInputElement | HTMLSelectElement>("input, select")) input.disabled = true;
  }

  private sameFields(draft: Draft): boolean {
    const was = this.shown;
    return was?.code === draft.code && was.name === draft.name && was.households === draft.households && JSON.stringify(was.fields) === JSON.stringify(draft.fields);
  }

  private put(part: Partial<Draft>): void {
    if (this.shown) this.events.onChange({ ...this.shown, ...part });
  }

  private fields(draft: Draft): HTMLElement[] {
    const fields = [this.config.held ? this.holderField(draft) : field({ label: gettext("编号"), value: draft.code, readonly: draft.id !== null, onValue: (code) => this.put({ code }) })];
    if (this.config.named) fields.push(field({ label: gettext("名称"), value: draft.name, onValue: (name) => this.put({ name }) }));
    for (const spec of this.config.fields) {
      const value = draft.fields[spec.name] ?? "";
      fields.push(valueField(spec, value, (text) => this.put({ fields: { ...this.shown?.fields, [spec.name]: text } })));
    }
    if (this.config.households) {
      const households = draft.households === null ? "" : String(draft.households);
      const onValue = (value: string) => this.put({ households: /^\d+$/.test(value) ? Number(value) : null });
      fields.push(field({ label: gettext("户数"), value: households, number: true, onValue }));
    }
    return fields;
  }

  /** Whose zone this is: chosen once, among those without one. */
  private holderField(draft: Draft): HTMLElement {
    const label = el("span", { class: "field__label" }, gettext("机构"));
    const mine: [string, string][] = draft.code ? [[draft.code, draft.name || this.nameOf(draft.code)]] : [["", gettext("请选择")]];
    const others = this.holders().filter((holder) => holder.code !== draft.code).map((holder): [string, string] => [holder.code, holder.name]);
    const select = el("select", { class: "input", disabled: draft.id !== null });
    select.append(...[...mine, ...others].map(([code, name]) => el("option", { value: code, selected: code === draft.code }, name)));
    select.addEventListener("change", () => this.put({ code: select.value, name: this.nameOf(select.value) }));
    return el("label", { class: "field" }, label, select);
  }

  private nameOf(code: string): string {
    return this.holders().find((holder) => holder.code === code)?.name ?? code;
  }

  private acts(draft: Draft): HTMLElement {
    const remove = el("button", { class: "button button--quiet", type: "button" }, icon("close"), gettext("移除此图形"));
    remove.addEventListener("click", () => this.events.onRemove(draft));
    return el("div", { class: "button-group" }, !this.config.finished && (this.config.tiles || draft.id === null) && remove);
  }
}

export function showPreview(measured: Measured): void {
  byId("drawing-zone", HTMLElement).replaceChildren(el("h2", {}, gettext("正在绘制")), factsOf(measured));
}

export function showFaults(faults: Fault[], onShow: (fault: Fault) => void): void {
  const rows = faults.map((fault) => {
    const words = fault.areaText ? `${fault.text} · ${fault.areaText}` : fault.text;
    if (!fault.geometry) return el("li", {}, words);
    const button = el("button", { class: "drawing__row", type: "button" }, icon("alert"), words);
    button.addEventListener("click", () => onShow(fault));
    return el("li", {}, button);
  });
  const title = interpolate(gettext("需要处理 %(count)s 处"), { count: faults.length });
  const body = [el("h2", {}, title), el("ul", { class: "drawing__list" }, ...rows)];
  byId("drawing-faults", HTMLElement).replaceChildren(...(faults.length > 0 ? [el("div", { class: "notice tone-determined" }, el("div", { class: "notice__body" }, ...body))] : []));
}

/** Gaps are no fault of one zone; they are told so that they can be closed. */
export function showGaps(gaps: Gap[], onShow: (gap: Gap) => void, shown: boolean, onToggle: (shown: boolean) => void): void {
  const holder = byId("drawing-gaps", HTMLElement);
  if (gaps.length === 0) {
    holder.replaceChildren(el("p", { class: "muted" }, icon("check-circle"), gettext("上级范围已全部覆盖，没有空隙。")));
    return;
  }
  const box = el("input", { type: "checkbox", checked: shown });
  box.addEventListener("change", () => onToggle(box.checked));
  const rows = gaps.map((gap) => {
    const people = gap.people === null ? "" : ` · ${interpolate(gettext("%(count)s 人"), { count: gap.people.toLocaleString("en") })}`;
    const button = el("button", { class: "drawing__row", type: "button" }, icon("zero"), `${gap.areaText}${people}`);
    button.addEventListener("click", () => onShow(gap));
    return el("li", {}, button);
  });
  const title = interpolate(gettext("未覆盖 %(count)s 处"), { count: gaps.length });
  holder.replaceChildren(el("label", { class: "choice" }, box, title), el("ul", { class: "drawing__list" }, ...rows));
}

export function showZones(drafts: readonly Draft[], changed: (draft: Draft) => boolean, selected: string | null, onPick: (key: string) => void): void {
  const rows = drafts.map((draft) => {
    const name = draft.name || draft.code || gettext("新图形");
    const mark = changed(draft) && el("span", { class: "badge tone-found" }, gettext("未保存"));
    const button = el("button", { class: "drawing__row", type: "button", "aria-pressed": String(draft.key === selected) }, el("span", {}, name), mark);
    button.addEventListener("click", () => onPick(draft.key));
    return el("li", {}, button);
  });
  if (rows.length === 0) rows.push(el("li", { class: "muted" }, gettext("还没有图形。选“新画”开始。")));
  byId("drawing-zones", HTMLElement).replaceChildren(...rows);
}

/** What has no zone yet: a click takes what holds for it now as its outline. */
export function showHolders(holders: readonly Holder[], onTake: (holder: Holder) => void): void {
  const rows = holders.map((holder) => {
    const button = el("button", { class: "drawing__row", type: "button", disabled: holder.geometry === null }, el("span", {}, holder.name), gettext("按社区取边线"));
    button.addEventListener("click", () => onTake(holder));
    return el("li", {}, button);
  });
  const holder = byId("drawing-holders", HTMLElement);
  holder.hidden = rows.length === 0;
  holder.replaceChildren(el("h2", {}, interpolate(gettext("尚未绘制 %(count)s 个"), { count: rows.length })), el("ul", { class: "drawing__list" }, ...rows));
}
