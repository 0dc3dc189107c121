import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useT } from "@/i18n";
import { IconButton } from "./Button";
import { toast } from "./Toast";

/** Copies a text: a name, a statement. */
export function CopyButton({ text, label, size = "s" }: { text: string | (() => string); label?: string; size?: "m" | "s" }) {
  const t = useT();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1500);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <>
      <IconButton
        size={size}
        label={label ?? t("ui.copy")}
        icon={copied ? <IconCheck /> : <IconCopy />}
        onClick={() =>
          void copyText(typeof text === "string" ? text : text()).then((done) => {
            setCopied(done);
            if (!done) toast(t("ui.copy.failed"), "bad");
          })
        }
      />
      <span className="sr-only" role="status">
        {copied ? t("ui.copied") : ""}
      </span>
    </>
  );
}

/**
 * Puts a text on the clipboard, also one that is still being made; says whether it could. Also where the page is not
 * served securely, and has no navigator.clipboard.
 */
export async function copyText(text: string | Promise<string>): Promise<boolean> {
  try {
    if (typeof text === "string") await navigator.clipboard.writeText(text);
    else {
      // Safari allows it only at the click itself: the item waits for its text.
      const blob = text.then((made) => new Blob([made], { type: "text/plain" }));
      await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
    }
    return true;
  } catch {
    return copyBySelection(await text);
  }
}

function copyBySelection(text: string): boolean {
  const area = document.createElement("textarea");
  area.value = text;
  area.style.cssText = "position:fixed;opacity:0";
  const focused = document.activeElement;
  // A dialog takes the focus back from what is outside of it.
  (focused?.closest('[role="dialog"]') ?? document.body).append(area);
  area.select();
  // The only way without navigator.clipboard.
  const done = document.execCommand("copy");
  area.remove();
  if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
  return done;
}
