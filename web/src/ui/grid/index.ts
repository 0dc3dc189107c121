export { DataGrid, type DataGridProps } from "./DataGrid";
export { arraySource, type GridColumn, type GridSource, type GridState, type Range, type TextFormat } from "./source";
