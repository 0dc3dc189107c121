import { IconArrowDown, IconColumns3, IconDatabase, IconEye } from "@tabler/icons-react";
import { defaultRangeExtractor, useVirtualizer, type Range } from "@tanstack/react-virtual";
import { Link } from "@tanstack/react-router";
import { clsx } from "clsx";
import { memo, useCallback, useImperativeHandle, useMemo, useRef, type KeyboardEvent, type ReactNode, type Ref } from "react";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import { Skeleton, StatusBadge, useNow } from "@/ui";
import { columnHits, type Found, type Item, type Line } from "./find";
import { Marked } from "./Marked";
import type { Sort } from "./search";
import { useNarrow } from "./useNarrow";
import css from "./Catalog.module.css";

export type ListHandle = { show: (item: number) => void; toTop: () => void };

const heights = { group: 34, item: 52, narrow: 74 };
/** Columns that a row has for screen readers. */
const columns = 6;

/** Rows of tables under the headings of their namespaces; only those in sight are in the document. */
export function List({ ref, found, words, active, sort, onSort, onKey }: {
  ref: Ref<ListHandle>;
  found: Found;
  words: readonly string[];
  /** The item that Enter opens; -1 for none. */
  active: number;
  sort: Sort | undefined;
  onSort: (sort: Sort | undefined) => void;
  onKey: (event: KeyboardEvent) => void;
}) {
  const t = useT();
  const format = useFormat();
  const narrow = useNarrow();
  const scroller = useRef<HTMLDivElement>(null);
  const { lines } = found;
  const { groups, lineOf } = useMemo(() => {
    const groups: number[] = [];
    const lineOf: number[] = [];
    lines.forEach((line, i) => ("group" in line ? groups.push(i) : (lineOf[line.index] = i)));
    return { groups, lineOf };
  }, [lines]);

  // The heading of what is at the top stays in sight.
  const stuck = useRef(-1);
  const rangeExtractor = useCallback(
    (range: Range) => {
      stuck.current = groups.findLast((g) => g <= range.startIndex) ?? -1;
      const indexes = defaultRangeExtractor(range);
      return stuck.current < 0 || indexes.includes(stuck.current) ? indexes : [stuck.current, ...indexes];
    },
    [groups],
  );
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: (i) => ("group" in lines[i]! ? heights.group : narrow ? heights.narrow : heights.item),
    getItemKey: (i) => keyOf(lines[i]!),
    overscan: 8,
    scrollPaddingStart: heights.group,
    rangeExtractor,
  });
  const measured = useRef(narrow);
  if (measured.current !== narrow) {
    measured.current = narrow;
    virtual.measure();
  }

  useImperativeHandle(ref, () => ({
    show: (item) => {
      const line = lineOf[item];
      // The first of a namespace is shown with its heading.
      if (line !== undefined) virtual.scrollToIndex(item === 0 ? 0 : line, { align: "auto" });
    },
    toTop: () => virtual.scrollToOffset(0),
  }));

  const header = (label: string, by: Sort | undefined, end?: boolean, className?: string) => (
    <div role="columnheader" className={clsx(css.th, end && css.end, className)} aria-sort={sort === by ? (by ? "descending" : "ascending") : "none"}>
      <button type="button" onClick={() => onSort(sort === by ? undefined : by)}>
        {label}
        {sort === by && by && <IconArrowDown size={12} aria-hidden />}
      </button>
    </div>
  );

  return (
    <div className={css.grid} role="grid" id="catalog-list" aria-label={t("catalog.title")} aria-rowcount={lines.length + 1}>
      <div role="row" aria-rowindex={1} className={clsx(css.row, css.header)}>
        {header(t("catalog.name"), undefined)}
        {header(t("catalog.rows"), "rows", true)}
        {header(t("catalog.size"), "bytes", true)}
        {header(t("catalog.updated"), "updated", false, css.updated)}
        <div role="columnheader" className={clsx(css.th, css.owner)}>{t("catalog.owner")}</div>
        <div role="columnheader" className={css.th}>{t("catalog.status")}</div>
      </div>
      <div className={css.scroller} ref={scroller} role="rowgroup">
        <div style={{ height: virtual.getTotalSize(), position: "relative" }} role="presentation">
          {virtual.getVirtualItems().map((row) => {
            const line = lines[row.index]!;
            const sticky = row.index === stuck.current;
            return (
              <div
                key={row.key}
                role="row"
                aria-rowindex={row.index + 2}
                id={"item" in line ? `catalog-${line.index}` : undefined}
                aria-selected={"item" in line ? line.index === active : undefined}
                className={clsx("group" in line ? css.group : clsx(css.row, css.item), sticky && css.stuck)}
                style={{ height: row.size, ...(sticky ? {} : { transform: `translateY(${row.start}px)` }) }}
                onKeyDown={onKey}
                tabIndex={-1}
              >
                {"group" in line ? (
                  <div role="gridcell" aria-colspan={columns} className={css.groupCell}>
                    {line.group} <span className={css.groupCount}>{format.number(line.count)}</span>
                  </div>
                ) : (
                  <Row item={line.item} words={words} whole={sort !== undefined} narrow={narrow} />
                )}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

const keyOf = (line: Line) => ("group" in line ? `#${line.group}` : line.item.name);

const Row = memo(function Row({ item, words, whole, narrow }: { item: Item; words: readonly string[]; whole: boolean; narrow: boolean }) {
  const t = useT();
  const format = useFormat();
  const hits = words.length > 0 ? columnHits(item, words, 3) : [];
  const isTable = item.kind === "table" && item.built;
  const rows = isTable ? format.number(item.rows) : "";
  const size = isTable ? format.bytes(item.bytes) : "";
  let about: ReactNode = <Marked text={item.description} words={words} />;
  if (hits.length > 0) {
    about = (
      <span className={css.hits}>
        <IconColumns3 size={13} aria-label={t("catalog.columns")} />
        {hits.map((c, i) => (
          <span key={c.name}>
            <code>
              <Marked text={c.name} words={words} />
            </code>
            {c.doc && <> <Marked text={c.doc} words={words} /></>}
            {i < hits.length - 1 && ","}
          </span>
        ))}
      </span>
    );
  }
  return (
    <>
      <div role="gridcell" className={css.name}>
        {item.kind === "view" ? <IconEye size={16} aria-label={t("catalog.view")} /> : <IconDatabase size={16} aria-label={t("catalog.table")} />}
        <div className={css.texts}>
          <Link to="/catalog/$table" params={{ table: item.name }} className={css.link}>
            {whole && <span className={css.prefix}><Marked text={`${item.namespace}.`} words={words} /></span>}
            <Marked text={item.short} words={words} />
          </Link>
          <div className={css.about}>
            {item.tags.map((tag) => (
              <span key={tag} className={css.tag}>
                <Marked text={tag} words={words} />
              </span>
            ))}
            {about}
          </div>
          {narrow && (
            <div className={css.facts}>
              {item.built && <Ago at={item.updatedAt} />}
              {rows && <span>{t("catalog.nrows", { n: item.rows, count: format.compact(item.rows) })}</span>}
              {size && <span>{size}</span>}
            </div>
          )}
        </div>
      </div>
      {!narrow && (
        <>
          <div role="gridcell" className={clsx(css.number, css.end)}>{rows || <Nothing />}</div>
          <div role="gridcell" className={clsx(css.number, css.end)}>{size || <Nothing />}</div>
          <div role="gridcell" className={clsx(css.quiet, css.updated)}>{item.built ? <Ago at={item.updatedAt} /> : <Nothing />}</div>
          <div role="gridcell" className={clsx(css.quiet, css.owner)}>{item.owner ? <Marked text={item.owner} words={words} /> : <Nothing />}</div>
        </>
      )}
      <div role="gridcell" className={css.standing}>{item.status && <StatusBadge status={item.status} />}</div>
    </>
  );
});

/** When it was updated. Lighter than Time: a list that changes with every letter has dozens of them. */
function Ago({ at }: { at: string }) {
  const f = useFormat();
  return <time dateTime={at} title={f.dateTime(at)}>{f.relative(at, useNow())}</time>;
}

const Nothing = () => <span className={css.nothing}>–</span>;

/** The list while it loads: rows of the same height. */
export function ListSkeleton() {
  return (
    <div className={css.grid} aria-busy>
      <div className={clsx(css.row, css.header)} />
      <div className={css.scroller}>
        {Array.from({ length: 14 }, (_, i) => (
          <div key={i} className={clsx(css.row, css.item, css.waiting)}>
            <div className={css.texts}>
              <Skeleton width={120 + ((i * 53) % 90)} />
              <Skeleton width={`${40 + ((i * 37) % 45)}%`} height={10} />
            </div>
          </div>
        ))}
      </div>
    </div>
  );
}
