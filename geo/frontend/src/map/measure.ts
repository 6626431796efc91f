/** Measuring a length or an area: an estimate while one draws, the server's figure when it is finished. */
import { copyText } from "../lib/clipboard";
import { el } from "../lib/dom";
import { formatArea } from "../lib/format";
import { formatLength, formatMu } from "../lib/format-length";
import { gettext, interpolate } from "../lib/i18n";
import { icon, type IconName } from "../lib/icons";
import { errorText, requestJson } from "../lib/request";
import { roughMetres, roughSquareMetres } from "./estimate";
import { drawingKey, Sketch, type SketchKind } from "./sketch";
import type { Tool } from "./workbench";

interface LengthAnswer {
  kind: "length";
  length_m: number;
  uncertainty_m: number;
}

interface AreaAnswer {
  kind: "area";
  area_m2: number;
  uncertainty_m2: number;
  perimeter_m: number;
}

type Answer = LengthAnswer | AreaAnswer;

const LEAST: Record<SketchKind, number> = { length: 2, area: 3 };
const coarse = matchMedia("(pointer: coarse)");

export class Measure implements Tool {
  readonly name: string;
  readonly title: string;
  private sketch: Sketch | null = null;
  private finished = false;
  private leastZoom = Infinity;
  private pointerAt: L.LatLng | null = null;
  private asking: AbortController | null = null;
  private readonly figure = el("output", { class: "map-tray__figure", "aria-live": "polite" });
  private readonly note = el("p", { class: "map-tray__note", role: "status" });
  private readonly acts = el("div", { class: "map-tray__acts" });

  constructor(
    private readonly map: L.Map,
    private readonly kind: SketchKind,
    private readonly url: string,
  ) {
    this.name = `measure-${kind}`;
    this.title = kind === "length" ? gettext("量长度") : gettext("量面积");
  }

  start(tray: HTMLElement): void {
    tray.append(this.figure, this.note, this.acts);
    this.sketch = new Sketch(this.map, this.kind);
    this.reset();
  }

  stop(): void {
    this.asking?.abort();
    this.sketch?.remove();
    this.sketch = null;
  }

  click(at: L.LatLng): void {
    if (this.finished) this.reset();
    if (!this.sketch?.add(at)) return;
    this.leastZoom = Math.min(this.leastZoom, this.map.getZoom());
    this.tellEstimate();
  }

  doubleClick(): void {
    if (!this.finished) void this.finish();
  }

  move(at: L.LatLng): void {
    this.pointerAt = at;
    if (this.finished || !this.sketch || coarse.matches) return;
    this.sketch.follow(at);
    if (this.sketch.places.length > 0) this.tellEstimate();
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
    this.finished = false;
    this.leastZoom = Infinity;
    this.pointerAt = null;
    this.sketch?.clear();
    this.figure.textContent = "—";
    this.note.textContent = coarse.matches
      ? gettext("在图上依次点选，点“完成”得出结果。")
      : gettext("在图上依次点选，双击或回车完成；退格撤销一点，Esc 取消。空格在图中心加一点。");
    this.showActs();
  }

  private undo(): void {
    this.asking?.abort();
    this.finished = false;
    this.sketch?.undo();
    if (this.sketch && this.sketch.places.length > 0) this.tellEstimate();
    else this.reset();
  }

  /** From a sphere, and said to be one: see estimate.ts. */
  private tellEstimate(): void {
    const set = this.sketch?.places ?? [];
    const places = this.pointerAt && !coarse.matches ? [...set, this.pointerAt] : set;
    const text = this.kind === "length" ? formatLength(roughMetres(places)) : formatArea(roughSquareMetres(places));
    this.figure.textContent = interpolate(gettext("约 %(figure)s（估算）"), { figure: text });
    this.note.textContent = interpolate(gettext("已点 %(count)s 个点。"), { count: set.length });
    this.showActs();
  }

  private async finish(): Promise<void> {
    const { sketch } = this;
    if (!sketch || this.finished) return;
    sketch.follow(null);
    this.pointerAt = null;
    if (sketch.places.length < LEAST[this.kind]) {
      this.note.textContent = interpolate(gettext("至少需要 %(count)s 个点。"), { count: LEAST[this.kind] });
      return;
    }
    this.tellEstimate();
    this.finished = true;
    this.asking?.abort();
    const mine = (this.asking = new AbortController());
    this.note.textContent = gettext("正在计算……");
    const body = {
      kind: this.kind,
      points: sketch.places.map(({ lng, lat }) => [lng, lat]),
      zoom: this.leastZoom,
      pointer: coarse.matches ? "touch" : "mouse",
    };
    try {
      this.tell(await requestJson<Answer>(this.url, { method: "POST", body, signal: mine.signal }));
    } catch (error) {
      if (mine.signal.aborted) return;
      this.finished = false;
      this.note.textContent = interpolate(gettext("没有算出结果：%(reason)s"), { reason: errorText(error) });
      this.showActs();
    }
  }

  private tell(answer: Answer): void {
    const text = answer.kind === "length"
      ? formatLength(answer.length_m, answer.uncertainty_m)
      : formatArea(answer.area_m2, answer.uncertainty_m2);
    this.figure.textContent = text;
    const how = gettext("CGCS2000 椭球面；± 为点选误差（一倍标准差），不含影像误差。");
    const more = answer.kind === "length" ? "" : interpolate(gettext("合 %(mu)s 亩，周长 %(perimeter)s。"), { mu: formatMu(answer.area_m2), perimeter: formatLength(answer.perimeter_m) });
    this.note.textContent = more + how;
    this.showActs(`${this.kind === "length" ? gettext("长度") : gettext("面积")} ${text}${more && ` ${more}`}`);
  }

  private showActs(result = ""): void {
    const count = this.sketch?.places.length ?? 0;
    const act = (name: IconName, label: string, run: () => void, shown: boolean, primary = false) => {
      if (!shown) return null;
      const button = el("button", { class: primary ? "button button--primary" : "button", type: "button" }, icon(name), label);
      button.addEventListener("click", run);
      return button;
    };
    const wanted = [
      act("check", gettext("完成"), () => void this.finish(), !this.finished && count >= LEAST[this.kind], true),
      act("copy", gettext("复制结果"), () => void copyText(result, gettext("结果已复制。")), result !== "", true),
      act("undo", gettext("撤销一点"), () => this.undo(), count > 0),
      act("close", gettext("重新量"), () => this.reset(), count > 0),
    ].filter((button) => button !== null);
    const words = wanted.map((button) => button.textContent).join();
    if (words === this.acts.textContent && result === "") return; // while the pointer moves, a button stays what it is
    this.acts.replaceChildren(...wanted);
  }
}
