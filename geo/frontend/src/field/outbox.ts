/**
 * <ck-outbox>: everything captured on this phone, each with its state (waiting, sending, sent, needs attention with the
 * reason), with retry, removal of what cannot be sent, and export of the unsent.
 */
import { liveQuery } from "dexie";
import { toast } from "../elements/toasts";
import { formatMoment, joined } from "../lib/format";
import { gettext, interpolate } from "../lib/i18n";
import type { IconName } from "../lib/icons";
import { pageData } from "./data";
import { badge, button, make } from "./dom";
import { downloadUnsent } from "./export";
import type { Sender } from "./send";
import { type ItemState, store, type StoredPhoto, type StoredReport } from "./store";

const LOOK: Record<ItemState, { tone: string; icon: IconName; words: () => string }> = {
  draft: { tone: "authorised", icon: "file", words: () => gettext("草稿") },
  waiting: { tone: "found", icon: "clock", words: () => gettext("待发送") },
  sending: { tone: "demolition", icon: "upload", words: () => gettext("发送中") },
  sent: { tone: "closed", icon: "check-circle", words: () => gettext("已送达") },
  attention: { tone: "determined", icon: "alert", words: () => gettext("需处理") },
};

interface Entry {
  report: StoredReport;
  photos: StoredPhoto[];
  state: ItemState;
  reasons: string[];
}

/** The state of a report together with its photos: the one that most needs to be seen. */
function entryOf(report: StoredReport, photos: StoredPhoto[]): Entry {
  const rows = [report, ...photos];
  const state = (["attention", "sending", "waiting"] as const).find((one) => rows.some((row) => row.state === one)) ?? "sent";
  const reasons = [...new Set(rows.filter((row) => row.state !== "sent" && row.reason).map((row) => row.reason))];
  return { report, photos, state, reasons };
}

async function entries(user: number): Promise<{ mine: Entry[]; others: number }> {
  const all = await store.reports.filter((report) => report.state !== "draft").toArray();
  const mine = await Promise.all(
    all
      .filter((report) => report.user === user)
      .sort((a, b) => b.createdAt.localeCompare(a.createdAt))
      .map(async (report) => entryOf(report, await store.photos.where({ reportId: report.clientId }).toArray())),
  );
  const others = all.filter((report) => report.user !== user && report.state !== "sent").length;
  return { mine, others };
}

export class Outbox extends HTMLElement {
  private sender: Sender | null = null;
  private user = 0;

  connectedCallback(): void {
    this.setAttribute("role", "status");
    this.user = pageData()?.user ?? 0;
    liveQuery(() => entries(this.user)).subscribe({
      next: (found) => this.render(found.mine, found.others),
      error: (error: unknown) =>
        this.replaceChildren(
          make("p", { class: "notice tone-determined", role: "alert" }, gettext("本机存储不可用，拍摄内容无法暂存："), String(error)),
        ),
    });
  }

  use(sender: Sender): void {
    this.sender = sender;
  }

  private render(mine: Entry[], others: number): void {
    this.hidden = mine.length === 0 && others === 0;
    this.replaceChildren();
    if (this.hidden) return;
    const open = mine.filter((entry) => entry.state !== "sent");
    const heading = open.length ? interpolate(gettext("发件箱：%(count)s 项未送达"), { count: open.length }) : gettext("发件箱：全部已送达");
    const acts = make("div", { class: "outbox__acts" });
    if (open.length) {
      acts.append(
        button(gettext("立即发送"), "refresh", () => void this.retry(), ""),
        button(gettext("导出未送达"), "download", () => void downloadUnsent(this.user), "button--quiet"),
      );
    }
    this.append(make("div", { class: "outbox__head" }, make("h2", { text: heading }), acts));
    if (others) {
      const words = interpolate(gettext("本机还有另一用户的 %(count)s 项未送达，该用户登录后会继续发送。"), { count: others });
      this.append(make("p", { class: "notice tone-found", text: words }));
    }
    this.append(make("ul", { class: "outbox__list" }, ...mine.map((entry) => this.line(entry))));
  }

  private line(entry: Entry): HTMLElement {
    const { report, photos, state, reasons } = entry;
    const look = LOOK[state];
    const sent = photos.filter((photo) => photo.state === "sent").length;
    const details = interpolate(gettext("%(moment)s · 照片 %(sent)s/%(count)s"), {
      moment: formatMoment(report.capturedAt ?? report.createdAt),
      sent,
      count: photos.length,
    });
    const line = make(
      "li",
      { class: `outbox__item tone-${look.tone}`, "data-state": state },
      make("div", { class: "outbox__title" }, make("strong", { text: report.title }), badge(look.tone, look.icon, look.words())),
      make("p", { class: "outbox__details", text: details }),
    );
    for (const reason of reasons) line.append(make("p", { class: "outbox__reason", text: reason }));
    const marks = new Set([...report.marks, ...photos.flatMap((photo) => photo.marks)].map((mark) => mark.text));
    if (state === "sent" && marks.size) {
      line.append(make("p", { class: "outbox__details", text: interpolate(gettext("标注：%(marks)s"), { marks: joined([...marks]) }) }));
    }
    if (state === "attention") {
      line.append(
        make(
          "div",
          { class: "outbox__acts" },
          button(gettext("重试"), "refresh", () => void this.retry(report.clientId), ""),
          button(gettext("移除不能发送的"), "close", () => void this.discard(entry), "button--quiet"),
        ),
      );
    }
    return line;
  }

  private async retry(reportId?: string): Promise<void> {
    const mine = (row: { user: number; state: ItemState }) => row.user === this.user && row.state === "attention";
    await store.reports.filter((row) => mine(row) && (!reportId || row.clientId === reportId)).modify({ state: "waiting" });
    await store.photos.filter((row) => mine(row) && (!reportId || row.reportId === reportId)).modify({ state: "waiting" });
    await this.sender?.flush();
    const left = await store.reports.where({ user: this.user, state: "waiting" }).first();
    if (left) toast(left.reason || gettext("还没有送达，联网后会自动发送。"), { tone: "found" });
  }

  private async discard({ report, photos }: Entry): Promise<void> {
    const bad = photos.filter((photo) => photo.state === "attention");
    const count = bad.length + (report.state === "attention" ? 1 : 0);
    if (!window.confirm(interpolate(gettext("从本机删除 %(count)s 项不能发送的内容？删除后无法恢复。"), { count }))) return;
    await store.photos.bulkDelete(bad.map((photo) => photo.clientId));
    if (report.state === "attention") {
      await store.photos.where({ reportId: report.clientId }).delete();
      await store.reports.delete(report.clientId);
    }
  }
}

customElements.define("ck-outbox", Outbox);
