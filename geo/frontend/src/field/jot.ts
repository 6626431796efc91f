/** What was typed in the moment before a page goes away: the phone's database answers late, its small storage at once. */
import type { StoredReport } from "./store";

type Typed = Pick<StoredReport, "answers" | "note">;

const keyOf = (clientId: string): string => `chengkan.typed.${clientId}`;

/** Note it now; returns what to hand to `written` when the database has it too. */
export function jot(clientId: string, typed: Typed): string {
  const text = JSON.stringify(typed);
  try {
    localStorage.setItem(keyOf(clientId), text);
  } catch {
    // A full or forbidden storage: the database alone has to do.
  }
  return text;
}

/** Forget a note that the database has, unless more was typed since. */
export function written(clientId: string, text: string): void {
  if (localStorage.getItem(keyOf(clientId)) === text) localStorage.removeItem(keyOf(clientId));
}

/** What the database did not get any more before the page went away. */
export function jotted(clientId: string): Typed | null {
  const text = localStorage.getItem(keyOf(clientId));
  return text === null ? null : (JSON.parse(text) as Typed);
}
