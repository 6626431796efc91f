/** Tells the server where the map is, so that its person comes back to the same place on another device. */
import { csrfToken } from "../lib/request";
import type { View } from "./place";

/** Long enough to pass over a journey across the map, short enough to catch every stay. */
const REST_MS = 1_500;
/** Whose place this device keeps, and since when: what is still under way to the server is newer than what it knows. */
const OWNER_KEY = "chengkan.map.owner";

export class LastPlace {
  private timer = 0;
  private waiting: View | null = null;

  constructor(
    private readonly url: string,
    private readonly person: number,
  ) {
    window.addEventListener("pagehide", () => this.tell());
  }

  /** The place to open at: the server's, unless this device saw the same person move later. */
  choose(server: (View & { at: number }) | null, device: View | null): View | null {
    if (!server || !device) return server ?? device;
    try {
      const owner = JSON.parse(localStorage.getItem(OWNER_KEY) ?? "{}") as { person?: number; at?: number };
      return owner.person === this.person && (owner.at ?? 0) > server.at ? device : server;
    } catch {
      return server;
    }
  }

  follow(view: View): void {
    try {
      localStorage.setItem(OWNER_KEY, JSON.stringify({ person: this.person, at: Date.now() }));
    } catch {
      // A private window forgets.
    }
    this.waiting = view;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.tell(), REST_MS);
  }

  private tell(): void {
    clearTimeout(this.timer);
    if (!this.waiting || !navigator.onLine) return;
    const { lon, lat, zoom } = this.waiting;
    this.waiting = null;
    const body = new URLSearchParams({ lon: lon.toFixed(6), lat: lat.toFixed(6), zoom: String(Math.round(zoom)) });
    // keepalive: also while the page is being left. What is lost is a place, not work.
    void fetch(this.url, { method: "POST", body, headers: { "X-CSRFToken": csrfToken() }, keepalive: true }).catch(() => undefined);
  }
}
