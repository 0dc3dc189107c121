import { IconPlayerPlay } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Page } from "@/app/Page";
import { useT } from "@/i18n";
import { Button, CopyButton, EmptyState } from "@/ui";
import css from "./Home.module.css";

const source = `# sources/shop.yaml
type: postgres
url: \${SHOP_DATABASE_URL}
into: raw_shop
tables:
  orders:
    {mode: incremental,
     cursor: updated_at, key: id}
  "*": {mode: full, every: day}`;

const model = `-- models/marts/daily_sales.sql
select
  order_ts::date as day,
  sum(amount) as revenue
from raw_shop.orders
group by 1`;

/** Nothing is there yet: what to do next. */
export function FirstRun({ assets, onRun, starting }: { assets: number; onRun: () => void; starting: boolean }) {
  const t = useT();
  if (assets > 0) {
    return (
      <Page title={t("home.title")} bare>
        <EmptyState
          icon={<IconPlayerPlay />}
          title={t("home.ready.title")}
          action={
            <>
              <Button look="primary" icon={<IconPlayerPlay />} busy={starting} onClick={onRun}>
                {t("home.ready.run")}
              </Button>
              <Command line="hosu run" />
            </>
          }
        >
          {t("home.ready.detail", { n: assets })}
        </EmptyState>
      </Page>
    );
  }
  return (
    <Page title={t("home.title")} bare>
      <div className={css.first}>
        <h2>{t("home.first.title")}</h2>
        <p>{t("home.first.detail")}</p>
        <ol className={css.steps}>
          <Step title={t("home.first.source")} detail={t("home.first.source.detail")}>
            <Snippet text={source} />
          </Step>
          <Step title={t("home.first.model")} detail={t("home.first.model.detail")}>
            <Snippet text={model} />
          </Step>
          <Step title={t("home.first.run")} detail={t("home.first.run.detail")}>
            <Snippet text="hosu run" />
          </Step>
        </ol>
        <div className={css.demo}>
          <div>
            <h3>{t("home.first.demo")}</h3>
            <p>{t("home.first.demo.detail")}</p>
          </div>
          <Command line="hosu demo" />
        </div>
      </div>
    </Page>
  );
}

function Step({ title, detail, children }: { title: string; detail: string; children: ReactNode }) {
  return (
    <li>
      <h3>{title}</h3>
      <p>{detail}</p>
      {children}
    </li>
  );
}

function Snippet({ text }: { text: string }) {
  return (
    <div className={css.snippet}>
      <pre>{text}</pre>
      <CopyButton text={text} />
    </div>
  );
}

function Command({ line }: { line: string }) {
  return (
    <div className={css.command}>
      <code>{line}</code>
      <CopyButton text={line} />
    </div>
  );
}
