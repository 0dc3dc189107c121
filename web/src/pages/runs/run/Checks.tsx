import { IconShieldCheck } from "@tabler/icons-react";
import { useT } from "@/i18n";
import { EmptyState, Skeleton } from "@/ui";
import type { FailedCheck } from "../model/checks";
import { CheckCard } from "../parts/CheckCard";
import css from "./Run.module.css";

/** The checks that found something in a run. */
export function Checks({ checks, loading, active, run }: { checks: readonly FailedCheck[]; loading: boolean; active: boolean; run: string }) {
  const t = useT();
  if (loading && checks.length === 0) return <Skeleton height={160} radius={10} />;
  if (checks.length === 0) {
    return (
      <EmptyState icon={<IconShieldCheck />} title={t(active ? "runs.checks.none.yet" : "runs.checks.none")}>
        {t("runs.checks.none.detail")}
      </EmptyState>
    );
  }
  return (
    <div className={css.stack}>
      {checks.map(({ check, asset }) => (
        <CheckCard key={`${check.task} ${check.name}`} check={check} heading="h2" asset={asset ?? t("runs.check.folder")} link={asset ? { run, task: check.task } : undefined} />
      ))}
    </div>
  );
}
