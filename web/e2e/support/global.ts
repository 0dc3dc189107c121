import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { browserPath } from "./chromium";
import { clearFigures, printFigures } from "./figures";
import { Hosu } from "./hosu";

declare module "vitest" {
  interface ProvidedContext {
    /** Where the demo is served. */
    url: string;
    /** Its workspace. */
    dir: string;
  }
}

/** Once for all files: the demo is made and served, and the figures are printed at the end. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  browserPath(); // before the demo is made
  clearFigures();
  const parent = mkdtempSync(join(tmpdir(), "hosu-e2e-"));
  const dir = join(parent, "shop");
  const hosu = await Hosu.demo(dir, process.env.HOSU_E2E_SCALE ?? "0.05").catch((error: unknown) => {
    rmSync(parent, { recursive: true, force: true });
    throw error;
  });
  project.provide("url", hosu.url);
  project.provide("dir", dir);
  return async () => {
    await hosu.stop();
    rmSync(parent, { recursive: true, force: true });
    printFigures();
  };
}
