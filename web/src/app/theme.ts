import { useSyncExternalStore } from "react";

/** What was chosen: `system` follows the system's setting, also while it changes. */
export type Theme = "system" | "light" | "dark";

const key = "hosu.theme"; // also in public/boot.js, which applies it before the first paint
const listeners = new Set<() => void>();
const dark = window.matchMedia("(prefers-color-scheme: dark)");

function stored(): Theme {
  const attribute = document.documentElement.dataset.theme;
  return attribute === "light" || attribute === "dark" ? attribute : "system";
}

export function chooseTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    if (theme === "system") localStorage.removeItem(key);
    else localStorage.setItem(key, theme);
  } catch {
    // Not remembered, then.
  }
  listeners.forEach((changed) => changed());
}

function subscribe(changed: () => void): () => void {
  listeners.add(changed);
  dark.addEventListener("change", changed);
  return () => {
    listeners.delete(changed);
    dark.removeEventListener("change", changed);
  };
}

export const useTheme = (): Theme => useSyncExternalStore(subscribe, stored);

/** The theme on screen. Canvases (charts) must draw again when it changes. */
export const useScheme = (): "light" | "dark" =>
  useSyncExternalStore(subscribe, () => {
    const theme = stored();
    return theme === "system" ? (dark.matches ? "dark" : "light") : theme;
  });
