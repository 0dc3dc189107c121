import { IconArrowDownRight, IconArrowRight, IconArrowUpRight } from "@tabler/icons-react";
import { clsx } from "clsx";
import type { ReactNode } from "react";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import { Skeleton } from "./Skeleton";
import css from "./Stat.module.css";

/** One number that matters, with what it is and how it has moved. */
export function Stat({ label, value, change, better = "up", note, exact, loading, size = "m", children }: {
  label?: ReactNode;
  value: ReactNode;
  /** Against the period before, as a ratio: 0.05 is +5%. null: there was nothing before. */
  change?: number | null;
  /** Which way is good; `neither` colours nothing. */
  better?: "up" | "down" | "neither";
  note?: ReactNode;
  /** The number with all its digits, as a tooltip of a shortened one. */
  exact?: string;
  loading?: boolean;
  size?: "m" | "l";
  /** Below: a sparkline. */
  children?: ReactNode;
}) {
  return (
    <div className={css.stat} aria-busy={loading || undefined}>
      {label && <div className={css.label}>{label}</div>}
      <div className={css.row}>
        <span className={clsx(css.value, css[size])} title={exact}>
          {loading ? <Skeleton width={96} height="0.8em" /> : value}
        </span>
        {!loading && change !== undefined && <Change change={change} better={better} />}
      </div>
      {note && <div className={css.note}>{loading ? <Skeleton width={72} height={12} /> : note}</div>}
      {children}
    </div>
  );
}

/** How a number has moved: an arrow, a sign and a colour. */
export function Change({ change, better = "up" }: { change: number | null; better?: "up" | "down" | "neither" }) {
  const t = useT();
  const f = useFormat();
  if (change === null || !Number.isFinite(change)) return <span className={css.change}>{t("ui.change.none")}</span>;
  const flat = Math.abs(change) < 0.0005;
  const good = flat || better === "neither" ? undefined : change > 0 === (better === "up");
  const Icon = flat ? IconArrowRight : change > 0 ? IconArrowUpRight : IconArrowDownRight;
  return (
    <span className={css.change} data-good={good}>
      <Icon size={14} aria-hidden />
      {f.change(change)}
    </span>
  );
}
