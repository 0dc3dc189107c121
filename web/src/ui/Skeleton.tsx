import { clsx } from "clsx";
import type { CSSProperties } from "react";
import css from "./Skeleton.module.css";

/**
 * The place of what is still loading, in its size: nothing may move when it arrives. `lines` draws lines of text.
 * Screen readers hear of loading from the region's aria-busy, not from here; browser tests wait until there is no data-skeleton.
 */
export function Skeleton({ width, height = 14, lines, radius, className, style }: {
  width?: number | string;
  height?: number | string;
  lines?: number;
  radius?: number | string;
  className?: string;
  style?: CSSProperties;
}) {
  if (lines) {
    return (
      <span className={clsx(css.lines, className)} style={style} data-skeleton aria-hidden>
        {Array.from({ length: lines }, (_, i) => (
          <span key={i} className={css.line}>
            <span className={css.bone} style={{ width: width ?? `${[96, 88, 92, 74, 84][i % 5]}%`, height }} />
          </span>
        ))}
      </span>
    );
  }
  return <span className={clsx(css.bone, className)} style={{ width, height, borderRadius: radius, ...style }} data-skeleton aria-hidden />;
}
