/**
 * Short messages at the bottom: toast("已确认", { tone: "closed", act: { label: "撤销", run } }).
 * A plain one goes after eight seconds, one with an act or a fault stays until it is closed. Announced politely.
 */
import { gettext } from "../lib/i18n";
import { icon } from "../lib/icons";

export type Tone = "found" | "determined" | "overdue" | "demolition" | "closed" | "authorised";

export interface ToastOptions {
  tone?: Tone;
  act?: { label: string; run: () => void };
  /** 0 keeps it until it is closed. */
  forMs?: number;
}

const PLAIN_TOAST_MS = 8_000;

class Toasts extends HTMLElement {
  connectedCallback(): void {
    this.setAttribute("role", "status");
    this.setAttribute("aria-live", "polite");
  }
}

customElements.define("ck-toasts", Toasts);

export function toast(text: string, options: ToastOptions = {}): void {
  const holder = document.querySelector("ck-toasts") ?? document.body.appendChild(document.createElement("ck-toasts"));
  const box = document.createElement("div");
  box.className = `toast tone-${options.tone ?? "demolition"}`;
  const words = document.createElement("span");
  words.textContent = text;
  box.append(words);
  if (options.act) {
    const { label, run } = options.act;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.textContent = label;
    button.addEventListener("click", () => {
      box.remove();
      run();
    });
    box.append(button);
  }
  const close = document.createElement("button");
  close.type = "button";
  close.className = "button button--icon";
  close.setAttribute("aria-label", gettext("关闭"));
  close.append(icon("close"));
  close.addEventListener("click", () => box.remove());
  box.append(close);
  holder.append(box);
  const stays = options.act !== undefined || options.tone === "determined";
  const forMs = options.forMs ?? (stays ? 0 : PLAIN_TOAST_MS);
  if (forMs > 0) setTimeout(() => box.remove(), forMs);
}
