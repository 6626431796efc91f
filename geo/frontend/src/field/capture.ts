/** The capture page: photo, place, checklist, send. Every photo is in the phone's store before anything else happens. */
import { toast } from "../elements/toasts";
import { joined, listed } from "../lib/format";
import { gettext, interpolate } from "../lib/i18n";
import { icon } from "../lib/icons";
import type { PageData } from "./data";
import { button, make, need } from "./dom";
import { jot, jotted, written } from "./jot";
import { SmallMap } from "./map";
import { type PositionQuality, type PositionWatch, qualityOf } from "./position";
import type { Sender } from "./send";
import { addPhoto, type Answer, askToKeep, draftFor, type Pin, photosOf, seal, store, type StoredPhoto, type StoredReport } from "./store";

const QUALITY: Record<PositionQuality, { tone: string; words: () => string }> = {
  none: { tone: "authorised", words: () => gettext("正在定位…") },
  good: { tone: "closed", words: () => gettext("定位良好") },
  fair: { tone: "found", words: () => gettext("定位一般") },
  poor: { tone: "determined", words: () => gettext("定位较差") },
};

export class CapturePage {
  private readonly root: HTMLElement;
  private readonly data: PageData;
  private readonly watch: PositionWatch;
  private readonly sender: Sender;
  private readonly form: HTMLFormElement;
  private readonly map: SmallMap | null;
  private draft!: StoredReport;
  private correction: Pin | null = null;
  private correcting = false;
  private previews: string[] = [];

  constructor(root: HTMLElement, data: PageData, watch: PositionWatch, sender: Sender) {
    this.root = root;
    this.data = data;
    this.watch = watch;
    this.sender = sender;
    this.form = need(root, "form[data-checklist]");
    this.map = SmallMap.on(need(root, "[data-map]"));
    this.map?.ground(data.ground ?? []);
    if (data.task) this.map?.subject(data.task.outline, data.task);
  }

  async start(): Promise<void> {
    this.draft = await draftFor(this.data.user, this.data.key ?? "new", this.data.task?.id ?? null, this.data.title ?? "");
    this.correction = this.draft.correction;
    Object.assign(this.draft, jotted(this.draft.clientId));
    this.fillForm();
    await this.keep();
    for (const input of this.root.querySelectorAll<HTMLInputElement>("input[data-camera]")) {
      input.addEventListener("change", () => void this.take(input));
      input.disabled = false;
    }
    this.form.addEventListener("input", () => void this.keep());
    this.form.addEventListener("submit", (event) => event.preventDefault());
    need<HTMLButtonElement>(this.root, "[data-send]").addEventListener("click", () => void this.send());
    need<HTMLButtonElement>(this.root, "[data-correct]").addEventListener("click", () => void this.toggleCorrection());
    if (this.correction) this.showPin(this.correction);
    this.watch.follow((reading, trouble) => {
      this.map?.phone(reading);
      this.tellPosition(trouble);
    });
    await this.showPhotos();
  }

  /** Store a photo at once, then find its position if the last reading is old. */
  private async take(input: HTMLInputElement): Promise<void> {
    const files = [...(input.files ?? [])];
    input.value = "";
    const photos = await photosOf(this.draft.clientId);
    for (const file of files) {
      const item = input.dataset.camera || this.nextItem(photos);
      try {
        const photo = await addPhoto(this.draft, file, { item, position: this.watch.reading });
        photos.push(photo);
        void this.locate(photo);
      } catch (error) {
        toast(interpolate(gettext("照片没有存下（%(reason)s）。请清理手机空间后重拍。"), { reason: String(error) }), { tone: "determined" });
      }
    }
    void askToKeep();
    await this.showPhotos();
  }

  private async locate(photo: StoredPhoto): Promise<void> {
    const reading = await this.watch.now();
    if (!reading || reading.at === photo.position?.at) return;
    await store.photos.where({ clientId: photo.clientId }).modify((row: StoredPhoto) => {
      if (row.state === "draft" || row.state === "waiting") row.position = reading;
    });
  }

  /** The first item that needs a photo and has none: so the big button serves the checklist. */
  private nextItem(photos: StoredPhoto[]): string {
    const have = new Set(photos.map((photo) => photo.item));
    const needing = [...this.root.querySelectorAll<HTMLElement>("[data-photo-required]")].map((field) => field.dataset.item ?? "");
    return needing.find((item) => !have.has(item)) ?? "";
  }

  private async showPhotos(): Promise<void> {
    for (const url of this.previews) URL.revokeObjectURL(url);
    this.previews = [];
    const photos = await photosOf(this.draft.clientId);
    const strip = need<HTMLElement>(this.root, "[data-photos]");
    strip.replaceChildren(...photos.map((photo, index) => this.figure(photo, index + 1)));
    for (const field of this.root.querySelectorAll<HTMLElement>("[data-photo-required]")) {
      const has = photos.some((photo) => photo.item === field.dataset.item);
      need<HTMLElement>(field, "[data-photo-missing]").hidden = has;
    }
    this.tellSend(photos.length);
  }

  private figure(photo: StoredPhoto, number: number): HTMLElement {
    const words = interpolate(gettext("第 %(number)s 张照片"), { number });
    const frame = make("figure", { class: "field-photo" });
    if (photo.blob) {
      const url = URL.createObjectURL(photo.blob);
      this.previews.push(url);
      const picture = make("img");
      picture.alt = words;
      // A HEIC file has no preview in most browsers; the server makes one.
      picture.addEventListener("error", () => picture.replaceWith(make("span", { class: "field-photo__name" }, icon("image"), photo.name)));
      picture.src = url;
      frame.append(picture);
    }
    const remove = button("", "close", () => void this.remove(photo), "button--icon field-photo__remove");
    remove.setAttribute("aria-label", interpolate(gettext("移除%(photo)s"), { photo: words }));
    frame.append(remove);
    return frame;
  }

  private async remove(photo: StoredPhoto): Promise<void> {
    await store.photos.delete(photo.clientId);
    await this.showPhotos();
    toast(gettext("照片已移除。"), {
      act: {
        label: gettext("撤销"),
        run: () => void store.photos.put(photo).then(() => this.showPhotos()),
      },
    });
  }

  private async send(): Promise<void> {
    const send = need<HTMLButtonElement>(this.root, "[data-send]");
    send.disabled = true;
    const { answers, note } = this.answers();
    const position = this.watch.reading ?? (await photosOf(this.draft.clientId)).find((photo) => photo.position)?.position ?? null;
    await seal(this.draft.clientId, { answers, note, position, correction: this.correction });
    need<HTMLElement>(this.root, "[data-capture]").hidden = true;
    need<HTMLElement>(this.root, "[data-after]").hidden = false;
    need<HTMLElement>(this.root, "[data-after] h2").focus();
    await this.sender.flush();
  }

  private tellSend(photos: number): void {
    const send = need<HTMLButtonElement>(this.root, "[data-send]");
    const words = photos ? interpolate(gettext("发送（%(count)s 张照片）"), { count: photos }) : gettext("发送");
    send.replaceChildren(icon("upload"), words);
    const { missing } = this.answers();
    const hint = need<HTMLElement>(this.root, "[data-hint]");
    const gaps = [];
    if (!photos) gaps.push(gettext("还没有照片"));
    if (missing.length) gaps.push(interpolate(gettext("未填：%(items)s"), { items: listed(missing) }));
    hint.textContent = joined(gaps);
    send.disabled = photos === 0 && this.isBlank();
  }

  private isBlank(): boolean {
    const { answers, note } = this.answers();
    return note === "" && Object.keys(answers).length === 0;
  }

  // --- position ---
  private tellPosition(trouble: string): void {
    const reading = this.watch.reading;
    const look = QUALITY[qualityOf(reading)];
    const box = need<HTMLElement>(this.root, "[data-position]");
    const words = reading
      ? interpolate(gettext("%(quality)s，±%(metres)s m"), { quality: look.words(), metres: Math.round(reading.accuracyM) })
      : trouble || look.words();
    box.className = `field-position tone-${reading ? look.tone : trouble ? "determined" : look.tone}`;
    box.replaceChildren(icon(reading ? "target" : trouble ? "alert" : "clock"), make("span", { text: words }));
  }

  /** A pin to be moved, or back to the phone's reading. Only a pin that was moved is a correction. */
  private async toggleCorrection(): Promise<void> {
    if (this.correcting) {
      this.correcting = false;
      this.map?.removePin();
      await this.correct(null);
    } else {
      const start = this.watch.reading ?? this.data.task;
      if (start) this.showPin(start);
      else toast(gettext("还没有定位，等定位后再修正。"), { tone: "found" });
    }
    this.labelCorrection();
  }

  private showPin(at: Pin): void {
    this.correcting = true;
    this.map?.movablePin({ lat: at.lat, lon: at.lon }, (pin) => void this.correct(pin));
    this.labelCorrection();
  }

  private async correct(pin: Pin | null): Promise<void> {
    this.correction = pin;
    await store.reports.update(this.draft.clientId, { correction: pin });
  }

  private labelCorrection(): void {
    const words = this.correcting ? gettext("用手机定位") : gettext("修正位置");
    need<HTMLButtonElement>(this.root, "[data-correct]").replaceChildren(icon(this.correcting ? "undo" : "pin"), words);
    need<HTMLElement>(this.root, "[data-correct-help]").hidden = !this.correcting;
  }

  // --- checklist ---
  private answers(): { answers: Record<string, Answer>; note: string; missing: string[] } {
    const answers: Record<string, Answer> = {};
    const missing: string[] = [];
    for (const field of this.form.querySelectorAll<HTMLElement>("[data-item]")) {
      const value = answerOf(field);
      if (value !== null) answers[field.dataset.item ?? ""] = value;
      else if (field.hasAttribute("data-required")) missing.push(field.dataset.label ?? "");
    }
    return { answers, note: need<HTMLTextAreaElement>(this.form, "textarea[name=note]").value.trim(), missing };
  }

  private fillForm(): void {
    need<HTMLTextAreaElement>(this.form, "textarea[name=note]").value = this.draft.note;
    for (const field of this.form.querySelectorAll<HTMLElement>("[data-item]")) {
      const value = this.draft.answers[field.dataset.item ?? ""];
      if (value === undefined) continue;
      for (const input of field.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>("input:not([type=file]), textarea")) {
        if (input instanceof HTMLInputElement && input.type === "radio") input.checked = input.value === String(value);
        else input.value = String(value);
      }
    }
  }

  private async keep(): Promise<void> {
    const { answers, note } = this.answers();
    const typed = jot(this.draft.clientId, { answers, note });
    await store.reports.update(this.draft.clientId, { answers, note });
    written(this.draft.clientId, typed);
    this.tellSend(await store.photos.where({ reportId: this.draft.clientId }).count());
  }
}

function answerOf(field: HTMLElement): Answer | null {
  const radio = field.querySelector<HTMLInputElement>("input[type=radio]:checked");
  if (radio) return field.dataset.type === "yes_no" ? radio.value === "true" : radio.value;
  const typed = field.querySelector<HTMLInputElement | HTMLTextAreaElement>("input[type=number], textarea")?.value.trim() ?? "";
  if (typed === "") return null;
  return field.dataset.type === "number" ? Number(typed) : typed;
}
