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

export type Palette = { text: string; faint: string; line: string; axis: string; raised: string; surface: string; border: string; accent: string; onAccent: string; low: string; font: string };

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
    onAccent: color("var(--text-on-accent)"),
    low: color("var(--accent-soft)"),
    font: getComputedStyle(within).fontFamily,
  };
}

const channels = (color: string) => (color.match(/[\d.]+/g) ?? []).slice(0, 3).map(Number);

/** How light a colour is, from 0 to 1 (WCAG 2, relative luminance). */
function luminance(rgb: readonly number[]): number {
  const [r = 0, g = 0, b = 0] = rgb.map((c) => (c <= 10 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** The one of two colours of text that is read better on the colour that is this far from `from` to `to`. */
export function legible(from: string, to: string, share: number, texts: readonly [string, string]): string {
  const end = channels(to);
  const ground = luminance(channels(from).map((c, i) => c + ((end[i] ?? c) - c) * share)) + 0.05;
  const contrast = (text: string) => {
    const light = luminance(channels(text)) + 0.05;
    return Math.max(light, ground) / Math.min(light, ground);
  };
  return contrast(texts[0]) >= contrast(texts[1]) ? texts[0] : texts[1];
}
