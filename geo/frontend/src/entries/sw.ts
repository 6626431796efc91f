/**
 * The service worker of the field pages: opens them without a network. Pages come from the network first and from the
 * cache when there is none; hashed assets from the cache first. It never touches what is sent: the store does that.
 */
export {};

interface KeepMessage {
  kind: "keep";
  pages: string[];
  assets: string[];
  /** Pages that are not named are over and may go. */
  complete: boolean;
}

// The typings of a worker and of a page cannot be loaded together; these are the parts used here.
interface WorkerScope {
  addEventListener(type: "install" | "activate", listener: (event: ExtendableEventLike) => void): void;
  addEventListener(type: "fetch", listener: (event: FetchEventLike) => void): void;
  addEventListener(type: "message", listener: (event: ExtendableEventLike & { data: unknown }) => void): void;
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void> };
  location: Location;
}
interface ExtendableEventLike {
  waitUntil(work: Promise<unknown>): void;
}
interface FetchEventLike extends ExtendableEventLike {
  request: Request;
  respondWith(answer: Promise<Response>): void;
}

const scope = self as unknown as WorkerScope;
const PAGES = "chengkan-field-pages";
const ASSETS = "chengkan-field-assets";
const HOME = "/field/";
/** Answers vary by cookie and language; on one phone, for one person, the last one is the right one. */
const LOOSELY = { ignoreVary: true };

scope.addEventListener("install", (event) => event.waitUntil(scope.skipWaiting()));
scope.addEventListener("activate", (event) => event.waitUntil(scope.clients.claim()));

scope.addEventListener("message", (event) => {
  const message = event.data as KeepMessage;
  if (message?.kind === "keep") event.waitUntil(keep(message));
});

scope.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== scope.location.origin) return;
  if (request.mode === "navigate" && url.pathname.startsWith(HOME)) event.respondWith(page(request));
  else if (url.pathname.startsWith("/static/assets/")) event.respondWith(asset(request));
  else if (url.pathname.startsWith("/static/") || url.pathname.startsWith("/jsi18n/")) event.respondWith(freshAsset(request));
});

async function keep(message: KeepMessage): Promise<void> {
  const pages = await caches.open(PAGES);
  const wanted = new Set(message.pages);
  for (const request of await pages.keys()) {
    if (message.complete && !wanted.has(new URL(request.url).pathname)) await pages.delete(request);
  }
  for (const path of message.pages) await quietly(async () => remember(pages, path, await fetch(path, { credentials: "same-origin" })));
  const assets = await caches.open(ASSETS);
  for (const path of message.assets) {
    if (!(await assets.match(path, LOOSELY))) await quietly(async () => remember(assets, path, await fetch(path)));
  }
}

async function quietly(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch {
    // No network just now: the next visit keeps it.
  }
}

/** Only whole answers of the page itself; a sign-in page instead means that nothing of this person may stay. */
async function remember(cache: Cache, key: string | Request, answer: Response): Promise<void> {
  if (answer.redirected) await caches.delete(PAGES);
  else if (answer.ok) await cache.put(key, answer);
}

async function page(request: Request): Promise<Response> {
  const path = new URL(request.url).pathname;
  try {
    const answer = await fetch(request);
    if (answer.type === "opaqueredirect" || answer.redirected) await caches.delete(PAGES);
    else if (answer.ok) await (await caches.open(PAGES)).put(path, answer.clone());
    return answer;
  } catch (error) {
    const pages = await caches.open(PAGES);
    const kept = (await pages.match(path, LOOSELY)) ?? (await pages.match(HOME, LOOSELY));
    if (kept) return kept;
    throw error;
  }
}

async function asset(request: Request): Promise<Response> {
  const cache = await caches.open(ASSETS);
  const kept = await cache.match(request, LOOSELY);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) await cache.put(request, answer.clone());
  return answer;
}

async function freshAsset(request: Request): Promise<Response> {
  const cache = await caches.open(ASSETS);
  try {
    const answer = await fetch(request);
    if (answer.ok) await cache.put(request, answer.clone());
    return answer;
  } catch (error) {
    const kept = await cache.match(request, { ...LOOSELY, ignoreSearch: true });
    if (kept) return kept;
    throw error;
  }
}
