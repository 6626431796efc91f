/** Asks the server what a proposal would become while it is drawn: area, people, faults, gaps. The newest answer counts. */
import { requestJson } from "../lib/request";
import type { ChangeSent } from "./state";
import type { Checked } from "./types";

/** Long enough not to ask at every pixel, short enough to be felt as at once. */
const PAUSE_MS = 180;

export class Checker {
  private timer = 0;
  private running: AbortController | null = null;

  constructor(
    private readonly address: string,
    private readonly onChecked: (checked: Checked) => void,
    private readonly onFailed: (error: unknown) => void,
  ) {}

  ask(changes: ChangeSent[]): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.send(changes), PAUSE_MS);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.running?.abort();
  }

  private async send(changes: ChangeSent[]): Promise<void> {
    this.running?.abort();
    const mine = (this.running = new AbortController());
    try {
      const checked = await requestJson<Checked>(this.address, { method: "POST", body: { changes }, signal: mine.signal });
      if (!mine.signal.aborted) this.onChecked(checked);
    } catch (error) {
      if (!mine.signal.aborted) this.onFailed(error);
    }
  }
}
