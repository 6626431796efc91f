/**
 * The map's tools: a bar of buttons, one tray in which the tool at work speaks, and who gets clicks and keys.
 * A tool knows nothing of the others; one works at a time. Escape first empties the tool, then ends it.
 */
import { byId } from "../lib/dom";

export interface Tool {
  readonly name: string;
  /** Of the tray. */
  readonly title: string;
  start(tray: HTMLElement): void;
  stop(): void;
  /** A click on the map that the tool takes; without it clicks tell what lies there, as always. */
  click?(at: L.LatLng): void;
  doubleClick?(at: L.LatLng): void;
  move?(at: L.LatLng): void;
  /** Whether the tool took the key. */
  key?(event: KeyboardEvent): boolean;
}

const CONTROLS = "button, input, select, textarea, a, summary";

export class Workbench {
  private active: Tool | null = null;
  private readonly frame: HTMLElement;
  private readonly tray = byId("map-tray", HTMLElement);
  private readonly body: HTMLElement | null;
  private readonly heading: HTMLElement | null;
  private readonly tools = new Map<string, Tool>();

  /** `onChosen`: a person took up a tool, so that what covers the map may give way. */
  constructor(
    private readonly map: L.Map,
    private readonly onChosen: () => void,
  ) {
    this.frame = map.getContainer().parentElement ?? document.body;
    this.heading = this.tray.querySelector("[data-tray-title]");
    this.body = this.tray.querySelector("[data-tray-body]");
    this.tray.querySelector("[data-tray-close]")?.addEventListener("click", () => this.end());
    for (const button of this.buttons()) button.addEventListener("click", () => this.toggle(button.dataset.tool ?? ""));
    map.on("dblclick", ({ latlng }) => this.active?.doubleClick?.(latlng));
    map.on("mousemove", ({ latlng }) => this.active?.move?.(latlng));
    this.frame.addEventListener("keydown", (event) => this.key(event), { capture: true });
  }

  add(tool: Tool): void {
    this.tools.set(tool.name, tool);
  }

  /** Give a click to the tool at work; whether it took it. */
  takes(at: L.LatLng): boolean {
    if (!this.active?.click) return false;
    this.active.click(at);
    return true;
  }

  get working(): string | null {
    return this.active?.name ?? null;
  }

  begin(name: string): void {
    const tool = this.tools.get(name);
    if (!tool || !this.body || !this.heading || this.active === tool) return;
    this.end();
    this.active = tool;
    this.heading.textContent = tool.title;
    this.body.replaceChildren();
    this.tray.setAttribute("aria-label", tool.title);
    this.tray.hidden = false;
    this.mark();
    tool.start(this.body);
  }

  end(): void {
    const { active } = this;
    if (!active) return;
    this.active = null;
    active.stop();
    const held = this.tray.contains(document.activeElement);
    this.tray.hidden = true;
    this.body?.replaceChildren();
    this.mark();
    if (held) this.buttons().find((button) => button.dataset.tool === active.name)?.focus();
  }

  private toggle(name: string): void {
    if (this.working === name) {
      this.end();
      return;
    }
    this.onChosen();
    this.begin(name);
  }

  private buttons(): HTMLButtonElement[] {
    return [...this.frame.querySelectorAll<HTMLButtonElement>("#map-tools [data-tool]")];
  }

  private mark(): void {
    for (const button of this.buttons()) button.setAttribute("aria-pressed", String(button.dataset.tool === this.working));
    this.map.getContainer().classList.toggle("map--drawing", this.active?.click !== undefined);
    if (this.active?.doubleClick) this.map.doubleClickZoom.disable();
    else this.map.doubleClickZoom.enable();
  }

  private key(event: KeyboardEvent): void {
    if (!this.active || event.ctrlKey || event.metaKey || event.altKey) return;
    const { target } = event;
    const inPanel = target instanceof Element && target.closest(".map-panel, ck-drawer") !== null;
    const onControl = target instanceof Element && target.matches(CONTROLS);
    if (inPanel || (onControl && event.key !== "Escape")) return;
    if (this.active.key?.(event)) {
      event.preventDefault();
      event.stopPropagation();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      this.end();
    }
  }
}
