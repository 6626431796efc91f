/** The phone's own position, watched while a page is open. */
import { gettext } from "../lib/i18n";
import type { Reading } from "./store";

/** Accuracy steps, as on the server: within 10 m one sees which house, beyond 50 m a reading is marked as poor. */
export const GOOD_ACCURACY_M = 10;
export const POOR_ACCURACY_M = 50;
/** A reading older than this is asked for anew when a photo is taken. */
const FRESH_MS = 30_000;
const ASK_TIMEOUT_MS = 10_000;

export type PositionQuality = "none" | "good" | "fair" | "poor";

export function qualityOf(reading: Reading | null): PositionQuality {
  if (!reading) return "none";
  if (reading.accuracyM <= GOOD_ACCURACY_M) return "good";
  return reading.accuracyM <= POOR_ACCURACY_M ? "fair" : "poor";
}

function toReading(position: GeolocationPosition): Reading {
  return {
    lat: position.coords.latitude,
    lon: position.coords.longitude,
    accuracyM: Math.round(position.coords.accuracy * 10) / 10,
    at: new Date(position.timestamp).toISOString(),
  };
}

function explain(error: GeolocationPositionError): string {
  if (error.code === error.PERMISSION_DENIED) {
    return gettext("没有定位权限。请在浏览器设置中允许定位；不允许也能发送，但会标注“没有手机定位”。");
  }
  return gettext("暂时没有定位信号，正在继续尝试。");
}

type Listener = (reading: Reading | null, trouble: string) => void;

export class PositionWatch {
  reading: Reading | null = null;
  trouble = "";
  private readonly listeners: Listener[] = [];

  constructor() {
    if (!("geolocation" in navigator) || !window.isSecureContext) {
      this.trouble = gettext("此页面不能使用定位（需要 HTTPS）。");
      return;
    }
    navigator.geolocation.watchPosition(
      (position) => this.take(toReading(position)),
      (error) => this.fail(explain(error)),
      { enableHighAccuracy: true, maximumAge: 5_000, timeout: 30_000 },
    );
  }

  /** Told at once and at every change. */
  follow(listener: Listener): void {
    this.listeners.push(listener);
    listener(this.reading, this.trouble);
  }

  /** A reading for something captured just now: the watched one if it is fresh, else a new one, else what there is. */
  async now(): Promise<Reading | null> {
    const current = this.reading;
    if (current && Date.now() - Date.parse(current.at) <= FRESH_MS) return current;
    if (!("geolocation" in navigator) || !window.isSecureContext) return current;
    return new Promise((resolve) => {
      navigator.geolocation.getCurrentPosition(
        (position) => {
          this.take(toReading(position));
          resolve(this.reading);
        },
        () => resolve(this.reading),
        { enableHighAccuracy: true, maximumAge: 10_000, timeout: ASK_TIMEOUT_MS },
      );
    });
  }

  private take(reading: Reading): void {
    this.reading = reading;
    this.trouble = "";
    this.tell();
  }

  private fail(trouble: string): void {
    this.trouble = trouble;
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) listener(this.reading, this.trouble);
  }
}

const EARTH_RADIUS_M = 6_371_008.8;

/** Great-circle distance, for sorting and for telling how far a task is. */
export function distanceM(a: { lat: number; lon: number }, b: { lat: number; lon: number }): number {
  const radians = Math.PI / 180;
  const dLat = (b.lat - a.lat) * radians;
  const dLon = (b.lon - a.lon) * radians;
  const h = Math.sin(dLat / 2) ** 2 + Math.cos(a.lat * radians) * Math.cos(b.lat * radians) * Math.sin(dLon / 2) ** 2;
  return 2 * EARTH_RADIUS_M * Math.asin(Math.sqrt(h));
}

export function formatDistance(metres: number): string {
  return metres < 1000 ? `${Math.round(metres / 10) * 10} m` : `${(metres / 1000).toFixed(1)} km`;
}
