/** Small pieces of markup made in the browser. */
import { icon, type IconName } from "../lib/icons";

interface Attributes {
  class?: string;
  text?: string;
  [name: `aria-${string}` | `data-${string}`]: string;
  type?: string;
  href?: string;
  role?: string;
}

export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") element.textContent = value ?? "";
    else if (value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

export function badge(tone: string, iconName: IconName, words: string): HTMLElement {
  return make("span", { class: `badge tone-${tone}` }, icon(iconName), words);
}

export function button(words: string, iconName: IconName, run: () => void, look = ""): HTMLButtonElement {
  const element = make("button", { type: "button", class: `button ${look}`.trim() }, icon(iconName), words);
  element.addEventListener("click", run);
  return element;
}

/** The element that the page must have. */
export function need<E extends Element>(root: ParentNode, selector: string): E {
  const found = root.querySelector<E>(selector);
  if (!found) throw new Error(`the page has no ${selector}`);
  return found;
}
