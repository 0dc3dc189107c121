import { IconClock } from "@tabler/icons-react";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import { Button, Link, Popover, Skeleton, Time, useNow } from "@/ui";
import type { TableRead } from "./data";
import css from "./Dashboard.module.css";

/** How old the data is: as old as that of the table that has changed least recently. */
export function Fresh({ tables, loading }: { tables: readonly TableRead[]; loading: boolean }) {
  const t = useT();
  const f = useFormat();
  const now = useNow();
  const oldest = tables[0];
  if (!oldest) return loading ? <Skeleton width={150} height="var(--control)" /> : null;
  return (
    <Popover
      align="end"
      width={340}
      label={t("dashboards.fresh.title")}
      trigger={
        <Button look="quiet" icon={<IconClock />}>
          {t("dashboards.fresh", { when: f.relative(oldest.updated_at, now) })}
        </Button>
      }
    >
      <div className={css.fresh}>
        <h3>{t("dashboards.fresh.title")}</h3>
        <p>{t("dashboards.fresh.detail")}</p>
        <ul>
          {tables.map((table) => (
            <li key={table.table}>
              <Link to="/catalog/$table" params={{ table: table.table }}>
                {table.table}
              </Link>
              <Time at={table.updated_at} />
            </li>
          ))}
        </ul>
      </div>
    </Popover>
  );
}
