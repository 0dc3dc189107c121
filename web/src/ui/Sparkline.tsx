import { useId } from "react";
import css from "./Sparkline.module.css";

/** How a number went, without axes. `label` says it in words to those who cannot see it. */
export function Sparkline({ values, label, height = 32, color = "var(--accent)", area = true }: {
  values: readonly (number | null)[];
  label: string;
  height?: number;
  color?: string;
  area?: boolean;
}) {
  const id = useId();
  const known = values.filter((v): v is number => v !== null && Number.isFinite(v));
  if (known.length < 2) return <div style={{ height }} />;
  // A share of the height is kept for the stroke; the line of a constant lies in the middle.
  const low = Math.min(...known);
  const high = Math.max(...known);
  const y = (v: number) => (high === low ? 50 : 94 - ((v - low) / (high - low)) * 88);
  const x = (i: number) => (i / (values.length - 1)) * 100;
  let line = "";
  let fill = "";
  let start: number | undefined;
  values.forEach((v, i) => {
    const gap = v === null || !Number.isFinite(v);
    if (!gap) {
      line += `${start === undefined ? "M" : "L"}${x(i).toFixed(2)} ${y(v).toFixed(2)}`;
      start ??= i;
    }
    if (start !== undefined && (gap || i === values.length - 1)) {
      const end = gap ? i - 1 : i;
      fill += `${line.slice(line.lastIndexOf("M"))}L${x(end).toFixed(2)} 100L${x(start).toFixed(2)} 100Z`;
      start = undefined;
    }
  });
  return (
    <svg className={css.spark} viewBox="0 0 100 100" preserveAspectRatio="none" style={{ height, color }} role="img" aria-label={label}>
      {area && (
        <>
          <linearGradient id={id} x1="0" y1="0" x2="0" y2="1">
            <stop offset="0" stopColor="currentColor" stopOpacity="0.2" />
            <stop offset="1" stopColor="currentColor" stopOpacity="0" />
          </linearGradient>
          <path d={fill} fill={`url(#${id})`} />
        </>
      )}
      <path d={line} className={css.line} />
    </svg>
  );
}
