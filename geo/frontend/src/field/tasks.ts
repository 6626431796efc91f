/** The task list: distances by the phone's position, the small map, and the camera right on each task. */
import { toast } from "../elements/toasts";
import { gettext, interpolate } from "../lib/i18n";
import type { PageData, TaskSpot } from "./data";
import { need } from "./dom";
import { SmallMap } from "./map";
import { distanceM, formatDistance, type PositionWatch } from "./position";
import { addPhoto, askToKeep, draftFor, store } from "./store";

/** Beyond a day the due time decides, within a day and for all that is overdue the way does. */
const SOON_MS = 24 * 3_600_000;

export class TasksPage {
  private readonly root: HTMLElement;
  private readonly data: PageData;
  private readonly watch: PositionWatch;

  constructor(root: HTMLElement, data: PageData, watch: PositionWatch) {
    this.root = root;
    this.data = data;
    this.watch = watch;
  }

  start(): void {
    const spots = this.data.tasks ?? [];
    const mapElement = this.root.querySelector<HTMLElement>("[data-map]");
    const map = mapElement ? SmallMap.on(mapElement) : null;
    map?.ground(this.data.ground ?? []);
    map?.tasks(spots, (spot) => location.assign(`${this.data.urls.home}${spot.id}/`));
    this.watch.follow((reading) => {
      map?.phone(reading);
      if (reading) this.sort(spots, reading);
    });
    for (const input of this.root.querySelectorAll<HTMLInputElement>("input[data-camera-for]")) {
      input.addEventListener("change", () => void this.take(input));
      input.disabled = false;
    }
    void this.tellDrafts();
  }

  private sort(spots: TaskSpot[], here: { lat: number; lon: number }): void {
    const list = this.root.querySelector("[data-tasks]");
    if (!list) return;
    const rows = spots.map((spot) => {
      const leftMs = spot.due ? Date.parse(spot.due) - Date.now() : Number.POSITIVE_INFINITY;
      const urgency = leftMs < 0 ? 0 : leftMs < SOON_MS ? 1 : 2;
      return { spot, urgency, metres: distanceM(here, spot) };
    });
    rows.sort((a, b) => a.urgency - b.urgency || a.metres - b.metres);
    for (const { spot, metres } of rows) {
      const card = list.querySelector<HTMLElement>(`[data-task="${spot.id}"]`);
      if (!card) continue;
      need<HTMLElement>(card, "[data-distance]").textContent = formatDistance(metres);
      // Moving a card under a finger or a focus would be worse than an old order.
      if (!list.contains(document.activeElement)) list.append(card);
    }
  }

  /** A photo straight from the list: stored as the task's draft, then on to its page. */
  private async take(input: HTMLInputElement): Promise<void> {
    const file = input.files?.[0];
    const key = input.dataset.cameraFor ?? "new";
    if (!file) return;
    const taskId = key === "new" ? null : Number(key.replace("task-", ""));
    try {
      const draft = await draftFor(this.data.user, key, taskId, input.dataset.title ?? "");
      const photo = await addPhoto(draft, file, { item: input.dataset.photoItem ?? "", position: this.watch.reading });
      input.value = "";
      if (!photo.position) {
        const position = await this.watch.now();
        if (position) await store.photos.update(photo.clientId, { position });
      }
      void askToKeep();
      location.assign(taskId === null ? `${this.data.urls.home}new/` : `${this.data.urls.home}${taskId}/`);
    } catch (error) {
      toast(interpolate(gettext("照片没有存下（%(reason)s）。请清理手机空间后重拍。"), { reason: String(error) }), { tone: "determined" });
    }
  }

  private async tellDrafts(): Promise<void> {
    const drafts = await store.reports.where({ user: this.data.user, state: "draft" }).toArray();
    for (const draft of drafts) {
      const photos = await store.photos.where({ reportId: draft.clientId }).count();
      const place = this.root.querySelector<HTMLElement>(`[data-draft-for="${draft.key}"]`);
      if (!place || photos === 0) continue;
      place.textContent = interpolate(gettext("草稿：%(count)s 张照片未发送"), { count: photos });
      place.hidden = false;
    }
  }
}
