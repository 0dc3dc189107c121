import { IconTerminal2 } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Page } from "@/app/Page";
import { useStartRun } from "@/app/assets";
import { queries, type Overview } from "@/api";
import { useT } from "@/i18n";
import { ErrorState, isActive, LinkButton, Skeleton, StatusIcon } from "@/ui";
import { attention, type Attention } from "./attention";
import { AttentionCard } from "./AttentionCard";
import { FirstRun } from "./FirstRun";
import { GrowthCard } from "./GrowthCard";
import { Next } from "./Next";
import { RunsCard, UpdatedCard } from "./RecentCards";
import { Summary } from "./Summary";
import css from "./Home.module.css";

const atWork = (o: Overview | undefined) => o !== undefined && (o.assets.running > 0 || o.runs.some((run) => isActive(run.status)));

/** What is fresh and what is late, what ran and what failed, how much there is. */
export function HomePage() {
  const t = useT();
  const { data, error, refetch, isFetching } = useQuery({
    ...queries.overview(),
    refetchInterval: (query) => (atWork(query.state.data) ? 2_000 : 20_000),
  });
  const run = useStartRun();

  if (data === undefined && error && !isFetching) {
    return (
      <Page title={t("home.title")} bare>
        <ErrorState error={error} title={t("home.failed")} onRetry={() => void refetch()} />
      </Page>
    );
  }
  if (data !== undefined && data.storage.tables + data.storage.views === 0 && data.assets.fresh === 0 && data.runs.length === 0) {
    return <FirstRun assets={data.assets.total} onRun={() => run.start([])} starting={run.starting !== undefined} />;
  }
  const urgent = data && attention(data);
  return (
    <Page
      title={t("home.title")}
      heading={
        <span className={css.headline}>
          <span className="sr-only">{t("home.title")}: </span>
          {urgent ? <Headline {...urgent} /> : <Skeleton width={240} height={22} />}
        </span>
      }
      actions={
        <LinkButton to="/sql" look="primary" className={css.query} icon={<IconTerminal2 />}>
          {t("home.next.query")}
        </LinkButton>
      }
    >
      <div className={css.home} aria-busy={data === undefined || undefined}>
        <Summary data={data} />
        <div className={css.pair}>
          <AttentionCard items={urgent?.items} working={atWork(data)} run={run} />
          <GrowthCard growth={data?.growth} storage={data?.storage} />
        </div>
        <div className={css.pair}>
          <RunsCard runs={data?.runs} />
          <UpdatedCard updated={data?.updated} />
        </div>
        <Next />
      </div>
    </Page>
  );
}

function Headline({ failed, late, running }: Attention) {
  const t = useT();
  const [status, text] =
    running > 0
      ? (["running", t("home.working", { n: running })] as const)
      : failed > 0
        ? (["failed", late > 0 ? t("home.broken.late", { failed, n: late }) : t("home.broken", { n: failed })] as const)
        : late > 0
          ? (["due", t("home.late", { n: late })] as const)
          : (["fresh", t("home.well")] as const);
  return (
    <>
      <StatusIcon status={status} size={22} />
      <span>{text}</span>
    </>
  );
}
