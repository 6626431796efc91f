/** Loaded by every page (base.html): styles, htmx with the CSRF token, theme, menus, small elements, offline bar. */
import htmx from "htmx.org";
import "../styles/components/index.css";
import "../elements/deadline";
import "../elements/drawer";
import "../elements/menu";
import "../elements/nav";
import "../elements/search";
import "../elements/tabs";
import "../elements/ticks";
import "../elements/unread";
import { toast } from "../elements/toasts";
import { gettext } from "../lib/i18n";
import { csrfToken } from "../lib/request";
import { applyTheme, storedTheme, type Theme } from "../lib/theme";

htmx.config.includeIndicatorStyles = false;
htmx.config.allowEval = false;
htmx.config.selfRequestsOnly = true;

document.addEventListener("htmx:configRequest", (event) => {
  (event as CustomEvent<{ headers: Record<string, string> }>).detail.headers["X-CSRFToken"] = csrfToken();
});
document.addEventListener("htmx:sendError", () => toast(gettext("网络不通，操作没有送出，请稍后重试。"), { tone: "determined" }));
document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = (event as CustomEvent<{ xhr: XMLHttpRequest }>).detail;
  const text = xhr.status === 403 ? gettext("没有权限进行此操作。") : gettext("操作没有成功，请重试。");
  toast(text, { tone: "determined" });
});

/** [data-theme-choice="light|dark|system"] buttons of the user menu. */
function markTheme(): void {
  for (const button of document.querySelectorAll<HTMLElement>("[data-theme-choice]")) {
    button.setAttribute("aria-checked", String(button.dataset.themeChoice === storedTheme()));
  }
}

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  const choice = target?.closest<HTMLElement>("[data-theme-choice]")?.dataset.themeChoice;
  if (choice) {
    applyTheme(choice as Theme);
    markTheme();
  }
  if (target?.closest("[data-print]")) window.print();
  target?.closest("[data-dismiss]")?.closest(".notice")?.remove();
});

/** A form with data-once sends once: its buttons go busy, and come back when the page is shown again from the history. */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.hasAttribute("data-once")) return;
  setTimeout(() => {
    for (const button of form.querySelectorAll<HTMLButtonElement>("button[type=submit]")) {
      button.disabled = true;
      button.setAttribute("aria-busy", "true");
    }
  });
});
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const button of document.querySelectorAll<HTMLButtonElement>("form[data-once] button[aria-busy]")) {
    button.disabled = false;
    button.removeAttribute("aria-busy");
  }
});

/** [data-submit-on-change] selects send their form; without script the form's own button does. */
document.addEventListener("change", (event) => {
  const control = event.target instanceof Element ? event.target.closest("[data-submit-on-change]") : null;
  if (control instanceof HTMLSelectElement || control instanceof HTMLInputElement) control.form?.requestSubmit();
});

function tellConnection(): void {
  const bar = document.getElementById("offline-bar");
  if (bar) bar.hidden = navigator.onLine;
}
window.addEventListener("online", tellConnection);
window.addEventListener("offline", tellConnection);

markTheme();
tellConnection();
