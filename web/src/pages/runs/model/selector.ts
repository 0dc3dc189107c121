import type { AssetStatus } from "@/api";

/** `+marts.daily_sales+`, taken apart. */
export type Selector = { name: string; up: boolean; down: boolean };

export function readSelector(text: string): Selector {
  const trimmed = text.trim();
  const up = trimmed.startsWith("+");
  const down = trimmed.length > 1 && trimmed.endsWith("+");
  return { name: trimmed.slice(up ? 1 : 0, down ? -1 : undefined).trim(), up, down };
}

export const writeSelector = ({ name, up, down }: Selector): string => `${up ? "+" : ""}${name}${down ? "+" : ""}`;

export type Suggestion = { name: string; kind: "asset" | "namespace" | "tag"; n: number };

/** What can be selected: assets, namespaces and tags, with the number of assets each of them is. */
export function suggestions(assets: readonly AssetStatus[]): Suggestion[] {
  const count = (names: string[]) => {
    const counts = new Map<string, number>();
    for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
    return [...counts].sort(([a], [b]) => a.localeCompare(b));
  };
  const namespace = (name: string) => name.slice(0, Math.max(0, name.lastIndexOf(".")));
  return [
    ...assets.map(({ asset }): Suggestion => ({ name: asset, kind: "asset", n: 1 })),
    ...count(assets.map(({ asset }) => namespace(asset)).filter(Boolean)).map(([name, n]): Suggestion => ({ name: `${name}.*`, kind: "namespace", n })),
    ...count(assets.flatMap(({ tags }) => tags ?? [])).map(([name, n]): Suggestion => ({ name: `tag:${name}`, kind: "tag", n })),
  ];
}

/** The suggestions for what was typed: those that begin with it first, then those that contain it. */
export function suggest(all: readonly Suggestion[], typed: string, most = 50): Suggestion[] {
  const wanted = readSelector(typed).name.toLowerCase();
  if (!wanted) return all.slice(0, most);
  const begins: Suggestion[] = [];
  const contains: Suggestion[] = [];
  for (const s of all) {
    const at = s.name.toLowerCase().indexOf(wanted);
    // A part of a name begins behind its dot or colon.
    if (at === 0 || (at > 0 && /[.:]/.test(s.name[at - 1] ?? ""))) begins.push(s);
    else if (at > 0) contains.push(s);
  }
  return [...begins, ...contains].slice(0, most);
}
