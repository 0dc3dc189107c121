/** Colours as a canvas takes them: a token such as `var(--series-1)` in the theme that is on. */
export function resolveColor(token: string, within: Element = document.body): string {
  const probe = document.createElement("span");
  probe.style.color = token;
  probe.style.display = "none";
  within.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

export const seriesToken = (i: number) => `var(--series-${(i % 8) + 1})`;

export type Palette = { text: string; faint: string; line: string; axis: string; raised: string; surface: string; border: string; accent: string; low: string; font: string };

export function palette(within: Element): Palette {
  const color = (token: string) => resolveColor(token, within);
  return {
    text: color("var(--text)"),
    faint: color("var(--text-3)"),
    line: color("var(--line)"),
    axis: color("var(--line-2)"),
    raised: color("var(--raised)"),
    surface: color("var(--surface)"),
    border: color("var(--line-2)"),
    accent: color("var(--accent)"),
    low: color("var(--accent-soft)"),
    font: getComputedStyle(within).fontFamily,
  };
}
