import { IconFilter, IconRotate } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import type { Dashboard } from "@/api";
import { today, useTimezone } from "@/format";
import { pickLabel, useLocale, useT } from "@/i18n";
import { Button, Combobox, DateRangePicker, Segmented } from "@/ui";
import { filterValues, offered } from "./data";
import type { DashboardSearch } from "./search";
import { hasGrain, withFilter, type View } from "./view";
import css from "./Dashboard.module.css";

/** The range, the interval and the filters of a dashboard. All of them are in the address. */
export function Controls({ board, view, ready, onChange }: {
  board: Dashboard;
  view: View;
  /** The tiles have their numbers: what the filters offer can be read. */
  ready: boolean;
  onChange: (search: Partial<DashboardSearch>) => void;
}) {
  const t = useT();
  const locale = useLocale();
  const zone = useTimezone();
  const changed = view.preset !== board.range.default || view.grain !== undefined || view.filters.size > 0;
  return (
    <div className={css.controls} role="group" aria-label={t("dashboards.controls")}>
      <DateRangePicker
        align="start"
        today={today(zone)}
        value={view}
        presets={board.range.options.map(({ name, label, from, to }) => ({ name, label: pickLabel(label, locale, name), from, to }))}
        onChange={({ preset, from, to }) =>
          onChange(preset ? { range: preset === board.range.default ? undefined : preset, from: undefined, to: undefined } : { range: undefined, from, to })
        }
      />
      {hasGrain(board) && (
        <Segmented
          label={t("dashboards.grain")}
          value={view.grain ?? "auto"}
          onChange={(grain) => onChange({ grain: grain === "auto" ? undefined : grain })}
          options={(["auto", "day", "week", "month"] as const).map((value) => ({ value, label: t(`dashboards.grain.${value}`) }))}
        />
      )}
      {board.filters.map(({ dimension, label }) => (
        <Filter
          key={dimension}
          name={board.name}
          dimension={dimension}
          label={pickLabel(label, locale, dimension)}
          value={view.filters.get(dimension) ?? none}
          ready={ready}
          onChange={(values) => onChange({ filter: withFilter(view, dimension, values) })}
        />
      ))}
      {changed && (
        <Button look="quiet" icon={<IconRotate />} onClick={() => onChange({ range: undefined, from: undefined, to: undefined, grain: undefined, filter: undefined })}>
          {t("dashboards.reset")}
        </Button>
      )}
    </div>
  );
}

const none: readonly string[] = [];

function Filter({ name, dimension, label, value, ready, onChange }: {
  name: string;
  dimension: string;
  label: string;
  value: readonly string[];
  ready: boolean;
  onChange: (values: string[]) => void;
}) {
  const t = useT();
  const [typed, setTyped] = useState("");
  const search = useDeferredValue(typed);
  const all = useQuery({ ...filterValues(name, dimension, ""), enabled: ready });
  // Few values are searched here; of many, only the server knows all.
  const many = (all.data?.length ?? 0) >= offered;
  const found = useQuery({ ...filterValues(name, dimension, search), enabled: ready && many && search !== "" });
  const items = (many && search !== "" ? found.data : all.data) ?? [];
  const text = (v: string) => v || t("dashboards.none");
  // The most frequent first. Their counts are of the rows of all activities in all of history: next to the numbers of the dashboard they
  // would be taken for one of those.
  const options = items.map((item) => ({ value: item.value, label: text(item.value) }));
  for (const v of value) if (!options.some((o) => o.value === v)) options.push({ value: v, label: text(v) });
  return (
    <Combobox
      multiple
      label={label}
      icon={value.length === 0 ? <IconFilter className={css.filterIcon} /> : undefined}
      options={options}
      value={value}
      onChange={onChange}
      onSearch={many ? setTyped : undefined}
      loading={all.isPending || found.isFetching}
    />
  );
}
