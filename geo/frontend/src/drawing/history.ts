/** The saves of a sheet: who, when, what; laid over the present one, or brought back as a draft. */
import { byId, el } from "../lib/dom";
import { gettext, interpolate } from "../lib/i18n";
import { errorText, requestJson } from "../lib/request";
import type { DrawingConfig, StoredZone, Version } from "./types";

export interface HistoryEvents {
  /** Nothing: no version is looked at any more. */
  onLook(zones: StoredZone[] | null): void;
  onRestore(zones: StoredZone[]): void;
}

export class History {
  private readonly details = byId("drawing-history", HTMLDetailsElement);
  private looked = 0;

  constructor(
    private readonly config: DrawingConfig,
    private readonly events: HistoryEvents,
  ) {
    this.details.addEventListener("toggle", () => {
      if (this.details.open) void this.fill();
      else this.look(0, null);
    });
  }

  refresh(): void {
    if (this.details.open) void this.fill();
  }

  private look(number: number, zones: StoredZone[] | null): void {
    this.looked = number;
    this.events.onLook(zones);
    for (const button of this.details.querySelectorAll("[data-look]")) {
      button.setAttribute("aria-pressed", String(Number(button.getAttribute("data-look")) === number));
    }
  }

  private async fill(): Promise<void> {
    const holder = byId("drawing-versions", HTMLElement);
    try {
      const { versions } = await requestJson<{ versions: Version[] }>(this.config.addresses.versions);
      holder.replaceChildren(...versions.map((version, index) => this.row(version, index === 0)));
      if (versions.length === 0) holder.replaceChildren(el("li", { class: "muted" }, gettext("保存后，每次的版本列在这里。")));
    } catch (error) {
      holder.replaceChildren(el("li", { class: "field__error", role: "alert" }, errorText(error)));
    }
  }

  private async zonesAt(number: number): Promise<StoredZone[]> {
    const address = this.config.addresses.version.replace("{number}", String(number));
    return (await requestJson<{ zones: StoredZone[] }>(address)).zones;
  }

  private row(version: Version, current: boolean): HTMLElement {
    const counts = [
      version.added.length > 0 && interpolate(gettext("新增 %(count)s"), { count: version.added.length }),
      version.changed.length > 0 && interpolate(gettext("修改 %(count)s"), { count: version.changed.length }),
      version.removed.length > 0 && interpolate(gettext("移除 %(count)s"), { count: version.removed.length }),
    ].filter(Boolean);
    const look = el("button", { class: "button", type: "button", "data-look": version.number, "aria-pressed": String(this.looked === version.number) }, gettext("对照"));
    look.addEventListener("click", () => void this.toggle(version.number));
    const restore = el("button", { class: "button", type: "button" }, gettext("恢复"));
    restore.addEventListener("click", () => void this.zonesAt(version.number).then((zones) => this.events.onRestore(zones)));
    return el(
      "li",
      { class: "drawing__version" },
      el("strong", {}, version.at),
      el("span", {}, `${version.by || gettext("导入或系统")} · ${counts.join("，")}`),
      current ? el("span", { class: "badge tone-closed" }, gettext("当前")) : el("div", { class: "button-group" }, look, !this.config.finished && restore),
    );
  }

  private async toggle(number: number): Promise<void> {
    if (this.looked === number) this.look(0, null);
    else this.look(number, await this.zonesAt(number));
  }
}
