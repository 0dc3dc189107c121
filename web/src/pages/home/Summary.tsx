import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Overview } from "@/api";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import { Skeleton, statusColor, useStatusLabel } from "@/ui";
import css from "./Home.module.css";

const standings = ["failed", "never_built", "due", "running", "fresh"] as const;

/** How many assets stand where, and how much there is. */
export function Summary({ data }: { data: Overview | undefined }) {
  const t = useT();
  const f = useFormat();
  const label = useStatusLabel();
  const assets = data?.assets;
  const storage = data?.storage;
  const checks = data?.checks;
  const ran = checks ? checks.passed + checks.failed + checks.warned : 0;
  return (
    <section className={css.summary}>
      <div className={css.standing}>
        <h2 className={css.label}>
          {t("home.standing")}
          {assets && <span className={css.total}>{t("home.assets", { n: assets.total })}</span>}
        </h2>
        <div className={css.bar} aria-hidden>
          {assets
            ? standings.map((s) => assets[s] > 0 && <span key={s} style={{ flexGrow: assets[s], background: statusColor(s) }} />)
            : <Skeleton height="100%" radius={0} />}
        </div>
        <ul className={css.legend}>
          {assets
            ? standings.map(
                (s) =>
                  (assets[s] > 0 || s === "fresh") && (
                    <li key={s}>
                      <Link to="/catalog" search={{ status: s }}>
                        <i style={{ background: statusColor(s) }} aria-hidden />
                        <b>{f.number(assets[s])}</b> {label(s)}
                      </Link>
                    </li>
                  ),
              )
            : [0, 1, 2].map((i) => <li key={i}><Skeleton width={72} height={14} /></li>)}
        </ul>
      </div>
      <Figure
        label={t("home.tables")}
        value={storage && f.number(storage.tables)}
        note={storage && t("home.views", { n: storage.views })}
      />
      <Figure
        label={t("home.rows")}
        value={storage && f.compact(storage.rows)}
        exact={storage && f.number(storage.rows)}
        note={storage && t("home.rows.each", { count: f.compact(storage.tables ? Math.round(storage.rows / storage.tables) : 0) })}
      />
      <Figure
        label={t("home.size")}
        value={storage && f.bytes(storage.bytes)}
        note={storage && t("home.files", { n: storage.files, count: f.number(storage.files) })}
      />
      <Figure
        label={t("home.checks")}
        value={checks && (ran === 0 ? "–" : t("home.checks.of", { passed: f.number(checks.passed), total: f.number(ran) }))}
        note={
          checks &&
          (ran === 0
            ? t("home.checks.none")
            : checks.failed > 0
              ? <span className={css.bad}>{t("home.checks.failed", { n: checks.failed })}</span>
              : checks.warned > 0
                ? <span className={css.warn}>{t("home.checks.warned", { n: checks.warned })}</span>
                : t("home.checks.well"))
        }
      />
    </section>
  );
}

function Figure({ label, value, exact, note }: { label: string; value: string | undefined; exact?: string; note: ReactNode }) {
  return (
    <div className={css.figure}>
      <div className={css.label}>{label}</div>
      <div className={css.value} title={exact}>{value ?? <Skeleton width={76} height={20} />}</div>
      <div className={css.note}>{note ?? <Skeleton width={56} height={10} />}</div>
    </div>
  );
}
