import {
  IconAlertTriangle, IconArrowForwardUp, IconBan, IconCircleCheck, IconCircleDashed, IconCircleX, IconClock, IconClockHour4, IconLoader2, IconPlugConnectedX, IconRefreshAlert,
  type Icon,
} from "@tabler/icons-react";
import { clsx } from "clsx";
import type { Standing } from "@/api/types";
import { useT, type MessageId } from "@/i18n";
import { Badge, type Tone } from "./Badge";
import css from "./Status.module.css";

/** Any status the server sends: of a run, a task, an asset, a check or a statement. */
export type Status = Standing | "passed" | "warned";

const looks: Record<Status, { tone: Tone; icon: Icon; label: MessageId; spin?: boolean }> = {
  queued: { tone: "neutral", icon: IconClock, label: "ui.status.queued" },
  running: { tone: "info", icon: IconLoader2, label: "ui.status.running", spin: true },
  retrying: { tone: "warn", icon: IconRefreshAlert, label: "ui.status.retrying" },
  cancelling: { tone: "neutral", icon: IconLoader2, label: "ui.status.cancelling", spin: true },
  succeeded: { tone: "good", icon: IconCircleCheck, label: "ui.status.succeeded" },
  failed: { tone: "bad", icon: IconCircleX, label: "ui.status.failed" },
  skipped: { tone: "neutral", icon: IconArrowForwardUp, label: "ui.status.skipped" },
  cancelled: { tone: "neutral", icon: IconBan, label: "ui.status.cancelled" },
  interrupted: { tone: "warn", icon: IconPlugConnectedX, label: "ui.status.interrupted" },
  fresh: { tone: "good", icon: IconCircleCheck, label: "ui.status.fresh" },
  due: { tone: "warn", icon: IconClockHour4, label: "ui.status.due" },
  never_built: { tone: "neutral", icon: IconCircleDashed, label: "ui.status.never_built" },
  passed: { tone: "good", icon: IconCircleCheck, label: "ui.status.passed" },
  warned: { tone: "warn", icon: IconAlertTriangle, label: "ui.status.warned" },
};

const lookOf = (status: string) => looks[status as Status] as (typeof looks)[Status] | undefined;

/** Whether something with this status may still change by itself. */
export const isActive = (status: string): boolean => ["queued", "running", "retrying", "cancelling"].includes(status);

/** A status as icon and word. A status that this version does not know is shown as it is. */
export function StatusBadge({ status, title }: { status: string; title?: string }) {
  const t = useT();
  const look = lookOf(status);
  if (look === undefined) return <Badge title={title}>{status}</Badge>;
  const { tone, icon: Icon, label, spin } = look;
  return (
    <Badge tone={tone} title={title} icon={<Icon className={clsx(spin && css.spin)} aria-hidden />}>
      {t(label)}
    </Badge>
  );
}

/** A status as an icon alone, where its word would repeat on every line; screen readers hear the word. */
export function StatusIcon({ status, size = 16 }: { status: string; size?: number }) {
  const t = useT();
  const look = lookOf(status);
  if (look === undefined) return null;
  const { tone, icon: Icon, label, spin } = look;
  return (
    <span className={css.icon} data-tone={tone} role="img" aria-label={t(label)} title={t(label)}>
      <Icon size={size} className={clsx(spin && css.spin)} aria-hidden />
    </span>
  );
}

/** The word for a status. */
export function useStatusLabel(): (status: string) => string {
  const t = useT();
  return (status) => {
    const look = lookOf(status);
    return look === undefined ? status : t(look.label);
  };
}

/** The colour token of a status, for bars and graphs: `var(--good)`. */
export function statusColor(status: string): string {
  const tone = lookOf(status)?.tone ?? "neutral";
  return tone === "neutral" ? "var(--idle)" : tone === "accent" ? "var(--accent)" : `var(--${tone})`;
}
