/**
 * Whether a part of the page is gone because a newer version was installed while it was open, as the browsers (and, for its styles,
 * Vite) say it: only loading the page anew helps.
 */
export const isStale = (error: unknown): boolean => /dynamically imported module|module script|unable to preload CSS/i.test(error instanceof Error ? error.message : "");
