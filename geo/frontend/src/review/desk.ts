/**
 * <ck-review-desk>: takes the flag that is shown, sends a decision for one key, and has the next flag at hand already.
 * The server chooses what comes next; what was loaded ahead is shown when it is that.
 */
import { toast } from "../elements/toasts";
import { gettext } from "../lib/i18n";
import { csrfToken, errorText, requestJson, send } from "../lib/request";
import { Compare, MODES, type CompareMode } from "./compare";

/** A flag stays on the desk for ten minutes after the last sign of life. */
const RENEW_MS = 4 * 60_000;

interface Answer {
  next: string | null;
  said?: string;
  done_today: number;
  left: number;
  queue_total: number;
}

class ReviewDesk extends HTMLElement {
  #ahead: { address: string; html: string } | null = null;
  #busy = false;
  #mode: CompareMode = "swipe";
  #outlined = true;
  #skipped: string[] = [];
  #renewal = 0;
  /** Where to give the flag back that is on the desk. */
  #onDesk: string | null = null;

  connectedCallback(): void {
    document.addEventListener("keydown", this.#onKey);
    this.addEventListener("click", this.#onClick);
    this.addEventListener("submit", this.#onSubmit);
    addEventListener("pagehide", this.#leave);
    this.#renewal = window.setInterval(() => {
      if (document.visibilityState === "visible") void this.#take(true);
    }, RENEW_MS);
    this.#adopt();
  }

  disconnectedCallback(): void {
    document.removeEventListener("keydown", this.#onKey);
    removeEventListener("pagehide", this.#leave);
    clearInterval(this.#renewal);
  }

  /** Leaving the page clears the desk, so that a colleague need not wait for the time-out. */
  #leave = (): void => {
    if (!this.#onDesk) return;
    const headers = { "X-CSRFToken": csrfToken(), Accept: "application/json" };
    void fetch(this.#onDesk, { method: "POST", headers, body: this.#form(), credentials: "same-origin", keepalive: true });
    this.#onDesk = null;
  };

  get #article(): HTMLElement {
    return this.querySelector<HTMLElement>("[data-flag]")!;
  }

  get #compare(): Compare | null {
    return this.querySelector<Compare>("ck-compare");
  }

  get #pending(): boolean {
    return this.#article.dataset.pending === "1";
  }

  #form(values: Record<string, string> = {}): URLSearchParams {
    const body = new URLSearchParams(values);
    if (this.dataset.run) body.set("run", this.dataset.run);
    if (this.#skipped.length) body.set("skip", this.#skipped.join(","));
    return body;
  }

  /** What there is to do when another flag is on the desk. */
  #adopt(): void {
    this.#showMode();
    void this.#take(false).then(() => this.#loadAhead());
  }

  async #take(again: boolean): Promise<void> {
    const article = this.#article;
    if (!this.#pending || (again && article.querySelector<HTMLElement>("[data-taken]")?.hidden === false)) return;
    let answer: { refused?: string };
    try {
      answer = await requestJson(article.dataset.take!, { method: "POST", body: this.#form() });
    } catch {
      return; // Deciding tells what is wrong; taking alone is no reason to disturb.
    }
    this.#onDesk = answer.refused ? null : article.dataset.release!;
    const notice = article.querySelector<HTMLElement>("[data-taken]");
    const text = article.querySelector<HTMLElement>("[data-taken-text]");
    if (answer.refused && notice && text) {
      text.textContent = answer.refused;
      notice.hidden = false;
      this.#lockActs(true);
    }
  }

  async #loadAhead(): Promise<void> {
    this.#ahead = null;
    try {
      const { next } = await requestJson<{ next: string | null }>(`${this.#article.dataset.next!}?${this.#form()}`);
      if (next) this.#ahead = { address: next, html: await this.#fetchDesk(next) };
    } catch {
      // Loading ahead is a convenience: the flag is fetched when it is needed.
    }
  }

  async #fetchDesk(address: string): Promise<string> {
    const part = `${address}${address.includes("?") ? "&" : "?"}part=desk`;
    const html = await (await send(part, { headers: { Accept: "text/html" } })).text();
    const page = new DOMParser().parseFromString(html, "text/html");
    for (const image of page.querySelectorAll("img")) new Image().src = image.getAttribute("src") ?? "";
    return html;
  }

  async #show(address: string | null, progress?: Answer): Promise<void> {
    if (!address) {
      location.assign(this.dataset.queue!);
      return;
    }
    const html = this.#ahead?.address === address ? this.#ahead.html : await this.#fetchDesk(address);
    const desk = this.querySelector<HTMLElement>("[data-desk]")!;
    desk.innerHTML = html;
    history.replaceState(history.state, "", address);
    document.title = document.title.replace(/TB\d+-\d+/, this.#article.dataset.number ?? "");
    if (progress) this.#showProgress(progress);
    this.#adopt();
  }

  #showProgress({ done_today, left, queue_total }: Answer): void {
    const tell = (name: string, value: number) => {
      const place = this.querySelector(`[data-${name}]`);
      if (place) place.textContent = String(value);
    };
    tell("done", done_today);
    tell("left", left);
    const bar = this.querySelector<HTMLProgressElement>("[data-progress]");
    if (bar) {
      bar.max = Math.max(1, queue_total);
      bar.value = done_today;
    }
  }

  /** Send, then go on to what the server answers; a refusal is told and leaves the flag where it is. */
  async #act(address: string, values: Record<string, string>, undoable: boolean): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    this.#lockActs(true);
    try {
      const answer = await requestJson<Answer>(address, { method: "POST", body: this.#form(values) });
      this.#onDesk = null;
      if (answer.said) {
        const act = { label: gettext("撤销"), run: () => void this.#undo() };
        document.querySelectorAll("ck-toasts .toast").forEach((old) => old.remove());
        toast(answer.said, undoable ? { tone: "closed", act, forMs: 8000 } : { tone: "closed" });
      }
      await this.#show(answer.next, answer);
    } catch (error) {
      toast(errorText(error), { tone: "determined", forMs: 8000 });
      this.#lockActs(false);
    } finally {
      this.#busy = false;
    }
  }

  #decide(outcome: string, reason = ""): void {
    if (!this.#pending || this.querySelector<HTMLButtonElement>("[data-decision] button")?.disabled) return;
    const note = this.querySelector<HTMLInputElement>("[name=note]");
    if (reason === "other" && note && !note.value.trim()) {
      note.focus();
      toast(gettext("请在备注中写明排除原因，再选择“其他”。"), { tone: "found" });
      return;
    }
    void this.#act(this.#article.dataset.decide!, { outcome, reason, note: note?.value ?? "" }, true);
  }

  #undo(): Promise<void> {
    return this.#act(this.dataset.undo!, {}, false);
  }

  #skip(): void {
    this.#skipped.push(this.#article.dataset.flag!);
    void this.#act(this.#article.dataset.release!, {}, false);
  }

  #lockActs(locked: boolean): void {
    for (const button of this.querySelectorAll<HTMLButtonElement>("[data-decision] button")) button.disabled = locked;
  }

  #showMode(): void {
    const compare = this.#compare;
    if (compare) {
      compare.mode = this.#mode;
      compare.outlined = this.#outlined;
    }
    for (const button of this.querySelectorAll<HTMLElement>("[data-mode-choice]")) {
      button.setAttribute("aria-pressed", String(button.dataset.modeChoice === this.#mode));
    }
    this.querySelector("[data-outline]")?.setAttribute("aria-pressed", String(this.#outlined));
  }

  #onClick = (event: Event): void => {
    const target = event.target instanceof Element ? event.target.closest<HTMLElement>("button") : null;
    if (!target) return;
    if (target.dataset.modeChoice) {
      this.#mode = target.dataset.modeChoice as CompareMode;
      this.#showMode();
    } else if (target.hasAttribute("data-outline")) {
      this.#outlined = !this.#outlined;
      this.#showMode();
    } else if (target.hasAttribute("data-show-keys")) this.#showKeys();
    else if (target.hasAttribute("data-undo-last")) void this.#undo();
    else if (target.hasAttribute("data-skip")) this.#skip();
  };

  #onSubmit = (event: SubmitEvent): void => {
    const form = event.target as HTMLFormElement;
    if (!form.hasAttribute("data-decision")) return;
    event.preventDefault();
    const button = event.submitter as HTMLButtonElement | null;
    if (button?.hasAttribute("data-reason")) this.#decide("rejected", button.value);
    else if (button?.name === "outcome" && event.submitter !== null) this.#decide(button.value);
  };

  #showKeys(): void {
    this.querySelector<HTMLDialogElement>("[data-keys]")?.showModal();
  }

  #onKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || document.querySelector("dialog[open]")) return;
    const target = event.target as HTMLElement;
    const onRange = target instanceof HTMLInputElement && target.type === "range";
    if (target.matches("input, textarea, select") && !onRange) {
      // Enter in the note must not press the first button of the form.
      if (event.key === "Enter") event.preventDefault();
      return;
    }
    const key = event.key.toLowerCase();
    const button = this.querySelector<HTMLButtonElement>(`[data-key="${CSS.escape(key)}"]`);
    if (button && this.#pending) this.#decide(button.hasAttribute("data-reason") ? "rejected" : button.value, button.dataset.reason !== undefined ? button.value : "");
    else if (key === "u") void this.#undo();
    else if (key === "n") this.#skip();
    else if (key === "v") {
      this.#mode = MODES[(MODES.indexOf(this.#mode) + 1) % MODES.length] ?? "swipe";
      this.#showMode();
    } else if (key === "o") {
      this.#outlined = !this.#outlined;
      this.#showMode();
    } else if (key === "?") this.#showKeys();
    else if (key === " " && !target.closest("button, a, summary")) this.#compare?.toggle();
    else if (key === "arrowleft" && !onRange) this.#compare?.move(-1);
    else if (key === "arrowright" && !onRange) this.#compare?.move(1);
    else return;
    event.preventDefault();
  };
}

customElements.define("ck-review-desk", ReviewDesk);
