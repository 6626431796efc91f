/** What was found at a place, as the drawer tells it: title and state, facts, pictures, where to go on. */
import { el } from "../lib/dom";
import { icon } from "../lib/icons";
import type { Told } from "./types";

function badge(state: NonNullable<Told["state"]>): HTMLElement {
  return el("span", { class: `badge tone-${state.tone}` }, icon(state.icon), state.label);
}

function body(told: Told): HTMLElement {
  const facts = el("dl", { class: "facts" });
  for (const [label, value] of told.facts) facts.append(el("div", {}, el("dt", {}, label), el("dd", {}, value)));
  const pictures = el("div", { class: "photo-strip" });
  for (const picture of told.pictures) {
    const image = el("img", { src: picture.url, alt: picture.alt, loading: "lazy" });
    pictures.append(el("figure", { class: "photo" }, image, el("figcaption", {}, picture.alt)));
  }
  return el(
    "div",
    { class: "told__body stack" },
    told.facts.length > 0 && facts,
    told.pictures.length > 0 && pictures,
    told.url && el("a", { class: "button button--primary", href: told.url }, told.url_label, icon("arrow-right")),
  );
}

/** One thing; the first is open. `onOpen` lights its shape up on the map. */
export function tell(told: Told, open: boolean, onOpen: (told: Told) => void): HTMLDetailsElement {
  const summary = el(
    "summary",
    {},
    el("span", { class: "told__layer" }, told.layer_label),
    el("span", { class: "told__title" }, told.title),
    told.state && badge(told.state),
  );
  const details = el("details", { class: "told", name: "told", open }, summary, body(told));
  details.addEventListener("toggle", () => {
    if (details.open) onOpen(told);
  });
  return details;
}
