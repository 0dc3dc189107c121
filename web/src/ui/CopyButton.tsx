import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useT } from "@/i18n";
import { IconButton } from "./Button";

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
        onClick={() => void copyText(typeof text === "string" ? text : text()).then(setCopied)}
      />
      <span className="sr-only" role="status">
        {copied ? t("ui.copied") : ""}
      </span>
    </>
  );
}

/** Puts a text on the clipboard; says whether it could. Also where the page is not served securely. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.style.cssText = "position:fixed;opacity:0";
    document.body.append(area);
    area.select();
    // The only way without navigator.clipboard, which plain http:// does not have.
     
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}
