/** What a chart of a result shows. Columns are given by their place. */
export type ChartSpec = {
  type: "line" | "bar" | "stacked";
  x: number;
  y: number[];
  /** Divides one measure into series by its values. */
  series?: number;
  /** How rows of the same x (and series) become one value. */
  aggregate: Aggregate;
};
export type Aggregate = "sum" | "avg" | "min" | "max" | "count";

/** What a column holds, as a chart sees it. */
export type Kind = "time" | "number" | "category" | "other";

export type ChartColumn = { name: string; type: string };

/** By the type as DuckDB spells it. */
export function kindOf(type: string): Kind {
  const t = type.toUpperCase();
  if (/\[\d*\]$|^(STRUCT|MAP|UNION|LIST)\b/.test(t)) return "other";
  if (/^(DATE|TIMESTAMP)/.test(t)) return "time";
  if (/^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DECIMAL|NUMERIC|FLOAT|DOUBLE|REAL)\b/.test(t)) return "number";
  if (/^(VARCHAR|TEXT|STRING|CHAR|BOOLEAN|ENUM|UUID)/.test(t)) return "category";
  return "other";
}

// Numbers that name things rather than measure them: to add them up says nothing.
const identifier = /(^|_)(id|key|code|no|number|zip|postcode|year|month|week|day|hour|dow|weekday|quarter|rank|cohort|age)$|번호$|코드$|^(연도|년도|월|일|시|요일|시간|순위)$/i;
// Averages and shares of groups must not be added up.
const ratio = /(^|_)(avg|average|mean|rate|ratio|share|percent|pct|per|price|median|p\d\d)(_|$)|평균|비율|율$|단가/i;

/** The name of a number that names or orders things. */
export const isIdentifier = (name: string): boolean => identifier.test(name);

export const aggregateFor = (name: string): Aggregate => (ratio.test(name) ? "avg" : "sum");

/** A few of the first rows, to see which columns repeat. Undefined values are missing ones. */
export type Sample = { rows: number; value: (row: number, column: number) => Value };
export type Value = string | number | null | undefined;

/** The columns that a chart can take for each of its parts. */
export function usable(columns: readonly ChartColumn[]): { x: number[]; y: number[]; series: number[] } {
  const kinds = columns.map((c) => kindOf(c.type));
  const of = (...wanted: Kind[]) => kinds.flatMap((kind, i) => (wanted.includes(kind) ? [i] : []));
  return { x: of("time", "category", "number"), y: of("number"), series: [...of("category"), ...of("number").filter((i) => isIdentifier(columns[i]!.name)), ...of("time")] };
}

/**
 * The chart that says most about a result: something over time as lines, something per category as bars. Undefined when nothing
 * can be measured, or nothing orders it: points of two measures are for a notebook.
 */
export function chooseChart(columns: readonly ChartColumn[], sample: Sample): ChartSpec | undefined {
  const kinds = columns.map((c) => kindOf(c.type));
  const all = kinds.map((_, i) => i);
  const numbers = all.filter((i) => kinds[i] === "number");
  const measures = numbers.filter((i) => !isIdentifier(columns[i]!.name));
  if (numbers.length === 0 || sample.rows < 2) return undefined;

  const time = all.find((i) => kinds[i] === "time" && distinct(sample, i) > 1);
  const categories = all.filter((i) => kinds[i] === "category" && distinct(sample, i) > 1);
  if (time !== undefined) {
    const y = measures.length > 0 ? measures : numbers;
    const by = repeats(sample, [time]) ? dividing(sample, categories, [time]) : undefined;
    return make("line", time, y, by, columns, sample);
  }
  if (categories.length > 0) {
    // The category with the most values is what the rows are about; another one divides them.
    const x = [...categories].sort((a, b) => Number(spread(sample, b)) - Number(spread(sample, a)))[0]!;
    const y = measures.length > 0 ? measures : numbers.filter((i) => i !== x);
    const by = repeats(sample, [x]) ? dividing(sample, categories.filter((c) => c !== x), [x]) : undefined;
    return make("bar", x, y, by, columns, sample);
  }
  const ordered = numbers.find((i) => isIdentifier(columns[i]!.name) && distinct(sample, i) > 1);
  if (ordered !== undefined && measures.length > 0) {
    return make(increasing(sample, ordered) && distinct(sample, ordered) > 12 ? "line" : "bar", ordered, measures, undefined, columns, sample);
  }
  if (numbers.length < 2) return undefined;
  const [x, ...y] = numbers;
  if (increasing(sample, x!)) return make("line", x!, y, undefined, columns, sample);
  return distinct(sample, x!) <= 60 ? make("bar", x!, y, undefined, columns, sample) : undefined;
}

function make(type: ChartSpec["type"], x: number, measures: number[], series: number | undefined, columns: readonly ChartColumn[], sample: Sample): ChartSpec {
  const y = measures.filter((i) => i !== x);
  // One measure when it is divided; else as many as can be told apart, are of one kind and reach as far.
  const first = y[0]!;
  const kind = aggregateFor(columns[first]!.name);
  const reach = largest(sample, first);
  const fits = (i: number) => {
    const other = largest(sample, i);
    return i === first || (aggregateFor(columns[i]!.name) === kind && other <= reach * 12 && other * 12 >= reach);
  };
  const shown = series === undefined ? y.filter(fits).slice(0, type === "bar" ? 2 : 4) : [first];
  return { type, x, y: shown, series, aggregate: kind };
}

const asKey = (value: Value): string => (value === null || value === undefined ? "" : String(value));

function largest(sample: Sample, column: number): number {
  let most = 0;
  for (let row = 0; row < sample.rows; row++) most = Math.max(most, Math.abs(Number(sample.value(row, column) ?? 0)) || 0);
  return most;
}

function distinct(sample: Sample, column: number): number {
  const seen = new Set<string>();
  for (let row = 0; row < sample.rows; row++) seen.add(asKey(sample.value(row, column)));
  return seen.size;
}

/** Fewer values than rows and still many: what the rows are about. A column of free text is not. */
const spread = (sample: Sample, column: number) => {
  const n = distinct(sample, column);
  return n <= 100 ? n : 100 / n;
};

/** Whether rows agree in all of some columns. */
function repeats(sample: Sample, columns: number[]): boolean {
  const seen = new Set<string>();
  for (let row = 0; row < sample.rows; row++) {
    const key = columns.map((c) => asKey(sample.value(row, c))).join("\u0000");
    if (seen.has(key)) return true;
    seen.add(key);
  }
  return false;
}

/** The category that divides rows of the same x best: few enough values to be told apart, and few rows left that agree. */
function dividing(sample: Sample, categories: number[], x: number[]): number | undefined {
  const few = categories.filter((c) => distinct(sample, c) <= 30);
  return few.find((c) => !repeats(sample, [...x, c])) ?? few[0];
}

function increasing(sample: Sample, column: number): boolean {
  let last = -Infinity;
  for (let row = 0; row < sample.rows; row++) {
    const value = Number(sample.value(row, column) ?? NaN);
    if (!(value > last)) return false;
    last = value;
  }
  return true;
}
