import type { SqlFunction, TableSummary } from "@/api";
import type { Column } from "./scope";

/** What the editor knows of the workspace. Names are found in any case, as DuckDB finds them. */
export type Catalog = {
  tables: readonly TableSummary[];
  namespaces: readonly { name: string; tables: number }[];
  functions: readonly SqlFunction[];
  table: (name: string) => TableSummary | undefined;
  columnsOf: (name: string) => Column[] | undefined;
  function: (name: string) => SqlFunction | undefined;
};

export function makeCatalog(tables: readonly TableSummary[], functions: readonly SqlFunction[]): Catalog {
  const byName = new Map(tables.map((table) => [table.name.toLowerCase(), table]));
  const byFunction = new Map(functions.map((f) => [f.name.toLowerCase(), f]));
  const counts = new Map<string, number>();
  for (const { namespace } of tables) counts.set(namespace, (counts.get(namespace) ?? 0) + 1);
  const table = (name: string) => byName.get(name.toLowerCase());
  return {
    tables,
    functions,
    namespaces: [...counts].map(([name, tables]) => ({ name, tables })).sort((a, b) => (a.name < b.name ? -1 : 1)),
    table,
    columnsOf: (name) => table(name)?.columns,
    function: (name) => byFunction.get(name.toLowerCase()),
  };
}
