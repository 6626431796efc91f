/** The one row of tools, with its keys and the sentence that says what to do next. */
import { byId } from "../lib/dom";
import { gettext } from "../lib/i18n";
import type { Tool, Tools } from "./tools";

const KEYS: Record<string, Tool> = { v: "select", n: "draw", e: "edit", s: "split", m: "merge" };

const bar = byId("drawing-tools", HTMLElement);
const hint = byId("drawing-hint", HTMLElement);

function act(name: string): HTMLButtonElement | null {
  return bar.querySelector<HTMLButtonElement>(`[data-act="${name}"]`);
}

function hintFor(tool: Tool): string {
  switch (tool) {
    case "draw":
      return gettext("沿边界逐点点击，靠近邻区会自动吸附；点回第一点或按“完成”结束。");
    case "edit":
      return gettext("拖动顶点改边线，拖动中点加顶点；公共边上的邻区一起移动。");
    case "split":
      return gettext("从图形一侧点到另一侧，越过对边即切开。");
    case "merge":
      return gettext("点选要保留的图形，再点选要并入的相邻图形。");
    default:
      return "";
  }
}

/** Say which tool is in hand. */
export function tellTool(tool: Tool, drawing: boolean): void {
  for (const button of bar.querySelectorAll("[data-tool]")) {
    button.setAttribute("aria-pressed", String(button.getAttribute("data-tool") === tool));
  }
  hint.textContent = hintFor(tool);
  const finish = act("finish");
  if (finish) finish.hidden = !drawing;
}

interface Acts {
  undo(): void;
  redo(): void;
  save(): void;
}

export function setUpToolbar(tools: Tools, acts: Acts) {
  bar.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    const tool = button?.getAttribute("data-tool") as Tool | null | undefined;
    const name = button?.getAttribute("data-act");
    if (tool) tools.set(tool);
    if (name === "finish") tools.finish();
    if (name === "undo" || name === "redo" || name === "save") acts[name]();
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target instanceof HTMLSelectElement || (event.target instanceof HTMLInputElement && event.target.type !== "checkbox");
    const key = event.key.toLowerCase();
    if (event.ctrlKey || event.metaKey) {
      const name = key === "s" ? "save" : typing ? "" : key === "y" || (key === "z" && event.shiftKey) ? "redo" : key === "z" ? "undo" : "";
      if (name === "save" || name === "undo" || name === "redo") {
        event.preventDefault();
        acts[name]();
      }
      return;
    }
    if (typing || event.altKey) return;
    const tool = KEYS[key];
    if (tool && bar.querySelector(`[data-tool="${tool}"]`)) tools.set(tool);
    if (key === "escape") tools.set("select");
  });
  return {
    tell({ canUndo, canRedo, canSave }: { canUndo: boolean; canRedo: boolean; canSave: boolean }): void {
      for (const [name, can] of [["undo", canUndo], ["redo", canRedo], ["save", canSave]] as const) {
        const button = act(name);
        if (button) button.disabled = !can;
      }
    },
    busy(busy: boolean): void {
      act("save")?.setAttribute("aria-busy", String(busy));
    },
  };
}
