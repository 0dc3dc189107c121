/** Words that DuckDB reads as its own unless they are quoted. */
const reserved = new Set(
  ("all analyse analyze and any array as asc asymmetric at both case cast check collate column constraint create default deferrable desc describe distinct do else end except false " +
    "fetch for foreign from grant group having in initially intersect into lambda lateral leading limit not null offset on only or order pivot placing primary qualify references returning " +
    "select show some summarize symmetric table then to trailing true union unique unpivot using variadic when where window with").split(" "),
);

const quote = (name: string) => (/^[a-z_][a-z0-9_]*$/.test(name) && !reserved.has(name) ? name : `"${name.replaceAll('"', '""')}"`);

/** A table's name as SQL has it: the namespace, which may have dots, and the name. */
export function tableName(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot < 0 ? quote(name) : `${quote(name.slice(0, dot))}.${quote(name.slice(dot + 1))}`;
}

/** A statement that reads the first rows of a table, of one of its versions when it is named. */
export function firstRows(name: string, limit: number, snapshot?: string): string {
  const at = snapshot ? ` AT (VERSION => ${snapshot})` : "";
  return `SELECT *\nFROM ${tableName(name)}${at}\nLIMIT ${limit}`;
}
