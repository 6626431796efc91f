/** Light, dark or as the system says; kept on this device. `data-theme` on <html> is what the CSS reads. */
const STORAGE_KEY = "chengkan.theme";
export type Theme = "light" | "dark" | "system";

export function storedTheme(): Theme {
  try {
    const value = localStorage.getItem(STORAGE_KEY);
    return value === "light" || value === "dark" ? value : "system";
  } catch {
    return "system";
  }
}

export function isDark(): boolean {
  const theme = storedTheme();
  return theme === "dark" || (theme === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
}

export function applyTheme(theme: Theme): void {
  const root = document.documentElement;
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  try {
    if (theme === "system") localStorage.removeItem(STORAGE_KEY);
    else localStorage.setItem(STORAGE_KEY, theme);
  } catch {
    // A private window keeps the choice for this page only.
  }
  document.dispatchEvent(new CustomEvent("chengkan:theme", { detail: { dark: isDark() } }));
}

/** Where the system decides, its change is told like one of ours: what is drawn by script draws itself anew. */
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  if (storedTheme() === "system") document.dispatchEvent(new CustomEvent("chengkan:theme", { detail: { dark: isDark() } }));
});

/** A colour or size from tokens.css, for canvas drawing. */
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
