/** The dates of the imagery on a slider, and a curtain between two of them. */
import { el } from "../lib/dom";
import { gettext } from "../lib/i18n";
import { icon } from "../lib/icons";
import type { Flights } from "./flights";
import type { Tool } from "./workbench";

export class Time implements Tool {
  readonly name = "time";
  readonly title = gettext("影像日期");
  private refresh: () => void = () => undefined;

  constructor(private readonly flights: Flights) {}

  /** What is shown was changed elsewhere. */
  follow(): void {
    this.refresh();
  }

  start(tray: HTMLElement): void {
    if (this.flights.list.length === 0) {
      tray.append(el("p", { class: "map-tray__note" }, gettext("您的辖区还没有航拍影像。影像入库后可在这里按日期查看。")));
      return;
    }
    tray.append(this.slider(), this.comparison());
    this.refresh();
  }

  stop(): void {
    this.refresh = () => undefined;
  }

  key(event: KeyboardEvent): boolean {
    if (event.key === "[" || event.key === ",") this.step(-1);
    else if (event.key === "]" || event.key === ".") this.step(1);
    else return false;
    return true;
  }

  /** Oldest first, as time runs. */
  private get dates(): string[] {
    return this.flights.list.map(({ date }) => date).reverse();
  }

  private step(by: number): void {
    const { dates } = this;
    const now = dates.indexOf(this.flights.date);
    const next = dates[now < 0 ? dates.length - 1 : now + by];
    if (next !== undefined) this.flights.choose(next, true);
  }

  private slider(): HTMLElement {
    const { flights, dates } = this;
    const last = dates.length - 1;
    const range = el("input", { type: "range", min: 0, max: last, step: 1, "aria-label": gettext("影像日期"), disabled: last === 0 });
    const told = el("output", { class: "map-time__date", "aria-live": "polite" });
    const button = (name: "chevron-left" | "chevron-right", label: string, by: number) => {
      const made = el("button", { class: "button button--icon", type: "button", "aria-label": label, title: label }, icon(name));
      made.addEventListener("click", () => this.step(by));
      return made;
    };
    const [back, on] = [button("chevron-left", gettext("前一期影像 ([)"), -1), button("chevron-right", gettext("后一期影像 (])"), 1)];
    range.addEventListener("input", () => flights.choose(dates[Number(range.value)] ?? "", false));
    range.addEventListener("change", () => flights.onChosen(true));
    this.refresh = () => {
      const at = dates.indexOf(flights.date);
      range.value = String(at < 0 ? last : at);
      range.setAttribute("aria-valuetext", flights.label(flights.date));
      told.textContent = flights.label(flights.date);
      back.disabled = at === 0;
      on.disabled = at === last;
    };
    const ends = el("span", { class: "map-time__ends" }, el("span", {}, flights.label(dates[0] ?? "")), el("span", {}, flights.label(dates[last] ?? "")));
    return el("div", { class: "map-time" }, told, back, el("div", { class: "map-time__range" }, range, ends), on);
  }

  private comparison(): HTMLElement {
    const { flights } = this;
    if (flights.list.length < 2) return el("p", { class: "map-tray__note" }, gettext("只有一期影像，入库第二期后可用卷帘对比。"));
    const check = el("input", { type: "checkbox" });
    const choice = el("select", { class: "input", "aria-label": gettext("卷帘左侧的影像日期") });
    for (const { date, label } of flights.list) choice.append(new Option(label, date));
    check.addEventListener("change", () => flights.compareWith(check.checked ? flights.other(flights.date) : null));
    choice.addEventListener("change", () => flights.compareWith(choice.value));
    const before = this.refresh;
    this.refresh = () => {
      before();
      check.checked = flights.swipe !== null;
      choice.hidden = flights.swipe === null;
      if (flights.swipe) choice.value = flights.swipe.date;
    };
    return el("div", { class: "map-time__swipe" }, el("label", { class: "choice" }, check, el("span", {}, gettext("卷帘对比，左侧为"))), choice);
  }
}
