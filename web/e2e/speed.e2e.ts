import { describe, expect, test } from "vitest";
import { figure, median, ms, quantile } from "./support/figures";
import { SqlDesk } from "./support/sql";
import { measured, phone, useBrowser, wide, type Measured } from "./support/visit";

/**
 * What is fast to somebody at a screen. Medians are held to targets, and the rest is printed; what misses its target is measured up to
 * twice more, and printed each time. `make bench` holds to the targets themselves. `make test` also runs on machines that do other
 * things at the time, and a test that fails because of a neighbour teaches people to ignore tests: there, times fail
 * only when they are far off, and bytes and layout shift are held as they are. How a page shifts depends on the clock in one thing:
 * when its fonts arrive behind its data, words move. So the shift is that of the median window, too, or is measured again.
 */
const begin = useBrowser();
const again = { retry: 2 };
const slack = process.env.HOSU_SPEED === "strict" ? 1 : 4;

/** As it is reported everywhere, to three decimals: a font that arrives may move a word by a part of a pixel. */
const still = ({ shift, shifts }: Measured) => expect({ shift: Number(shift.toFixed(3)), shifts: shift >= 0.0005 ? shifts : [] }).toEqual({ shift: 0, shifts: [] });

const longest = (tasks: Measured["tasks"], from = 0) => Math.max(0, ...tasks.filter((t) => t.at >= from).map((t) => t.ms));

describe("Home", () => {
  test("shows something within a second, loads little, and does not move", again, async (context) => {
    const firsts: number[] = [];
    const tasks: number[] = [];
    const windows: Measured[] = [];
    for (let i = 0; i < 5; i++) {
      const visit = await begin(context); // a window without a cache
      await visit.open("/");
      const seen = await measured(visit.page);
      windows.push(seen);
      tasks.push(longest(seen.tasks));
      firsts.push(await visit.page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Infinity));
      if (i > 0) continue;
      // As a browser without Brotli gets it; the page of Home and its texts are counted too.
      const scripts = await visit.page.evaluate(() => [...new Set(performance.getEntriesByType("resource").map((e) => e.name))].filter((name) => name.endsWith(".js")));
      const bytes = await Promise.all(scripts.map(async (script) => Number((await fetch(script, { method: "HEAD", headers: { "Accept-Encoding": "gzip" } })).headers.get("Content-Length"))));
      expect(bytes.every((n) => n > 0)).toBe(true);
      const kb = bytes.reduce((sum, n) => sum + n, 0) / 1024;
      figure("Home: JavaScript, gzip", `${kb.toFixed(0)} KB in ${scripts.length} files`, "≤ 250 KB");
      expect(kb).toBeLessThanOrEqual(250);
    }
    figure("Home: first contentful paint, median of 5", ms(median(firsts)), `≤ 1000 ms (slowest ${ms(Math.max(...firsts))})`);
    figure("Home: longest task while loading, median of 5", ms(median(tasks)));
    expect(median(firsts)).toBeLessThanOrEqual(1000 * slack);
    const shift = median(windows.map((seen) => seen.shift));
    still(windows.find((seen) => seen.shift === shift)!);
  });

  test.for([["1440", wide], ["390", phone]] as const)("does not move while it loads, in Korean and %s pixels wide", again, async ([width, size], context) => {
    const visit = await begin(context, { size, locale: "ko", motion: true });
    await visit.open("/");
    const seen = await measured(visit.page);
    figure(`Home: layout shift in Korean, ${width} px`, seen.shift.toFixed(4), "0.000");
    still(seen);
  });
});

test("the first rows are on screen within 150 ms of the engine's", again, async (context) => {
  const visit = await begin(context);
  const desk = new SqlDesk(visit);
  const waits: number[] = [];
  const all: number[] = [];
  await desk.open("from core.order_lines limit 5000");
  for (let i = 0; i < 7; i++) {
    await visit.page.evaluate(() => performance.clearMarks());
    await desk.editor.press("Control+Enter");
    const shown = await visit.page.waitForFunction(() => {
      const mark = performance.getEntriesByName("hosu:first-rows")[0];
      return mark && { at: performance.timeOrigin + mark.startTime, took: mark.startTime - (performance.getEntriesByName("hosu:run")[0]?.startTime ?? NaN) };
    });
    const { at, took } = (await shown.jsonValue())!;
    const { started_at, wait_ms } = await desk.ended();
    waits.push(at - (Date.parse(started_at) + wait_ms));
    all.push(took);
  }
  figure("SQL: first rows on screen after the engine has them, median of 7", ms(median(waits)), `≤ 150 ms (slowest ${ms(Math.max(...waits))})`);
  figure("SQL: from the key to the first rows on screen, median of 7", ms(median(all)), `slowest ${ms(Math.max(...all))}`);
  expect(median(waits)).toBeLessThanOrEqual(150 * slack);
  visit.calm();
});

test("a million rows scroll at 60 frames a second", again, async (context) => {
  const visit = await begin(context, { motion: true });
  const desk = new SqlDesk(visit);
  await desk.ask("select range as n, range * 2 as twice, 'row ' || range as name, range / 7 as share, timestamp '2024-01-01' + to_seconds(range) as at, range % 2 = 0 as even, 'member ' || range % 9973 as member, range * 17 % 10007 as amount from range(1_000_000)");
  // As fast as a hand at a wheel, and as fast as one that drags the bar.
  for (const [how, step] of [["by wheel", 120], ["by its bar", 20_000]] as const) {
    const { frames, from } = await desk.grid.evaluate(async (grid, step) => {
      const from = performance.now();
      const frames: number[] = [];
      let before = await new Promise<number>((tell) => requestAnimationFrame(tell));
      for (let i = 0; i < 180; i++) {
        grid.scrollTop += i % 90 < 75 ? step : -step;
        const now = await new Promise<number>((tell) => requestAnimationFrame(tell));
        frames.push(now - before);
        before = now;
      }
      return { frames, from };
    }, step);
    const { tasks } = await measured(visit.page);
    const late = frames.filter((f) => f > 25).length;
    figure(`Grid: frames of a million rows, scrolled ${how}`, `median ${ms(median(frames))}, 95th percentile ${ms(quantile(frames, 0.95))}`, `≤ 17 ms (${late} of ${frames.length} late, longest task ${ms(longest(tasks, from))})`);
    expect(median(frames)).toBeLessThanOrEqual(17 * slack);
  }
  visit.calm();
});

test("a result of 20 MB does not freeze the page", again, async (context) => {
  const visit = await begin(context, { motion: true });
  const desk = new SqlDesk(visit);
  await desk.open("select range as n, md5(range::text) || repeat('가', 50) as text, range * 3 as value from range(110_000)");
  const from = await visit.page.evaluate(() => performance.now());
  await desk.run();
  // Somebody goes on meanwhile.
  await desk.editor.press("End");
  await desk.grid.getByRole("gridcell").first().waitFor();
  const { rows } = await desk.ended();
  expect(rows).toBe(110_000);
  const { tasks } = await measured(visit.page);
  figure("SQL: longest task while 20 MB arrive", ms(longest(tasks, from)), `${tasks.filter((t) => t.at >= from).length} above 50 ms`);
  expect(longest(tasks, from)).toBeLessThan(500 * slack);
  visit.calm();
});
