/**
 * The hold on the flag that is on the desk: counts down where everybody can see it, is renewed while somebody works,
 * runs out when nobody does, and says who has the flag when it is lost.
 */
import { gettext, interpolate } from "../lib/i18n";
import { requestJson } from "../lib/request";

/** Not with every key: a hold that is a minute old is renewed at the next sign of life. */
const RENEW_AFTER_MS = 60_000;
const TICK_MS = 1_000;
/** From here on the time left is shown as a warning. */
const SOON_MS = 120_000;

interface Held {
  refused?: string;
  seconds?: number;
}

export class Lock {
  /** Where to give the flag back that is on the desk; null when it is not ours. */
  releaseAddress: string | null = null;
  #article: HTMLElement | null = null;
  #until = 0;
  #takenAt = 0;
  #asking = false;
  #timer = 0;
  readonly #form: () => URLSearchParams;
  readonly #lockActs: (locked: boolean) => void;

  constructor(form: () => URLSearchParams, lockActs: (locked: boolean) => void) {
    this.#form = form;
    this.#lockActs = lockActs;
  }

  start(): void {
    this.#timer = window.setInterval(() => this.#tick(), TICK_MS);
    for (const sign of ["pointerdown", "pointermove", "keydown", "wheel"]) addEventListener(sign, this.#alive, { passive: true });
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const sign of ["pointerdown", "pointermove", "keydown", "wheel"]) removeEventListener(sign, this.#alive);
  }

  /** The flag was decided or put back: there is nothing to hold. */
  forget(): void {
    this.releaseAddress = null;
    this.#until = 0;
  }

  async take(article: HTMLElement): Promise<void> {
    this.#article = article;
    this.forget();
    await this.#ask();
  }

  get #pending(): boolean {
    return this.#article?.dataset.pending === "1";
  }

  async #ask(): Promise<void> {
    const article = this.#article;
    if (!article || !this.#pending || this.#asking) return;
    this.#asking = true;
    try {
      const answer = await requestJson<Held>(article.dataset.take!, { method: "POST", body: this.#form() });
      if (article !== this.#article) return;
      if (answer.refused !== undefined) this.#lose(answer.refused);
      else this.#hold(article.dataset.release!, answer.seconds ?? 0);
    } catch {
      // Deciding tells what is wrong; taking alone is no reason to disturb.
    } finally {
      this.#asking = false;
    }
  }

  #hold(release: string, seconds: number): void {
    const wasLost = this.#notice?.hidden === false;
    this.releaseAddress = release;
    this.#takenAt = Date.now();
    this.#until = this.#takenAt + seconds * 1000;
    if (this.#notice) this.#notice.hidden = true;
    if (wasLost) this.#lockActs(false);
    this.#show();
  }

  #lose(words: string): void {
    this.forget();
    const text = this.#article?.querySelector<HTMLElement>("[data-taken-text]");
    if (text) text.textContent = words;
    if (this.#notice) this.#notice.hidden = false;
    this.#lockActs(true);
    this.#show();
  }

  get #notice(): HTMLElement | null {
    return this.#article?.querySelector<HTMLElement>("[data-taken]") ?? null;
  }

  #alive = (): void => {
    if (this.releaseAddress && Date.now() - this.#takenAt >= RENEW_AFTER_MS) void this.#ask();
  };

  #tick(): void {
    if (!this.releaseAddress) return;
    if (Date.now() < this.#until) {
      this.#show();
      return;
    }
    this.#lose(gettext("保留时间已到，图斑已回到队列。"));
  }

  /** Ask again, for somebody who comes back to a flag whose time ran out. */
  again(): Promise<void> {
    return this.#ask();
  }

  #show(): void {
    const place = this.#article?.querySelector<HTMLElement>("[data-hold]");
    if (!place) return;
    const left = Math.max(0, Math.round((this.#until - Date.now()) / 1000));
    place.hidden = left === 0;
    place.classList.toggle("review__hold--soon", left * 1000 < SOON_MS);
    const time = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    place.querySelector("[data-hold-time]")!.textContent = interpolate(gettext("为您保留 %(time)s"), { time });
  }
}
