/** Which dates of the imagery are shown: one over the whole map, or two with a curtain between them. */
import { byId } from "../lib/dom";
import { Curtain } from "../lib/curtain";
import { gettext, interpolate } from "../lib/i18n";
import { ImageryTiles } from "./imagery";
import type { Shown, Swipe } from "./place";
import type { TileWatch } from "./tile-watch";
import type { FlightConfig } from "./types";

const RIGHT_PANE = "imagery";
const LEFT_PANE = "imagery-left";
/** Below the vector layers, which stay in Leaflet's tile pane at 200. */
const PANE_Z = { [RIGHT_PANE]: "190", [LEFT_PANE]: "191" };
/** Clips reach so far over the map's edge that a drag never shows their ends. */
const BEYOND_PX = 100_000;

export class Flights {
  date: string;
  swipe: Swipe | null;
  /** Something was chosen; `asStep` when one would come back to it. */
  onChosen: (asStep: boolean) => void = () => undefined;
  /** What is shown changed, by whatever way. */
  onShown: () => void = () => undefined;
  private readonly right: ImageryTiles;
  private readonly left: ImageryTiles;
  private readonly holder = byId("map-curtain", HTMLElement);
  private readonly range = byId("map-curtain-range", HTMLInputElement);
  private readonly curtain: Curtain;

  constructor(
    private readonly map: L.Map,
    watch: TileWatch,
    readonly list: FlightConfig[],
    asked: Pick<Shown, "date" | "swipe">,
  ) {
    for (const [name, z] of Object.entries(PANE_Z)) map.createPane(name).style.zIndex = z;
    this.right = new ImageryTiles(map, watch, RIGHT_PANE);
    this.left = new ImageryTiles(map, watch, LEFT_PANE);
    [this.date, this.swipe] = this.sound(asked);
    this.curtain = new Curtain(this.range, (percent) => this.cut(percent));
    this.range.addEventListener("change", () => this.onChosen(false));
    map.on("move resize zoomend", () => this.clip());
  }

  /** Show what was asked for by a link or by the way back. */
  show(asked: Pick<Shown, "date" | "swipe">): void {
    [this.date, this.swipe] = this.sound(asked);
    this.right.show(this.flight(this.date));
    this.drawCurtain();
  }

  choose(date: string, asStep: boolean): void {
    if (date !== this.date) {
      this.date = date;
      this.right.show(this.flight(date));
      this.tell();
    }
    this.onChosen(asStep);
  }

  /** Draw a curtain with this date at its left; null takes it away. */
  compareWith(date: string | null): void {
    this.swipe = date === null ? null : { date, percent: this.swipe?.percent ?? 50 };
    this.drawCurtain();
    this.onChosen(true);
  }

  setOpacity(opacity: number): void {
    this.right.setOpacity(opacity);
    this.left.setOpacity(opacity);
  }

  label(date: string): string {
    return this.flight(date)?.label ?? gettext("不显示影像");
  }

  /** The date that was flown before this one, else any other: what one compares with first. */
  other(date: string): string | null {
    const before = this.list.find((flight) => flight.date < date);
    return before?.date ?? this.list.find((flight) => flight.date !== date)?.date ?? null;
  }

  private flight(date: string): FlightConfig | undefined {
    return this.list.find((flight) => flight.date === date);
  }

  private sound(asked: Pick<Shown, "date" | "swipe">): [string, Swipe | null] {
    const known = asked.date !== null && (asked.date === "" || this.flight(asked.date) !== undefined);
    const date = known && asked.date !== null ? asked.date : (this.list[0]?.date ?? "");
    return [date, asked.swipe && this.flight(asked.swipe.date) ? asked.swipe : null];
  }

  private drawCurtain(): void {
    const { swipe } = this;
    this.holder.hidden = swipe === null;
    this.left.show(swipe ? this.flight(swipe.date) : undefined);
    if (swipe) this.curtain.percent = swipe.percent;
    this.clip();
    this.tell();
  }

  private cut(percent: number): void {
    if (this.swipe) this.swipe = { ...this.swipe, percent };
    this.clip();
  }

  /** Each date's pane ends at the curtain. Panes move with the map, so that the cut is told in their own pixels. */
  private clip(): void {
    const { swipe, map } = this;
    const panes = [map.getPane(LEFT_PANE), map.getPane(RIGHT_PANE)];
    if (!swipe || !map.getSize().x) {
      for (const pane of panes) pane?.style.removeProperty("clip-path");
      return;
    }
    const knob = Number.parseFloat(getComputedStyle(this.holder).getPropertyValue("--knob-px"));
    const x = knob / 2 + ((map.getSize().x - knob) * swipe.percent) / 100;
    this.holder.style.setProperty("--cut", `${x}px`);
    const cut = map.containerPointToLayerPoint([x, 0]).x;
    const side = (from: number, to: number) =>
      `polygon(${from}px ${-BEYOND_PX}px, ${to}px ${-BEYOND_PX}px, ${to}px ${BEYOND_PX}px, ${from}px ${BEYOND_PX}px)`;
    panes[0]?.style.setProperty("clip-path", side(-BEYOND_PX, cut));
    panes[1]?.style.setProperty("clip-path", side(cut, BEYOND_PX));
  }

  private tell(): void {
    const { swipe } = this;
    if (swipe) {
      const [left, right] = this.holder.querySelectorAll<HTMLElement>("[data-side]");
      if (left) left.textContent = this.label(swipe.date);
      if (right) right.textContent = this.label(this.date);
      const dates = { left: this.label(swipe.date), right: this.label(this.date) };
      this.range.setAttribute("aria-label", interpolate(gettext("卷帘位置：左为%(left)s，右为%(right)s"), dates));
    }
    this.onShown();
  }
}
