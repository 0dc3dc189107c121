import { useCallback } from "react";
import { useT } from "@/i18n";

/** What is promised of a column, in the language of the interface. */
export function useCheckLabel(): (check: string) => string {
  const t = useT();
  return useCallback(
    (check) => {
      if (check === "not_null" || check === "unique" || check === "accepted_values") return t(`catalog.check.${check}`);
      if (check.startsWith("references ")) return `→ ${check.slice("references ".length)}`;
      return check;
    },
    [t],
  );
}
