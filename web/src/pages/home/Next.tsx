import { IconChartHistogram, IconDatabase, IconTerminal2 } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, type LinkProps } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { queries } from "@/api";
import { pickLabel, useLocale, useT } from "@/i18n";
import { CopyButton } from "@/ui";
import css from "./Home.module.css";

const command = "hosu query \"from marts.daily_sales limit 10\"";

/** Where to go from here. */
export function Next() {
  const t = useT();
  const locale = useLocale();
  const dashboards = useQuery(queries.dashboards());
  const tables = useQuery({ ...queries.tables(), select: (list) => list.find((table) => table.made === "model" && table.kind === "table" && /mart/.test(table.namespace))?.name ?? list[0]?.name });
  const names = dashboards.data?.map((d) => pickLabel(d.label, locale, d.name)) ?? [];
  const line = tables.data ? command.replace("marts.daily_sales", tables.data) : command;
  return (
    <nav className={css.next} aria-label={t("home.next")}>
      <Place to="/sql" icon={<IconTerminal2 size={18} aria-hidden />} title={t("home.next.query")}>
        {t("home.next.query.detail")}
      </Place>
      <Place to="/catalog" icon={<IconDatabase size={18} aria-hidden />} title={t("home.next.catalog")}>
        {t("home.next.catalog.detail")}
      </Place>
      <Place to="/dashboards" icon={<IconChartHistogram size={18} aria-hidden />} title={t("home.next.dashboards")}>
        {names.length > 0 ? names.join(", ") : dashboards.data ? t("home.next.dashboards.detail", { n: 0 }) : " "}
      </Place>
      <div className={css.place2}>
        <div className={css.placeTexts}>
          <span className={css.note}>{t("home.next.cli")}</span>
          <code>{line}</code>
        </div>
        <CopyButton text={line} />
      </div>
    </nav>
  );
}

function Place({ icon, title, children, ...link }: { icon: ReactNode; title: string; children: ReactNode } & LinkProps) {
  return (
    <Link {...link} className={css.place2}>
      {icon}
      <span className={css.placeTexts}>
        <b>{title}</b>
        <span className={css.note}>{children}</span>
      </span>
    </Link>
  );
}
