// Runs before the first paint, so that neither the theme nor the language flashes. The keys are those of
// src/app/theme.ts and src/i18n/locale.ts.
try {
  const root = document.documentElement;
  const theme = localStorage.getItem("hosu.theme");
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  const locale = localStorage.getItem("hosu.locale");
  root.lang = locale === "en" || locale === "ko" ? locale : /^ko\b/.test(navigator.language) ? "ko" : "en";
} catch {
  // Storage may be forbidden: the system's theme then.
}
