/**
 * form[data-upload]: sends large files with a progress bar and time left. Without script the form sends itself.
 * XMLHttpRequest, because fetch tells nothing about what was sent.
 */
import { toast } from "../elements/toasts";
import { gettext, interpolate } from "../lib/i18n";
import { csrfToken } from "../lib/request";

const MEGABYTE = 1024 * 1024;

function timeLeft(sentShare: number, startedAt: number): string {
  const seconds = ((Date.now() - startedAt) / sentShare) * (1 - sentShare) / 1000;
  if (!Number.isFinite(seconds)) return "";
  return seconds < 60
    ? gettext("不到 1 分钟")
    : interpolate(gettext("约剩 %(minutes)s 分钟"), { minutes: Math.round(seconds / 60) });
}

function start(form: HTMLFormElement): void {
  const request = new XMLHttpRequest();
  const box = form.querySelector<HTMLElement>("[data-upload-progress]")!;
  const bar = box.querySelector("progress")!;
  const text = box.querySelector<HTMLElement>("[data-upload-text]")!;
  const left = box.querySelector<HTMLElement>("[data-upload-left]")!;
  const button = form.querySelector<HTMLButtonElement>("button[type=submit]")!;
  const startedAt = Date.now();
  const body = new FormData(form);
  box.hidden = false;
  button.disabled = true;
  button.setAttribute("aria-busy", "true");

  const restore = () => {
    box.hidden = true;
    button.disabled = false;
    button.removeAttribute("aria-busy");
  };
  request.upload.addEventListener("progress", (event) => {
    if (!event.lengthComputable) return;
    const share = event.loaded / event.total;
    bar.value = share * 100;
    text.textContent = interpolate(gettext("已上传 %(sent)s / %(total)s MB"), {
      sent: (event.loaded / MEGABYTE).toFixed(1),
      total: (event.total / MEGABYTE).toFixed(1),
    });
    left.textContent = share < 1 ? timeLeft(share, startedAt) : (form.dataset.uploadSaving ?? gettext("正在保存原片"));
  });
  request.addEventListener("load", () => {
    // The answer is a page: the snapshot's own after a redirect, or the form with what is wrong.
    if (request.status === 422) {
      const answer = new DOMParser().parseFromString(request.responseText, "text/html");
      const fresh = answer.getElementById("upload-page");
      if (fresh) {
        const chosen = form.querySelectorAll<HTMLInputElement>("input[type=file]");
        document.getElementById("upload-page")!.replaceWith(fresh);
        // The files that were chosen stay chosen.
        for (const input of chosen) document.querySelector(`input[type=file][name="${input.name}"]`)?.replaceWith(input);
        document.querySelector<HTMLElement>(".error-summary")?.focus();
        return;
      }
    }
    if (request.status < 400) location.assign(request.responseURL);
    else {
      restore();
      toast(request.status === 413 ? gettext("文件太大。") : gettext("上传没有成功，已选的文件仍在，请重试。"), { tone: "determined" });
    }
  });
  request.addEventListener("error", () => {
    restore();
    toast(gettext("网络中断，上传没有完成；已选的文件仍在，请重试。"), { tone: "determined" });
  });
  request.open("POST", form.action || location.href);
  request.setRequestHeader("X-CSRFToken", csrfToken());
  request.send(body);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.hasAttribute("data-upload") || !form.reportValidity()) return;
  event.preventDefault();
  start(form);
});
