import { text, type RawSearch } from "@/app/search";

export type RunsSearch = { tab?: string; search?: string };
export const runsSearch = (raw: RawSearch): RunsSearch => ({ tab: text(raw, "tab"), search: text(raw, "search") });

export type RunSearch = { tab?: string; task?: string };
export const runSearch = (raw: RawSearch): RunSearch => ({ tab: text(raw, "tab"), task: text(raw, "task") });

export type TaskSearch = { tab?: string };
export const taskSearch = (raw: RawSearch): TaskSearch => ({ tab: text(raw, "tab") });
