/** <ck-unread data-url="…"><a>…</a></ck-unread>: how many notices are unread, asked for when the page is looked at. */
import { ngettext } from "../lib/i18n";
import { requestJson } from "../lib/request";

const EVERY_MS = 60_000;
const MOST_TOLD = 99;

class Unread extends HTMLElement {
  private timer = 0;
  private readonly ask = (): void => void this.tell();

  connectedCallback(): void {
    this.timer = window.setInterval(this.ask, EVERY_MS);
    document.addEventListener("visibilitychange", this.ask);
    this.ask();
  }

  disconnectedCallback(): void {
    clearInterval(this.timer);
    document.removeEventListener("visibilitychange", this.ask);
  }

  private async tell(): Promise<void> {
    const url = this.dataset.url;
    if (!url || document.hidden || !navigator.onLine) return;
    try {
      this.show((await requestJson<{ unread: number }>(url)).unread);
    } catch {
      // Out of reach or signed out: the last number stays, the page itself will say so.
    }
  }

  private show(unread: number): void {
    this.querySelector(".unread")?.remove();
    if (!unread) return;
    const badge = document.createElement("span");
    badge.className = "unread";
    badge.textContent = unread > MOST_TOLD ? `${MOST_TOLD}+` : String(unread);
    badge.title = ngettext("%s 条未读", "%s 条未读", unread).replace("%s", String(unread));
    this.querySelector("a")?.append(badge);
  }
}

customElements.define("ck-unread", Unread);
