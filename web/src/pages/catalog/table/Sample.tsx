import { IconTerminal2 } from "@tabler/icons-react";
import { Suspense, lazy, useEffect, useState } from "react";
import type { TableDetail } from "@/api";
import { useT } from "@/i18n";
import { runQuery, useQueryState, type QueryHandle } from "@/query";
import { EmptyState, ErrorState, LinkButton, Skeleton } from "@/ui";
import { firstRows } from "./sql";
import { VersionSelect } from "./VersionSelect";
import css from "../Table.module.css";

const DataGrid = lazy(() => import("@/ui/grid").then((m) => ({ default: m.DataGrid })));

const limit = 100;

/** The first rows of a table, of the current version or an older one. */
export function Sample({ table, snapshot, onSnapshot }: { table: TableDetail; snapshot: string | undefined; onSnapshot: (snapshot: string | undefined) => void }) {
  const t = useT();
  const [attempt, setAttempt] = useState(0);
  const sql = firstRows(table.name, limit, snapshot);
  const handle = useRun(sql, attempt);
  const state = useQueryState(handle);
  return (
    <div className={css.tab}>
      <div className={css.bar}>
        {table.kind === "table" && <VersionSelect table={table.name} value={snapshot} onChange={onSnapshot} />}
        <span className={css.note}>{state?.status === "succeeded" && state.rows > 0 ? t("catalog.sample.note", { n: state.rows }) : ""}</span>
        <LinkButton to="/sql" search={{ sql }} size="s" icon={<IconTerminal2 />} className={css.push}>
          {t("catalog.sample.open")}
        </LinkButton>
      </div>
      <div className={css.grid}>
        {state?.error ? (
          <ErrorState error={state.error} title={t("catalog.sample.failed")} onRetry={() => setAttempt(attempt + 1)} />
        ) : state?.status === "succeeded" && state.rows === 0 ? (
          <EmptyState title={t("catalog.sample.empty")} />
        ) : handle === undefined || state === undefined || state.columns.length === 0 ? (
          <GridSkeleton />
        ) : (
          <Suspense fallback={<GridSkeleton />}>
            <DataGrid label={t("catalog.tab.sample")} source={handle} />
          </Suspense>
        )}
      </div>
    </div>
  );
}

/** A statement that runs while it is on screen. */
function useRun(sql: string, attempt: number): QueryHandle | undefined {
  const [handle, setHandle] = useState<QueryHandle>();
  useEffect(() => {
    const started = runQuery({ sql, maxRows: limit });
    // eslint-disable-next-line react-hooks/set-state-in-effect -- a worker outside of React
    setHandle(started);
    return () => started.dispose();
  }, [sql, attempt]);
  return handle;
}

function GridSkeleton() {
  return <div className={css.bones}>{Array.from({ length: 14 }, (_, i) => <Skeleton key={i} height={12} width={`${96 - ((i * 13) % 30)}%`} />)}</div>;
}
