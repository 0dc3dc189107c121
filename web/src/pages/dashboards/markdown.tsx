import type { ReactNode } from "react";
import { ExternalLink } from "@/ui";

type Block = { kind: "heading" | "text"; text: string } | { kind: "list"; ordered: boolean; items: string[] };

/** Splits a text into headings, lists and paragraphs. */
export function blocks(text: string): Block[] {
  const found: Block[] = [];
  let open: Block | undefined;
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.trim();
    const [, heading] = /^#{1,6}\s+(.*)$/.exec(line) ?? [];
    const [, mark, item] = /^([-*]|\d+[.)])\s+(.*)$/.exec(line) ?? [];
    if (!line) open = undefined;
    else if (heading !== undefined) {
      found.push({ kind: "heading", text: heading });
      open = undefined;
    } else if (item !== undefined) {
      const ordered = /\d/.test(mark ?? "");
      if (open?.kind === "list" && open.ordered === ordered) open.items.push(item);
      else found.push((open = { kind: "list", ordered, items: [item] }));
    } else if (open?.kind === "list") open.items[open.items.length - 1] += ` ${line}`;
    else if (open?.kind === "text") open.text += ` ${line}`;
    else found.push((open = { kind: "text", text: line }));
  }
  return found;
}

const inline = /\*\*(?<strong>[^*]+)\*\*|`(?<code>[^`]+)`|\[(?<label>[^\]]+)\]\((?<href>[^)\s]+)\)|(?<![\p{L}\p{N}*_])[*_](?<em>[^*_]+)[*_](?![\p{L}\p{N}*_])/gu;

/** Only addresses of the web: never a script. */
const safe = (href: string) => /^https?:\/\//i.test(href) || /^\/(?!\/)/.test(href);

function spans(text: string): ReactNode[] {
  const out: ReactNode[] = [];
  let from = 0;
  for (const match of text.matchAll(inline)) {
    out.push(text.slice(from, match.index));
    from = match.index + match[0].length;
    const { strong, code, label, href, em } = match.groups ?? {};
    const key = match.index;
    if (strong) out.push(<strong key={key}>{strong}</strong>);
    else if (code) out.push(<code key={key}>{code}</code>);
    else if (em) out.push(<em key={key}>{em}</em>);
    else if (label && href && safe(href)) out.push(href.startsWith("/") ? <a key={key} href={href}>{label}</a> : <ExternalLink key={key} href={href}>{label}</ExternalLink>);
    else out.push(match[0]);
  }
  out.push(text.slice(from));
  return out;
}

/** A text of a dashboard: headings, lists, bold, italic, code and links. Anything else, HTML too, is shown as it is. */
export function Markdown({ text }: { text: string }) {
  return blocks(text).map((block, i) => {
    if (block.kind === "list") {
      const items = block.items.map((item, j) => <li key={j}>{spans(item)}</li>);
      return block.ordered ? <ol key={i}>{items}</ol> : <ul key={i}>{items}</ul>;
    }
    return block.kind === "heading" ? <h3 key={i}>{spans(block.text)}</h3> : <p key={i}>{spans(block.text)}</p>;
  });
}
