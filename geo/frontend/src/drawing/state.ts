/** The drafts of a sheet with undo and redo. A step is a whole list of drafts; drafts are never changed in place. */
import type { Draft, SheetData, StoredZone } from "./types";

const MOST_STEPS = 200;

export interface ChangeSent extends Partial<Draft> {
  key: string;
  removed?: boolean;
}

export function draftOf(zone: StoredZone): Draft {
  const { id, token, code, name, households, fields, geometry } = zone;
  return { key: `z${id}`, id, token, code, name, households, fields, geometry };
}

function sameContent(a: Draft, b: Draft): boolean {
  return (
    a.code === b.code &&
    a.name === b.name &&
    a.households === b.households &&
    (a.fields === b.fields || JSON.stringify(a.fields) === JSON.stringify(b.fields)) &&
    (a.geometry === b.geometry || JSON.stringify(a.geometry) === JSON.stringify(b.geometry))
  );
}

export class Drafts {
  private past: Draft[][] = [];
  private future: Draft[][] = [];
  private present: Draft[] = [];
  /** What the server has, by key: the drafts are told apart from it when they are sent. */
  private stored = new Map<string, Draft>();
  private serial = 0;

  constructor(private readonly onChange: () => void) {}

  get all(): readonly Draft[] {
    return this.present;
  }

  get canUndo(): boolean {
    return this.past.length > 0;
  }

  get canRedo(): boolean {
    return this.future.length > 0;
  }

  get(key: string): Draft | undefined {
    return this.present.find((draft) => draft.key === key);
  }

  newKey(): string {
    this.serial += 1;
    return `n${Date.now().toString(36)}${this.serial}`;
  }

  /** Start from what the server has. */
  load(data: SheetData): void {
    this.stored = new Map(data.zones.map((zone) => [`z${zone.id}`, draftOf(zone)]));
    this.present = [...this.stored.values()];
    this.past = [];
    this.future = [];
    this.onChange();
  }

  /** Take what others saved meanwhile into what was not touched here; what was, keeps its content and its old token. */
  rebase(data: SheetData): void {
    const mine = new Map(this.changedDrafts().map((draft) => [draft.key, draft]));
    const removed = new Set(this.removedKeys());
    const fresh = new Map(data.zones.map((zone) => [`z${zone.id}`, draftOf(zone)]));
    const kept = [...fresh.values()].filter((draft) => !removed.has(draft.key)).map((draft) => mine.get(draft.key) ?? draft);
    const own = [...mine.values()].filter((draft) => !fresh.has(draft.key));
    const removedTokens = new Map([...removed].map((key) => [key, this.stored.get(key)]));
    this.stored = fresh;
    for (const [key, draft] of removedTokens) {
      const there = fresh.get(key);
      if (draft && there) fresh.set(key, { ...there, token: draft.token });
    }
    this.commit([...kept, ...own]);
  }

  commit(next: Draft[]): void {
    this.past = [...this.past.slice(1 - MOST_STEPS), this.present];
    this.future = [];
    this.present = next;
    this.onChange();
  }

  /** One draft changed, the others as they are. */
  put(draft: Draft): void {
    const known = this.get(draft.key) !== undefined;
    this.commit(known ? this.present.map((one) => (one.key === draft.key ? draft : one)) : [...this.present, draft]);
  }

  undo(): void {
    const before = this.past.pop();
    if (!before) return;
    this.future.push(this.present);
    this.present = before;
    this.onChange();
  }

  redo(): void {
    const after = this.future.pop();
    if (!after) return;
    this.past.push(this.present);
    this.present = after;
    this.onChange();
  }

  isChanged(draft: Draft): boolean {
    const stored = this.stored.get(draft.key);
    return !stored || !sameContent(stored, draft) || stored.token !== draft.token;
  }

  changedDrafts(): Draft[] {
    return this.present.filter((draft) => this.isChanged(draft));
  }

  private removedKeys(): string[] {
    const here = new Set(this.present.map((draft) => draft.key));
    return [...this.stored.keys()].filter((key) => !here.has(key));
  }

  /** What is sent: changed and new zones, and the ones taken away. */
  changes(): ChangeSent[] {
    const removed = this.removedKeys().map((key) => {
      const stored = this.stored.get(key);
      return { key, id: stored?.id ?? null, token: stored?.token ?? null, code: stored?.code ?? "", removed: true };
    });
    return [...removed, ...this.changedDrafts()];
  }

  /** The planner saw what somebody else saved and goes on from there: the next save overwrites it. */
  startFrom(key: string, theirs: StoredZone | null): void {
    const mine = this.get(key);
    if (theirs) {
      this.stored.set(key, draftOf(theirs));
      if (mine) this.put({ ...mine, token: theirs.token });
    } else {
      this.stored.delete(key);
      if (mine) this.put({ ...mine, id: null, token: null });
    }
    this.onChange();
  }

  /** Theirs instead of mine. */
  takeTheirs(key: string, theirs: StoredZone | null): void {
    const others = this.present.filter((draft) => draft.key !== key);
    if (theirs) this.stored.set(key, draftOf(theirs));
    else this.stored.delete(key);
    this.commit(theirs ? [...others, draftOf(theirs)] : others);
  }
}
