/**
 * From the phone's store to the server. Each thing goes with an id of its own, so sending twice does no harm; nothing
 * leaves the store before the server has acknowledged it.
 */
import { gettext } from "../lib/i18n";
import { HttpError, NetworkError, requestJson, SignedOutError } from "../lib/request";
import { type Mark, prune, type Reading, store, type StoredPhoto, type StoredReport } from "./store";

const REPORT_TIMEOUT_MS = 30_000;
/** A 10 MB photo over a weak 3G line. */
const PHOTO_TIMEOUT_MS = 300_000;
const RETRY_EVERY_MS = 20_000;

export interface SendAddresses {
  inspection: string;
  photo: string;
}

interface InspectionAnswer {
  id: number;
  conflict: boolean;
  marks: Mark[];
}

interface PhotoAnswer {
  id: number;
  sha256: string;
  marks: Mark[];
}

/** Nothing gets through now: sending stops here until it is tried again by itself. */
class Later extends Error {}

export class Sender {
  private readonly user: number;
  private readonly urls: SendAddresses;
  private running = false;
  private again = false;

  constructor(user: number, urls: SendAddresses) {
    this.user = user;
    this.urls = urls;
  }

  /** Send now, and again whenever there is a reason to think that it works. */
  start(): void {
    const now = () => void this.flush();
    window.addEventListener("online", now);
    window.addEventListener("pageshow", now);
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") now();
    });
    setInterval(now, RETRY_EVERY_MS);
    void prune(this.user).then(now);
  }

  async flush(): Promise<void> {
    if (this.running) {
      this.again = true;
      return;
    }
    this.running = true;
    try {
      do {
        this.again = false;
        await this.alone(() => this.sendAll());
      } while (this.again);
    } finally {
      this.running = false;
    }
  }

  /** Two tabs must not send the same thing side by side; where there are no locks the server sorts it out by the ids. */
  private async alone(work: () => Promise<void>): Promise<void> {
    if (!navigator.locks) {
      await work();
      return;
    }
    await navigator.locks.request("chengkan-field-send", { ifAvailable: true }, async (lock) => {
      if (lock) await work();
    });
  }

  private async sendAll(): Promise<void> {
    const mine = { user: this.user };
    // What was under way when the page went away is sent again.
    await store.reports.where({ ...mine, state: "sending" }).modify({ state: "waiting" });
    await store.photos.where({ ...mine, state: "sending" }).modify({ state: "waiting" });
    try {
      const reports = await store.reports.where({ ...mine, state: "waiting" }).sortBy("createdAt");
      for (const report of reports) await this.sendReport(report);
      const photos = await store.photos.where({ ...mine, state: "waiting" }).sortBy("takenAt");
      for (const photo of photos) await this.sendPhoto(photo);
    } catch (error) {
      if (!(error instanceof Later)) throw error;
    }
  }

  private async sendReport(report: StoredReport): Promise<void> {
    await store.reports.update(report.clientId, { state: "sending", reason: "" });
    try {
      const photos = await store.photos.where({ reportId: report.clientId }).toArray();
      const answer = await requestJson<InspectionAnswer>(this.urls.inspection, {
        method: "POST",
        timeoutMs: REPORT_TIMEOUT_MS,
        body: {
          client_id: report.clientId,
          task_id: report.taskId,
          captured_at: report.capturedAt,
          answers: report.answers,
          note: report.note,
          photos: photos.map((photo) => ({ client_id: photo.clientId, item: photo.item })),
          ...readingFields(report.position),
          corrected_lat: report.correction?.lat ?? null,
          corrected_lon: report.correction?.lon ?? null,
          sent_at: new Date().toISOString(),
        },
      });
      await store.reports.update(report.clientId, {
        state: "sent",
        sentAt: new Date().toISOString(),
        marks: answer.marks.filter((mark) => mark.code !== "photos_pending"),
      });
    } catch (error) {
      await this.failed(error, (changes) => store.reports.update(report.clientId, changes));
    }
  }

  private async sendPhoto(photo: StoredPhoto): Promise<void> {
    const { blob } = photo;
    if (!blob) return;
    await store.photos.update(photo.clientId, { state: "sending", reason: "" });
    try {
      const report = await store.reports.get(photo.reportId);
      const fields = {
        client_id: photo.clientId,
        inspection_client_id: photo.reportId,
        item: photo.item,
        taken_at: photo.takenAt,
        ...readingFields(photo.position),
        corrected_lat: report?.correction?.lat,
        corrected_lon: report?.correction?.lon,
        sent_at: new Date().toISOString(),
      };
      const body = new FormData();
      for (const [name, value] of Object.entries(fields)) {
        if (value !== null && value !== undefined && value !== "") body.append(name, String(value));
      }
      body.append("file", blob, photo.name || "photo.jpg");
      const answer = await requestJson<PhotoAnswer>(this.urls.photo, { method: "POST", timeoutMs: PHOTO_TIMEOUT_MS, body });
      const here = await sha256(blob);
      if (here && here !== answer.sha256) {
        const reason = gettext("服务器收到的内容与本机不一致，照片仍保存在本机。");
        await store.photos.update(photo.clientId, { state: "attention", reason });
        return;
      }
      await store.photos.update(photo.clientId, { state: "sent", blob: null, marks: answer.marks });
    } catch (error) {
      await this.failed(error, (changes) => store.photos.update(photo.clientId, changes));
    }
  }

  /**
   * Keep it waiting when trying again may help, else ask for attention; nothing is ever dropped. A fault of the server
   * may be about this one thing: what stands behind it goes on.
   */
  private async failed(
    error: unknown,
    update: (changes: { state: "waiting" | "attention"; reason: string }) => PromiseLike<number>,
  ): Promise<void> {
    if (error instanceof NetworkError || error instanceof SignedOutError) {
      await update({ state: "waiting", reason: error.message });
      throw new Later();
    }
    if (!(error instanceof HttpError)) {
      await update({ state: "attention", reason: error instanceof Error ? error.message : String(error) });
      return;
    }
    const mayHelp = error.status >= 500 || [408, 425, 429].includes(error.status);
    await update({ state: mayHelp ? "waiting" : "attention", reason: error.detail });
    if (error.status === 429) throw new Later();
  }
}

function readingFields(reading: Reading | null): Record<string, number | string | null> {
  return {
    lat: reading?.lat ?? null,
    lon: reading?.lon ?? null,
    accuracy_m: reading?.accuracyM ?? null,
    position_at: reading?.at ?? null,
  };
}

/** Hex digest, or null where the browser has no digest (a page over plain HTTP). */
async function sha256(blob: Blob): Promise<string | null> {
  if (!crypto.subtle) return null;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
