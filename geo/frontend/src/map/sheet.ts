/** The view on a sheet of paper at a true scale: as a picture, or as a PDF that prints to size. */
import { el } from "../lib/dom";
import { formatMoment, formatNumber } from "../lib/format";
import { gettext, interpolate } from "../lib/i18n";
import { icon } from "../lib/icons";
import { errorText, send } from "../lib/request";
import { token } from "../lib/theme";
import type { Flights } from "./flights";
import { NAMES } from "./names";
import { drawSheet, type Sheet, type SheetLayer, type Written } from "./sheet-draw";
import { frameOf, PAPERS, scaleFor, SCALES, toLonLat, type Paper } from "./sheet-frame";
import { imagesOf, vectorsOf } from "./sheet-tiles";
import type { LayerConfig } from "./types";
import type { Paint } from "./vector-layer";
import type { Tool } from "./workbench";

export interface Shown {
  layers: LayerConfig[];
  opacities: Record<string, number>;
  imageOpacity: number;
}

type Format = "png" | "pdf";
const JPEG_QUALITY = 0.92;
const PDF_TIMEOUT_MS = 60_000;

function labelOf({ name, widthMm, heightMm }: Paper): string {
  const size = name.slice(0, 2);
  return interpolate(widthMm > heightMm ? gettext("%(size)s 横向") : gettext("%(size)s 竖向"), { size });
}

function choice<T extends string | number>(label: string, values: readonly (readonly [T, string])[]): HTMLSelectElement {
  const select = el("select", { class: "input", "aria-label": label });
  for (const [value, words] of values) select.append(new Option(words, String(value)));
  return select;
}

export class SheetTool implements Tool {
  readonly name = "sheet";
  readonly title = gettext("出图");
  private readonly outline = L.rectangle([[0, 0], [0, 0]], { interactive: false });
  private readonly heading = el("input", { class: "input", maxlength: 60, "aria-label": gettext("图名"), placeholder: gettext("图名") });
  private readonly paper = choice(gettext("纸张"), PAPERS.map((paper) => [paper.name, labelOf(paper)] as const));
  private readonly scale = choice(gettext("比例尺"), SCALES.map((scale) => [scale, `1:${formatNumber(scale)}`] as const));
  private readonly note = el("p", { class: "map-tray__note", role: "status" });
  private readonly buttons: HTMLButtonElement[];
  private readonly follow = () => this.showOutline();

  constructor(
    private readonly map: L.Map,
    private readonly url: string,
    private readonly maker: string,
    private readonly flights: Flights,
    private readonly paints: Record<string, Paint>,
    private readonly shownNow: () => Shown,
  ) {
    const button = (format: Format, label: string, primary: boolean) => {
      const made = el("button", { class: primary ? "button button--primary" : "button", type: "button" }, icon("download"), label);
      made.addEventListener("click", () => void this.make(format));
      return made;
    };
    this.buttons = [button("pdf", gettext("下载 PDF"), true), button("png", gettext("下载图片"), false)];
    this.scale.addEventListener("change", this.follow);
    this.paper.addEventListener("change", this.follow);
  }

  start(tray: HTMLElement): void {
    this.scale.value = String(scaleFor(this.chosenPaper, ...this.viewM()));
    this.heading.value ||= gettext("违法建设巡查图");
    this.outline.setStyle({ color: token("map-selected"), weight: 2, dashArray: "8 6", fill: false }).addTo(this.map);
    this.map.on("move", this.follow);
    this.say(gettext("虚线框内为图幅，移动地图调整位置。PDF 按实际大小打印时比例尺准确。"));
    tray.append(el("div", { class: "map-sheet" }, this.heading, this.paper, this.scale), this.note, el("div", { class: "map-tray__acts" }, ...this.buttons));
    this.showOutline();
  }

  stop(): void {
    this.map.off("move", this.follow);
    this.outline.remove();
  }

  private get chosenPaper(): Paper {
    return PAPERS.find(({ name }) => name === this.paper.value) ?? PAPERS[0]!;
  }

  private viewM(): [number, number] {
    const { x, y } = this.map.getSize();
    const at = (across: number, down: number) => this.map.containerPointToLatLng([across, down]);
    return [this.map.distance(at(0, y / 2), at(x, y / 2)), this.map.distance(at(x / 2, 0), at(x / 2, y))];
  }

  private get frame() {
    const { lat, lng } = this.map.getCenter();
    return frameOf(this.chosenPaper, Number(this.scale.value), lng, lat);
  }

  private showOutline(): void {
    const { world } = this.frame;
    const [a, b] = [toLonLat(world.west, world.north), toLonLat(world.east, world.south)];
    this.outline.setBounds(L.latLngBounds([a.lat, a.lon], [b.lat, b.lon]));
  }

  private async make(format: Format): Promise<void> {
    for (const button of this.buttons) button.disabled = true;
    this.say(gettext("正在出图……"));
    try {
      const written: Written[] = [];
      const canvas = drawSheet(await this.collect(), format === "pdf" ? written : undefined);
      const name = (this.heading.value.trim() || gettext("地图")).replace(/[\\/:*?"<>|]/g, "-");
      const blob = format === "png" ? await toBlob(canvas, "image/png") : await this.pdf(canvas, name, written);
      save(blob, `${name}.${format}`);
      this.say(gettext("已出图。"));
    } catch (error) {
      this.say(interpolate(gettext("没有出成图：%(reason)s"), { reason: errorText(error) }));
    } finally {
      for (const button of this.buttons) button.disabled = false;
    }
  }

  private async collect(): Promise<Sheet> {
    const { frame, flights } = this;
    const shown = this.shownNow();
    const scale = Number(this.scale.value);
    const flight = flights.list.find(({ date }) => date === flights.date);
    const images = await imagesOf(frame, flight);
    const layers: SheetLayer[] = [];
    for (const { name, label, tiles, minZoom } of shown.layers) {
      const paint = this.paints[name];
      if (!paint || frame.zoom < minZoom) continue;
      layers.push({ name, label, paint, opacity: shown.opacities[name] ?? 1, looks: NAMES[name], tiles: await vectorsOf(frame, tiles) });
    }
    const notes = [
      interpolate(gettext("比例尺 1:%(scale)s（%(paper)s 按实际大小打印）"), { scale: formatNumber(scale), paper: labelOf(frame.paper) }),
      interpolate(gettext("影像日期：%(date)s"), { date: flight?.label ?? gettext("无影像") }),
      gettext("坐标系：CGCS2000，上北下南"),
      interpolate(gettext("制图：%(maker)s"), { maker: this.maker }),
      interpolate(gettext("制图时间：%(moment)s"), { moment: formatMoment(new Date()) }),
    ];
    return { frame, scale, title: this.heading.value.trim(), notes, images, imageOpacity: shown.imageOpacity, layers, names: Object.keys(NAMES) };
  }

  private async pdf(canvas: HTMLCanvasElement, title: string, written: Written[]): Promise<Blob> {
    const body = new FormData();
    body.append("title", title);
    body.append("paper", this.chosenPaper.name);
    body.append("written", JSON.stringify(written));
    body.append("picture", await toBlob(canvas, "image/jpeg"), "sheet.jpg");
    const response = await send(this.url, { method: "POST", body, timeoutMs: PDF_TIMEOUT_MS, headers: { Accept: "application/pdf" } });
    return response.blob();
  }

  private say(words: string): void {
    this.note.textContent = words;
  }
}

function toBlob(canvas: HTMLCanvasElement, type: string): Promise<Blob> {
  return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture of this size"))), type, JPEG_QUALITY));
}

function save(blob: Blob, name: string): void {
  const link = el("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
