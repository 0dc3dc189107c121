import { IconChartHistogram, IconSearchOff } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { queries, type DashboardSummary } from "@/api";
import { Page } from "@/app/Page";
import { useTyped } from "@/app/useTyped";
import { pickLabel, useLocale, useT } from "@/i18n";
import { Badge, Button, Code, EmptyState, QueryView, SearchField, Skeleton } from "@/ui";
import css from "./List.module.css";

const route = getRouteApi("/dashboards");

/** So few are seen at a glance. */
const few = 6;

/** All dashboards of the workspace. */
export function DashboardsPage() {
  const t = useT();
  const locale = useLocale();
  const { search } = route.useSearch();
  const navigate = route.useNavigate();
  const query = useQuery(queries.dashboards());
  const [typed, setTyped] = useTyped(search, (text) => void navigate({ search: { search: text }, replace: true }));
  const wanted = typed.trim().toLowerCase();
  const fits = (item: DashboardSummary) =>
    [item.name, item.label.en, item.label.ko, item.description.en, item.description.ko, item.owner, ...item.tags].some((text) => text.toLowerCase().includes(wanted));
  return (
    <Page
      title={t("dashboards.title")}
      actions={((query.data?.length ?? 0) > few || typed) && <SearchField label={t("dashboards.search")} value={typed} onChange={setTyped} />}
    >
      <QueryView
        query={query}
        title={t("dashboards.failed")}
        loading={
          <div className={css.list}>
            {[0, 1, 2].map((i) => (
              <div key={i} className={css.card}>
                <Skeleton width={120} height={16} />
                <Skeleton lines={2} style={{ marginTop: 8 }} />
              </div>
            ))}
          </div>
        }
        empty={(items) => items.length === 0 && <Begin />}
      >
        {(items) => {
          const shown = items.filter(fits).sort((a, b) => pickLabel(a.label, locale, a.name).localeCompare(pickLabel(b.label, locale, b.name), locale));
          if (shown.length === 0) {
            return (
              <EmptyState icon={<IconSearchOff />} title={t("dashboards.notfound", { text: typed.trim() })} action={<Button onClick={() => setTyped("")}>{t("dashboards.search.clear")}</Button>} />
            );
          }
          return (
            <ul className={css.list}>
              {shown.map((item) => (
                <Item key={item.name} item={item} />
              ))}
            </ul>
          );
        }}
      </QueryView>
    </Page>
  );
}

function Item({ item }: { item: DashboardSummary }) {
  const t = useT();
  const locale = useLocale();
  const description = pickLabel(item.description, locale);
  return (
    <li className={css.card}>
      <h2 className={css.name}>
        <IconChartHistogram size={18} aria-hidden />
        <Link to="/dashboards/$name" params={{ name: item.name }} className={css.link}>
          {pickLabel(item.label, locale, item.name)}
        </Link>
      </h2>
      <p className={css.description}>{description}</p>
      <div className={css.facts}>
        <span>{t("dashboards.tiles", { n: item.tiles })}</span>
        {item.owner && <span>{t("dashboards.owner.is", { owner: item.owner })}</span>}
        {item.file && <code className={css.file}>{item.line > 1 ? `${item.file}:${item.line}` : item.file}</code>}
        {item.tags.length > 0 && (
          <span className={css.tags}>
            {item.tags.map((tag) => (
              <Badge key={tag}>{tag}</Badge>
            ))}
          </span>
        )}
      </div>
    </li>
  );
}

/** What a first dashboard can look like. */
const example = `label: {en: Sales, ko: 매출}
rows:
  - tiles:
      - {type: number, metric: revenue}
  - tiles:
      - type: table
        label: {en: Days, ko: 일별 매출}
        sql: |
          select * from marts.daily_sales
          limit 30
`;

function Begin() {
  const t = useT();
  return (
    <div className={css.begin}>
      <EmptyState compact icon={<IconChartHistogram />} title={t("dashboards.empty")}>
        {t("dashboards.empty.detail")}
      </EmptyState>
      <figure className={css.example}>
        <figcaption>
          <code>dashboards/sales.yaml</code>
        </figcaption>
        <Code code={example} language="text" label={t("dashboards.empty.example")} />
        <p>{t("dashboards.empty.next")}</p>
        <Code code="hosu check" language="text" label={t("dashboards.empty.command")} />
      </figure>
    </div>
  );
}
