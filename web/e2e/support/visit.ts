import { mkdirSync } from "node:fs";
import { chromium, type Browser, type BrowserContext, type Page, type Request } from "playwright-core";
import { afterAll, beforeAll, expect, inject, type TestContext } from "vitest";
import type { Translate } from "@/i18n";
import { browserPath } from "./chromium";
import { out } from "./figures";
import { wordsOf, type Locale } from "./words";

export const wide = { width: 1440, height: 900 };
export const phone = { width: 390, height: 844 };

export type VisitOptions = {
  locale?: Locale;
  theme?: "light" | "dark";
  size?: { width: number; height: number };
  /** Another server than the demo's. */
  url?: string;
  /** Lines of the console that the test brings about, and failures that it causes. */
  expected?: RegExp;
  /** Movements as people see them; without, nothing moves, so that states come at once. */
  motion?: boolean;
};

/**
 * Opens the browser of a test file, and returns what opens a window of it for a test. The window is closed at the test's end;
 * when it fails, a picture of the window stays in out/.
 */
export function useBrowser(): (test: TestContext, options?: VisitOptions) => Promise<Visit> {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: browserPath(),
      headless: true,
      timeout: 100_000, // it starts beside whatever else the machine does
      args: [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
        "--disable-sync", "--disable-extensions", "--font-render-hinting=none",
      ],
    });
  });
  afterAll(() => browser?.close());
  return async (test, options) => {
    const visit = await Visit.begin(browser, options);
    test.onTestFinished(async ({ task }) => {
      if (task.result?.state === "fail") {
        mkdirSync(out, { recursive: true });
        await visit.page.screenshot({ path: `${out}/${task.name.replace(/[^\p{L}\p{N}]+/gu, "-")}.png` }).catch(() => undefined);
      }
      await visit.context.close();
    });
    return visit;
  };
}

/** Somebody at the interface: a window of their own, and everything that goes wrong in it. */
export class Visit {
  readonly t: Translate;
  /** What must not happen: errors and warnings of the console, exceptions, answers that fail. */
  readonly troubles: string[] = [];
  readonly #asking = new Set<Request>();
  #idle: (() => void)[] = [];

  private constructor(
    readonly context: BrowserContext,
    readonly page: Page,
    readonly url: string,
    readonly locale: Locale,
    expected: RegExp | undefined,
  ) {
    this.t = wordsOf(locale);
    const trouble = (text: string) => {
      if (!expected?.test(text)) this.troubles.push(text);
    };
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") trouble(`console ${message.type()}: ${message.text()} (${message.location().url})`);
    });
    page.on("pageerror", (error) => trouble(`exception: ${error.stack ?? error.message}`));
    page.on("request", (request) => {
      if (this.#counts(request)) this.#asking.add(request);
    });
    const done = (request: Request) => {
      this.#asking.delete(request);
      if (this.#asking.size === 0) this.#idle.splice(0).forEach((tell) => tell());
    };
    page.on("requestfinished", done);
    page.on("requestfailed", (request) => {
      done(request);
      const why = request.failure()?.errorText ?? "";
      // What the page itself gives up, or what becomes a download, has not failed.
      if (why !== "net::ERR_ABORTED") trouble(`request failed: ${request.url()} ${why}`);
    });
    page.on("response", (response) => {
      if (response.status() >= 400) trouble(`answer ${response.status()}: ${response.url()}`);
    });
  }

  /** Opens a window that nobody closes. */
  static async begin(browser: Browser, options: VisitOptions = {}): Promise<Visit> {
    const { locale = "en", theme = "light", size = wide, url = inject("url"), expected, motion = false } = options;
    const context = await browser.newContext({
      baseURL: url,
      viewport: size,
      locale: locale === "ko" ? "ko-KR" : "en-US",
      colorScheme: theme,
      reducedMotion: motion ? "no-preference" : "reduce",
      timezoneId: "Asia/Seoul",
      hasTouch: size.width < 500,
    });
    context.setDefaultTimeout(60_000);
    await context.addInitScript(observe);
    return new Visit(context, await context.newPage(), url, locale, expected);
  }

  /** Opens an address and waits for what it loads. */
  async open(path: string): Promise<void> {
    await this.page.goto(path, { waitUntil: "load" });
    await this.settled();
  }

  /** Until everything that was asked for is there and drawn, nothing stands in for what is to come, and no region says that it is busy. */
  async settled(): Promise<void> {
    do {
      for (let quiet = 0; quiet < 2; ) {
        if (this.#asking.size > 0) {
          await new Promise<void>((resolve) => this.#idle.push(resolve));
          quiet = 0;
        }
        // Code that has loaded asks for more when it has rendered.
        await this.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
        if (this.#asking.size === 0) quiet++;
      }
      await this.page.waitForFunction(() => document.querySelector('#main [aria-busy="true"], #main [data-skeleton]') === null && document.querySelector("#main h1") !== null);
    } while (this.#asking.size > 0);
    await this.page.evaluate(() => document.fonts.ready.then(() => undefined));
  }

  /** Shows the page in the other theme, as when the system's changes, and waits until its colours are there. */
  async show(theme: "light" | "dark"): Promise<void> {
    await this.page.emulateMedia({ colorScheme: theme });
    await this.page.evaluate(async () => {
      // Colours may go over into each other, one element after the one around it.
      const moving = () => document.getAnimations().some((a) => a.playState === "running" && a.effect?.getComputedTiming().endTime !== Infinity);
      for (let still = 0; still < 3; still = moving() ? 0 : still + 1) await new Promise((next) => requestAnimationFrame(next));
    });
  }

  /** Fails with what went wrong. */
  calm(): void {
    expect(this.troubles).toEqual([]);
  }

  /** Streams stay open, and what is loaded ahead is not waited for. */
  #counts(request: Request): boolean {
    return request.resourceType() !== "eventsource" && request.url().startsWith(this.url);
  }
}

/** Runs in the page before anything else: notes what the browser measures. */
function observe(): void {
  const measured: Measured = { shift: 0, shifts: [], tasks: [] };
  Object.assign(window, { measured });
  const name = (node: Node | null | undefined) => {
    const element = node instanceof Element ? node : node?.parentElement;
    return element ? `${element.tagName.toLowerCase()}.${element.getAttribute("class") ?? ""}` : "?";
  };
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as LayoutShift[]) {
      if (entry.hadRecentInput) continue;
      measured.shift += entry.value;
      measured.shifts.push(`${entry.value.toFixed(4)} ${entry.sources.map((s) => `${name(s.node)} ${Math.round(s.previousRect.y)}→${Math.round(s.currentRect.y)}`).slice(0, 3).join(", ")}`);
    }
  }).observe({ type: "layout-shift", buffered: true });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) measured.tasks.push({ at: entry.startTime, ms: entry.duration });
  }).observe({ type: "longtask", buffered: true });
}

type LayoutShift = PerformanceEntry & { value: number; hadRecentInput: boolean; sources: { node: Node | null; previousRect: DOMRect; currentRect: DOMRect }[] };
export type Measured = {
  /** The sum of all shifts that nobody's input has caused. */
  shift: number;
  shifts: string[];
  /** Tasks of the main thread of 50 ms and more. */
  tasks: { at: number; ms: number }[];
};
export const measured = (page: Page): Promise<Measured> => page.evaluate(() => (window as unknown as { measured: Measured }).measured);
