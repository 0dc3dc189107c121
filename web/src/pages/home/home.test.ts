import { describe, expect, it } from "vitest";
import type { AssetStatus, Overview } from "@/api";
import { attention, readEachRun } from "./attention";
import { readFailure } from "./failure";

const asset = (name: string, status: AssetStatus["status"], reason?: AssetStatus["reasons"]): AssetStatus => ({ asset: name, kind: "full", status, reasons: reason });
const eachRun = [{ code: "each_run", text: "read on each run" }];

describe("home", () => {
  it("puts failures first and what is read on each run last, which is not late", () => {
    const o = {
      assets: { total: 6, fresh: 1, due: 3, failed: 1, never_built: 1, running: 0 },
      late: [
        asset("raw.a", "due", eachRun),
        asset("marts.b", "due", [{ code: "definition_changed", text: "its definition has changed" }]),
        asset("marts.c", "never_built"),
        asset("marts.d", "failed"),
        asset("raw.e", "due", eachRun),
      ],
    } as Overview;
    const { items, failed, late } = attention(o);
    expect(items.map((i) => i.asset)).toEqual(["marts.d", "marts.c", "marts.b", "raw.a", "raw.e"]);
    expect({ failed, late }).toEqual({ failed: 1, late: 2 });
    expect(readEachRun(asset("x", "due"))).toBe(false);
  });

  it("reads where an error is, what it says, and what belongs to it", () => {
    expect(readFailure("models/marts/refund_rate.sql:6:5: check rate found 8 rows\n    category=디지털 | rate=0.05\n    … and 3 more")).toEqual({
      place: "models/marts/refund_rate.sql:6:5", message: "Check rate found 8 rows", rest: "category=디지털 | rate=0.05\n… and 3 more",
    });
    expect(readFailure("connection refused: 127.0.0.1:5432")).toEqual({ message: "Connection refused: 127.0.0.1:5432", rest: "" });
  });
});
