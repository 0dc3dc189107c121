import { describe, expect, it } from "vitest";
import type { Lineage } from "@/api";
import { distances, merge } from "./graph";
import { firstRows, tableName } from "./sql";

describe("SQL for a table", () => {
  it("quotes names that need it", () => {
    expect(tableName("marts.daily_sales")).toBe("marts.daily_sales");
    expect(tableName("shop.kr.orders")).toBe('"shop.kr".orders');
    expect(tableName("raw.order")).toBe('raw."order"');
    expect(tableName('raw.we"ird')).toBe('raw."we""ird"');
    expect(tableName("원본.주문")).toBe('"원본"."주문"');
  });
  it("reads a version", () => {
    expect(firstRows("a.b", 100, "123")).toBe("SELECT *\nFROM a.b AT (VERSION => 123)\nLIMIT 100");
    expect(firstRows("a.b", 10)).toBe("SELECT *\nFROM a.b\nLIMIT 10");
  });
});

const node = (name: string, up: boolean, down: boolean) =>
  ({ id: `table:${name}`, type: "table", name, kind: "full", status: "fresh", rows: 1, updated_at: "", more_up: up, more_down: down }) as unknown as Lineage["nodes"][number];

describe("lineage", () => {
  const around = { focus: "table:b", nodes: [node("a", true, false), node("b", false, false), node("c", false, true)], edges: [{ from: "table:a", to: "table:b" }, { from: "table:b", to: "table:c" }] };
  const further = { focus: "table:a", nodes: [node("z", false, true), node("a", false, true)], edges: [{ from: "table:z", to: "table:a" }] };

  it("grows by what is asked for, and forgets what is shown by now", () => {
    const merged = merge([around, further]);
    expect(merged.nodes.map((n) => n.name)).toEqual(["a", "b", "c", "z"]);
    expect(merged.edges).toHaveLength(3);
    expect(merged.nodes.find((n) => n.name === "a")).toMatchObject({ moreUp: false, moreDown: false });
    expect(merged.nodes.find((n) => n.name === "c")).toMatchObject({ moreDown: true });
  });

  it("counts steps from the focus, up and down", () => {
    const merged = merge([around, further]);
    expect(Object.fromEntries(distances(merged, "table:b"))).toEqual({ "table:b": 0, "table:a": -1, "table:z": -2, "table:c": 1 });
  });
});
