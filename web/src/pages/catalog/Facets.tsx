import type { ReactNode } from "react";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import { useStatusLabel } from "@/ui";
import type { Counts } from "./find";
import { standingGroups, type CatalogSearch } from "./search";
import css from "./Catalog.module.css";

/** What the list can be narrowed down to, with how much each choice would leave. */
export function Facets({ filters, counts, onChange }: {
  filters: CatalogSearch;
  counts: Counts;
  onChange: (next: Partial<CatalogSearch>) => void;
}) {
  const t = useT();
  const standing = useStatusLabel();
  const statuses = standingGroups.filter((s) => counts.status[s] || filters.status === s);
  const namespaces =
    filters.in && !counts.namespaces.some((n) => n.name === filters.in) ? [...counts.namespaces, { name: filters.in, count: 0 }] : counts.namespaces;
  return (
    <div className={css.facets}>
      {statuses.length > 0 && (
        <Facet label={t("catalog.status")}>
          {statuses.map((s) => (
            <Choice
              key={s}
              label={standing(s)}
              count={counts.status[s] ?? 0}
              tone={s}
              on={filters.status === s}
              onToggle={(on) => onChange({ status: on ? s : undefined })}
            />
          ))}
        </Facet>
      )}
      <Facet label={t("catalog.kind")}>
        {(["table", "view"] as const).map((kind) => (
          <Choice
            key={kind}
            label={t(kind === "table" ? "catalog.tables" : "catalog.views")}
            count={counts.kind[kind]}
            on={filters.kind === kind}
            onToggle={(on) => onChange({ kind: on ? kind : undefined })}
          />
        ))}
      </Facet>
      <Facet label={t("catalog.namespace")}>
        {namespaces.map(({ name, count }) => (
          <Choice key={name} label={name} count={count} on={filters.in === name} onToggle={(on) => onChange({ in: on ? name : undefined })} />
        ))}
      </Facet>
    </div>
  );
}

function Facet({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div role="group" aria-label={label} className={css.facet}>
      <div className={css.facetLabel} aria-hidden>
        {label}
      </div>
      {children}
    </div>
  );
}

function Choice({ label, count, tone, on, onToggle }: { label: string; count: number; tone?: string; on: boolean; onToggle: (on: boolean) => void }) {
  const format = useFormat();
  return (
    <button type="button" className={css.choice} aria-pressed={on} onClick={() => onToggle(!on)}>
      {tone && <span className={css.tone} data-tone={tone} aria-hidden />}
      <span className={css.choiceLabel} title={label}>{label}</span>
      <span className={css.choiceCount}>{format.number(count)}</span>
    </button>
  );
}
