import type { TableSummary } from "@/api";

/** A line of the tree of tables. */
export type Row =
  | { kind: "namespace"; id: string; level: 1; name: string; tables: number; open: boolean }
  | { kind: "table"; id: string; level: 2; name: string; table: TableSummary; open: boolean }
  | { kind: "column"; id: string; level: 3; name: string; table: TableSummary; column: TableSummary["columns"][number] };

/**
 * The lines that are to be seen. While something is searched, what fits is open: namespaces of tables that fit, and tables of
 * columns that do, with these columns only. `open` holds the ids that were opened, `shut` those that were closed.
 */
export function treeRows(tables: readonly TableSummary[], search: string, open: ReadonlySet<string>, shut: ReadonlySet<string>): Row[] {
  const wanted = search.trim().toLowerCase();
  const rows: Row[] = [];
  const namespaces = new Map<string, TableSummary[]>();
  for (const table of tables) {
    const list = namespaces.get(table.namespace);
    if (list) list.push(table);
    else namespaces.set(table.namespace, [table]);
  }
  for (const name of [...namespaces.keys()].sort()) {
    const found = namespaces.get(name)!.flatMap((table) => {
      if (!wanted) return [{ table, columns: table.columns, open: open.has(table.name) }];
      const columns = table.columns.filter((c) => c.name.toLowerCase().includes(wanted));
      if (table.name.toLowerCase().includes(wanted)) return [{ table, columns: table.columns, open: open.has(table.name) }];
      return columns.length > 0 ? [{ table, columns: open.has(table.name) ? table.columns : columns, open: !shut.has(table.name) }] : [];
    });
    if (found.length === 0) continue;
    const id = `${name}.`;
    const isOpen = !shut.has(id);
    rows.push({ kind: "namespace", id, level: 1, name, tables: found.length, open: isOpen });
    if (!isOpen) continue;
    found.sort((a, b) => (a.table.name < b.table.name ? -1 : 1));
    for (const { table, columns, open } of found) {
      rows.push({ kind: "table", id: table.name, level: 2, name: table.name.slice(name.length ? name.length + 1 : 0), table, open });
      if (open) for (const column of columns) rows.push({ kind: "column", id: `${table.name}/${column.name}`, level: 3, name: column.name, table, column });
    }
  }
  return rows;
}
