import { IconChartLine } from "@tabler/icons-react";
import { useState, type PointerEvent } from "react";
import type { Overview } from "@/api";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import { Card, EmptyState, Segmented, Skeleton, Sparkline } from "@/ui";
import css from "./Home.module.css";

/** How the tables have grown. Pointing at it says how large they were then. */
export function GrowthCard({ growth, storage }: { growth: Overview["growth"] | undefined; storage: Overview["storage"] | undefined }) {
  const t = useT();
  const f = useFormat();
  const [by, setBy] = useState<"rows" | "bytes">("rows");
  const [at, setAt] = useState<number>();
  const write = by === "rows" ? f.compact : f.bytes;
  const first = growth?.[0];
  const last = growth?.at(-1);
  const shown = growth && at !== undefined ? growth[Math.min(at, growth.length - 1)] : undefined;
  const point = (event: PointerEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    setAt(growth ? Math.round(share * (growth.length - 1)) : undefined);
  };
  // Within a day the time says more than the date.
  const close = first && last && new Date(last.at).getTime() - new Date(first.at).getTime() < 36 * 3_600_000;
  const when = (time: string) => (close ? f.clock(time, new Date(last.at).getTime() - new Date(first.at).getTime() < 600_000) : f.day(time));
  return (
    <Card
      title={t("home.growth")}
      className={css.tall}
      actions={
        <Segmented
          size="s"
          label={t("home.growth.by")}
          value={by}
          onChange={setBy}
          options={[{ value: "rows", label: t("home.rows") }, { value: "bytes", label: t("home.size") }]}
        />
      }
    >
      {growth !== undefined && growth.length < 2 ? (
        <EmptyState compact icon={<IconChartLine />} title={t("home.growth.none")} />
      ) : (
        <div className={css.growth}>
          <div className={css.value}>
            {storage && last ? write((shown ?? last)[by]) : <Skeleton width={90} height={22} />}
            {shown && <span className={css.note}>{f.dateTime(shown.at)}</span>}
          </div>
          <div className={css.chart} onPointerMove={point} onPointerLeave={() => setAt(undefined)}>
            {growth && (
              <>
                <Sparkline values={growth.map((g) => g[by])} label={t(by === "rows" ? "home.growth.label.rows" : "home.growth.label.bytes")} height={185} />
                {at !== undefined && <i className={css.cursor} style={{ left: `${(at / (growth.length - 1)) * 100}%` }} aria-hidden />}
              </>
            )}
          </div>
          <div className={css.axis}>
            <span>{first && when(first.at)}</span>
            <span>{last && when(last.at)}</span>
          </div>
        </div>
      )}
    </Card>
  );
}
