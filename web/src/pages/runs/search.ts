import { oneOf, text, texts, type RawSearch } from "@/app/search";

export type RunsSearch = {
  tab?: "assets";
  search?: string;
  status?: string;
  /** Opens the form for a run of these; `*` is everything. */
  start?: string[];
};
export const runsSearch = (raw: RawSearch): RunsSearch => ({
  tab: oneOf(raw, "tab", ["assets"]),
  search: text(raw, "search"),
  status: text(raw, "status"),
  start: texts(raw, "start"),
});

export type RunTab = "graph" | "timeline" | "tasks" | "log" | "checks";
export const runTabs: readonly RunTab[] = ["graph", "timeline", "tasks", "log", "checks"];

export type RunSearch = { tab?: RunTab; status?: string; search?: string };
export const runSearch = (raw: RawSearch): RunSearch => ({
  tab: oneOf(raw, "tab", runTabs),
  status: text(raw, "status"),
  search: text(raw, "search"),
});

/** Nothing about a task is a matter of its address yet. */
export type TaskSearch = Record<string, never>;
export const taskSearch = (_raw: RawSearch): TaskSearch => ({});
