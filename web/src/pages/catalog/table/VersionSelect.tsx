import { useInfiniteQuery } from "@tanstack/react-query";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import { Select } from "@/ui";
import { tableQueries } from "./data";
import { useOperation } from "./operation";

/** Which version of a table to look at. */
export function VersionSelect({ table, value, onChange }: { table: string; value: string | undefined; onChange: (snapshot: string | undefined) => void }) {
  const t = useT();
  const f = useFormat();
  const operation = useOperation();
  const { data } = useInfiniteQuery(tableQueries.snapshots(table));
  const versions = data?.pages.flatMap((page) => page.items) ?? [];
  const known = !value || versions.some((v) => v.id === value);
  return (
    <Select
      label={t("catalog.snapshot")}
      labelHidden
      size="s"
      value={value ?? ""}
      onChange={(id) => onChange(id || undefined)}
      options={[
        { value: "", label: t("catalog.snapshot.current") },
        ...(known ? [] : [{ value, label: value }]),
        ...versions.filter((v) => !v.current || v.id === value).map((v) => ({ value: v.id, label: `${f.dateTime(v.at, true)} · ${operation(v.operation)}` })),
      ]}
    />
  );
}
