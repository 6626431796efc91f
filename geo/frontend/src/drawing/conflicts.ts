/** Somebody else saved first: look at theirs, overwrite it knowingly, or take theirs and keep mine as a copy. */
import { byId, el } from "../lib/dom";
import { gettext, interpolate } from "../lib/i18n";
import { icon } from "../lib/icons";
import type { Conflict } from "./types";

export interface ConflictEvents {
  nameOf(key: string): string;
  onLook(conflict: Conflict): void;
  onOverwrite(conflict: Conflict): void;
  onCopy(conflict: Conflict): void;
}

export function showConflicts(conflicts: Conflict[], events: ConflictEvents): void {
  const holder = byId("drawing-conflicts", HTMLElement);
  const left = [...conflicts];
  const draw = () => holder.replaceChildren(...left.map(box));
  const done = (conflict: Conflict, run: (conflict: Conflict) => void) => {
    left.splice(left.indexOf(conflict), 1);
    draw();
    run(conflict);
  };
  const button = (label: string, run: () => void) => {
    const made = el("button", { class: "button", type: "button" }, label);
    made.addEventListener("click", run);
    return made;
  };
  const box = (conflict: Conflict): HTMLElement => {
    const words = { zone: events.nameOf(conflict.key), by: conflict.by || gettext("别人"), at: conflict.at };
    const text = conflict.theirs
      ? interpolate(gettext("%(by)s 于 %(at)s 先保存了“%(zone)s”。您的改动还在，尚未保存。"), words)
      : interpolate(gettext("%(by)s 于 %(at)s 移除了“%(zone)s”。您的改动还在，尚未保存。"), words);
    const acts = el(
      "div",
      { class: "button-group" },
      conflict.theirs && button(gettext("看对方的"), () => events.onLook(conflict)),
      button(gettext("以我的为准"), () => done(conflict, events.onOverwrite)),
      button(gettext("用对方的，我的留作副本"), () => done(conflict, events.onCopy)),
    );
    return el("div", { class: "notice tone-determined", role: "alert" }, icon("alert"), el("div", { class: "notice__body" }, text, acts));
  };
  draw();
}
