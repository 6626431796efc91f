/** Registers the service worker and tells it which pages this person may need without a network. */
import type { PageData } from "./data";

export async function keepPagesOffline(data: PageData): Promise<void> {
  if (!("serviceWorker" in navigator) || !window.isSecureContext) return;
  try {
    await navigator.serviceWorker.register(data.urls.worker, { scope: data.urls.home });
    const registration = await navigator.serviceWorker.ready;
    const pages = [data.urls.home, `${data.urls.home}new/`, ...(data.tasks ?? []).map((task) => `${data.urls.home}${task.id}/`)];
    const assets = performance
      .getEntriesByType("resource")
      .map((entry) => new URL(entry.name))
      .filter((url) => url.origin === location.origin && /\.(js|css|svg|png)$|^\/jsi18n\//.test(url.pathname))
      .map((url) => url.pathname + url.search);
    registration.active?.postMessage({ kind: "keep", user: data.user, pages, assets });
  } catch {
    // Without a worker the pages need a network to open; what was captured stays in the store all the same.
  }
}
