/**
 * What was captured and not yet acknowledged, on this phone. Everything is written here first and sent from here.
 * Rows belong to the person who captured them: another person signed in on the same phone never sends them.
 */
import Dexie, { type Table } from "dexie";

export type ItemState = "draft" | "waiting" | "sending" | "sent" | "attention";

/** A reading of the phone's receiver; `at` is when it was made, by the phone's clock. */
export interface Reading {
  lat: number;
  lon: number;
  accuracyM: number;
  at: string;
}

export interface Pin {
  lat: number;
  lon: number;
}

export interface Mark {
  code: string;
  text: string;
}

interface Sendable {
  clientId: string;
  user: number;
  state: ItemState;
  /** Why it waits or needs attention, in the reader's language. */
  reason: string;
  marks: Mark[];
}

export type Answer = string | number | boolean;

export interface StoredReport extends Sendable {
  /** The page that it belongs to: "task-12" or "new". */
  key: string;
  taskId: number | null;
  title: string;
  createdAt: string;
  capturedAt: string | null;
  position: Reading | null;
  correction: Pin | null;
  answers: Record<string, Answer>;
  note: string;
  sentAt: string | null;
}

export interface StoredPhoto extends Sendable {
  reportId: string;
  item: string;
  /** Null once the server has acknowledged the same bytes. */
  blob: Blob | null;
  name: string;
  takenAt: string;
  position: Reading | null;
}

class FieldStore extends Dexie {
  reports!: Table<StoredReport, string>;
  photos!: Table<StoredPhoto, string>;

  constructor() {
    super("chengkan-field");
    this.version(1).stores({
      reports: "clientId, [user+state], [user+key+state]",
      photos: "clientId, reportId, [user+state]",
    });
  }
}

export const store = new FieldStore();

const SENT_KEPT_MS = 3 * 24 * 3_600_000;

export function newId(): string {
  const ready = (crypto as Partial<Crypto>).randomUUID?.call(crypto); // missing over plain HTTP and in older browsers
  if (ready) return ready;
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** The draft of a page, made when there is none. */
export async function draftFor(user: number, key: string, taskId: number | null, title: string): Promise<StoredReport> {
  return store.transaction("rw", store.reports, async () => {
    const found = await store.reports.where({ user, key, state: "draft" }).first();
    if (found) return found;
    const draft: StoredReport = {
      clientId: newId(),
      user,
      key,
      taskId,
      title,
      state: "draft",
      reason: "",
      marks: [],
      createdAt: new Date().toISOString(),
      capturedAt: null,
      position: null,
      correction: null,
      answers: {},
      note: "",
      sentAt: null,
    };
    await store.reports.add(draft);
    return draft;
  });
}

export async function addPhoto(
  draft: StoredReport,
  file: File,
  details: { item: string; position: Reading | null },
): Promise<StoredPhoto> {
  const photo: StoredPhoto = {
    clientId: newId(),
    user: draft.user,
    reportId: draft.clientId,
    item: details.item,
    blob: file,
    name: file.name,
    takenAt: new Date().toISOString(),
    position: details.position,
    state: "draft",
    reason: "",
    marks: [],
  };
  await store.photos.add(photo);
  return photo;
}

export function photosOf(reportId: string): Promise<StoredPhoto[]> {
  return store.photos.where({ reportId }).sortBy("takenAt");
}

/** Turn a draft and its photos into something to be sent. */
export async function seal(
  clientId: string,
  content: Pick<StoredReport, "answers" | "note" | "position" | "correction">,
): Promise<void> {
  await store.transaction("rw", store.reports, store.photos, async () => {
    const changes: Partial<StoredReport> = { ...content, capturedAt: new Date().toISOString(), state: "waiting" };
    await store.reports.update(clientId, changes);
    await store.photos.where({ reportId: clientId }).modify({ state: "waiting" });
  });
}

/** Forget what was acknowledged some days ago. */
export async function prune(user: number): Promise<void> {
  const before = new Date(Date.now() - SENT_KEPT_MS).toISOString();
  await store.transaction("rw", store.reports, store.photos, async () => {
    const old = await store.reports
      .where({ user, state: "sent" })
      .filter((report) => (report.sentAt ?? "") < before)
      .toArray();
    for (const report of old) {
      const open = await store.photos.where({ reportId: report.clientId }).filter((photo) => photo.state !== "sent").count();
      if (open > 0) continue;
      await store.photos.where({ reportId: report.clientId }).delete();
      await store.reports.delete(report.clientId);
    }
  });
}

/** Ask the browser not to clear this store when space runs short; Safari forgets after seven days otherwise. */
export async function askToKeep(): Promise<boolean> {
  try {
    return (await navigator.storage?.persist?.()) ?? false;
  } catch {
    return false;
  }
}
