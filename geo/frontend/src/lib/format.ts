/** How areas, dates, deadlines and money are written; the template tags in `{% load chengkan %}` write them alike. */
import { gettext, interpolate, isChinese } from "./i18n";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const OFFICE_TIME_ZONE = "Asia/Shanghai";
const ENGLISH_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

function grouped(value: number, decimals: number): string {
  return value.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

/** Words of a list behind one another, parted as the reader's language parts them. */
export function listed(words: readonly string[]): string {
  return words.join(isChinese() ? "、" : ", ");
}

/** Sentences and phrases behind one another. */
export function joined(parts: readonly string[]): string {
  return parts.join(isChinese() ? "；" : "; ");
}

/** `128.4 ± 6.1 m²`; without an uncertainty `128.4 m²`. */
export function formatArea(areaM2: number, uncertaintyM2?: number | null): string {
  const area = grouped(areaM2, 1);
  return uncertaintyM2 == null ? `${area} m²` : `${area} ± ${grouped(uncertaintyM2, 1)} m²`;
}

/** `¥38,520.00`; takes the decimal string of the API so that no cent is lost to floating point. */
export function formatMoney(amountYuan: string | number): string {
  const [whole = "0", cents = ""] = String(amountYuan).split(".");
  const sign = whole.startsWith("-") ? "-" : "";
  const digits = whole.replace("-", "").replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  return `${sign}¥${digits}.${cents.padEnd(2, "0").slice(0, 2)}`;
}

export function formatNumber(value: number, decimals = 0): string {
  return grouped(value, decimals);
}

interface CivilTime {
  year: number;
  month: number;
  day: number;
  hour: string;
  minute: string;
}

/** Calendar fields: a plain date (YYYY-MM-DD) as written, a moment in office time. */
function civil(value: string | Date): CivilTime {
  const plain = typeof value === "string" ? /^(\d{4})-(\d{2})-(\d{2})$/.exec(value) : null;
  if (plain) {
    return { year: Number(plain[1]), month: Number(plain[2]), day: Number(plain[3]), hour: "00", minute: "00" };
  }
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: OFFICE_TIME_ZONE,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  }).formatToParts(new Date(value));
  const part = (type: string) => parts.find((item) => item.type === type)?.value ?? "";
  return {
    year: Number(part("year")),
    month: Number(part("month")),
    day: Number(part("day")),
    hour: part("hour"),
    minute: part("minute"),
  };
}

/** 2026年11月22日, in English 22 Nov 2026. */
export function formatDate(value: string | Date): string {
  const { year, month, day } = civil(value);
  return isChinese() ? `${year}年${month}月${day}日` : `${day} ${ENGLISH_MONTHS[month - 1] ?? ""} ${year}`;
}

/** 2026年11月22日 14:05 */
export function formatMoment(value: string | Date): string {
  const { hour, minute } = civil(value);
  return `${formatDate(value)} ${hour}:${minute}`;
}

export interface DeadlineText {
  text: string;
  tone: "overdue" | "soon" | "ahead";
}

/** 还剩 2 天 / 还剩 5 小时 / 逾期 3 天; whole days count down from the moment itself, the last day is told in hours. */
export function formatDeadline(due: string | Date, now: Date = new Date()): DeadlineText {
  const leftMs = new Date(due).getTime() - now.getTime();
  if (leftMs < 0) {
    const days = Math.floor(-leftMs / DAY_MS);
    if (days >= 1) return { text: interpolate(gettext("逾期 %(days)s 天"), { days }), tone: "overdue" };
    const hours = Math.max(1, Math.floor(-leftMs / HOUR_MS));
    return { text: interpolate(gettext("逾期 %(hours)s 小时"), { hours }), tone: "overdue" };
  }
  const days = Math.floor(leftMs / DAY_MS);
  if (days >= 1) {
    return { text: interpolate(gettext("还剩 %(days)s 天"), { days }), tone: days < 2 ? "soon" : "ahead" };
  }
  const hours = Math.max(1, Math.floor(leftMs / HOUR_MS));
  return { text: interpolate(gettext("还剩 %(hours)s 小时"), { hours }), tone: "soon" };
}
