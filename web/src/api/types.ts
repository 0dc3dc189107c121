/**
 * What the server sends, under the names that the interface uses. Made from the server's own description (schema.ts, by
 * `npm run api`): what it changes there is an error here or where it is used. Times are RFC 3339, ids of snapshots are
 * strings (they do not fit a JavaScript number), and what may be absent is optional.
 */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type List<Item> = { items: Item[]; next?: string };
export type Label = Schemas["LabelText"];

/** The status of a run or of a task. */
export type RunStatus = Schemas["RunInfo"]["status"] | Schemas["TaskInfo"]["status"];
/** Where an asset stands: the status of its newest task unless that has succeeded. */
export type Standing = Schemas["Asset"]["status"] | RunStatus;

export type Workspace = Schemas["WorkspaceInfo"];
export type Problem = Schemas["FileProblem"];
export type Position = Schemas["Position"];

export type RunInfo = Omit<Schemas["RunInfo"], "tasks"> & { tasks?: Partial<Record<RunStatus, number>> };
export type TaskInfo = Schemas["TaskInfo"];
export type TaskProgress = Schemas["TaskProgress"];
/** A task as the events of a run tell of it. */
export type TaskEvent = Schemas["TaskEvent"];
export type LogLine = Omit<Schemas["LogLine"], "attrs"> & { attrs?: Record<string, unknown> };
/** `code` may be one that a newer server knows. */
export type Reason = Omit<Schemas["Reason"], "code"> & { code: string };
export type RunDetail = Omit<Schemas["RunDetail"], "run"> & { run: RunInfo };
export type Attempt = Omit<Schemas["Attempt"], "status"> & { status: RunStatus };
export type TaskDetail = Omit<Schemas["TaskDetail"], "attempts"> & { attempts: Attempt[] };
export type RunRequest = Schemas["RunRequest"];
export type PlannedTask = Omit<Schemas["PlannedTask"], "reasons"> & { reasons: Reason[] };
export type Plan = Omit<Schemas["PlannedRun"], "items"> & { items: PlannedTask[] };

type WithReasons<Asset> = Omit<Asset, "reasons"> & { reasons?: Reason[] };
export type AssetStatus = WithReasons<Schemas["AssetStatus"]> & Partial<Pick<Schemas["Asset"], "tags" | "description" | "owner">>;
export type Asset = WithReasons<Schemas["Asset"]>;
export type Overview = Omit<Schemas["Overview"], "runs" | "late"> & { runs: RunInfo[]; late: Asset[] };

export type CheckResult = Schemas["CheckResult"];
export type Check = Schemas["TableCheck"];
export type TableSummary = Omit<Schemas["TableSummary"], "status"> & { status: Standing | "" };
export type TableDetail = Omit<Schemas["TableDetail"], "status" | "asset"> & { status: Standing | ""; asset?: AssetStatus };
export type Snapshot = Schemas["Snapshot"];
export type DataFile = Schemas["DataFile"];
export type Profile = Schemas["Profile"];

export type Lineage = Omit<Schemas["LineageView"], "total"> & { total?: number };
export type LineageNode = Schemas["LineageNode"];
export type LineageType = LineageNode["type"];

export type QueryInfo = Schemas["QueryInfo"];
export type QueryError = Schemas["Failure"];
export type SavedQuery = Schemas["SavedQuery"];
export type SqlFunction = Schemas["Function"];

export type Metric = Schemas["MetricInfo"];
export type MetricQuery = Schemas["MetricQuestionBody"];
export type Grain = NonNullable<MetricQuery["grain"]>;
/** A value of a result. Numbers that do not fit a double are text. */
export type Cell = string | number | boolean | null;
export type MetricResult = Omit<Schemas["MetricResult"], "rows"> & { rows: Cell[][] };

export type DashboardSummary = Schemas["DashboardItem"];
export type Dashboard = Schemas["DashboardInfo"];
export type Tile = Schemas["DashboardTile"];
export type TileType = Tile["type"];
export type TileResult = Omit<Schemas["TileResult"], "result" | "spark"> & { result?: MetricResult; spark?: MetricResult };
