/** Unsent work as one file, for when sending does not come to work. */
import { store } from "./store";
import { zip, type ZipMember } from "./zip";

/** A ZIP with inspections.json and every photo that the server has not acknowledged. */
export async function exportUnsent(user: number): Promise<Blob> {
  const reports = await store.reports.filter((report) => report.user === user).toArray();
  const members: ZipMember[] = [];
  const told = [];
  for (const report of reports) {
    const photos = await store.photos.where({ reportId: report.clientId }).toArray();
    const open = photos.filter((photo) => photo.state !== "sent");
    if (report.state === "sent" && open.length === 0) continue;
    const named = [];
    for (const { blob, ...photo } of open) {
      const ending = /\.[A-Za-z0-9]{1,5}$/.exec(photo.name)?.[0] ?? ".jpg";
      const file = `photos/${photo.clientId}${ending}`;
      if (blob) members.push({ name: file, data: new Uint8Array(await blob.arrayBuffer()) });
      named.push({ ...photo, file });
    }
    told.push({ ...report, photos: named });
  }
  const text = JSON.stringify({ exportedAt: new Date().toISOString(), user, reports: told }, null, 2);
  return zip([{ name: "inspections.json", data: new TextEncoder().encode(text) }, ...members]);
}

export async function downloadUnsent(user: number): Promise<void> {
  const url = URL.createObjectURL(await exportUnsent(user));
  const link = document.createElement("a");
  link.href = url;
  link.download = `chengkan-${new Date().toISOString().slice(0, 16).replace(/[:T]/g, "-")}.zip`;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
