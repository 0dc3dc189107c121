import { IconCalendar, IconCheck } from "@tabler/icons-react";
import { useState } from "react";
import { addDays, useFormat } from "@/format";
import { useT } from "@/i18n";
import { Button } from "./Button";
import { TextField } from "./Field";
import { Popover } from "./Popover";
import css from "./DateRangePicker.module.css";

/** Days of the calendar, `2026-01-31`; `to` is the day after the last, as in the API. */
export type DateRange = { from: string; to: string };

/** A range with a name that presetRange does not know: the server says its days. */
export type RangePreset = DateRange & { name: string; label: string };

/** The days of `28d` (the last 28 that are over), `12w`, `6m`, `1y`, and of `mtd`, `ytd` (until yesterday). */
export function presetRange(preset: string, today: string): DateRange | undefined {
  const [, n, unit] = /^(\d+)([dwmy])$/.exec(preset) ?? [];
  if (n !== undefined) {
    if (unit === "d" || unit === "w") return { from: addDays(today, -Number(n) * (unit === "w" ? 7 : 1)), to: today };
    const at = new Date(`${today}T00:00:00Z`);
    const day = at.getUTCDate();
    at.setUTCDate(1);
    at.setUTCMonth(at.getUTCMonth() - Number(n) * (unit === "y" ? 12 : 1));
    // The 31st of a month that has 30 days is its last.
    const last = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 0)).getUTCDate();
    at.setUTCDate(Math.min(day, last));
    return { from: at.toISOString().slice(0, 10), to: today };
  }
  if (preset === "mtd") return { from: `${today.slice(0, 7)}-01`, to: today };
  if (preset === "ytd") return { from: `${today.slice(0, 4)}-01-01`, to: today };
  return undefined;
}

/**
 * A range of days: a preset or two dates. What is chosen by name stays the name (`preset`), so that it moves on with the
 * days; the other way round `preset` is undefined.
 */
export function DateRangePicker({ value, onChange, presets, today, align = "end" }: {
  value: DateRange & { preset?: string };
  onChange: (value: DateRange & { preset?: string }) => void;
  presets: readonly (string | RangePreset)[];
  /** Today in the workspace's zone: `today(useTimezone())`. */
  today: string;
  align?: "start" | "end";
}) {
  const t = useT();
  const f = useFormat();
  const [open, setOpen] = useState(false);
  const days = `${f.date(value.from)} – ${f.date(addDays(value.to, -1))}`;
  const choices = presets.map((preset) => (typeof preset === "string" ? { name: preset, label: presetText(t, preset), ...presetRange(preset, today) } : preset));
  return (
    <Popover
      label={t("ui.range")}
      align={align}
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button icon={<IconCalendar />} className={css.trigger}>
          {value.preset ? (choices.find((choice) => choice.name === value.preset)?.label ?? presetText(t, value.preset)) : null}
          <span className={value.preset ? css.days : undefined}>{days}</span>
        </Button>
      }
    >
      <div className={css.picker}>
        <ul className={css.presets} aria-label={t("ui.range.presets")}>
          {choices.map(({ name, label, from, to }) => (
            <li key={name}>
              <button
                type="button"
                className={css.preset}
                aria-pressed={value.preset === name}
                onClick={() => {
                  if (from && to) onChange({ preset: name, from, to });
                  setOpen(false);
                }}
              >
                {label}
                {value.preset === name && <IconCheck size={14} aria-hidden />}
              </button>
            </li>
          ))}
        </ul>
        <Own
          // Begins again from what is chosen now.
          key={`${value.from} ${value.to}`}
          value={value}
          onApply={(range) => {
            onChange(range);
            setOpen(false);
          }}
        />
      </div>
    </Popover>
  );
}

/** Browsers take years of six digits, which are no days of the calendar here; with this they stop at four. */
const farthest = "9999-12-30";

function Own({ value, onApply }: { value: DateRange; onApply: (range: DateRange) => void }) {
  const t = useT();
  const [from, setFrom] = useState(value.from);
  const [last, setLast] = useState(addDays(value.to, -1));
  const backwards = from !== "" && last !== "" && last < from;
  const ready = from !== "" && last !== "" && !backwards && from <= farthest && last <= farthest && last.length === farthest.length;
  return (
    <form
      className={css.own}
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) onApply({ from, to: addDays(last, 1) });
      }}
    >
      <TextField type="date" label={t("ui.range.from")} value={from} max={last || farthest} onChange={(event) => setFrom(event.target.value)} />
      <TextField type="date" label={t("ui.range.to")} value={last} min={from || undefined} max={farthest} onChange={(event) => setLast(event.target.value)} error={backwards ? t("ui.range.backwards") : undefined} />
      <Button type="submit" look="primary" disabled={!ready}>
        {t("ui.range.apply")}
      </Button>
    </form>
  );
}

/** The words for a preset: `28d` is "Last 28 days". */
export function presetText(t: ReturnType<typeof useT>, preset: string): string {
  const [, n, unit] = /^(\d+)([dwmy])$/.exec(preset) ?? [];
  switch (unit ?? preset) {
    case "d":
      return t("ui.range.days", { n: Number(n) });
    case "w":
      return t("ui.range.weeks", { n: Number(n) });
    case "m":
      return t("ui.range.months", { n: Number(n) });
    case "y":
      return t("ui.range.years", { n: Number(n) });
    case "mtd":
      return t("ui.range.mtd");
    case "ytd":
      return t("ui.range.ytd");
    default:
      return preset;
  }
}
