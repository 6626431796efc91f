/**
 * <ck-review-desk>: takes the flag that is shown, sends a decision for one key, and has the next flag at hand already.
 * The server chooses what comes next; what was loaded ahead is shown when it is that.
 */
import { toast } from "../elements/toasts";
import { gettext } from "../lib/i18n";
import { csrfToken, errorText, requestJson, send } from "../lib/request";
import { Compare, MODES, type CompareMode } from "./compare";
import { Lock } from "./lock";
import type { OutlineEditor } from "./outline";
import { toggleOverlay } from "./overlays";
import { showProgress, type Progress } from "./progress";

interface Answer extends Progress {
  next: string | null;
  said?: string;
}

/** A flag loaded before it is needed; its pictures are held so that they stay decoded. */
interface Ahead {
  address: string;
  html: string;
  pictures: HTMLImageElement[];
}

class ReviewDesk extends HTMLElement {
  #ahead: Ahead | null = null;
  #busy = false;
  #undoWaits = false;
  #mode: CompareMode = "swipe";
  #outlined = true;
  #skipped: string[] = [];
  readonly #lock = new Lock(() => this.#form(), (locked) => this.#lockActs(locked));

  connectedCallback(): void {
    document.addEventListener("keydown", this.#onKey);
    this.addEventListener("click", this.#onClick);
    this.addEventListener("submit", this.#onSubmit);
    addEventListener("pagehide", this.#leave);
    this.#lock.start();
    this.#adopt();
  }

  disconnectedCallback(): void {
    document.removeEventListener("keydown", this.#onKey);
    removeEventListener("pagehide", this.#leave);
    this.#lock.stop();
  }

  /** Leaving the page clears the desk, so that a colleague need not wait for the time-out. */
  #leave = (): void => {
    const address = this.#lock.releaseAddress;
    if (!address) return;
    const headers = { "X-CSRFToken": csrfToken(), Accept: "application/json" };
    void fetch(address, { method: "POST", headers, body: this.#form(), credentials: "same-origin", keepalive: true });
    this.#lock.forget();
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
    void this.#lock.take(this.#article).then(() => this.#loadAhead());
  }

  async #loadAhead(): Promise<void> {
    this.#ahead = null;
    const article = this.#article;
    try {
      const { next } = await requestJson<{ next: string | null }>(`${article.dataset.next!}?${this.#form()}`);
      const ahead = next ? await this.#fetchDesk(next) : null;
      if (article === this.#article) this.#ahead = ahead;
    } catch {
      // Loading ahead is a convenience: the flag is fetched when it is needed.
    }
  }

  async #fetchDesk(address: string): Promise<Ahead> {
    const part = `${address}${address.includes("?") ? "&" : "?"}part=desk`;
    const html = await (await send(part, { headers: { Accept: "text/html" } })).text();
    const page = new DOMParser().parseFromString(html, "text/html");
    const pictures = [...page.querySelectorAll<HTMLImageElement>("img[src]")].map((image) => {
      const picture = new Image();
      picture.src = image.getAttribute("src") ?? "";
      return picture;
    });
    return { address, html, pictures };
  }

  #put(ahead: Ahead): void {
    this.querySelector<HTMLElement>("[data-desk]")!.innerHTML = ahead.html;
    history.replaceState(history.state, "", ahead.address);
    document.title = document.title.replace(/TB\d+-\d+/, this.#article.dataset.number ?? "");
    this.#showMode();
  }

  async #show(answer: Answer, shown: Ahead | null): Promise<void> {
    if (!answer.next) {
      location.assign(this.dataset.queue!);
      return;
    }
    if (shown?.address === answer.next) this.#lockActs(false);
    else this.#put(this.#ahead?.address === answer.next ? this.#ahead : await this.#fetchDesk(answer.next));
    showProgress(this, answer);
    this.#adopt();
  }

  /**
   * Send, and show the flag that was loaded ahead meanwhile; the server's answer says whether it is the right one.
   * A refusal is told and brings the flag back that it is about.
   */
  async #act(address: string, values: Record<string, string>, { undoable = false, onward = true } = {}): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    const body = this.#form(values);
    const before = { nodes: [...this.querySelector("[data-desk]")!.childNodes], address: location.href };
    const shown = onward ? this.#ahead : null;
    if (shown) this.#put(shown);
    this.#lockActs(true);
    try {
      const answer = await requestJson<Answer>(address, { method: "POST", body });
      this.#lock.forget();
      if (answer.said) {
        const act = { label: gettext("撤销"), run: () => void this.#undo() };
        document.querySelectorAll("ck-toasts .toast").forEach((old) => old.remove());
        toast(answer.said, undoable ? { tone: "closed", act, forMs: 8000 } : { tone: "closed" });
      }
      await this.#show(answer, shown);
    } catch (error) {
      toast(errorText(error), { tone: "determined", forMs: 8000 });
      if (shown) {
        this.querySelector("[data-desk]")!.replaceChildren(...before.nodes);
        history.replaceState(history.state, "", before.address);
      }
      this.#lockActs(false);
      this.#undoWaits = false; // nothing was decided that could be taken back
    } finally {
      this.#busy = false;
      if (this.#undoWaits) void this.#undo();
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
    const outline = outcome === "confirmed" ? (this.querySelector<OutlineEditor>("ck-outline")?.value ?? "") : "";
    void this.#act(this.#article.dataset.decide!, { outcome, reason, note: note?.value ?? "", outline }, { undoable: true });
  }

  /** Taking back is never lost: pressed while a decision is on its way, it follows the answer. */
  async #undo(): Promise<void> {
    this.#undoWaits = this.#busy;
    if (!this.#busy) await this.#act(this.dataset.undo!, {}, { onward: false });
  }

  #skip(): void {
    this.#skipped.push(this.#article.dataset.flag!);
    void this.#act(this.#article.dataset.release!, {});
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
    else if (target.dataset.overlay) toggleOverlay(this.#article, target);
    else if (target.hasAttribute("data-retake")) void this.#lock.again();
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
    const dialog = this.querySelector<HTMLDialogElement>("[data-keys]");
    dialog?.showModal();
    dialog?.scrollTo(0, 0); // the button to close it, at its end, has taken the focus
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
    const shortcut = this.querySelector<HTMLButtonElement>(`[data-shortcut="${CSS.escape(key)}"]`);
    if (button && this.#pending) this.#decide(button.hasAttribute("data-reason") ? "rejected" : button.value, button.dataset.reason !== undefined ? button.value : "");
    else if (shortcut && !shortcut.disabled && shortcut.offsetParent) shortcut.click();
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
