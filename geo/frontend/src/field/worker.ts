/** Registers the service worker and tells it which pages this person may need without a network. */
import type { PageData } from "./data";

export async function keepPagesOffline(data: PageData): Promise<void> {
  if (!("serviceWorker" in navigator) || !window.isSecureContext) return;
  try {
    await navigator.serviceWorker.register(data.urls.worker, { scope: data.urls.home });
    const registration = await navigator.serviceWorker.ready;
    const tasks = (data.tasks ?? []).map((task) => `${data.urls.home}${task.id}/`);
    const pages = [data.urls.home, `${data.urls.home}new/`, ...tasks, ...(data.task ? [location.pathname] : [])];
    const icon = document.querySelector<HTMLLinkElement>("link[rel=icon]")?.href;
    const loaded = performance.getEntriesByType("resource").map((entry) => entry.name);
    const assets = [...loaded, ...(icon ? [icon] : [])]
      .map((address) => new URL(address))
      .filter((url) => url.origin === location.origin && /\.(js|css|svg|png)$|^\/jsi18n\//.test(url.pathname))
      .map((url) => url.pathname + url.search);
    // Only the task list knows which tasks are over: it alone has old pages forgotten.
    registration.active?.postMessage({ kind: "keep", pages, assets, complete: data.tasks !== undefined });
  } catch {
    // Without a worker the pages need a network to open; what was captured stays in the store all the same.
  }
}
