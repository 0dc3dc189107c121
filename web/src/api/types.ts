/**
 * What the server sends, as the interface uses it. Times are RFC 3339, ids of snapshots are strings (they do not fit a
 * JavaScript number), and a field that may be absent is optional.
 */

export type List<Item> = { items: Item[]; next?: string };
export type Label = { en: string; ko: string };

/** The status of a run or of a task. */
export type RunStatus =
  | "queued" | "running" | "retrying" | "cancelling"
  | "succeeded" | "failed" | "skipped" | "cancelled" | "interrupted";

/** Where an asset stands: the status of its newest task unless that has succeeded. */
export type Standing = "fresh" | "due" | "never_built" | RunStatus;

export type Problem = { file: string; line?: number; column?: number; message: string; suggestion?: string };

export type Workspace = {
  name: string;
  environment: string;
  timezone: string;
  version: string;
  unconfined?: string;
  problems?: Problem[];
};

export type RunInfo = {
  id: string;
  by: string;
  selectors?: string[];
  status: RunStatus;
  created_at: string;
  started_at?: string;
  finished_at?: string;
  error?: string;
  tasks?: Partial<Record<RunStatus, number>>;
};

export type TaskInfo = {
  run: string;
  id: string;
  asset: string;
  start?: string;
  end?: string;
  status: RunStatus;
  reason?: string;
  attempt: number;
  queued_at?: string;
  ready_at?: string;
  started_at?: string;
  finished_at?: string;
  rows: number;
  bytes: number;
  files: number;
  snapshot?: string;
  unchanged?: boolean;
  note?: string;
  error?: string;
  error_kind?: "permanent" | "transient" | "cancelled" | "upstream" | "interrupted";
};

export type TaskProgress = { step?: string; rows?: number; rows_total?: number; bytes?: number };
export type Reason = { code: string; text: string; input?: string };

export type LogLine = {
  run: string;
  task: string;
  asset: string;
  attempt: number;
  seq: number;
  at: string;
  level: string;
  message: string;
  attrs?: Record<string, unknown>;
};

export type AssetStatus = {
  asset: string;
  kind: string;
  status: Standing;
  filled_at?: string;
  filled_from?: string;
  filled_to?: string;
  checked_at?: string;
  last?: TaskInfo;
  reasons?: Reason[];
  if_changed?: boolean;
  tags?: string[];
  description?: string;
};

export type PlannedTask = {
  asset: string;
  kind: string;
  start?: string;
  end?: string;
  intervals?: number;
  reasons: Reason[];
  if_changed?: boolean;
};
export type Plan = { items: PlannedTask[]; up_to_date: number; unreached?: string[] };
export type RunRequest = { selectors?: string[]; force?: boolean; from?: string; to?: string };

export type RunDetail = { run: RunInfo; tasks: TaskInfo[]; edges: { from: string; to: string }[] };
export type TaskDetail = {
  task: TaskInfo;
  attempts: { attempt: number; status: RunStatus; started_at: string; finished_at?: string; error?: string }[];
  checks: CheckResult[];
};

export type CheckResult = {
  at: string;
  name?: string;
  passed: boolean;
  blocking: boolean;
  rows: number;
  message: string;
  sample: Record<string, unknown>[];
  run: string;
  task: string;
};
export type Check = {
  name: string;
  description: string;
  blocking: boolean;
  kind: string;
  sql?: string;
  last?: CheckResult;
  history: CheckResult[];
};

export type Overview = {
  assets: { total: number; fresh: number; due: number; failed: number; never_built: number; running: number };
  late: AssetStatus[];
  updated: { table: string; updated_at: string; rows: number; added_rows: number }[];
  runs: RunInfo[];
  failures: { run: string; task: string; asset: string; error: string; finished_at: string }[];
  storage: { tables: number; views: number; rows: number; bytes: number; files: number };
  growth: { at: string; rows: number; bytes: number }[];
  checks: { passed: number; failed: number; warned: number };
};

export type TableSummary = {
  name: string;
  namespace: string;
  kind: "table" | "view";
  rows: number;
  bytes: number;
  files: number;
  snapshot: string;
  updated_at: string;
  description: string;
  owner: string;
  tags: string[];
  made: "source" | "model" | "";
  write: string;
  status: Standing | "";
  columns: { name: string; type: string; doc: string }[];
};

export type TableDetail = Omit<TableSummary, "columns"> & {
  location: string;
  format_version: number;
  partition: string[];
  properties: Record<string, string>;
  made_by: { file: string; line: number; write: string; every: string; sql: string; source?: string } | null;
  sql: string;
  reads: string[];
  read_by: string[];
  asset?: AssetStatus;
  columns: { id: number; name: string; type: string; required: boolean; doc: string; checks: string[] }[];
};

export type Snapshot = {
  id: string;
  parent?: string;
  at: string;
  operation: string;
  rows?: number;
  bytes?: number;
  files?: number;
  added_rows?: number;
  deleted_rows?: number;
  summary?: Record<string, string>;
};
export type DataFile = { path: string; rows: number; bytes: number; partition?: string; format?: string };

export type Profile = {
  rows: number;
  sampled_rows: number;
  elapsed_ms: number;
  columns: {
    name: string;
    type: string;
    nulls: number;
    distinct: number;
    min: string | null;
    max: string | null;
    mean?: string;
    histogram?: { low: string; high: string; count: number }[];
    top?: { value: string; count: number }[];
  }[];
};

export type LineageType = "source" | "table" | "metric" | "dashboard";
export type Lineage = {
  focus: string;
  nodes: {
    id: string;
    type: LineageType;
    name: string;
    label?: Label;
    kind: string;
    status: Standing | "";
    rows: number;
    updated_at: string;
    more_up: number;
    more_down: number;
  }[];
  edges: { from: string; to: string }[];
};

export type Position = { offset: number; line: number; column: number };
export type QueryError = { code: string; message: string; hint?: string; position?: Position };
export type QueryInfo = {
  id: string;
  sql: string;
  status: "running" | "succeeded" | "failed" | "cancelled";
  started_at: string;
  finished_at?: string;
  elapsed_ms: number;
  wait_ms: number;
  rows: number;
  truncated: boolean;
  files: number;
  files_total: number;
  bytes: number;
  bytes_total: number;
  tables: { table: string; snapshot: string; files: number; files_total: number; bytes: number }[];
  error?: QueryError;
};
export type SavedQuery = { id: string; name: string; sql: string; description: string; updated_at: string };
export type SqlFunction = {
  name: string;
  kind: "scalar" | "aggregate" | "table" | "window";
  signatures: string[];
  description: string;
  examples: string[];
};

export type Metric = {
  name: string;
  label: Label;
  description: string;
  format: string;
  owner: string;
  tags: string[];
  kind: string;
  unit?: string;
  dimensions: { name: string; label: Label }[];
  tables: string[];
  file: string;
  line: number;
  additive: boolean;
};
export type Grain = "day" | "week" | "month";
export type MetricQuery = {
  metrics: string[];
  by?: string[];
  grain?: Grain;
  from: string;
  to: string;
  where?: { dimension: string; in: string[] }[];
  compare?: "previous";
  limit?: number;
  order?: string;
};
export type Cell = string | number | boolean | null;
export type MetricResult = {
  columns: { name: string; label: Label; type: string; format: string; role: "time" | "dimension" | "measure" | "previous" }[];
  rows: Cell[][];
  sql: string;
  tables: { table: string; snapshot: string; updated_at: string }[];
  fresh_at: string;
  elapsed_ms: number;
  cached: boolean;
};

export type TileType = "number" | "line" | "bar" | "stacked" | "table" | "heatmap" | "text";
export type DashboardSummary = { name: string; label: Label; description: Label; owner: string; tags: string[]; tiles: number };
export type Tile = {
  index: number;
  type: TileType;
  label: Label;
  metric?: string;
  metrics?: string[];
  by?: string[];
  grain?: Grain;
  format?: string;
  width?: number;
  compare?: "previous";
  sparkline?: boolean;
  text?: Label;
};
export type Dashboard = {
  name: string;
  label: Label;
  description: Label;
  range: { default: string; options: string[] };
  grain: Grain;
  filters: { dimension: string; label: Label }[];
  rows: { label?: Label; tiles: Tile[] }[];
  file: string;
  line: number;
};
export type TileResult = {
  type: TileType;
  result?: MetricResult;
  value?: Cell;
  previous?: Cell;
  change?: number | null;
  spark?: MetricResult;
  sql: string;
  tables: MetricResult["tables"];
  fresh_at: string;
  elapsed_ms: number;
  cached: boolean;
};
