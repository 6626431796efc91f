/** Put words on the clipboard and say so; also where the page came by plain http, which browsers give no clipboard. */
import { toast } from "../elements/toasts";
import { gettext } from "./i18n";

function copyOldWay(text: string): boolean {
  const holder = document.createElement("textarea");
  holder.value = text;
  holder.className = "visually-hidden";
  document.body.append(holder);
  const focused = document.activeElement;
  holder.select();
  const done = document.execCommand("copy");
  holder.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return done;
}

export async function copyText(text: string, done: string): Promise<void> {
  let copied = false;
  try {
    await navigator.clipboard.writeText(text);
    copied = true;
  } catch {
    copied = copyOldWay(text);
  }
  toast(copied ? done : gettext("浏览器不允许复制。"), copied ? {} : { tone: "found" });
}
