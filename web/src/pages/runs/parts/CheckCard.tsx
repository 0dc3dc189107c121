import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import { Badge, StatusIcon } from "@/ui";
import { columnsOf } from "../model/checks";
import type { CheckResult } from "../model/data";
import { readFailure } from "../model/failure";
import css from "./CheckCard.module.css";

/** A check that found rows: which, where it is written, and the first of the rows. */
export function CheckCard({ check, asset, heading: Heading = "h3", link }: { check: CheckResult; heading?: "h2" | "h3"; asset?: string; link?: { run: string; task: string } }) {
  const t = useT();
  const f = useFormat();
  const { place } = useMemo(() => readFailure(check.message), [check.message]);
  // A check that could not run at all says why; else the number of rows says it all.
  const broken = check.rows === 0;
  return (
    <article className={css.card} aria-label={check.name}>
      <header className={css.head}>
        <StatusIcon status={check.passed ? "passed" : check.blocking ? "failed" : "warned"} />
        <Heading className={css.name}>{check.name}</Heading>
        {check.passed ? null : <Badge tone={check.blocking ? "bad" : "warn"}>{t(check.blocking ? "runs.check.blocking" : "runs.check.warning")}</Badge>}
        <span className={css.found}>{broken ? "" : t("runs.check.rows", { n: check.rows, count: f.number(check.rows) })}</span>
      </header>
      <p className={css.where}>
        {asset && (link ? <Link to="/runs/$run/tasks/$task" params={link}>{asset}</Link> : <span>{asset}</span>)}
        {place && <code>{place}</code>}
        {check.attempt !== undefined && check.attempt > 1 && <span>{t("runs.attempt", { n: check.attempt })}</span>}
      </p>
      {broken && !check.passed && <p className={css.message}>{readFailure(check.message).message}</p>}
      {check.sample.length > 0 && <Sample check={check} />}
    </article>
  );
}

function Sample({ check }: { check: CheckResult }) {
  const t = useT();
  const f = useFormat();
  const columns = useMemo(() => columnsOf(check), [check]);
  const rest = check.rows - check.sample.length;
  return (
    <div className={css.sample} tabIndex={0} role="region" aria-label={t("runs.check.sample", { name: check.name })}>
      <table>
        <thead>
          <tr>
            {columns.map((column) => <th key={column}>{column}</th>)}
          </tr>
        </thead>
        <tbody>
          {check.sample.map((row, i) => (
            <tr key={i}>
              {columns.map((column) => {
                const value = row[column] ?? "";
                return <td key={column} data-null={value === "NULL" || undefined}>{value}</td>;
              })}
            </tr>
          ))}
        </tbody>
      </table>
      {rest > 0 && <p className={css.rest}>{t("runs.check.rest", { n: rest, count: f.number(rest) })}</p>}
    </div>
  );
}
