/** What is not saved yet is kept on this device, so that a closed tab loses nothing. */
import { byId, el } from "../lib/dom";
import { gettext, interpolate } from "../lib/i18n";
import { icon } from "../lib/icons";
import type { Draft, DrawingConfig } from "./types";

interface Kept {
  drafts: Draft[];
  copies: Draft[];
}

export class Keeper {
  private readonly place: string;
  copies: Draft[] = [];

  constructor(config: DrawingConfig) {
    this.place = `chengkan.drawing.${config.person}.${config.sheet}`;
  }

  recall(): Kept | null {
    try {
      const kept = JSON.parse(localStorage.getItem(this.place) ?? "null") as Kept | null;
      if (!kept) return null;
      // What was kept before there were fields has none.
      const whole = (draft: Draft): Draft => ({ ...draft, fields: draft.fields ?? {} });
      this.copies = kept.copies.map(whole);
      return { drafts: kept.drafts.map(whole), copies: this.copies };
    } catch {
      return null;
    }
  }

  keep(drafts: readonly Draft[], changed: boolean): void {
    try {
      if (!changed && this.copies.length === 0) localStorage.removeItem(this.place);
      else localStorage.setItem(this.place, JSON.stringify({ drafts: changed ? drafts : [], copies: this.copies }));
    } catch {
      // A private window or a full store: what is on the page is still there.
    }
  }

  /** Offer what an earlier visit left unsaved, and the copies of what somebody else's version replaced. */
  offer(kept: Draft[], events: { onRestore(): void; onForget(): void; onUse(copy: Draft): void }): void {
    const holder = byId("drawing-kept", HTMLElement);
    const parts: HTMLElement[] = [];
    const button = (label: string, run: () => void) => {
      const made = el("button", { class: "button", type: "button" }, label);
      made.addEventListener("click", run);
      return made;
    };
    if (kept.length > 0) {
      const words = gettext("上次有未保存的改动，仍保留在本机。");
      const acts = el("div", { class: "button-group" }, button(gettext("继续上次"), events.onRestore), button(gettext("放弃"), events.onForget));
      parts.push(el("div", { class: "notice tone-found", role: "status" }, icon("info"), el("div", { class: "notice__body" }, words, acts)));
    }
    for (const copy of this.copies) {
      const words = interpolate(gettext("我的副本：%(zone)s"), { zone: copy.name || copy.code });
      const use = button(gettext("用此副本"), () => events.onUse(copy));
      parts.push(el("div", { class: "notice tone-demolition" }, icon("file"), el("div", { class: "notice__body" }, words, el("div", { class: "button-group" }, use))));
    }
    holder.replaceChildren(...parts);
  }
}
