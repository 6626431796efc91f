/**
 * The one way to the server. Adds the CSRF token, a time limit and JSON; every failure is one of three typed errors,
 * so that a page can say what happened and what is kept.
 */
import { gettext } from "./i18n";

export const DEFAULT_TIMEOUT_MS = 20_000;

/** No answer: no network, server down, or the time limit ran out. What was sent may be sent again. */
export class NetworkError extends Error {
  override name = "NetworkError";
  readonly timedOut: boolean;
  constructor(message: string, timedOut = false) {
    super(message);
    this.timedOut = timedOut;
  }
}

/** An answer with a status of 400 or more; `detail` is what the server said, in the user's language. */
export class HttpError extends Error {
  override name = "HttpError";
  readonly status: number;
  readonly detail: string;
  readonly fields: Record<string, string[]>;
  readonly body: unknown;
  constructor(status: number, detail: string, fields: Record<string, string[]>, body: unknown) {
    super(`${status}: ${detail}`);
    this.status = status;
    this.detail = detail;
    this.fields = fields;
    this.body = body;
  }
}

/** The session ended: the server sent a sign-in page where data was asked for. */
export class SignedOutError extends Error {
  override name = "SignedOutError";
}

export interface RequestOptions {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Sent as JSON, unless it is FormData, URLSearchParams or a Blob. */
  body?: unknown;
  headers?: Record<string, string>;
  timeoutMs?: number;
  signal?: AbortSignal;
}

export function csrfToken(): string {
  const fromCookie = /(?:^|;\s*)csrftoken=([^;]+)/.exec(document.cookie)?.[1];
  return fromCookie ?? document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";
}

function isRawBody(body: unknown): body is FormData | URLSearchParams | Blob {
  return body instanceof FormData || body instanceof URLSearchParams || body instanceof Blob;
}

function explain(status: number, body: unknown): { detail: string; fields: Record<string, string[]> } {
  const fields: Record<string, string[]> = {};
  let detail = "";
  if (body && typeof body === "object" && !Array.isArray(body)) {
    for (const [name, value] of Object.entries(body)) {
      if (name === "detail" && typeof value === "string") detail = value;
      else if (Array.isArray(value)) fields[name] = value.map(String);
    }
    detail ||= Object.values(fields).flat().join(" ");
  }
  if (!detail) {
    if (status === 403) detail = gettext("没有权限进行此操作。");
    else if (status === 404) detail = gettext("没有找到，或不在您的管辖范围内。");
    else if (status === 409) detail = gettext("别人刚刚更改过，请刷新后再试。");
    else if (status === 413) detail = gettext("文件太大。");
    else if (status >= 500) detail = gettext("服务器出错，您填写的内容仍在，请稍后重试。");
    else detail = gettext("请求没有成功。");
  }
  return { detail, fields };
}

/** Send, and give back the raw answer when its status is below 400. */
export async function send(url: string, options: RequestOptions = {}): Promise<Response> {
  const method = options.method ?? "GET";
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort("timeout"), options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
  const stop = () => limit.abort(options.signal?.reason);
  if (options.signal?.aborted) stop();
  options.signal?.addEventListener("abort", stop, { once: true });
  const headers: Record<string, string> = {
    Accept: "application/json",
    "X-Requested-With": "XMLHttpRequest",
    ...options.headers,
  };
  const init: RequestInit = { method, headers, credentials: "same-origin", signal: limit.signal };
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
  if (options.body !== undefined) {
    if (isRawBody(options.body)) init.body = options.body;
    else {
      headers["Content-Type"] = "application/json";
      init.body = JSON.stringify(options.body);
    }
  }
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    const timedOut = limit.signal.reason === "timeout";
    throw new NetworkError(timedOut ? gettext("服务器没有在规定时间内回应。") : gettext("网络不通。"), timedOut);
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener("abort", stop);
  }
  const signInPage = response.redirected && new URL(response.url).pathname.startsWith("/accounts/");
  if (response.status === 401 || signInPage) {
    throw new SignedOutError(gettext("登录已过期，请重新登录。"));
  }
  if (response.status >= 400) {
    const isJson = response.headers.get("Content-Type")?.includes("json") ?? false;
    const body: unknown = isJson ? await response.json().catch(() => null) : await response.text().catch(() => "");
    const { detail, fields } = explain(response.status, body);
    throw new HttpError(response.status, detail, fields, body);
  }
  return response;
}

/** Send and read JSON; `null` for an empty answer (204). */
export async function requestJson<T>(url: string, options: RequestOptions = {}): Promise<T> {
  const response = await send(url, options);
  if (response.status === 204) return null as T;
  return (await response.json()) as T;
}

/** One sentence for a toast, whatever went wrong. */
export function errorText(error: unknown): string {
  if (error instanceof HttpError) return error.detail;
  if (error instanceof NetworkError || error instanceof SignedOutError) return error.message;
  return gettext("出了意外的错误，请重试。");
}
