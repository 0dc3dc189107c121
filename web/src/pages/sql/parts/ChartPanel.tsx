import { IconChartBarOff, IconRotate } from "@tabler/icons-react";
import { useState } from "react";
import { useFormat } from "@/format";
import { useT, type MessageId } from "@/i18n";
import type { QueryHandle, QueryState } from "@/query";
import { Button, Combobox, EmptyState, ErrorState, Segmented, Select, Skeleton } from "@/ui";
import { aggregateFor, usable, type Aggregate, type ChartSpec } from "../chart/choose";
import { useDrawing, useSuggestion } from "../chart/useChart";
import { ResultChart } from "./ResultChart";
import css from "./ChartPanel.module.css";

/** What was chosen for drafts, for as long as the page is open: another run with the same columns is drawn in the same way. */
const choices = new Map<string, { columns: string; spec: ChartSpec }>();
const columnsKey = (state: QueryState) => state.columns.map((c) => `${c.name} ${c.type}`).join("\n");

const aggregates: readonly Aggregate[] = ["sum", "avg", "min", "max", "count"];

/** A result as a chart: the one that says most, until the person chooses another. */
export function ChartPanel({ draft, handle, state }: { draft: string; handle: QueryHandle; state: QueryState }) {
  const t = useT();
  const f = useFormat();
  const [, changed] = useState(0);
  const suggestion = useSuggestion(handle, state);
  const stored = choices.get(draft);
  const chosen = stored?.columns === columnsKey(state) ? stored.spec : undefined;
  const spec = chosen ?? suggestion.data;
  const drawing = useDrawing(handle, state, spec, f.zone);

  if (state.status === "running" || suggestion.isPending) {
    return (
      <div className={css.loading} aria-busy="true" aria-label={t("sql.chart.loading")}>
        <Skeleton height="100%" width="100%" radius="var(--radius)" />
      </div>
    );
  }
  if (!spec) {
    return (
      <EmptyState icon={<IconChartBarOff />} title={t("sql.chart.none")}>
        {t("sql.chart.none.detail")}
      </EmptyState>
    );
  }
  const choose = (change: Partial<ChartSpec> | undefined) => {
    if (change === undefined) choices.delete(draft);
    else choices.set(draft, { columns: columnsKey(state), spec: { ...spec, ...change } });
    changed((n) => n + 1);
  };
  return (
    <div className={css.panel}>
      <Pickers state={state} spec={spec} aggregated={drawing.data?.notes.aggregated === true} chosen={chosen !== undefined} onChoose={choose} />
      <div className={css.chart}>
        {drawing.error ? (
          <ErrorState error={drawing.error} title={t("sql.chart.failed")} compact onRetry={() => void drawing.refetch()} />
        ) : drawing.data ? (
          <ResultChart spec={spec} drawing={drawing.data} columns={state.columns} />
        ) : (
          <Skeleton height="100%" width="100%" radius="var(--radius)" />
        )}
      </div>
      {drawing.data && <Notes spec={spec} notes={drawing.data.notes} rows={drawing.data.rows} />}
    </div>
  );
}

function Pickers({ state, spec, aggregated, chosen, onChoose }: {
  state: QueryState;
  spec: ChartSpec;
  aggregated: boolean;
  chosen: boolean;
  onChoose: (change: Partial<ChartSpec> | undefined) => void;
}) {
  const t = useT();
  const { columns } = state;
  const can = usable(columns);
  const option = (i: number) => ({ value: String(i), label: columns[i]!.name });
  return (
    <div className={css.pickers}>
      <Segmented
        size="s"
        label={t("sql.chart.type")}
        value={spec.type}
        onChange={(type) => onChoose({ type })}
        options={[
          { value: "line", label: t("sql.chart.line") },
          { value: "bar", label: t("sql.chart.bar") },
          { value: "stacked", label: t("sql.chart.stacked") },
        ]}
      />
      <span className={css.picker}>
        <span className={css.label} aria-hidden>{t("sql.chart.x")}</span>
        <Select size="s" label={t("sql.chart.x")} labelHidden value={String(spec.x)} options={can.x.map(option)} onChange={(x) => onChoose({ x: Number(x), series: spec.series === Number(x) ? undefined : spec.series })} />
      </span>
      <Combobox
        multiple
        clearable={false}
        size="s"
        label={t("sql.chart.y")}
        value={spec.y.map(String)}
        options={can.y.map(option)}
        onChange={(y) => {
          if (y.length === 0) return;
          const next = y.map(Number);
          // Several measures and a division at once cannot be told apart.
          onChoose({ y: next, series: next.length > 1 ? undefined : spec.series, aggregate: next[0] === spec.y[0] ? spec.aggregate : aggregateFor(columns[next[0]!]!.name) });
        }}
      />
      {can.series.some((i) => i !== spec.x) && (
        <span className={css.picker}>
          <span className={css.label} aria-hidden>{t("sql.chart.series")}</span>
          <Select
            size="s"
            label={t("sql.chart.series")}
            labelHidden
            value={spec.series === undefined ? "" : String(spec.series)}
            options={[{ value: "", label: t("sql.chart.series.none") }, ...can.series.filter((i) => i !== spec.x).map(option)]}
            onChange={(series) => onChoose(series === "" ? { series: undefined } : { series: Number(series), y: spec.y.slice(0, 1) })}
          />
        </span>
      )}
      {aggregated && (
        <span className={css.picker}>
          <span className={css.label} aria-hidden>{t("sql.chart.aggregate")}</span>
          <Select
            size="s"
            label={t("sql.chart.aggregate")}
            labelHidden
            value={spec.aggregate}
            options={aggregates.map((value) => ({ value, label: t(`sql.chart.aggregate.${value}`) }))}
            onChange={(aggregate) => onChoose({ aggregate })}
          />
        </span>
      )}
      {chosen && (
        <Button size="s" look="quiet" icon={<IconRotate aria-hidden />} onClick={() => onChoose(undefined)}>
          {t("sql.chart.reset")}
        </Button>
      )}
    </div>
  );
}

/** What was done so that it can be read. */
function Notes({ spec, notes, rows }: { spec: ChartSpec; notes: NonNullable<ReturnType<typeof useDrawing>["data"]>["notes"]; rows: { shown: number; total: number } }) {
  const t = useT();
  const f = useFormat();
  const counts = ({ shown, total }: { shown: number; total: number }) => ({ shown: f.number(shown), total: f.number(total) });
  const said: string[] = [];
  if (rows.shown < rows.total) said.push(t("sql.chart.note.rows", counts(rows)));
  if (notes.bucket) said.push(t(`sql.chart.note.bucket.${notes.bucket}` satisfies MessageId));
  if (notes.categories) said.push(t("sql.chart.note.categories", counts(notes.categories)));
  if (notes.series) said.push(t("sql.chart.note.series", counts(notes.series)));
  if (notes.aggregated && !notes.bucket) said.push(t("sql.chart.note.aggregated", { how: t(`sql.chart.aggregate.${spec.aggregate}`) }));
  return said.length === 0 ? null : <p className={css.notes}>{said.join(" ")}</p>;
}

