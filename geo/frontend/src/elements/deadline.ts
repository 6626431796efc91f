/** <ck-deadline><time datetime="…">…</time></ck-deadline>: keeps the words true while the page stays open. */
import { formatDeadline } from "../lib/format";

const EVERY_MINUTE_MS = 60_000;

class Deadline extends HTMLElement {
  private timer = 0;

  connectedCallback(): void {
    this.timer = window.setInterval(() => this.tell(), EVERY_MINUTE_MS);
  }

  disconnectedCallback(): void {
    clearInterval(this.timer);
  }

  private tell(): void {
    const time = this.querySelector("time");
    if (!time?.dateTime || this.hasAttribute("done")) return;
    const { text, tone } = formatDeadline(time.dateTime);
    time.textContent = text;
    this.className = `deadline deadline--${tone}`;
  }
}

customElements.define("ck-deadline", Deadline);
