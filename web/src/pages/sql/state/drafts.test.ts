import { beforeEach, expect, it, vi } from "vitest";

beforeEach(() => {
  const kept = new Map<string, string>();
  const storage = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) };
  vi.stubGlobal("window", { addEventListener: () => undefined });
  vi.stubGlobal("document", { addEventListener: () => undefined, hidden: false });
  vi.stubGlobal("localStorage", storage);
  vi.stubGlobal("sessionStorage", storage);
  vi.useFakeTimers();
});

it("makes room by what is saved or was left longest, not by what is being written", async () => {
  vi.resetModules();
  const { drafts } = await import("./drafts");
  const first = drafts.state.list[0]!.id;
  drafts.change(first, { sql: "select the work of a morning" });
  vi.advanceTimersByTime(1000);
  const saved = drafts.open({ name: "daily", sql: "select 1", saved: { id: "q1", sql: "select 1" } });
  vi.advanceTimersByTime(1000);
  const left = drafts.open({ sql: "select the oldest preview" });
  vi.advanceTimersByTime(1000);
  for (let i = 3; i < 50; i++) drafts.open({ sql: `select * from preview_${i}` });
  vi.advanceTimersByTime(1000);
  drafts.change(first, { sql: "select the work of a day" });
  expect(drafts.state.list).toHaveLength(50);

  drafts.open({ sql: "select one more" });
  expect(drafts.state.list).toHaveLength(50);
  expect(drafts.get(first)?.sql).toBe("select the work of a day");
  expect(drafts.get(saved.id)).toBeUndefined();
  drafts.open({ sql: "select another" });
  expect(drafts.get(left.id)).toBeUndefined();
  expect(drafts.get(first)).toBeDefined();
});
