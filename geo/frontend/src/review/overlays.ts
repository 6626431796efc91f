/** Overlays of the later picture, fetched when they are first asked for; one that is not kept any more says so. */
import { toast } from "../elements/toasts";

export function toggleOverlay(article: HTMLElement, button: HTMLElement): void {
  if (button.dataset.gone) {
    toast(button.dataset.gone, { tone: "found" });
    return;
  }
  const image = article.querySelector<HTMLImageElement>(`[data-overlay-image="${button.dataset.overlay ?? ""}"]`);
  if (!image?.dataset.source) return;
  if (!image.getAttribute("src")) image.src = image.dataset.source;
  image.hidden = !image.hidden;
  button.setAttribute("aria-pressed", String(!image.hidden));
}
