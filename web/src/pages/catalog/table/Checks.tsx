import { IconChevronRight, IconShieldCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { CheckResult, TableDetail } from "@/api";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import { Badge, Card, Code, EmptyState, LinkButton, QueryView, Skeleton, StatusIcon, Time } from "@/ui";
import { tableQueries, type TableCheck } from "./data";
import css from "./Checks.module.css";
import page from "../Table.module.css";

/** What is promised of a table, and whether it was kept. */
export function Checks({ table }: { table: TableDetail }) {
  const t = useT();
  const checks = useQuery(tableQueries.checks(table.name));
  return (
    <QueryView
      query={checks}
      title={t("catalog.checks.failed")}
      loading={<Card flush><div className={page.bones}>{[0, 1, 2, 3].map((i) => <Skeleton key={i} />)}</div></Card>}
      empty={(list) =>
        list.length === 0 && (
          <EmptyState icon={<IconShieldCheck />} title={t("catalog.checks.empty")}>
            {table.made === "model" && table.made_by ? t("catalog.checks.empty.model", { file: table.made_by.file }) : t("catalog.checks.empty.other")}
          </EmptyState>
        )
      }
    >
      {(list) => <CheckList checks={list} />}
    </QueryView>
  );
}

function CheckList({ checks }: { checks: TableCheck[] }) {
  const t = useT();
  const ran = checks.filter((c) => c.last);
  return (
    <Card
      flush
      title={t("catalog.tab.checks")}
      note={ran.length > 0 ? t("catalog.checks.summary", { passed: ran.filter((c) => c.last?.passed).length, n: ran.length }) : undefined}
    >
      <ul className={css.list}>
        {checks.map((check) => <One key={`${check.kind} ${check.name}`} check={check} />)}
      </ul>
    </Card>
  );
}

const statusOf = (result: CheckResult | undefined, blocking: boolean) =>
  result === undefined ? "never_built" : result.passed ? "passed" : blocking ? "failed" : "warned";

function One({ check }: { check: TableCheck }) {
  const t = useT();
  const f = useFormat();
  const { last } = check;
  const broken = last !== undefined && !last.passed;
  const [open, setOpen] = useState(broken);
  return (
    <li className={css.one}>
      <button type="button" className={css.head} aria-expanded={open} onClick={() => setOpen(!open)}>
        <IconChevronRight size={14} className={css.chevron} aria-hidden />
        <StatusIcon status={statusOf(last, check.blocking)} />
        <span className={css.what}>
          <span className={css.name}>{check.name}</span>
          {check.description && <span className={css.description}>{check.description}</span>}
        </span>
        <History check={check} />
        <span className={css.result}>
          {last === undefined ? t("catalog.checks.never") : broken ? t("catalog.checks.rows", { n: last.rows, count: f.number(last.rows) }) : <Time at={last.at} />}
        </span>
      </button>
      {open && (
        <div className={css.body}>
          <div className={css.line}>
            <Badge>{check.kind === "contract" || check.kind === "check" || check.kind === "folder" ? t(`catalog.checks.kind.${check.kind}`) : check.kind}</Badge>
            <Badge tone={check.blocking ? "neutral" : "warn"}>{t(check.blocking ? "catalog.checks.blocking" : "catalog.checks.warning")}</Badge>
            {check.file && <code className={page.note}>{check.file}:{check.line}</code>}
            {last && (
              <>
                <span className={page.note}><Time at={last.at} as="datetime" /></span>
                {last.task && (
                  <LinkButton to="/runs/$run/tasks/$task" params={{ run: last.run, task: last.task }} size="s" look="quiet" className={page.push}>
                    {t("catalog.checks.task")}
                  </LinkButton>
                )}
              </>
            )}
          </div>
          {broken && last.message && <p className={css.message}>{last.sample?.length > 0 ? last.message.split("\n")[0] : last.message}</p>}
          {broken && last.sample?.length > 0 && <SampleRows result={last} />}
          {check.sql && (
            <div>
              <h3 className={css.label}>{t("catalog.checks.sql")}</h3>
              <Code label={t("catalog.checks.sql")} code={check.sql} />
            </div>
          )}
        </div>
      )}
    </li>
  );
}

/** The last results as a strip, the newest at the right. */
function History({ check }: { check: TableCheck }) {
  const t = useT();
  const f = useFormat();
  const history = check.history ?? [];
  if (history.length === 0) return <span className={css.strip} />;
  const passed = history.filter((r) => r.passed).length;
  return (
    <span className={css.strip} role="img" aria-label={t("catalog.checks.history", { passed, n: history.length })}>
      {history.toReversed().map((r, i) => (
        <i key={i} data-status={statusOf(r, check.blocking)} title={f.dateTime(r.at, true)} />
      ))}
    </span>
  );
}

function SampleRows({ result }: { result: CheckResult }) {
  const t = useT();
  // In the order of its query; results from before that was kept have only names.
  const columns = result.columns ?? [...new Set(result.sample.flatMap((row) => Object.keys(row)))];
  return (
    <div>
      <h3 className={css.label}>
        {t("catalog.checks.sample")} <span>{t("catalog.checks.sample.note", { n: result.sample.length })}</span>
      </h3>
      <div className={css.sample} role="region" aria-label={t("catalog.checks.sample")} tabIndex={0}>
        <table>
          <thead>
            <tr>{columns.map((c) => <th key={c} scope="col">{c}</th>)}</tr>
          </thead>
          <tbody>
            {result.sample.map((row, i) => (
              <tr key={i}>{columns.map((c) => <td key={c}>{text(row[c])}</td>)}</tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function text(value: unknown): string {
  if (value === null || value === undefined) return "NULL";
  return typeof value === "string" ? value : JSON.stringify(value);
}
