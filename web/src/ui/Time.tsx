import { useSyncExternalStore } from "react";
import { useFormat, type Instant } from "@/format";
import { Tooltip } from "./Tooltip";

// One clock for every relative time on screen: it ticks while somebody looks.
function clock(period: number) {
  let now = Date.now();
  let timer: ReturnType<typeof setInterval> | undefined;
  const listeners = new Set<() => void>();
  const tick = () => {
    now = Date.now();
    listeners.forEach((changed) => changed());
  };
  const subscribe = (changed: () => void) => {
    listeners.add(changed);
    timer ??= setInterval(tick, period);
    return () => {
      listeners.delete(changed);
      if (listeners.size === 0) {
        clearInterval(timer);
        timer = undefined;
      }
    };
  };
  return () =>
    useSyncExternalStore(subscribe, () => {
      // Nobody was looking: catch up.
      if (timer === undefined && Date.now() - now > period) now = Date.now();
      return now;
    });
}

/** The time now, in ms, to ten seconds. */
export const useNow = clock(10_000);
/** The time now, in ms, to the second. */
export const useSecond = clock(1_000);

type TimeProps = {
  /** Nothing, `0001-…` and what is no time are shown as a dash. */
  at: Instant | null | undefined;
  as?: "relative" | "datetime" | "date" | "clock";
};

/** A time, in the workspace's zone; the exact one, with the zone, is its tooltip. */
export function Time({ at, as = "relative" }: TimeProps) {
  if (at === null || at === undefined || at === "" || Number.isNaN(new Date(at).getTime()) || new Date(at).getUTCFullYear() < 2) return <span>–</span>;
  return as === "relative" ? <Relative at={at} /> : <Absolute at={at} as={as} />;
}

function Relative({ at }: { at: Instant }) {
  const f = useFormat();
  return <Exact at={at} text={f.relative(at, useNow())} />;
}

function Absolute({ at, as }: { at: Instant; as: "datetime" | "date" | "clock" }) {
  const f = useFormat();
  return <Exact at={at} text={as === "date" ? f.date(at) : as === "clock" ? f.clock(at) : f.dateTime(at)} />;
}

function Exact({ at, text }: { at: Instant; text: string }) {
  const f = useFormat();
  return (
    <Tooltip text={f.exact(at)}>
      <time dateTime={new Date(at).toISOString()} style={{ whiteSpace: "nowrap" }}>
        {text}
      </time>
    </Tooltip>
  );
}

/** How long something took or, without an end, has taken until now: it counts. */
export function Duration({ from, to }: { from: Instant | null | undefined; to?: Instant | null }) {
  if (!from) return <span>–</span>;
  return to ? <Passed ms={new Date(to).getTime() - new Date(from).getTime()} /> : <Counting from={from} />;
}

function Counting({ from }: { from: Instant }) {
  const now = useSecond();
  return <Passed ms={Math.max(0, Math.floor((now - new Date(from).getTime()) / 1000) * 1000)} />;
}

function Passed({ ms }: { ms: number }) {
  const f = useFormat();
  return <span style={{ whiteSpace: "nowrap" }}>{f.duration(Math.max(0, ms))}</span>;
}
