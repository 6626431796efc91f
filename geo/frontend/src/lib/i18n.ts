/**
 * Translation from Django's JavaScript catalogue (/jsi18n/, loaded by base.html before any module).
 * Source strings are Chinese; without a catalogue (tests, offline first start) they are shown as written.
 */
interface DjangoCatalogue {
  gettext(msgid: string): string;
  ngettext(singular: string, plural: string, count: number): string;
  interpolate(format: string, values: Record<string, unknown>, named: true): string;
}

declare global {
  interface Window {
    django?: Partial<DjangoCatalogue>;
  }
}

function catalogue(): Partial<DjangoCatalogue> | undefined {
  return typeof window === "undefined" ? undefined : window.django;
}

export function gettext(msgid: string): string {
  return catalogue()?.gettext?.(msgid) ?? msgid;
}

export function ngettext(singular: string, plural: string, count: number): string {
  return catalogue()?.ngettext?.(singular, plural, count) ?? (count === 1 ? singular : plural);
}

/** Fill `%(name)s` places: interpolate(gettext("还剩 %(days)s 天"), { days: 2 }). */
export function interpolate(format: string, values: Record<string, string | number>): string {
  return format.replace(/%\((\w+)\)[sd]/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

/** "zh-hans" or "en", as the server rendered the page. */
export function language(): string {
  return typeof document === "undefined" ? "zh-hans" : document.documentElement.lang || "zh-hans";
}

export function isChinese(): boolean {
  return language().toLowerCase().startsWith("zh");
}
