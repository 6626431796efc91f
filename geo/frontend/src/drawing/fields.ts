/** The form beside an outline: one input for each field that the layer has (geo/drawing/fields.py). */
import { el } from "../lib/dom";
import { gettext } from "../lib/i18n";
import type { FieldConfig, Values } from "./types";

/** What a new outline starts from: nothing is chosen for somebody, but a yes-or-no starts at no. */
export function emptyFields(fields: readonly FieldConfig[]): Values {
  return Object.fromEntries(fields.map(({ name, kind }) => [name, kind === "yes_no" ? "0" : ""]));
}

export function valueField(spec: FieldConfig, value: string, onValue: (value: string) => void): HTMLElement {
  const label = el("span", { class: "field__label" }, spec.required ? `${spec.label} *` : spec.label);
  if (spec.kind === "yes_no") {
    const box = el("input", { type: "checkbox", checked: value === "1" });
    box.addEventListener("change", () => onValue(box.checked ? "1" : "0"));
    return el("label", { class: "choice" }, box, spec.label);
  }
  const input = spec.kind === "choice" ? choice(spec, value) : plain(spec, value);
  input.addEventListener("change", () => onValue(input.value.trim()));
  return el("label", { class: "field" }, label, input);
}

function choice(spec: FieldConfig, value: string): HTMLSelectElement {
  const options = [["", gettext("请选择")], ...spec.choices] as [string, string][];
  const select = el("select", { class: "input", required: spec.required });
  select.append(...options.map(([code, words]) => el("option", { value: code, selected: code === value }, words)));
  return select;
}

function plain(spec: FieldConfig, value: string): HTMLInputElement {
  const modes = { whole: "numeric", number: "decimal" } as const;
  const mode = spec.kind === "whole" || spec.kind === "number" ? modes[spec.kind] : null;
  const type = spec.kind === "date" ? "date" : "text";
  return el("input", { class: "input", type, value, required: spec.required, inputmode: mode, maxlength: 200, autocomplete: "off" });
}
