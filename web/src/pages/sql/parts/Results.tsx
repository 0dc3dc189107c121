import { IconBan, IconChartBar, IconInfoCircle, IconTable, IconTableOff, IconTerminal2 } from "@tabler/icons-react";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import type { QueryHandle, QueryState } from "@/query";
import { useQueryState } from "@/query";
import { Button, EmptyState, Skeleton, Tabs } from "@/ui";
import { DataGrid } from "@/ui/grid";
import { runs, type Run } from "../state/runs";
import { Problem } from "./Problem";
import { runKeys } from "./Toolbar";
import css from "./Results.module.css";

const ChartPanel = lazy(() => import("./ChartPanel").then((m) => ({ default: m.ChartPanel })));

type View = "table" | "chart";

/** What became of the last run of a draft: its rows, its chart, or why there are none. */
export function Results({ draft, run, state, line, fix, onShow, onRun, onDownload }: {
  draft: string;
  run: Run | undefined;
  state: QueryState | undefined;
  /** Where its error is in the text. */
  line: number | undefined;
  fix: { name: string; apply: () => void } | undefined;
  onShow: () => void;
  onRun: () => void;
  onDownload: () => void;
}) {
  const t = useT();
  const f = useFormat();
  const [view, setView] = useState<View>("table");
  const before = useQueryState(run?.previous);

  if (run === undefined || state === undefined) {
    return runs.dropped(draft) ? (
      <EmptyState icon={<IconTableOff />} title={t("sql.result.dropped")} action={<Button onClick={onRun}>{t("sql.run.again")}</Button>}>
        {t("sql.result.dropped.detail")}
      </EmptyState>
    ) : (
      <EmptyState icon={<IconTerminal2 />} title={t("sql.result.idle")}>
        <span className={css.desk}>{t("sql.result.idle.detail", { keys: runKeys })}</span>
        <span className={css.phone}>{t("sql.result.idle.phone")}</span>
      </EmptyState>
    );
  }
  const problem = state.error && state.status === "failed" && (
    <Problem error={state.error} line={line} fix={fix} rows={state.rows > 0 ? t("sql.rows", { n: state.rows, rows: f.number(state.rows) }) : undefined} onShow={onShow} onRetry={onRun} />
  );
  if (state.status === "failed" && state.rows === 0) return problem;

  const waiting = state.status === "running" && state.columns.length === 0;
  // The result before stays on screen, out of the way, until there is something of the new one.
  const old = waiting && before !== undefined && before.rows > 0;
  const handle = old ? run.previous! : run.handle;
  const shown = old ? before : state;
  if (waiting && !old) return <Waiting />;
  if (state.status === "cancelled" && state.rows === 0) {
    return (
      <EmptyState icon={<IconBan />} title={t("sql.result.cancelled")} action={<Button onClick={onRun}>{t("sql.run.again")}</Button>}>
        {t("sql.result.cancelled.detail")}
      </EmptyState>
    );
  }
  return (
    <div className={css.result} data-old={old || undefined} aria-busy={state.status === "running"}>
      {problem}
      {state.info?.truncated && (
        <div className={css.note}>
          <IconInfoCircle size={15} aria-hidden />
          <span>{t("sql.result.truncated", { rows: f.number(state.rows) })}</span>
          <Button size="s" look="quiet" onClick={onDownload}>
            {t("sql.result.truncated.action")}
          </Button>
        </div>
      )}
      <Tabs
        fill
        label={t("sql.result")}
        value={view}
        onChange={setView}
        tabs={[
          { value: "table", label: t("sql.result.table"), icon: <IconTable aria-hidden /> },
          { value: "chart", label: t("sql.result.chart"), icon: <IconChartBar aria-hidden /> },
        ]}
      >
        {view === "table" ? (
          <Rows handle={handle} state={shown} />
        ) : (
          <Suspense fallback={<Waiting />}>
            <ChartPanel key={draft} draft={draft} handle={handle} state={shown} />
          </Suspense>
        )}
      </Tabs>
    </div>
  );
}

function Rows({ handle, state }: { handle: QueryHandle; state: QueryState }) {
  const t = useT();
  const frame = useRef<HTMLDivElement>(null);
  const arrived = state.rows > 0;
  useFirstRows(frame, handle.id, arrived);
  if (state.status === "succeeded" && state.rows === 0) {
    return (
      <EmptyState icon={<IconTableOff />} title={t("sql.result.none")}>
        {t("sql.result.none.detail", { columns: state.columns.map((c) => c.name).join(", ") })}
      </EmptyState>
    );
  }
  return (
    <div ref={frame} className={css.grid}>
      <DataGrid key={handle.id} label={t("sql.result")} source={handle} />
    </div>
  );
}

const marked = new Set<string>();

/** Notes when the first rows of a result are on screen, for the browser's timeline and the tests. */
function useFirstRows(frame: React.RefObject<HTMLElement | null>, id: string, arrived: boolean): void {
  useEffect(() => {
    if (!arrived || marked.has(id)) return;
    let next = 0;
    const look = () => {
      if (frame.current?.querySelector('[role="gridcell"]')) {
        marked.add(id);
        performance.mark("hosu:first-rows", { detail: { id } });
      } else next = requestAnimationFrame(look);
    };
    look();
    return () => cancelAnimationFrame(next);
  }, [frame, id, arrived]);
}

/** A short wait is not worth a change of the screen. */
function Waiting() {
  const t = useT();
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 300);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className={css.waiting} aria-busy="true" aria-label={t("sql.result.waiting")}>
      {late && <Skeleton lines={8} />}
    </div>
  );
}
